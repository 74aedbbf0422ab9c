"""Visits and their fees: register, describe, upload lines, take back (挂号、就诊信息、费用明细)."""

from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from decimal import Decimal
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Care
from gongji.core.lines import LineSplit, product, split_line
from gongji.core.money import MAX_FEN, BasisPoints, Fen, format_yuan
from gongji.core.person import Institution, Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.ledger.rows import Visit
from gongji.service.catalogue import shelf_for
from gongji.service.commands import Claimed, FeeLine, Sender
from gongji.service.files import Upload, put_file
from gongji.service.messages import Answer, once
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.settle import VISIT_ID_FORMAT, check_care_date, check_institution, check_person
from gongji.service.stay_bill import check_care, check_in_hospital
from gongji.service.writing import fee_columns

EVERY_BATCH = "0000"
"""Names every batch that is not settled yet."""


class Registration(msgspec.Struct, frozen=True, kw_only=True):
    """A visit to register (门诊挂号), or a stay in hospital (入院); ``on`` is its first day."""

    person_no: str
    claimed: Claimed
    number: str
    on: date
    care: Care = Care.OUTPATIENT
    details: dict[str, Any] = {}


class Billed(msgspec.Struct, frozen=True, kw_only=True):
    """Whose bill it is, where, and the day of lines that state none."""

    person_no: str
    institution: str
    on: date


class RawLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line as the institution sends it; amount in fen, price in yuan.

    Attributes:
        on: day of the fee, by which the catalogue is read; None where the line states none.
        approved: whether an item of restricted use is used as the restriction says (医院审批).
        returns: the line that this one, whose quantity is negative, takes something from.
    """

    line_no: str
    item: str
    quantity: Decimal
    price: Decimal
    amount: Fen
    on: date | None = None
    approved: bool = True
    returns: str | None = None
    details: dict[str, Any] = {}


class SplitLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line with its split and the item it was split by; the item is None where the line has a fault.

    ``area`` names the place of care whose catalogue was used; it is empty at home.
    """

    line: FeeLine
    item: CatalogueItem | None
    area: str = ""

    @property
    def first_self_pay(self) -> BasisPoints:
        """Share that the person bears first."""
        return self.item.first_self_pay if self.item else 0


async def register(platform: Platform, sender: Sender, registration: Registration) -> Answer | Refusal:
    """Register a visit, or admit to hospital who is in none; the answer holds ``visit``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        return await open_visit(conn, sender, registration, platform.clock())

    return await once(platform, sender, registration.person_no, work, registration.claimed)


async def open_visit(
    conn: AsyncConnection, sender: Sender, registration: Registration, now: datetime
) -> Answer | Refusal:
    """The same as part of the caller's transaction, in which the person's accounts are locked."""
    person, refusal = await _patient(conn, registration)
    refusal = refusal or check_institution(await _institution(conn, sender.institution), sender.institution)
    refusal = refusal or check_care_date(registration.on, now.date())
    if refusal or person is None:
        return refusal or refuse(Code.PERSON_UNKNOWN)
    if registration.care is Care.INPATIENT:
        refusal = await check_in_hospital(conn, person.person_no)
        if refusal:
            return refusal
    cursor = await store.run(conn, "visit_of_number", institution=sender.institution, number=registration.number)
    if await cursor.fetchone():
        return refuse(Code.VISIT_EXISTS, field="ipt_otp_no", number=registration.number)
    cursor = await store.run(conn, "next_visit_ids", count=1)
    (number,) = await cursor.fetchone() or (0,)
    visit = VISIT_ID_FORMAT.format(region=person.region, day=now, number=number)
    await store.run(
        conn,
        "add_visits",
        ids=[visit],
        regions=[person.region],
        person_nos=[person.person_no],
        institutions=[sender.institution],
        numbers=[registration.number],
        cares=[registration.care.value],
        began=[registration.on],
        details=[Jsonb(registration.details)],
        created_at=[now],
    )
    return {"visit": visit}


async def cancel(platform: Platform, sender: Sender, person_no: str, visit_id: str) -> Answer | Refusal:
    """Take a registration back; fees must have been taken back before."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=False)
        if isinstance(visit, Refusal):
            return visit
        cursor = await store.run(conn, "visit_has", visit=visit_id)
        settled, fees = await cursor.fetchone() or (False, False)
        if settled or fees:
            what = "结算" if settled else "费用明细"
            return refuse(Code.VISIT_IN_USE, field="mdtrt_id", visit=visit_id, what=what)
        await store.run(conn, "cancel_visit", visit=visit_id)
        return {}

    return await once(platform, sender, person_no, work)


