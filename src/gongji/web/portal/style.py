"""Every piece of the pages in one place, for who makes pages (样式一览); sandbox only."""

from typing import Final

from litestar import get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.settings import Settings
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form
from gongji.web.rendering import page
from gongji.web.split_view import Part, Reason, SplitView
from gongji.web.visitor import Visitor

_SPLIT: Final = SplitView(
    total=60_000,
    parts=(
        Part(kind="fund", name="统筹", hint="大家共同的医保基金", amount=22_000, x=0, width=367),
        Part(kind="own", name="本人账户", hint="本人的医保个人账户", amount=5_000, x=367, width=83),
        Part(kind="shared", name="家庭共济", hint="家人的医保个人账户", amount=20_000, x=450, width=333),
        Part(kind="cash", name="现金", hint="本人另外付的钱", amount=13_000, x=783, width=217),
    ),
    reasons=(
        Reason(
            text="起付线 200.00 元，本年已用 0.00 元", amount=20_000, source="某某办法", confidence="高", file="某文件"
        ),
        Reason(text="其余由个人现金支付", amount=13_000),
    ),
)
"""Figures that only show the drawing."""


@get("/style")
async def style(settings: NamedDependency[Settings], guest: NamedDependency[Visitor | None]) -> Template:
    """The living style page."""
    if settings.production:
        raise NoSuchPageError
    form = Form(values={"plain": "西安"}, faults={"wrong": "请填写金额，例如 200 或 200.50"})
    return page("style.html", visitor=guest, form=form, split=_SPLIT)
