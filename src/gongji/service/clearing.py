"""Clearing between regions: close a month, pay what one region owes another (统筹区间清算)."""

from collections.abc import AsyncIterator
from datetime import date, datetime
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.clearing import Statement, is_over, last_day, pay_between
from gongji.core.money import Fen
from gongji.core.record import settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing

AGENCY: Final = "agency"
"""Sender of what the agency books itself."""

BATCH: Final = 1000
"""Lines that are read at a time."""


class Paid(msgspec.Struct, frozen=True, kw_only=True):
    """How a statement was paid: journal, day in the books, the bank's number, when and by whom."""

    journal_id: int
    booked_on: date
    reference: str
    at: datetime
    by: str


class Pair(msgspec.Struct, frozen=True, kw_only=True):
    """A statement with its payment, None as long as it is not paid."""

    statement: Statement
    paid: Paid | None


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """A month with the statements of all pairs of regions; ``closed_at`` is None as long as it may still change."""

    month: date
    closed_at: datetime | None
    closed_by: str | None
    pairs: tuple[Pair, ...]


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One posting behind a statement (清算明细).

    Attributes:
        id: number of the settlement, or of the journal where it is none.
        purpose: as what it was paid.
        amount: fen; negative when it was given back.
        party: institution where the care was, or the kind of care; empty when there is none.
        reverses: the settlement it takes back, or None.
    """

    booked_on: date
    id: str
    kind: str
    purpose: str
    amount: Fen
    party: str
    person_no: str
    reverses: str | None


class _Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What a clearing journal is about, as it is kept with it."""

    statement: Statement
    amount: Fen
    reference: str
    by: str


async def month_of(platform: Platform, month: date, region: str | None = None) -> Month:
    """A month as it was closed, or as it stands; of all regions, or of the pairs that one region is in."""
    async with platform.pool.connection() as conn, conn.transaction():
        return await month_in(conn, month, region)


async def month_in(conn: AsyncConnection, month: date, region: str | None) -> Month:
    """The same, within the caller's transaction."""
    cursor = await store.run(conn, "clearing_month", month=month)
    closed = await cursor.fetchone()
    span = {"first": month, "last": last_day(month)}
    if closed:
        cursor = await store.run(conn, "clearing_statements", month=month, region=region)
    else:
        cursor = await store.run(conn, "clearing_sums", month=month, region=region, **span)
    pairs = tuple(
        Pair(statement=_statement(row), paid=_paid(row[6:]) if row[6] else None) for row in await cursor.fetchall()
    )
    at, by = closed or (None, None)
    return Month(month=month, closed_at=at, closed_by=by, pairs=pairs)


def _statement(row: rows.Row) -> Statement:
    return Statement(month=row[0], debtor=row[1], creditor=row[2], owed=row[3], returned=row[4], lines=row[5])


def _paid(row: rows.Row) -> Paid:
    return Paid(journal_id=row[0], booked_on=row[1], reference=row[2], at=row[3], by=row[4])


async def close_month(platform: Platform, month: date, by: str) -> Month | Refusal:
    """Close a month: its statements stay as they are now. Closing it again, also at the same time, changes nothing.

    Refused until an hour after its end: by then everything that was booked on its last day is there.
    """

    async def work(conn: AsyncConnection) -> Month | Refusal:
        now = platform.clock()
        cursor = await store.run(conn, "clearing_month", month=month)
        if await cursor.fetchone() is None and not is_over(last_day(month), now):
            what = f"{month:%Y-%m} 还没有结束，到次月 1 日 1 时以后才能关账"
            return refuse(Code.INPUT_INVALID, field="month", what=what)
        cursor = await store.run(conn, "close_clearing_month", month=month, now=now, by=by)
        if await cursor.fetchone():
            await store.run(conn, "add_clearing_statements", month=month, first=month, last=last_day(month))
        return await month_in(conn, month, None)

    return await all_or_nothing(platform, work)


async def pay(platform: Platform, month: date, debtor: str, creditor: str, reference: str, by: str) -> Paid | Refusal:
    """Book that a statement was paid; what is paid already is answered again.

    Args:
        platform: the open platform.
        month: a closed month, by its first day.
        debtor: the region that owes.
        creditor: the region that is owed.
        reference: the bank's number of the transfer.
        by: who says so.
    """

    async def work(conn: AsyncConnection) -> Paid | Refusal:
        key = {"month": month, "debtor": debtor, "creditor": creditor}
        cursor = await store.run(conn, "lock_clearing_statement", **key)
        row = await cursor.fetchone()
        if row is None:
            what = f"{month:%Y-%m} {debtor} 应付 {creditor} 的清算单（先关账，gongji clearing close）"
            return refuse(Code.RECORD_UNKNOWN, field="month", what=what)
        cursor = await store.run(conn, "clearing_payment", **key)
        before = await cursor.fetchone()
        if before:
            return _paid(before)
        return await _book(conn, _statement(row), reference, by, platform.clock())

    return await all_or_nothing(platform, work)


async def _book(conn: AsyncConnection, statement: Statement, reference: str, by: str, now: datetime) -> Paid:
    debtor, creditor = statement.debtor, statement.creditor
    entry = Entry(
        kind="clearing",
        region=debtor,
        sender=AGENCY,
        message_id=f"{statement.month:%Y%m}-{debtor}-{creditor}",
        postings=pay_between(debtor, creditor, statement.amount),
        document=rows.encode(_Payment(statement=statement, amount=statement.amount, reference=reference, by=by)),
    )
    [journal] = await book(conn, [entry], now)
    await store.run(
        conn,
        "add_clearing_payment",
        month=statement.month,
        debtor=debtor,
        creditor=creditor,
        journal=journal,
        day=now.date(),
        reference=reference,
        now=now,
        by=by,
    )
    return Paid(journal_id=journal, booked_on=now.date(), reference=reference, at=now, by=by)


async def pair_lines(conn: AsyncConnection, month: date, debtor: str, creditor: str) -> AsyncIterator[list[Line]]:
    """The lines behind a pair of regions in a month, some at a time, within the caller's transaction."""
    parameters = {"debtor": debtor, "creditor": creditor, "first": month, "last": last_day(month)}
    async for found in store.stream(conn, "clearing_lines", BATCH, **parameters):
        yield [line(row) for row in found]


def line(row: rows.Row) -> Line:
    """A line from the columns of ``clearing_lines`` and ``institution_lines``."""
    booked_on, region, journal, kind, purpose, amount, party, person_no, reverses = row
    is_settlement = kind in ("settlement", "reversal", "partial_return")
    return Line(
        booked_on=booked_on,
        id=settlement_id(region, booked_on, journal) if is_settlement else str(journal),
        kind=kind,
        purpose=purpose,
        amount=amount,
        party=party or "",
        person_no=person_no or "",
        reverses=reverses,
    )
