"""What happens to people, as it is reported: death, divorce, insurance, cards, moves (人员变动).

One report is one transaction: the person's record, every binding it ends with its frozen money given back, the notices.
A report that comes late changes nothing of what was settled meanwhile: it opens an incident with the evidence.
"""

from collections.abc import Mapping, Sequence
from datetime import datetime, time

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.codes import Insurance
from gongji.core.family import Binding, BindingState
from gongji.core.incidents import Finding
from gongji.core.life import INSURANCE_AFTER, MISUSE, LifeEvent, LifeKind, ending
from gongji.core.moving import Moved, ended_by_move, move_fault
from gongji.core.notices import EndReason, of_binding
from gongji.core.person import Person
from gongji.core.policy import LinkTerms, PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.times import CHINA
from gongji.ledger import rows, store
from gongji.service.binding_life import end_in
from gongji.service.binding_steps import By, note_event
from gongji.service.incidents import open_incident
from gongji.service.moving import change_place, move_money
from gongji.service.notices import tell
from gongji.service.people import people_by_number, read_accounts
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may, note_act
from gongji.service.transact import all_or_nothing

CHANNEL = "agency"
TRIES = 5


class Reported(msgspec.Struct, frozen=True, kw_only=True):
    """What a report did.

    Attributes:
        known: the same had been reported before, and nothing was done.
        moved: of a move to another pooling area, what was booked.
        ended: bindings that ended with it.
        incidents: numbers of the incidents about what was settled after the event.
    """

    known: bool = False
    moved: Moved | None = None
    ended: tuple[str, ...] = ()
    incidents: tuple[int, ...] = ()


class _MovedError(Exception):
    """Somebody was bound to the person while his accounts were being locked: look again."""


async def report(platform: Platform, staff: Staff, event: LifeEvent, place: str = "") -> Reported | Refusal:
    """Report what happened to a person; a repeat does nothing more."""

    async def work(conn: AsyncConnection) -> Reported | Refusal:
        people = await people_by_number(conn, [number for number in (event.person_no, event.other) if number])
        person = people.get(event.person_no)
        if person is None or (event.other and event.other not in people):
            return refuse(Code.PERSON_UNKNOWN, field="person_no" if person is None else "other")
        # A move may be reported where it leads to as well.
        region = event.to if event.kind is LifeKind.MOVED and staff.covers(event.to) else person.region
        refusal = may(staff, (Role.CLERK, Role.REVIEWER), region) or _fault(event, person, platform.clock())
        if refusal:
            return refusal
        return await _report(conn, platform, staff, event, person, place)

    for _ in range(TRIES):
        try:
            return await all_or_nothing(platform, work)
        except _MovedError:
            continue
    return refuse(Code.BUSY)


def _fault(event: LifeEvent, person: Person, now: datetime) -> Refusal | None:
    """What cannot have happened."""
    if event.on > now.date():
        return refuse(Code.LIFE_EVENT_INVALID, field="on", what="日期晚于今天")
    if event.on < person.birth_date:
        return refuse(Code.LIFE_EVENT_INVALID, field="on", what="日期早于出生日期")
    if event.kind is LifeKind.DIVORCE and event.other in ("", event.person_no):
        return refuse(Code.LIFE_EVENT_INVALID, field="other", what="请写明原配偶")
    if event.kind is LifeKind.CARD_REPLACED and not event.card_no.strip():
        return refuse(Code.LIFE_EVENT_INVALID, field="card_no", what="请写明新卡号")
    return None


async def _report(
    conn: AsyncConnection, platform: Platform, staff: Staff, event: LifeEvent, person: Person, place: str
) -> Reported | Refusal:
    bindings = await _locked_bindings(conn, event)
    now = platform.clock()
    known = await _known(conn, event)
    if known is not None:
        return known
    # Nobody changes him any more: what was read before the lock may be old.
    person = (await people_by_number(conn, [event.person_no]))[event.person_no]
    if event.kind is LifeKind.MOVED:
        accounts = await read_accounts(conn, person.person_no)
        refusal = move_fault(platform.book, person, accounts, event.to, event.on)
        if refusal:
            return refusal
    move = {"from": person.region, "to": event.to} if event.kind is LifeKind.MOVED else {}
    details = move | ({"other": event.other} if event.other else {})
    await store.run(
        conn,
        "add_life_event",
        person_no=event.person_no,
        kind=event.kind.value,
        on=event.on,
        now=now,
        actor=staff.actor,
        channel=CHANNEL,
        place=place,
        details=Jsonb(details),
    )
    about = {"person_no": event.person_no, "place": place, "reason": str(event.on)}
    await note_act(conn, staff, f"life.{event.kind.value}", now, region=person.region, **about)
    refusal = await _change_person(conn, event, person, now)
    if refusal:
        return refusal
    by = By(actor=staff.actor, channel=CHANNEL, place=place)
    endings = await _endings(conn, platform.book, event, person, bindings)
    await _change_bindings(conn, event, bindings, endings, by, now)
    incidents = await _look_back(conn, event, person, endings, now)
    moved = await move_money(conn, platform.book, person, event, now) if event.kind is LifeKind.MOVED else None
    return Reported(moved=moved, ended=tuple(endings), incidents=tuple(incidents))


