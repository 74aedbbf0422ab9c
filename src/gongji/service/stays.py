"""Stays in hospital after admission: change, discharge, take each back; their fees (出院、住院变更、住院费用)."""

from collections.abc import Callable, Sequence
from datetime import date
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.ledger.rows import Visit
from gongji.service.commands import FeeLine, Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.returned_lines import returned
from gongji.service.settle import check_care_date
from gongji.service.stay_bill import OPEN, check_in_hospital, check_open, stays_of
from gongji.service.visits import Registration, SplitLine, kept_lines, own_visit
from gongji.service.writing import fee_columns

Details = dict[str, Any]
EVERY_LINE = "0000"
"""Names every line of a stay that is not settled."""


async def change(
    platform: Platform,
    sender: Sender,
    person_no: str,
    visit_id: str,
    registration: Registration,
    merged: Callable[[Details], Details],
) -> Answer | Refusal:
    """Change what was told at admission; ``merged`` makes the new details from the old ones."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await _open_stay(conn, sender, person_no, visit_id, "变更")
        if isinstance(visit, Refusal):
            return visit
        refusal = await _check_change(conn, platform, visit, registration)
        if refusal:
            return refusal
        cursor = await store.run(conn, "visit_details", visit=visit_id)
        details, _ = await cursor.fetchone() or ({}, None)
        new = Jsonb(merged(details))
        await store.run(
            conn, "change_stay", visit=visit_id, began=registration.on, number=registration.number, details=new
        )
        return {}

    return await once(platform, sender, person_no, work)


async def _check_change(
    conn: AsyncConnection, platform: Platform, visit: Visit, registration: Registration
) -> Refusal | None:
    late = check_care_date(registration.on, platform.clock().date())
    if late:
        return late
    if registration.number != visit.number:
        cursor = await store.run(conn, "visit_of_number", institution=visit.institution, number=registration.number)
        if await cursor.fetchone():
            return refuse(Code.VISIT_EXISTS, field="ipt_otp_no", number=registration.number)
    if registration.on == visit.began_on:
        return None
    settled = (await stays_of(conn, [visit.id]))[visit.id].settled
    if settled:
        return _dates(registration.on, visit.ended_on, "已有中途结算，不能改入院日期")
    if visit.ended_on and registration.on > visit.ended_on:
        return _dates(registration.on, visit.ended_on, "入院晚于出院")
    return None


def _dates(began: date, ended: date | None, what: str) -> Refusal:
    return refuse(
        Code.STAY_DATES_INVALID,
        field="begntime",
        began=str(began),
        ended=str(ended) if ended else "（未出院）",
        what=what,
    )


async def discharge(
    platform: Platform, sender: Sender, person_no: str, visit_id: str, on: date, details: Details
) -> Answer | Refusal:
    """Discharge a patient; the stay may be settled before or after."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=True)
        if isinstance(visit, Refusal):
            return visit
        refusal = _ended(visit, "再次办理出院") or check_care_date(on, platform.clock().date())
        if refusal is None and on < visit.began_on:
            refusal = _dates(visit.began_on, on, "出院早于入院")
        if refusal:
            return refusal
        await store.run(conn, "discharge", visit=visit_id, on=on, details=Jsonb({"discharge": details}))
        return {}

    return await once(platform, sender, person_no, work)


async def undo_discharge(platform: Platform, sender: Sender, person_no: str, visit_id: str) -> Answer | Refusal:
    """The patient stays after all; what was settled at discharge must have been taken back before."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await _open_stay(conn, sender, person_no, visit_id, "撤销出院")
        if isinstance(visit, Refusal):
            return visit
        if visit.ended_on is None:
            return refuse(Code.STAY_OPEN, field="mdtrt_id", visit=visit_id, act="撤销出院")
        elsewhere = await check_in_hospital(conn, person_no)
        if elsewhere:
            return elsewhere
        await store.run(conn, "undo_discharge", visit=visit_id)
        return {}

    return await once(platform, sender, person_no, work)


async def undo_admission(platform: Platform, sender: Sender, person_no: str, visit_id: str) -> Answer | Refusal:
    """Take an admission back; fees and discharge must have been taken back before."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        return await undo_admission_in(conn, sender, person_no, visit_id)

    return await once(platform, sender, person_no, work)


async def undo_admission_in(conn: AsyncConnection, sender: Sender, person_no: str, visit_id: str) -> Answer | Refusal:
    """The same in the caller's transaction."""
    visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=True)
    if isinstance(visit, Refusal):
        return visit
    cursor = await store.run(conn, "visit_has", visit=visit_id)
    settled, fees = await cursor.fetchone() or (False, False)
    if settled or fees:
        what = "结算" if settled else "费用明细"
        return refuse(Code.VISIT_IN_USE, field="mdtrt_id", visit=visit_id, what=what)
    refusal = _ended(visit, "撤销入院")
    if refusal:
        return refusal
    await store.run(conn, "cancel_visit", visit=visit_id)
    return {}


