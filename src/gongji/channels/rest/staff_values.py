"""What REST takes from staff and gives to them (经办数据)."""

from datetime import date, datetime
from typing import Annotated, Any

import msgspec
from msgspec import Meta

from gongji.channels.rest.problems import invalid
from gongji.channels.rest.values import clean
from gongji.core.codes import BindingTerm, PaperKind, Relation
from gongji.core.family import Binding, BindingState
from gongji.core.incidents import WARNINGS, IncidentKind, IncidentState
from gongji.core.life import LifeKind
from gongji.core.money import Fen, MoneyError, format_yuan, parse_yuan
from gongji.service.binding_history import History
from gongji.service.incidents import Incident
from gongji.service.life_events import Reported
from gongji.service.proof_papers import Paper
from gongji.service.staff_acts import Act

Reason = Annotated[str, Meta(max_length=500, description="原因", examples=["举报核实"])]


class ReasonIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why."""

    reason: Reason = ""


class FreezeIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Whose accounts, why, and after which incident."""

    psn_no: str
    reason: Reason = ""
    incident: int | None = None


class HandleIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What became of an incident; a fine in yuan where papers were forged."""

    state: IncidentState
    reason: Reason = ""
    fine: str | None = None


class RecordIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What staff found themselves; the amount in yuan."""

    kind: IncidentKind
    persons: Annotated[list[str], Meta(min_length=1, max_length=20)]
    text: Reason = ""
    amount: str | None = None


class LifeEventIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What happened to a person; ``other`` is a former spouse, ``card_no`` a new card."""

    psn_no: str
    kind: LifeKind
    on: date
    other: str = ""
    card_no: str = ""
    place: str = ""
    to: Annotated[str, Meta(max_length=6, description="转移到的统筹区")] = ""
    takes_balance: Annotated[bool, Meta(description="转移：新参保地是否接收个人账户余额")] = True


class MovedOut(msgspec.Struct, frozen=True, kw_only=True):
    """What was booked when somebody moved, in yuan: what went along, and what the old place keeps for him."""

    amount: str
    held: str


class LifeEventOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a report did; ``known`` when it had been reported before."""

    known: bool
    moved: MovedOut | None
    ended: list[str]
    incidents: list[int]


def life_event_out(done: Reported) -> LifeEventOut:
    """What a report did, as it is answered."""
    went = done.moved
    moved = MovedOut(amount=format_yuan(went.amount), held=format_yuan(went.held)) if went else None
    return LifeEventOut(known=done.known, moved=moved, ended=list(done.ended), incidents=list(done.incidents))


class DeskBindingIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An application a clerk enters for an authoriser who stands before him; ``seen`` are the originals he has seen."""

    authoriser: str
    user_certificate_no: str
    user_name: str
    relation: Relation
    user_region: str = ""
    user_card_no: str = ""
    starts_on: date | None = None
    ends_on: date | None = None
    term: BindingTerm = BindingTerm.LONG_TERM
    notice_accepted: bool = False
    signature: str = ""
    seen: list[PaperKind] = []
    place: Annotated[str, Meta(min_length=1, max_length=100, description="医保大厅或窗口")]


class StaffBindingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A binding as staff see it."""

    id: str
    authoriser: str
    user: str
    relation: Relation
    mode: str
    state: BindingState
    state_text: str
    starts_on: date
    ends_on: date | None
    ended_reason: str


class PaperOut(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of an application; without content where a clerk saw the original."""

    id: str
    kind: str
    label: str
    name: str
    media_type: str | None
    size: int
    sha256: str
    seen_by: str | None
    at: datetime


class EventOut(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A step in the life of a binding."""

    at: datetime
    what: str
    label: str
    by: str
    channel: str
    actor: str = ""
    clerk: str = ""
    place: str = ""
    details: dict[str, Any] = {}


class IncidentOut(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with its evidence and the latest step of its handling."""

    id: int
    kind: IncidentKind
    title: str
    warning: str
    at: datetime
    region: str
    institution: str | None
    persons: list[str]
    evidence: dict[str, Any]
    state: IncidentState
    staff: str | None
    handled_at: datetime | None
    reason: str | None


class ActOut(msgspec.Struct, frozen=True, kw_only=True):
    """What a member of staff did: for whom, about what, in which hall, why."""

    id: int
    at: datetime
    staff: str
    what: Annotated[str, Meta(examples=["binding.bound"])]
    region: str
    psn_no: str | None
    about: str
    place: str
    reason: str


def act_out(act: Act) -> ActOut:
    """An act of staff as it is kept."""
    return ActOut(
        id=act.id,
        at=act.at,
        staff=act.staff,
        what=act.what,
        region=act.region,
        psn_no=act.person_no,
        about=act.about,
        place=act.place,
        reason=act.reason,
    )


def staff_binding_out(binding: Binding) -> StaffBindingOut:
    """A binding with the numbers of both sides."""
    return StaffBindingOut(
        id=binding.id,
        authoriser=binding.authoriser,
        user=binding.user,
        relation=binding.relation,
        mode=binding.mode.value,
        state=binding.state,
        state_text=binding.label,
        starts_on=binding.starts_on,
        ends_on=binding.ends_on,
        ended_reason=binding.ended_reason,
    )


def paper_out(paper: Paper) -> PaperOut:
    """A paper without its content."""
    return PaperOut(
        id=paper.id,
        kind=paper.kind,
        label=paper.label,
        name=paper.name,
        media_type=paper.media_type,
        size=paper.size,
        sha256=paper.sha256,
        seen_by=paper.seen_by,
        at=paper.at,
    )


def events_out(history: History) -> list[EventOut]:
    """The steps of a binding, oldest first."""
    return [
        EventOut(
            at=event.at,
            what=event.what,
            label=event.label,
            by=event.by,
            channel=event.channel,
            actor=event.actor,
            clerk=event.clerk,
            place=event.place,
            details=event.details,
        )
        for event in history.events
    ]


def incident_out(incident: Incident) -> IncidentOut:
    """An incident as staff see it."""
    return IncidentOut(
        id=incident.id,
        kind=incident.kind,
        title=incident.kind.label,
        warning=WARNINGS.get(incident.kind, ""),
        at=incident.at,
        region=incident.region,
        institution=incident.institution,
        persons=incident.persons,
        evidence=incident.evidence,
        state=incident.state,
        staff=incident.staff,
        handled_at=incident.handled_at,
        reason=incident.reason,
    )


def fen_in(text: str | None, field: str) -> Fen | None:
    """An amount in yuan that is not negative."""
    if text is None:
        return None
    try:
        amount = parse_yuan(clean(text, field))
    except MoneyError:
        amount = -1
    if amount < 0:
        raise invalid(f"{field} 是不小于零、最多两位小数的金额，例如 1000.00", field)
    return amount
