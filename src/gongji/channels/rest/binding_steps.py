"""Papers, declining, history and a guardian's consent over REST (材料、拒绝、经过、监护人确认)."""

import base64
import binascii
from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, open_to, own_only
from gongji.channels.rest.problems import expect, invalid
from gongji.channels.rest.staff_values import EventOut, ReasonIn, events_out
from gongji.core.codes import PaperKind
from gongji.core.family import Binding
from gongji.core.incidents import WARNINGS, IncidentKind, IncidentState
from gongji.core.papers import MOST_PAPER
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service import incidents
from gongji.service.binding_history import history_for
from gongji.service.binding_life import confirm, decline, for_wards
from gongji.service.platform import Platform
from gongji.service.proof_papers import upload

TAGS: Final = ["家庭共济"]
MOST_BODY: Final = MOST_PAPER * 4 // 3 + 4096


class PaperIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A paper: what it is, its file name, and its content in base64. PNG, JPEG and PDF are taken, up to 2 MB."""

    kind: PaperKind
    name: str = ""
    content: str


class PaperNumber(msgspec.Struct, frozen=True, kw_only=True):
    """The number by which an application names an uploaded paper."""

    id: str


class WaitingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A binding that waits for one's consent as a guardian."""

    id: str
    relation: str
    created_at: datetime


class ReportIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What is reported: an agent, misuse, cash taken out, or a complaint."""

    kind: IncidentKind
    text: Annotated[str, Meta(max_length=500)]


class ReportOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one has reported, and what became of it."""

    id: int
    kind: IncidentKind
    at: datetime
    text: str
    state: IncidentState
    answer: str


class Filed(msgspec.Struct, frozen=True, kw_only=True):
    """The number by which a report is followed, and what the law says of the matter."""

    id: int
    warning: str


@post(
    "/papers", status_code=HTTP_201_CREATED, tags=TAGS, request_max_body_size=MOST_BODY, **open_to(Scope.BINDINGS_WRITE)
)
async def upload_paper(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[PaperIn]
) -> PaperNumber:
    """Upload a paper for an application that is to come."""
    try:
        content = base64.b64decode(data.content, validate=True)
    except (binascii.Error, ValueError):
        raise invalid("content 是文件内容的 base64", "content") from None
    name = values.clean(data.name, "name")
    return PaperNumber(id=expect(await upload(platform, caller.person_no, data.kind, name, content)))


@get("/bindings/waiting", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def waiting_for_guardian(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller]
) -> list[WaitingOut]:
    """Bindings of one's children that wait for one's consent."""
    return [
        WaitingOut(id=one.id, relation=one.relation.label, created_at=one.created_at)
        for one in await for_wards(platform, caller.person_no)
    ]


@get("/bindings/{binding_id:str}/history", tags=TAGS, **open_to(Scope.BINDINGS_READ))
async def binding_history(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> list[EventOut]:
    """Everything that happened to a binding, as one's own side may see it."""
    return events_out(expect(await history_for(platform, values.clean(binding_id, "binding_id"), caller.person_no)))


@post("/bindings/{binding_id:str}/decline", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.BINDINGS_WRITE))
async def decline_binding(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    binding_id: FromPath[str],
    data: JSONBody[ReasonIn],
) -> values.Said:
    """Say no to a binding that waits for one's consent, as the relative or his guardian."""
    number, reason = values.clean(binding_id, "binding_id"), values.clean_long(data.reason, "reason")
    declined = await decline(platform, number, caller.person_no, caller.channel, reason)
    return values.Said(text=expect(_unknown_to_others(declined)).label)


@post("/bindings/{binding_id:str}/confirm-for-ward", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def confirm_for_ward(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> values.Said:
    """Consent to a binding of one's child, as the guardian."""
    number = values.clean(binding_id, "binding_id")
    confirmed = await confirm(platform, number, caller.person_no, caller.channel)
    return values.Said(text=expect(_unknown_to_others(confirmed)).label)


def _unknown_to_others(outcome: Binding | Refusal) -> Binding | Refusal:
    """To whom a binding is not, it does not exist."""
    if isinstance(outcome, Refusal) and outcome.code is Code.NOT_YOURS:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    return outcome


@post("/reports", status_code=HTTP_201_CREATED, tags=TAGS, **own_only())
async def file_report(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[ReportIn]
) -> Filed:
    """Report an agent or misuse, or complain."""
    text = values.clean_long(data.text, "text")
    number = expect(await incidents.report(platform, caller.person_no, data.kind, text))
    return Filed(id=number, warning=WARNINGS.get(data.kind, ""))


@get("/reports", tags=TAGS, **own_only())
async def my_reports(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[ReportOut]:
    """What one has reported, newest first."""
    return [
        ReportOut(id=one.id, kind=one.kind, at=one.at, text=one.text, state=one.state, answer=one.answer)
        for one in await incidents.reports_of(platform, caller.person_no)
    ]


ROUTES: Final = (
    upload_paper,
    waiting_for_guardian,
    binding_history,
    decline_binding,
    confirm_for_ward,
    file_report,
    my_reports,
)