async def _locked_bindings(conn: AsyncConnection, event: LifeEvent) -> list[Binding]:
    """The person's live bindings, once the accounts of everybody in them are locked together, in id order.

    Raises:
        _MovedError: there is one with somebody whose accounts are not locked.
    """
    people = [number for number in (event.person_no, event.other) if number]
    before = await _live(conn, people)
    locked = {*people, *(side for binding in before for side in (binding.authoriser, binding.user))}
    await store.lock_accounts(conn, sorted(locked))
    now = await _live(conn, people)
    if {side for binding in now for side in (binding.authoriser, binding.user)} - locked:
        raise _MovedError
    return now


async def _live(conn: AsyncConnection, people: Sequence[str]) -> list[Binding]:
    cursor = await store.run(conn, "live_bindings_of", people=list(people))
    return [rows.binding(row) for row in await cursor.fetchall()]


async def _known(conn: AsyncConnection, event: LifeEvent) -> Reported | Refusal | None:
    """Whether it was reported before; nobody dies on two days, comes back after it, or moves to two places on a day."""
    cursor = await store.run(conn, "life_events_of", person_no=event.person_no)
    found = [(LifeKind(row[0]), row[1], row[6]) for row in await cursor.fetchall()]
    before = [(kind, on) for kind, on, _ in found]
    if (event.kind, event.on) in before:
        led_to = next(details.get("to", "") for kind, on, details in found if (kind, on) == (event.kind, event.on))
        if led_to == event.to:
            return Reported(known=True)
        return refuse(Code.LIFE_EVENT_KNOWN, field="to", what=f"{event.kind.label}到 {led_to}", on=str(event.on))
    died = next((on for kind, on in before if kind is LifeKind.DEATH), None)
    if died is None:
        return None
    if event.kind in (LifeKind.DEATH, LifeKind.MOVED) or event.on > died:
        return refuse(Code.LIFE_EVENT_KNOWN, field="on", what=LifeKind.DEATH.label, on=str(died))
    return None


async def _change_person(conn: AsyncConnection, event: LifeEvent, person: Person, now: datetime) -> Refusal | None:
    if event.kind is LifeKind.CARD_REPLACED:
        card = event.card_no.strip().upper()
        cursor = await store.run(conn, "card_taken", card_no=card, person_no=event.person_no)
        if await cursor.fetchone():
            return refuse(Code.LIFE_EVENT_INVALID, field="card_no", what="这个卡号已经用过")
        await store.run(conn, "replace_card", person_no=event.person_no, card_no=card, now=now)
        return None
    if event.kind is LifeKind.DIVORCE:
        await store.run(conn, "end_kinship", one=event.person_no, other=event.other, on=event.on)
        return None
    if event.kind is LifeKind.MOVED:
        await change_place(conn, person, event, now)
    insurance = INSURANCE_AFTER[event.kind]
    if await _is_later(conn, event):
        # What was reported before is about a later day: it stands.
        return None
    suspended = insurance is Insurance.SUSPENDED
    await store.run(
        conn,
        "set_insurance",
        person_no=event.person_no,
        insurance=insurance.value,
        suspended_on=event.on if suspended else None,
        died_on=event.on if event.kind is LifeKind.DEATH else None,
    )
    if event.kind is LifeKind.DEATH:
        await store.run(conn, "end_sessions_of_person", person_no=event.person_no, but="")
    return None


async def _is_later(conn: AsyncConnection, event: LifeEvent) -> bool:
    """Whether something was reported before that happened to the person's insurance on a later day."""
    if event.kind is LifeKind.DEATH:
        return False
    cursor = await store.run(conn, "life_events_of", person_no=event.person_no)
    return any(LifeKind(row[0]) in INSURANCE_AFTER and row[1] > event.on for row in await cursor.fetchall())