async def describe(
    platform: Platform,
    sender: Sender,
    person_no: str,
    visit_id: str,
    care: Care | None,
    details: dict[str, Any],
    scan: Upload | None = None,
) -> Answer | Refusal:
    """Keep what the institution tells about a visit; its kind of care may change until it is settled.

    ``scan`` is a picture that belongs to it: a file of the institution, whose number stands in the details as ``scan``.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=False)
        if isinstance(visit, Refusal):
            return visit
        told = details
        if scan:
            file = await put_file(
                conn,
                owner=sender.institution,
                name=scan.name,
                content=scan.content,
                now=platform.clock(),
                kept=scan.kept,
            )
            told = details | {"scan": file.number}
        await store.run(conn, "describe_visit", visit=visit_id, care=care.value if care else None, details=Jsonb(told))
        return {}

    return await once(platform, sender, person_no, work)


async def split_lines(platform: Platform, billed: Billed, lines: Sequence[RawLine]) -> list[SplitLine] | Refusal:
    """Split every line by the catalogue; quantity times price must give the amount, but for a fen of rounding.

    A line whose item is unknown, or isn't in force on its day, comes back with that as its fault.
    """
    refusal = _arithmetic(lines)
    if refusal:
        return refusal
    async with platform.pool.connection() as conn:
        shelf = await shelf_for(
            conn, platform.book, billed.person_no, billed.institution, [line.item for line in lines]
        )
    return [_split(line, shelf.find(line.item, line.on or billed.on), shelf.area) for line in lines]


def _arithmetic(lines: Sequence[RawLine]) -> Refusal | None:
    numbers = Counter(line.line_no for line in lines)
    if sum(line.amount for line in lines) > MAX_FEN:
        return refuse(Code.BILL_INVALID, field="det_item_fee_sumamt", what="明细合计超出可结算的最大金额")
    twice = next((number for number, count in numbers.items() if count > 1), None)
    if twice is not None:
        return refuse(Code.FEE_DUPLICATE, field="feedetl_sn", line=twice)
    for line in lines:
        if line.price < 0 or (line.quantity < 0) is not (line.returns is not None) or line.amount * line.quantity < 0:
            what = "数量为负的明细要写明原费用流水号，单价不能为负，数量和金额同号"
            return refuse(Code.RETURN_INVALID, field="init_feedetl_sn", line=line.line_no, what=what)
        expected = product(line.quantity, line.price)
        if abs(expected - line.amount) > 1:
            return refuse(
                Code.FEE_ARITHMETIC,
                field="det_item_fee_sumamt",
                line=line.line_no,
                amount=format_yuan(line.amount),
                product=format_yuan(expected),
            )
    return None


def _split(line: RawLine, found: CatalogueItem | Refusal, area: str) -> SplitLine:
    item, fault = (None, found) if isinstance(found, Refusal) else (found, None)
    fee = FeeLine(
        line_no=line.line_no,
        item=line.item,
        quantity=line.quantity,
        price=line.price,
        split=_parts(item, line),
        fault=fault,
        returns=line.returns,
        details=line.details,
    )
    return SplitLine(line=fee, item=item, area=area)


def _parts(item: CatalogueItem | None, line: RawLine) -> LineSplit:
    """The parts of a line; those of a return are known only beside the line it takes from."""
    if line.returns is not None:
        return LineSplit(amount=line.amount, full_self_pay=0, over_limit=0, first_self_pay=0)
    return split_line(item, line.quantity, line.price, line.amount, approved=line.approved)


def kept_lines(lines: Sequence[SplitLine]) -> Any:
    """Lines as plain JSON to answer a repeat with, without the details that no answer repeats."""
    bare = [msgspec.structs.replace(line, line=msgspec.structs.replace(line.line, details={})) for line in lines]
    return msgspec.to_builtins(bare)


async def add_fees(
    platform: Platform,
    sender: Sender,
    person_no: str,
    batches: dict[tuple[str, str], list[FeeLine]],
    answer: Answer | None = None,
) -> Answer | Refusal:
    """Add lines, by visit and batch, to open visits of a patient; all of them or none.

    ``answer`` is kept with the message, so that a repeat is answered by the catalogue of then.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        return await add_lines(conn, sender, person_no, batches) or answer or {}

    return await once(platform, sender, person_no, work)


