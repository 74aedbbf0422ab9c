"""Incidents of misuse (线索): opened with their evidence, looked into by staff, never changed (冒用、异常线索)."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.incidents import REPORTED, Finding, IncidentKind, IncidentState
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may, note_act, reason_fault
from gongji.service.transact import all_or_nothing

MOST_FINE_TIMES = 5
"""A fine for forged papers is at most this many times the amount, as articles tell the regulation of 2021."""


class Incident(msgspec.Struct, frozen=True, kw_only=True):
    """An incident with the state of its handling; ``staff``, ``handled_at`` and ``reason`` are of the latest step."""

    id: int
    kind: IncidentKind
    at: datetime
    region: str
    institution: str | None
    persons: list[str]
    evidence: dict[str, Any]
    state: IncidentState
    staff: str | None
    handled_at: datetime | None
    reason: str | None


async def open_incident(conn: AsyncConnection, finding: Finding) -> int | None:
    """Open an incident as part of the caller's transaction; None when it is known already."""
    cursor = await store.run(
        conn,
        "add_incident",
        kind=finding.kind.value,
        key=finding.key,
        at=finding.at,
        region=finding.region,
        institution=finding.institution,
        persons=list(finding.persons),
        details=Jsonb(finding.evidence),
    )
    row = await cursor.fetchone()
    return row[0] if row else None


async def incidents(
    platform: Platform,
    staff: Staff,
    *,
    state: IncidentState | None = None,
    kind: IncidentKind | None = None,
    person_no: str | None = None,
    before: int | None = None,
    limit: int = 50,
) -> list[Incident] | Refusal:
    """Incidents in the regions of a member of staff, newest first."""
    if staff.role not in LOOKERS:
        return refuse(Code.ROLE_MISSING, roles="、".join(role.label for role in LOOKERS))
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "incidents",
            region=staff.regions_like,
            state=state.value if state else None,
            kind=kind.value if kind else None,
            person_no=person_no,
            before=before,
            limit=limit,
        )
        return [_incident(row) for row in await cursor.fetchall()]


LOOKERS = (Role.AUDITOR, Role.REVIEWER)
HANDLERS = (Role.AUDITOR,)


def _incident(row: rows.Row) -> Incident:
    return Incident(
        id=row[0],
        kind=IncidentKind(row[1]),
        at=row[2],
        region=row[3],
        institution=row[4],
        persons=row[5],
        evidence=row[6],
        state=IncidentState(row[7]),
        staff=row[8],
        handled_at=row[9],
        reason=row[10],
    )


async def handle(
    platform: Platform,
    staff: Staff,
    incident: int,
    state: IncidentState,
    reason: str,
    fine: Fen | None = None,
) -> Incident | Refusal:
    """Confirm or dismiss an open incident; who did it and why stays with it.

    Forged papers that are confirmed put the first person on the list of the untrustworthy. A fine is at most
    ``MOST_FINE_TIMES`` times the amount of the evidence.
    """

    async def work(conn: AsyncConnection) -> Incident | Refusal:
        cursor = await store.run(conn, "lock_incident", id=incident)
        row = await cursor.fetchone()
        found = _incident(row) if row else None
        if found is None:
            return refuse(Code.INCIDENT_UNKNOWN, field="id")
        refusal = may(staff, HANDLERS, found.region) or reason_fault(reason) or _fine_fault(found, state, fine)
        if refusal:
            return refusal
        if found.state is not IncidentState.OPEN:
            return refuse(Code.INCIDENT_CLOSED, state=found.state.label)
        now = platform.clock()
        step = {"state": state.value, "staff": staff.login, "reason": reason.strip(), "fine": fine}
        await store.run(conn, "add_incident_step", id=incident, at=now, **step)
        if state is IncidentState.CONFIRMED and found.kind is IncidentKind.FORGED_PAPERS:
            listed = {"person_no": found.persons[0], "since": now.date(), "incident": incident}
            await store.run(conn, "add_untrustworthy", **listed)
        person = found.persons[0] if found.persons else None
        what = f"incident.{state.value}"
        await note_act(
            conn, staff, what, now, region=found.region, person_no=person, about=str(incident), reason=reason
        )
        cursor = await store.run(conn, "lock_incident", id=incident)
        return _incident(await cursor.fetchone() or ())

    return await all_or_nothing(platform, work)


