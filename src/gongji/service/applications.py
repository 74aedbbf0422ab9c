"""Clearing with institutions: what they ask to be paid, and what becomes of it (机构清算申请)."""

from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.clearing import ApplicationState, Totals, is_over, last_day, pay_out
from gongji.core.codes import Care
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.clearing import AGENCY, BATCH, Line, Paid, line
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing

MOST_LISTED: Final = 500


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """What an institution asks for.

    Attributes:
        category: the kind of care in the channel's word (清算类别), and ``cares`` what it stands for here.
        month: the month it is to be counted to, ``202611``.
        begins_on, ends_on: first and last day of the time it is about.
        totals: what the institution's own books say; ``rows`` is not compared.
        stated: whatever else it stated, kept.
    """

    category: str
    cares: tuple[Care, ...]
    month: str
    begins_on: date
    ends_on: date
    totals: Totals
    stated: dict[str, Any]


class Application(msgspec.Struct, frozen=True, kw_only=True):
    """An application as it stands; ``totals`` are those of the books."""

    id: str
    institution: str
    payer: str
    category: str
    cares: tuple[str, ...]
    month: str
    begins_on: date
    ends_on: date
    totals: Totals
    state: ApplicationState
    reason: str
    applied_at: datetime
    decided_at: datetime | None
    decided_by: str | None
    paid: Paid | None

    @property
    def amount(self) -> Fen:
        """What is to be paid; negative when more was given back than earned."""
        return self.totals.payable


class _Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What the journal of a payment is about, as it is kept with it."""

    application: str
    institution: str
    amount: Fen
    reference: str
    by: str


async def totals_of(conn: AsyncConnection, institution: str, cares: Sequence[Care], first: date, last: date) -> Totals:
    """An institution's bills of a time, as the books have them."""
    cursor = await store.run(
        conn, "institution_totals", institution=institution, cares=[c.value for c in cares], first=first, last=last
    )
    row = await cursor.fetchone()
    if row is None:
        return Totals()
    return Totals(rows=row[0], total=row[1], fund=row[2], account=row[3], cash=row[4])


async def apply(platform: Platform, sender: Sender, asked: Asked) -> Answer | Refusal:
    """Take an application; the answer holds its ``id``.

    Refused: a time that is not over, that another application covers, or amounts that are not those of the books.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(conn, "lock_institution", institution=sender.institution)
        row = await cursor.fetchone()
        if row is None:
            return refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=sender.institution)
        refusal = await _check_time(platform, conn, sender.institution, asked)
        if refusal:
            return refusal
        booked = await totals_of(conn, sender.institution, asked.cares, asked.begins_on, asked.ends_on)
        refusal = _check_totals(asked.totals, booked)
        return refusal or {"id": await _add(platform, conn, sender.institution, row[0], asked, booked)}

    return await once(platform, sender, None, work)


async def _check_time(platform: Platform, conn: AsyncConnection, institution: str, asked: Asked) -> Refusal | None:
    if asked.ends_on < asked.begins_on:
        return refuse(Code.INPUT_INVALID, field="enddate", what="结束日期早于开始日期")
    if f"{asked.ends_on:%Y%m}" != asked.month:
        return refuse(Code.INPUT_INVALID, field="setlym", what="清算年月不是结束日期所在的月份")
    if not is_over(asked.ends_on, platform.clock()):
        return refuse(Code.INPUT_INVALID, field="enddate", what="清算期间还没有结束，请在结束日期的次日 1 时以后申请")
    cursor = await store.run(
        conn,
        "live_applications_between",
        institution=institution,
        cares=[care.value for care in asked.cares],
        first=asked.begins_on,
        last=asked.ends_on,
    )
    before = await cursor.fetchone()
    if before is None:
        return None
    return refuse(
        Code.RECORD_EXISTS,
        field="begndate",
        what=f"这段时间的清算申请 {before[0]} ",
        remedy="如需更改请先撤销原申请（3204）",
    )


def _check_totals(stated: Totals, booked: Totals) -> Refusal | None:
    """What is asked for must be what the books have: the difference is looked for first, with 3201 and 3202."""
    pairs = (
        ("医疗费总额", "medfee_sumamt", stated.total, booked.total),
        ("基金申报总额", "fund_appy_sum", stated.fund, booked.fund),
        ("个人账户支出", "acct_pay", stated.account, booked.account),
        ("现金支付金额", "cash_payamt", stated.cash, booked.cash),
    )
    for name, field, told, known in pairs:
        if told != known:
            what = f"{name} {format_yuan(told)} 元，中心为 {format_yuan(known)} 元，请先用 3201、3202 对账"
            return refuse(Code.INPUT_INVALID, field=field, what=what)
    return None


async def _add(
    platform: Platform, conn: AsyncConnection, institution: str, payer: str, asked: Asked, booked: Totals
) -> str:
    now = platform.clock()
    cursor = await store.run(
        conn,
        "add_application",
        payer=payer,
        day=now.date(),
        institution=institution,
        category=asked.category,
        cares=[care.value for care in asked.cares],
        month=asked.month,
        first=asked.begins_on,
        last=asked.ends_on,
        total=booked.total,
        fund=booked.fund,
        account=booked.account,
        cash=booked.cash,
        stated=Jsonb(asked.stated),
        now=now,
    )
    row = await cursor.fetchone()
    return str(row[0]) if row else ""


async def withdraw(platform: Platform, sender: Sender, number: str) -> Answer | Refusal:
    """Take an application back that nobody has decided on (清算申请撤销)."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        found = await _locked(conn, number)
        if found is None or found.institution != sender.institution:
            return _unknown(number)
        if found.state is not ApplicationState.APPLIED:
            return _closed(found, "撤销")
        await _set(conn, number, ApplicationState.WITHDRAWN, "", sender.institution, platform.clock())
        return {}

    return await once(platform, sender, None, work)


