"""The bill of a stay in hospital: everything that no settlement holds yet, and what the stay has borne (住院费用)."""

from collections.abc import Sequence

import msgspec
from psycopg import AsyncConnection

from gongji.core.case import YearToDate
from gongji.core.codes import Care
from gongji.core.lines import LineSplit, total_of
from gongji.core.record import Settlement, parse_settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.ledger.pipeline import Books
from gongji.ledger.rows import Visit
from gongji.service.commands import Command, Settle
from gongji.service.snapshot import Snapshot, Stay

OPEN: str = ""
"""Batch of the lines of a stay that have never been settled."""

_NOTHING = LineSplit(amount=0, full_self_pay=0, over_limit=0, first_self_pay=0)


async def load_stays(conn: Books, snapshot: Snapshot, commands: Sequence[Command]) -> None:
    """Read the stays that commands settle or take a settlement back of; most batches have none."""
    asked = {c.visit_id for c in commands if isinstance(c, Settle) and c.visit_id in snapshot.visits}
    stays = {visit for visit in asked if snapshot.visits[visit].stay}
    stays |= {s.visit_id for s in snapshot.settlements.values() if s.care is Care.INPATIENT}
    if stays:
        snapshot.stays = await stays_of(conn, sorted(stays))


async def stays_of(conn: Books, visits: Sequence[str]) -> dict[str, Stay]:
    """What stays still have to pay, and what was paid; the caller holds the lock on the patients."""
    cursor = await store.run(conn, "open_lines_of_stays", visits=list(visits))
    found = {visit: Stay(lines=0, open=_NOTHING, settled=[]) for visit in visits}
    for row in await cursor.fetchall():
        stay = found[row[0]]
        stay.lines += row[3]
        stay.open = total_of([stay.open, rows.line_split(row)])
    cursor = await store.run(conn, "settled_of_visits", visits=list(visits))
    keys = [key for (settlement,) in await cursor.fetchall() if (key := parse_settlement_id(settlement))]
    if keys:
        cursor = await store.run(
            conn,
            "settlements",
            regions=[k[0] for k in keys],
            days=[k[1] for k in keys],
            journals=[k[2] for k in keys],
        )
        standing = [rows.settlement_decoder.decode(document) for (document,) in await cursor.fetchall()]
        for settlement in sorted(standing, key=lambda s: s.journal_id):
            found[settlement.visit_id].settled.append(settlement)
    return found


def check_care(visit: Visit, *, stay: bool) -> Refusal | None:
    """A stay has transactions of its own, and so has every other visit."""
    if visit.stay is stay:
        return None
    asked = Care.INPATIENT.label if stay else "门诊"
    return refuse(Code.VISIT_OF_OTHER_CARE, field="mdtrt_id", visit=visit.id, care=visit.care.label, asked=asked)


async def check_in_hospital(conn: AsyncConnection, person_no: str) -> Refusal | None:
    """Nobody is in two hospitals; the caller holds the lock on the patient."""
    cursor = await store.run(conn, "stay_in_hospital", person_no=person_no)
    row = await cursor.fetchone()
    return refuse(Code.IN_HOSPITAL, field="psn_no", institution=row[3], on=str(row[1])) if row else None


def check_open(visit: Visit, stay: Stay, act: str) -> Refusal | None:
    """What was settled at discharge is closed until that settlement is taken back."""
    closed = stay.closed_by
    if closed is None:
        return None
    return refuse(Code.STAY_SETTLED, field="mdtrt_id", visit=visit.id, settlement=closed.id, act=act)


def check_stay(snapshot: Snapshot, command: Settle, visit: Visit) -> Stay | Refusal:
    """The stay to settle, or the first reason why it cannot be settled so."""
    stay = snapshot.stays[visit.id]
    refusal = check_open(visit, stay, "中途结算" if command.mid_stay else "再次结算")
    if refusal:
        return refusal
    if command.mid_stay and visit.ended_on is not None:
        act = "中途结算"
        return refuse(Code.STAY_ENDED, field="mid_setl_flag", visit=visit.id, on=str(visit.ended_on), act=act)
    if stay.lines == 0:
        return refuse(Code.FEES_MISSING, field="mdtrt_id", visit=visit.id, batch="（未结算）")
    return stay


def of_this_stay(snapshot: Snapshot, visit_id: str, year: YearToDate) -> YearToDate:
    """The year's figures for a bill of a stay: earlier settlements of the same stay are not a further stay."""
    stay = snapshot.stays.get(visit_id)
    if stay is None or not stay.settled:
        return year
    return msgspec.structs.replace(
        year,
        events=stay.settled[0].case.year_to_date.events,
        deductible_of_stay=sum(s.split.deductible for s in stay.settled),
        eligible_of_stay=sum(s.split.eligible for s in stay.settled),
    )


def note_settled(snapshot: Snapshot, settlement: Settlement) -> None:
    """Let later commands of the batch see that the lines of a stay are settled."""
    stay = snapshot.stays.get(settlement.visit_id)
    if stay is not None:
        stay.settled.append(settlement)
        stay.lines, stay.open = 0, _NOTHING


def later_settlement(snapshot: Snapshot, original: Settlement) -> Refusal | None:
    """Deductible and bands of a stay go from one settlement to the next: they are taken back from the last."""
    stay = snapshot.stays.get(original.visit_id)
    if stay is None or not stay.settled or stay.settled[-1].id == original.id:
        return None
    return refuse(Code.LATER_SETTLEMENT, field="setl_id", settlement=stay.settled[-1].id)


def note_reversed(snapshot: Snapshot, reversal: Settlement) -> None:
    """Let later commands of the batch see that lines of a stay are to be paid again."""
    stay = snapshot.stays.get(reversal.visit_id)
    if stay is None:
        return
    stay.settled = [s for s in stay.settled if s.id != reversal.reverses]
    bill = reversal.split.bill
    parts = LineSplit(
        amount=bill.total,
        full_self_pay=bill.full_self_pay,
        over_limit=bill.over_limit,
        first_self_pay=bill.first_self_pay,
        by_purpose=bill.by_purpose,
    )
    stay.lines += 1
    stay.open = total_of([stay.open, parts])