async def add_lines(
    conn: AsyncConnection, sender: Sender, person_no: str, batches: dict[tuple[str, str], list[FeeLine]]
) -> Refusal | None:
    """The same as part of the caller's transaction, in which the person's accounts are locked."""
    for (visit_id, batch), lines in batches.items():
        visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=False)
        refusal = visit if isinstance(visit, Refusal) else await _closed_batch(conn, visit_id, batch)
        refusal = refusal or next((line.fault for line in lines if line.fault), None)
        if refusal:
            return refusal
        cursor = await store.run(conn, "fee_lines_present", visit=visit_id, line_nos=[line.line_no for line in lines])
        present = await cursor.fetchone()
        if present:
            return refuse(Code.FEE_DUPLICATE, field="feedetl_sn", line=present[0])
        await store.run(conn, "add_fee_lines", **fee_columns([(visit_id, batch, lines)], sender.message_id))
    return None


async def drop_fees(platform: Platform, sender: Sender, person_no: str, visit_id: str, batch: str) -> Answer | Refusal:
    """Take back the lines of a batch, or of every unsettled batch; the answer holds their count as ``lines``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        return await drop_lines(conn, sender, person_no, visit_id, batch)

    return await once(platform, sender, person_no, work)


async def drop_lines(
    conn: AsyncConnection, sender: Sender, person_no: str, visit_id: str, batch: str
) -> Answer | Refusal:
    """The same as part of the caller's transaction, in which the person's accounts are locked."""
    visit = await own_visit(conn, sender.institution, person_no, visit_id, stay=False)
    if isinstance(visit, Refusal):
        return visit
    if batch != EVERY_BATCH:
        refusal = await _closed_batch(conn, visit_id, batch)
        if refusal:
            return refusal
    cursor = await store.run(conn, "drop_fee_lines", visit=visit_id, batch=batch)
    dropped = len(await cursor.fetchall())
    if dropped == 0 and batch != EVERY_BATCH:
        return refuse(Code.FEES_MISSING, field="chrg_bchno", visit=visit_id, batch=batch)
    return {"lines": dropped}


async def own_visit(
    conn: AsyncConnection, institution: str, person_no: str, visit_id: str, *, stay: bool | None = None
) -> Visit | Refusal:
    """An open visit of this patient at this institution; ``stay`` says whether it must be a stay in hospital or not."""
    cursor = await store.run(conn, "visits", ids=[visit_id])
    row = await cursor.fetchone()
    if row is None:
        return refuse(Code.VISIT_UNKNOWN, field="mdtrt_id", visit=visit_id)
    visit = rows.visit(row)
    if visit.institution != institution:
        return refuse(Code.VISIT_ELSEWHERE, field="mdtrt_id", visit=visit_id)
    if visit.person_no != person_no:
        return refuse(Code.VISIT_OF_ANOTHER, field="psn_no", visit=visit_id)
    if visit.state != "open":
        return refuse(Code.VISIT_CANCELLED, field="mdtrt_id", visit=visit_id)
    refusal = check_care(visit, stay=stay) if stay is not None else None
    return refusal or visit


async def _closed_batch(conn: AsyncConnection, visit_id: str, batch: str) -> Refusal | None:
    cursor = await store.run(conn, "settled_batches", visits=[visit_id], batches=[batch])
    row = await cursor.fetchone()
    return refuse(Code.ALREADY_SETTLED, field="chrg_bchno", batch=batch, settlement=row[2]) if row else None


async def _patient(conn: AsyncConnection, registration: Registration) -> tuple[Person | None, Refusal | None]:
    found = await people_by_number(conn, [registration.person_no])
    return check_person(found.get(registration.person_no), registration.claimed, registration.on)


async def _institution(conn: AsyncConnection, code: str) -> Institution | None:
    cursor = await store.run(conn, "institutions", codes=[code])
    row = await cursor.fetchone()
    return rows.institution(row) if row else None