def _fine_fault(found: Incident, state: IncidentState, fine: Fen | None) -> Refusal | None:
    if state is IncidentState.OPEN:
        return refuse(Code.INPUT_INVALID, field="state", what="只能认定或排除")
    if fine is None:
        return None
    amount = found.evidence.get("amount")
    if state is not IncidentState.CONFIRMED or not isinstance(amount, int):
        return refuse(Code.AMOUNT_INVALID, field="fine", what="认定且涉及金额的线索才有罚款")
    most = MOST_FINE_TIMES * amount
    if not 0 <= fine <= most:
        what = f"罚款最多为涉及金额的 {MOST_FINE_TIMES} 倍，即 {format_yuan(most)} 元"
        return refuse(Code.AMOUNT_INVALID, field="fine", what=what)
    return None


async def record_by_staff(
    platform: Platform,
    staff: Staff,
    kind: IncidentKind,
    persons: Sequence[str],
    what: str,
    amount: Fen | None = None,
) -> int | Refusal:
    """Record what staff found themselves, such as forged papers; returns the number of the incident."""

    async def work(conn: AsyncConnection) -> int | Refusal:
        people = await people_by_number(conn, persons)
        missing = [number for number in persons if number not in people]
        if missing or not persons:
            return refuse(Code.PERSON_UNKNOWN, field="persons")
        region = people[persons[0]].region
        refusal = may(staff, (Role.CLERK, Role.REVIEWER, Role.AUDITOR), region) or reason_fault(what)
        if refusal:
            return refusal
        now = platform.clock()
        evidence: dict[str, Any] = {"told_by": staff.actor, "text": what.strip()}
        if amount is not None:
            evidence["amount"] = amount
        finding = Finding(kind=kind, key="", at=now, persons=tuple(persons), region=region, evidence=evidence)
        number = await open_incident(conn, finding)
        await note_act(
            conn, staff, "incident.recorded", now, region=region, person_no=persons[0], about=str(number), reason=what
        )
        return number or 0

    return await all_or_nothing(platform, work)


class Report(msgspec.Struct, frozen=True, kw_only=True):
    """What a person has reported, as he sees it (举报、投诉)."""

    id: int
    kind: IncidentKind
    at: datetime
    text: str
    state: IncidentState
    answer: str


async def report(platform: Platform, person_no: str, kind: IncidentKind, text: str) -> int | Refusal:
    """Report an agent, misuse, or a complaint; returns the number by which it is followed."""
    if kind not in REPORTED:
        return refuse(Code.INPUT_INVALID, field="kind", what=f"可以举报：{'、'.join(one.label for one in REPORTED)}")

    async def work(conn: AsyncConnection) -> int | Refusal:
        people = await people_by_number(conn, [person_no])
        if person_no not in people:
            return refuse(Code.PERSON_UNKNOWN)
        fault = reason_fault(text)
        if fault:
            return fault
        evidence = {"told_by": person_no, "text": text.strip()}
        finding = Finding(
            kind=kind,
            key="",
            at=platform.clock(),
            persons=(),
            region=people[person_no].region,
            evidence=evidence,
        )
        return await open_incident(conn, finding) or 0

    return await all_or_nothing(platform, work)


async def reports_of(platform: Platform, person_no: str) -> list[Report]:
    """What a person has reported, newest first, with what became of it."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "reports_of", person_no=person_no)
        found = [_incident(row) for row in await cursor.fetchall()]
    return [
        Report(
            id=one.id,
            kind=one.kind,
            at=one.at,
            text=str(one.evidence.get("text", "")),
            state=one.state,
            answer=one.reason or "",
        )
        for one in found
    ]
