"""Incidents, frozen accounts and bindings, and what happened to people, for staff (稽核与经办)."""

from typing import Annotated, Any, Final

from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, FromQuery, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT

from gongji.channels.rest import staff_values as out
from gongji.channels.rest import values
from gongji.channels.rest.callers import desk
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import expect, invalid
from gongji.core.incidents import IncidentKind, IncidentState
from gongji.core.life import LifeEvent
from gongji.service import binding_staff, freezing, life_events
from gongji.service import incidents as service
from gongji.service.binding_history import history_for_staff
from gongji.service.binding_request import BindingRequest
from gongji.service.bindings import bind
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import READERS, Desk, acts

TAGS: Final = ["经办"]
COUNTER: Final = "counter"


@get("/staff/incidents", tags=TAGS, **desk(*Role))
async def list_incidents(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    handling: FromQuery[IncidentState | None] = None,
    kind: FromQuery[IncidentKind | None] = None,
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[out.IncidentOut]]:
    """Incidents of one's regions, newest first."""
    before = position(cursor, values.Number)
    found = await service.incidents(platform, staff, state=handling, kind=kind, before=before, limit=limit + 1)
    return page(request, expect(found), limit, out.incident_out, lambda incident: incident.id)


@post("/staff/incidents", status_code=HTTP_201_CREATED, tags=TAGS, **desk(*Role))
async def record_incident(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], data: JSONBody[out.RecordIn]
) -> dict[str, int]:
    """Record what one found oneself, such as forged papers."""
    people = [values.clean(number, "persons") for number in data.persons]
    text, amount = values.clean_long(data.text, "text"), out.fen_in(data.amount, "amount")
    return {"id": expect(await service.record_by_staff(platform, staff, data.kind, people, text, amount))}


@post("/staff/incidents/{incident_id:int}/handle", status_code=HTTP_200_OK, tags=TAGS, **desk(*Role))
async def handle_incident(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    incident_id: FromPath[int],
    data: JSONBody[out.HandleIn],
) -> out.IncidentOut:
    """Confirm or dismiss an incident."""
    reason, fine = values.clean_long(data.reason, "reason"), out.fen_in(data.fine, "fine")
    return out.incident_out(expect(await service.handle(platform, staff, incident_id, data.state, reason, fine)))


@post("/staff/accounts/freeze", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **desk(*Role))
async def freeze_account(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], data: JSONBody[out.FreezeIn]
) -> None:
    """Freeze a person's accounts; it holds from the next settlement on."""
    number, reason = values.clean(data.psn_no, "psn_no"), values.clean_long(data.reason, "reason")
    expect(await freezing.freeze_account(platform, staff, number, reason, data.incident))


@post("/staff/accounts/thaw", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **desk(*Role))
async def thaw_account(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], data: JSONBody[out.FreezeIn]
) -> None:
    """Let a person's accounts pay again."""
    number, reason = values.clean(data.psn_no, "psn_no"), values.clean_long(data.reason, "reason")
    expect(await freezing.thaw_account(platform, staff, number, reason, data.incident))


@post("/staff/life-events", status_code=HTTP_201_CREATED, tags=TAGS, **desk(*Role))
async def report_life_event(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], data: JSONBody[out.LifeEventIn]
) -> out.LifeEventOut:
    """Report a death, a divorce, a change of insurance, a new card, a move to another pooling area."""
    event = LifeEvent(
        person_no=values.clean(data.psn_no, "psn_no"),
        kind=data.kind,
        on=data.on,
        other=values.clean(data.other, "other"),
        card_no=values.clean(data.card_no, "card_no"),
        to=values.clean(data.to, "to"),
        takes_balance=data.takes_balance,
    )
    return out.life_event_out(
        expect(await life_events.report(platform, staff, event, values.clean(data.place, "place")))
    )


