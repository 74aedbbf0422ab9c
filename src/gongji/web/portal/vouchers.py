"""The e-voucher as a QR code, one's own and relatives', and who may show whose (医保码、亲情账户)."""

from typing import Any, Final

import msgspec
import segno
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.codes import Relation
from gongji.core.refusal import Refusal
from gongji.service import code_accounts
from gongji.service.code_accounts import CodeAccountRequest, CodeAccountView
from gongji.service.platform import Platform
from gongji.service.vouchers import Shown, show
from gongji.web.faults import NoSuchPageError
from gongji.web.form import Form, read_form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_STATES: Final = {"pending": "待本人同意", "active": "可以出示", "ended": "已解除"}
_DONE: Final = {
    "added": "已添加。孩子的医保码现在可以在您的手机上出示。",
    "asked": "已提交。请家人本人登录后在“医保码”里同意；没有手机的，带身份证到医保经办窗口办理。",
    "allowed": "已同意。家人可以在他的手机上为您出示医保码。",
    "ended": "已解除。从现在起不能再出示。",
}
_MASK: Final = 7
"""Which of the eight masks of ISO/IEC 18004 is laid over a code. Trying all for the best-scored one takes longer than
the rest of the page; a scanner reads which one it is from the code. Over random codes this one scores best."""
_REFRESH_BEFORE: Final = 5
"""Seconds before its end at which the page asks for a new code."""


class Card(msgspec.Struct, frozen=True, kw_only=True):
    """A code account as one side sees it."""

    id: str
    other: str
    relation: str
    state: str
    live: bool
    shows: bool
    to_allow: bool


@get("/voucher")
async def voucher(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """One's own code, and below it whose codes one may show and who may show one's own."""
    done = _DONE.get(request.query_params.get("done", ""), "")
    return await _shown(platform, visitor, await show(platform, visitor.person_no, visitor.channel), done=done)


@get("/voucher/{account_id:str}")
async def relatives_voucher(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], account_id: FromPath[str]
) -> Template:
    """A relative's code."""
    await _mine(platform, visitor, account_id)
    return await _shown(platform, visitor, await show(platform, visitor.person_no, visitor.channel, account_id))


async def _shown(platform: Platform, visitor: Visitor, shown: Shown | Refusal, done: str = "") -> Template:
    views = await code_accounts.code_accounts_of(platform, visitor.person_no)
    cards = [(view.account.holder == visitor.person_no, _card(view, visitor)) for view in views]
    refused = isinstance(shown, Refusal)
    return page(
        "voucher.html",
        status=409 if refused else 200,
        visitor=visitor,
        problem=shown.text if isinstance(shown, Refusal) else "",
        shown=None if isinstance(shown, Refusal) else shown,
        qr="" if isinstance(shown, Refusal) else drawn(shown.code),
        refresh=None if isinstance(shown, Refusal) else max(1, shown.seconds - _REFRESH_BEFORE),
        mine=[card for holds, card in cards if holds and card.live],
        others=[card for holds, card in cards if not holds and card.live],
        done=done,
    )


def drawn(code: str) -> str:
    """A QR code as SVG, without inline style, which the security policy forbids."""
    picture: str = segno.make_qr(code, error="m", mask=_MASK).svg_inline(
        scale=1, omitsize=True, svgclass="qr", lineclass="", border=4
    )
    return picture


def _card(view: CodeAccountView, visitor: Visitor) -> Card:
    account = view.account
    mine = account.holder == visitor.person_no
    label = account.relation.label
    return Card(
        id=account.id,
        other=(view.person if mine else view.holder).name,
        relation=f"您的{label}" if mine else f"您是他的{label}",
        state=_STATES[account.state],
        live=account.state != "ended",
        shows=mine and account.state == "active",
        to_allow=not mine and account.state == "pending",
    )


async def _mine(platform: Platform, visitor: Visitor, account_id: str) -> CodeAccountView:
    """A code account of the visitor's that has not ended.

    Raises:
        NoSuchPageError: there is none, or it is other people's.
    """
    for view in await code_accounts.code_accounts_of(platform, visitor.person_no):
        if view.account.id == account_id and view.account.state != "ended":
            return view
    raise NoSuchPageError


@get("/voucher/relatives/new")
async def relative_page(visitor: NamedDependency[Visitor]) -> Response[Any]:
    """The form to add a relative; who is not real-name verified is sent to do that first."""
    if not visitor.real_name_verified:
        return Redirect("/verify", status_code=HTTP_303_SEE_OTHER)
    return _form(visitor, Form(values={}))


def _form(visitor: Visitor, form: Form, problem: str = "") -> Template:
    status = 422 if problem or form.faults else 200
    return page(
        "voucher_relative.html", status=status, visitor=visitor, form=form, problem=problem, relations=list(Relation)
    )


@post("/voucher/relatives/new", status_code=HTTP_200_OK)
async def add_relative(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[Any]:
    """Add a relative."""
    form = await read_form(request)
    number = form.need("certificate_no", "请填写家人的证件号码")
    name = form.need("name", "请填写家人的姓名")
    relation = form.choice("relation", Relation, "请选择家人是您的什么人")
    if form.faults or relation is None:
        return _form(visitor, form)
    wanted = CodeAccountRequest(
        holder=visitor.person_no,
        certificate_no=number,
        name=name,
        relation=relation,
        guardian=form.ticked("guardian"),
        channel=visitor.channel,
    )
    made = await code_accounts.add(platform, wanted)
    if isinstance(made, Refusal):
        if made.field:
            form.fault(made.field, made.text)
        return _form(visitor, form, "" if made.field else made.text)
    done = "added" if made.state == "active" else "asked"
    return Redirect(f"/voucher?done={done}", status_code=HTTP_303_SEE_OTHER)


@post("/voucher/{account_id:str}/allow", status_code=HTTP_200_OK)
async def allow_relative(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], account_id: FromPath[str]
) -> Response[Any]:
    """Consent to one's own code being shown by a relative."""
    await _mine(platform, visitor, account_id)
    allowed = await code_accounts.allow(platform, account_id, visitor.person_no, visitor.channel)
    if isinstance(allowed, Refusal):
        raise NoSuchPageError
    return Redirect("/voucher?done=allowed", status_code=HTTP_303_SEE_OTHER)


@post("/voucher/{account_id:str}/end", status_code=HTTP_200_OK)
async def end_relative(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], account_id: FromPath[str]
) -> Response[Any]:
    """End it, or decline it, from either side."""
    await _mine(platform, visitor, account_id)
    await code_accounts.end(platform, account_id, visitor.person_no, visitor.channel)
    return Redirect("/voucher?done=ended", status_code=HTTP_303_SEE_OTHER)
