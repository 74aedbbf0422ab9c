"""The whole history of a binding, for those who may see it (绑定的全部经过)."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection

from gongji.core.family import Binding
from gongji.core.notices import EndReason
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may

LABELS: dict[str, str] = {
    "bound": "申请绑定",
    "authorised": "授权生效",
    "approved": "材料审核通过",
    "confirmed": "使用人确认",
    "amended": "变更限额",
    "frozen": "冻结",
    "unfrozen": "解冻",
    "paused": "暂停使用",
    "resumed": "恢复使用",
    "card_replaced": "换发社保卡",
    **{str(reason.value): reason.label for reason in EndReason},
}
"""What a step is called."""


class Event(msgspec.Struct, frozen=True, kw_only=True):
    """A step: who did what, when, where and through which channel.

    Attributes:
        by: ``authoriser``, ``user``, ``guardian``, ``agency`` or ``system``; actor: number or login, for staff only.
        details: what was stated; both sides see only what concerns them.
    """

    at: datetime
    what: str
    label: str
    by: str
    actor: str
    channel: str
    clerk: str
    place: str
    details: dict[str, Any]


class History(msgspec.Struct, frozen=True, kw_only=True):
    """A binding and everything that happened to it, oldest first."""

    binding: Binding
    events: list[Event]


async def history_for(platform: Platform, binding_id: str, person_no: str) -> History | Refusal:
    """The history as one of the two sides sees it; to anybody else the binding is unknown."""
    async with platform.pool.connection() as conn:
        found = await _history(conn, binding_id)
    if isinstance(found, Refusal) or person_no not in (found.binding.authoriser, found.binding.user):
        return refuse(Code.BINDING_UNKNOWN, field="id")
    mine = found.binding.authoriser == person_no
    events = [_for_a_side(event, authoriser=mine) for event in found.events]
    return History(binding=found.binding, events=events)


async def history_for_staff(platform: Platform, binding_id: str, staff: Staff) -> History | Refusal:
    """The whole history, for staff of the authoriser's region."""
    async with platform.pool.connection() as conn:
        found = await _history(conn, binding_id)
        if isinstance(found, Refusal):
            return found
        people = await people_by_number(conn, [found.binding.authoriser])
    region = people[found.binding.authoriser].region
    return may(staff, (Role.CLERK, Role.REVIEWER, Role.AUDITOR), region) or found


async def _history(conn: AsyncConnection, binding_id: str) -> History | Refusal:
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    if row is None:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    binding = rows.binding(row)
    cursor = await store.run(conn, "binding_events", id=binding_id)
    return History(binding=binding, events=[_event(binding, each) for each in await cursor.fetchall()])


def _event(binding: Binding, row: rows.Row) -> Event:
    at, what, actor, channel, clerk, place, details = row
    sides = {binding.authoriser: "authoriser", binding.user: "user", "system": "system"}
    by = sides.get(actor) or ("agency" if actor.startswith("staff/") else "guardian")
    return Event(
        at=at,
        what=what,
        label=LABELS.get(str(what), str(what)),
        by=by,
        actor=actor,
        channel=channel,
        clerk=clerk,
        place=place,
        details=details,
    )


_SHOWN = frozenset(
    {"reason", "notice", "notice_version", "commitment", "consented_at", "signature_sha256", "way", "seen"}
)


def _for_a_side(event: Event, *, authoriser: bool) -> Event:
    """Without numbers of others; what an authoriser signed and allows is for him alone."""
    shown = {key: value for key, value in event.details.items() if key in _SHOWN} if authoriser else {}
    if authoriser and event.what == "amended":
        shown = event.details
    return msgspec.structs.replace(event, actor="", details=shown)
