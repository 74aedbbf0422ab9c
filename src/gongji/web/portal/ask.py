"""May this account pay this for this relative (能不能用): a form over the same answer as ``gongji ask``."""

from typing import Any, Final

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.core.codes import Purpose, Relation
from gongji.core.policy import NATION
from gongji.service.ask import Asked, NotUnderstoodError, answer_question
from gongji.service.ask_words import SELF
from gongji.service.platform import Platform
from gongji.web.form import LONGEST_TEXT, Form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

FIELDS: Final = ("words", "region", "relation", "purpose", "user_region", "place", "date")


def region_names(platform: Platform) -> list[str]:
    """Names of all places in the book, for forms."""
    return [region.name for region in platform.book.regions.values() if region.code != NATION]


@get("/ask")
async def ask_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None]
) -> Template:
    """The form and, once something is asked, the answer. The address holds the whole question, so it can be shared."""
    told = {name: request.query_params.get(name, "")[:LONGEST_TEXT] for name in FIELDS}
    form = Form(values=told)
    answer = None
    if any(told.values()):
        try:
            answer = answer_question(platform.book, Asked(**told), platform.clock().date())
        except NotUnderstoodError as fault:
            form.fault(fault.field if fault.field in FIELDS else "words", str(fault))
    elif guest:
        form = Form(values={"region": platform.book.name(guest.region)})
    return page(
        "ask.html",
        visitor=guest,
        form=form,
        answer=answer,
        regions=region_names(platform),
        relations=[(SELF, "本人"), *((one.value, one.label) for one in Relation)],
        purposes=[(one.value, one.label) for one in Purpose],
        status=422 if form.faults else 200,
    )