async def add_stay_fees(
    platform: Platform, sender: Sender, person_no: str, visit_id: str, lines: Sequence[SplitLine]
) -> list[SplitLine] | Refusal:
    """Add lines to a stay, all of them or none; a line with a negative quantity takes something from an earlier one."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await _open_stay(conn, sender, person_no, visit_id, "上传费用明细")
        if isinstance(visit, Refusal):
            return visit
        fault = next((line.line.fault for line in lines if line.line.fault), None)
        if fault:
            return fault
        cursor = await store.run(
            conn, "fee_lines_present", visit=visit_id, line_nos=[line.line.line_no for line in lines]
        )
        present = await cursor.fetchone()
        if present:
            return refuse(Code.FEE_DUPLICATE, field="feedetl_sn", line=present[0])
        # A return may name a line of the same message: those stand first.
        plain = [line for line in lines if line.line.returns is None]
        await _put(conn, sender, visit_id, [line.line for line in plain])
        back = await returned(conn, visit_id, [line for line in lines if line.line.returns is not None])
        if isinstance(back, Refusal):
            return back
        await _put(conn, sender, visit_id, [line.line for line in back.values()])
        answered = [back.get(line.line.line_no, line) for line in lines]
        return {"visit": visit_id, "lines": kept_lines(answered)}

    answer = await once(platform, sender, person_no, work)
    return answer if isinstance(answer, Refusal) else msgspec.convert(answer["lines"], list[SplitLine])


async def _put(conn: AsyncConnection, sender: Sender, visit_id: str, lines: Sequence[FeeLine]) -> None:
    if lines:
        await store.run(conn, "add_fee_lines", **fee_columns([(visit_id, OPEN, lines)], sender.message_id))


async def drop_stay_fees(
    platform: Platform, sender: Sender, person_no: str, visit_id: str, line_nos: Sequence[str]
) -> Answer | Refusal:
    """Take lines of a stay back by their numbers, with their returns, or with "0000" every line that is not settled."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await _open_stay(conn, sender, person_no, visit_id, "撤销费用明细")
        if isinstance(visit, Refusal):
            return visit
        if EVERY_LINE in line_nos:
            cursor = await store.run(conn, "drop_open_lines", visit=visit_id)
            return {"lines": len(await cursor.fetchall())}
        return await drop_named(conn, visit_id, line_nos)

    return await once(platform, sender, person_no, work)


async def drop_named(
    conn: AsyncConnection, visit_id: str, line_nos: Sequence[str], sent_with: str | None = None
) -> Answer | Refusal:
    """Take lines of a visit back by their numbers, with their returns; none of them may be settled.

    With ``sent_with`` they must be those that this message uploaded, not others sent later under the same numbers.
    """
    cursor = await store.run(conn, "fee_lines_named", visit=visit_id, line_nos=list(line_nos))
    rows = await cursor.fetchall()
    found = {row[0]: (row[1], row[10]) for row in rows if row[0] not in line_nos or sent_with in (None, row[11])}
    missing = next((number for number in line_nos if number not in found), None)
    if missing is not None:
        return refuse(Code.FEE_UNKNOWN, field="feedetl_sn", visit=visit_id, line=missing)
    settled = next(((batch, by) for batch, by in found.values() if by), None)
    if settled:
        return refuse(Code.ALREADY_SETTLED, field="feedetl_sn", batch=settled[0], settlement=settled[1])
    cursor = await store.run(conn, "drop_named_lines", visit=visit_id, line_nos=list(line_nos))
    return {"lines": len(await cursor.fetchall())}


class Remark(msgspec.Struct, frozen=True, kw_only=True):
    """A remark on a line, such as the drug's trace code (追溯码)."""

    line_no: str
    item: str
    memo: str


async def remark(
    platform: Platform, sender: Sender, person_no: str, visit_id: str, remarks: Sequence[Remark]
) -> Answer | Refusal:
    """Put remarks on lines of a visit of any kind, settled or not: no amount changes."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await own_visit(conn, sender.institution, person_no, visit_id)
        if isinstance(visit, Refusal):
            return visit
        for one in remarks:
            memo = Jsonb({"memo": one.memo})
            cursor = await store.run(conn, "remark_line", visit=visit_id, line=one.line_no, item=one.item, details=memo)
            if await cursor.fetchone() is None:
                return refuse(Code.FEE_UNKNOWN, field="bkkp_sn", visit=visit_id, line=one.line_no)
        return {}

    return await once(platform, sender, person_no, work)


async def _open_stay(conn: AsyncConnection, sender: Sender, person_no: str, visit_id: str, act: str) -> Visit | Refusal:
    """A stay of this patient here that was not settled at discharge."""
    visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=True)
    if isinstance(visit, Refusal):
        return visit
    return check_open(visit, (await stays_of(conn, [visit_id]))[visit_id], act) or visit


def _ended(visit: Visit, act: str) -> Refusal | None:
    if visit.ended_on is None:
        return None
    return refuse(Code.STAY_ENDED, field="mdtrt_id", visit=visit.id, on=str(visit.ended_on), act=act)