async def _endings(
    conn: AsyncConnection, book: PolicyBook, event: LifeEvent, before: Person, bindings: Sequence[Binding]
) -> dict[str, EndReason]:
    """Which of the bindings an event ends, and why."""
    sides = {side for binding in bindings for side in (binding.authoriser, binding.user)}
    people = await people_by_number(conn, sorted(sides))
    found = {}
    for binding in bindings:
        authoriser, user = people[binding.authoriser], people[binding.user]
        if event.kind is LifeKind.MOVED:
            reason = ended_by_move(book, binding, before, authoriser, user, event.on)
        else:
            reason = ending(event, binding, book.rule(LinkTerms, authoriser.region, "sharing.terms", event.on))
        if reason:
            found[binding.id] = reason
    return found


async def _change_bindings(
    conn: AsyncConnection,
    event: LifeEvent,
    bindings: Sequence[Binding],
    endings: Mapping[str, EndReason],
    by: By,
    now: datetime,
) -> None:
    for binding in bindings:
        if binding.id in endings:
            await end_in(conn, binding, endings[binding.id].value, by, now)
        elif event.kind is LifeKind.CARD_REPLACED:
            await note_event(conn, now, binding.id, "card_replaced", by, {})
        elif event.kind in _PAUSES:
            await _pause(conn, event, binding, by, now)


_PAUSES = {LifeKind.INSURANCE_SUSPENDED: "paused", LifeKind.INSURANCE_RESUMED: "resumed"}


async def _pause(conn: AsyncConnection, event: LifeEvent, binding: Binding, by: By, now: datetime) -> None:
    """The state stays: what the insurance bars is decided at each settlement. Both sides are told."""
    what = _PAUSES[event.kind]
    side = "授权人" if binding.authoriser == event.person_no else "使用人"
    reason = f"{side}{event.kind.label}"
    await note_event(conn, now, binding.id, what, by, {"reason": reason})
    if binding.state is BindingState.ACTIVE:
        await tell(conn, of_binding(binding, what, now, reason=reason), now)


async def _look_back(
    conn: AsyncConnection, event: LifeEvent, person: Person, endings: Mapping[str, EndReason], now: datetime
) -> list[int]:
    """What was settled or drawn after the day of the event, before it was known: an incident, and nothing else."""
    kind = MISUSE.get(event.kind)
    if kind is None or event.on >= now.date():
        return []
    evidence = {"event": event.kind.value, "happened_on": str(event.on), "reported_at": now.isoformat()}
    settled = [] if event.kind is LifeKind.DIVORCE else await _settled_after(conn, event)
    drawn = await _drawn_after(conn, event, endings)
    if not settled and not drawn:
        return []
    persons = tuple(dict.fromkeys([event.person_no, *([event.other] if event.other else [])]))
    finding = Finding(
        kind=kind,
        key=f"{kind.value}|{'|'.join(sorted(persons))}|{event.on}",
        at=now,
        persons=persons,
        region=person.region,
        evidence=evidence | {"settlements": settled, "drawn": drawn},
    )
    number = await open_incident(conn, finding)
    return [number] if number else []


async def _settled_after(conn: AsyncConnection, event: LifeEvent) -> list[dict[str, object]]:
    """The person's own settlements after the end of the day."""
    after = datetime.combine(event.on, time.max, CHINA)
    cursor = await store.run(conn, "settlements_after", person_no=event.person_no, after=after)
    return [
        {
            "id": row[0],
            "at": row[1].isoformat(),
            "institution": row[2],
            "total": row[3],
            "own": row[4],
            "shared": row[5],
        }
        for row in await cursor.fetchall()
    ]


async def _drawn_after(
    conn: AsyncConnection, event: LifeEvent, endings: Mapping[str, EndReason]
) -> list[dict[str, object]]:
    """What was drawn after the day through bindings that the event ends, or would have ended."""
    cursor = await store.run(conn, "bindings_ever_of", people=[event.person_no])
    bindings = [rows.binding(row) for row in await cursor.fetchall()]
    concerned = [binding.id for binding in bindings if binding.id in endings or ending(event, binding)]
    cursor = await store.run(conn, "draws_after", bindings=concerned, on=event.on)
    return [{"binding": row[0], "day": str(row[1]), "amount": row[2]} for row in await cursor.fetchall()]