async def review(
    platform: Platform, number: str, by: str, reason: str | None, payer: str | None = None
) -> Application | Refusal:
    """Approve an application, or send it back with a reason; deciding the same again changes nothing.

    ``payer`` is the only region whose applications may be decided on, or None.
    """
    state = ApplicationState.APPROVED if reason is None else ApplicationState.REJECTED

    async def work(conn: AsyncConnection) -> Application | Refusal:
        found = await _locked(conn, number)
        if found is None or payer not in (None, found.payer):
            return _unknown(number)
        if found.state is state:
            return found
        if found.state is not ApplicationState.APPLIED:
            return _closed(found, "复核")
        await _set(conn, number, state, reason or "", by, platform.clock())
        return await _locked(conn, number) or _unknown(number)

    return await all_or_nothing(platform, work)


async def pay_application(
    platform: Platform, number: str, reference: str, by: str, payer: str | None = None
) -> Application | Refusal:
    """Book that an approved application was paid; what is paid already is answered again.

    Whoever approved it may not pay it: two people look at each payment.
    """

    async def work(conn: AsyncConnection) -> Application | Refusal:
        found = await _locked(conn, number)
        if found is None or payer not in (None, found.payer):
            return _unknown(number)
        if found.state is ApplicationState.PAID:
            return found
        if found.state is not ApplicationState.APPROVED:
            return _closed(found, "拨付")
        if found.decided_by == by:
            return refuse(Code.INPUT_INVALID, field="by", what=f"{by} 复核了这份申请，请由另一位经办登记拨付")
        await _book(conn, found, reference, by, platform.clock())
        return await _locked(conn, number) or _unknown(number)

    return await all_or_nothing(platform, work)


async def _book(conn: AsyncConnection, found: Application, reference: str, by: str, now: datetime) -> None:
    about = _Payment(
        application=found.id, institution=found.institution, amount=found.amount, reference=reference, by=by
    )
    entry = Entry(
        kind="clearing",
        region=found.payer,
        sender=AGENCY,
        message_id=found.id,
        postings=pay_out(found.institution, found.payer, found.amount),
        document=rows.encode(about),
    )
    [journal] = await book(conn, [entry], now)
    await store.run(
        conn, "pay_application", id=found.id, journal=journal, day=now.date(), reference=reference, now=now, by=by
    )


async def _locked(conn: AsyncConnection, number: str) -> Application | None:
    cursor = await store.run(conn, "lock_application", id=number)
    row = await cursor.fetchone()
    return _application(row) if row else None


async def _set(
    conn: AsyncConnection, number: str, state: ApplicationState, reason: str, by: str, now: datetime
) -> None:
    await store.run(conn, "decide_application", id=number, state=state.value, reason=reason, now=now, by=by)


def _application(row: rows.Row) -> Application:
    paid = Paid(journal_id=row[17], booked_on=row[18], reference=row[19], at=row[20], by=row[21]) if row[17] else None
    return Application(
        id=row[0],
        institution=row[1],
        payer=row[2],
        category=row[3],
        cares=tuple(row[4]),
        month=row[5],
        begins_on=row[6],
        ends_on=row[7],
        totals=Totals(total=row[8], fund=row[9], account=row[10], cash=row[11]),
        state=ApplicationState(row[12]),
        reason=row[13],
        applied_at=row[14],
        decided_at=row[15],
        decided_by=row[16],
        paid=paid,
    )


def _unknown(number: str) -> Refusal:
    return refuse(Code.RECORD_UNKNOWN, field="clr_appy_evt_id", what=f"清算申请 {number[:30]}")


def _closed(found: Application, act: str) -> Refusal:
    return refuse(
        Code.RECORD_CLOSED, field="clr_appy_evt_id", what=f"清算申请 {found.id} ", state=found.state.label, act=act
    )


async def applications(
    platform: Platform, institution: str | None = None, payer: str | None = None, month: str | None = None
) -> list[Application]:
    """Applications, newest first, at most :data:`MOST_LISTED`; of one institution, one paying region, one month."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "applications", institution=institution, payer=payer, month=month, limit=MOST_LISTED
        )
        return [_application(row) for row in await cursor.fetchall()]


async def institution_lines(conn: AsyncConnection, institution: str, month: date) -> AsyncIterator[list[Line]]:
    """What a region came to owe an institution in a month, some lines at a time, in the caller's transaction."""
    parameters = {"institution": institution, "first": month, "last": last_day(month)}
    async for found in store.stream(conn, "institution_lines", BATCH, **parameters):
        yield [line(row) for row in found]


async def institution_balance(conn: AsyncConnection, institution: str, month: date) -> tuple[Fen, Fen]:
    """What an institution was owed before a month, and what it was paid within it, in fen."""
    cursor = await store.run(conn, "institution_balance", institution=institution, first=month, last=last_day(month))
    row = await cursor.fetchone()
    return (row[0], row[1]) if row else (0, 0)