@post("/staff/bindings", status_code=HTTP_201_CREATED, tags=TAGS, **desk(*Role))
async def bind_at_counter(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], data: JSONBody[out.DeskBindingIn]
) -> out.StaffBindingOut:
    """Bind for an authoriser who stands at the counter."""
    wanted = BindingRequest(
        authoriser=values.clean(data.authoriser, "authoriser"),
        user_certificate_no=values.clean(data.user_certificate_no, "user_certificate_no"),
        user_name=values.clean(data.user_name, "user_name"),
        user_region=values.clean(data.user_region, "user_region"),
        user_card_no=values.clean(data.user_card_no, "user_card_no"),
        relation=data.relation,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        term=data.term,
        notice_accepted=data.notice_accepted,
        signature=data.signature,
        seen=tuple(dict.fromkeys(data.seen)),
        desk=Desk(staff=staff, place=values.clean(data.place, "place")),
        channel=COUNTER,
    )
    return out.staff_binding_out(expect(await bind(platform, wanted)))


@get("/staff/bindings/review", tags=TAGS, **desk(*Role))
async def to_review(platform: NamedDependency[Platform], staff: NamedDependency[Staff]) -> list[out.StaffBindingOut]:
    """Applications with papers that wait for a review, oldest first."""
    return [out.staff_binding_out(binding) for binding in await binding_staff.waiting_for_review(platform, staff)]


@get("/staff/bindings/{binding_id:str}/papers", tags=TAGS, **desk(*Role))
async def papers_of_binding(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], binding_id: FromPath[str]
) -> list[out.PaperOut]:
    """The papers of an application, without their content."""
    number = values.clean(binding_id, "binding_id")
    return [out.paper_out(one) for one in expect(await binding_staff.papers_to_review(platform, number, staff))]


@get("/staff/bindings/{binding_id:str}/papers/{paper_id:str}", tags=TAGS, **desk(*Role))
async def paper_of_binding(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    binding_id: FromPath[str],
    paper_id: FromPath[str],
) -> Response[bytes]:
    """One paper as it was uploaded; looking at it leaves an audit line."""
    number, paper = values.clean(binding_id, "binding_id"), values.clean(paper_id, "paper_id")
    media_type, content = expect(await binding_staff.paper_to_review(platform, number, paper, staff))
    headers = {"content-disposition": "attachment", "x-content-type-options": "nosniff"}
    return Response(content, media_type=media_type, headers=headers)


@get("/staff/bindings/{binding_id:str}/history", tags=TAGS, **desk(*Role))
async def staff_history(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], binding_id: FromPath[str]
) -> list[out.EventOut]:
    """Everything that happened to a binding."""
    return out.events_out(expect(await history_for_staff(platform, values.clean(binding_id, "binding_id"), staff)))


@post("/staff/bindings/{binding_id:str}/{act:str}", status_code=HTTP_200_OK, tags=TAGS, **desk(*Role))
async def act_on_binding(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    binding_id: FromPath[str],
    act: FromPath[str],
    data: JSONBody[out.ReasonIn],
) -> out.StaffBindingOut:
    """What the agency does with a binding: ``approve``, ``reject``, ``freeze``, ``thaw`` or ``end``."""
    number, reason = values.clean(binding_id, "binding_id"), values.clean_long(data.reason, "reason")
    if act == "approve":
        return out.staff_binding_out(expect(await binding_staff.approve(platform, number, staff)))
    if act not in _ACTS:
        raise invalid(f"可以办理：{'、'.join(('approve', *_ACTS))}", "act")
    return out.staff_binding_out(expect(await _ACTS[act](platform, number, staff, reason)))


_ACTS: Final = {
    "reject": binding_staff.reject,
    "freeze": binding_staff.freeze,
    "thaw": binding_staff.thaw,
    "end": binding_staff.end_by_agency,
}


@get("/staff/acts", tags=TAGS, **desk(*READERS))
async def list_acts(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    psn_no: Annotated[str, QueryParameter(max_length=40, description="只看为这个人办理的")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[out.ActOut]]:
    """What staff of one's regions did, newest first: who, for whom, in which hall, why."""
    before = position(cursor, values.Number)
    number = values.clean(psn_no, "psn_no") or None
    found = await acts(platform, staff, person_no=number, before=before, limit=limit + 1)
    return page(request, found, limit, out.act_out, lambda act: act.id)


ROUTES: Final = (
    list_incidents,
    record_incident,
    handle_incident,
    freeze_account,
    thaw_account,
    report_life_event,
    bind_at_counter,
    to_review,
    papers_of_binding,
    paper_of_binding,
    staff_history,
    list_acts,
    act_on_binding,
)
