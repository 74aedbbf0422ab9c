"""Statements on paper: a pair of regions, or an institution's month, with every line behind them (清算单)."""

import asyncio
from collections.abc import AsyncIterator, Callable, Sequence
from datetime import date
from typing import IO, Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.clearing import last_day
from gongji.core.codes import Care
from gongji.core.money import Fen
from gongji.core.person import Institution
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.applications import Application, applications, institution_balance, institution_lines
from gongji.service.clearing import Line, Pair, month_in, pair_lines
from gongji.service.papers.paper import Cell, Column, Form, Paper, Writer, money
from gongji.service.papers.writers import writer_of
from gongji.service.people import registered_institution
from gongji.service.platform import Platform

Progress = Callable[[int], None]

KINDS: Final = {
    "settlement": "结算",
    "reversal": "撤销",
    "partial_return": "部分退费",
    "premium": "缴费",
    "premium_refund": "缴费退回",
    "transfer": "钱包转账",
    "transfer_accepted": "钱包收款",
    "transfer_returned": "转账退回",
    "set_aside": "划拨共济",
    "given_back": "共济退回",
    "credit": "划入",
    "moved": "参保地转移",
    "correction": "更正",
}
"""Business behind a line, by kind of journal."""

_PURPOSES: Final = {
    "pool": "统筹基金",
    "supplementary": "补充基金",
    "own": "个人账户",
    "shared": "家庭共济",
    "wallet": "医保钱包",
    "shared_family": "家庭共济账户",
    "shared_quota": "共济额度",
    "moved": "个人账户",
}
_CARES: Final = {care.value: care.label for care in Care}

_COLUMNS: Final = (
    Column("序号", 7),
    Column("记账日期", 11),
    Column("结算ID或凭证号", 32),
    Column("业务", 7),
    Column("资金", 12),
    Column("{party}", 16),
    Column("人员编号", 30),
    Column("金额（元）", 14, money=True),
)


class StatementError(RuntimeError):
    """The lines do not sum to the statement: the books are wrong, and no paper is made of them."""


def file_name(month: date, parties: Sequence[str], form: Form) -> str:
    """What a statement's file is called."""
    return f"{'-'.join(parties)}-{month:%Y%m}.{form.value}"


async def write_pair(
    platform: Platform,
    target: IO[bytes],
    form: Form,
    month: date,
    parties: tuple[str, str],
    progress: Progress = lambda _: None,
) -> Refusal | None:
    """Write what one region owes another for a month.

    Args:
        platform: the open platform.
        target: where the file goes, seekable.
        form: spreadsheet or pages.
        month: its first day.
        parties: the region that owes, then the region that is owed.
        progress: told the number of lines written so far.

    Raises:
        StatementError: the lines are not what the statement says.
    """
    debtor, creditor = parties
    async with platform.pool.connection() as conn, conn.transaction():
        await conn.execute("set transaction isolation level repeatable read, read only")
        found = await month_in(conn, month, debtor)
        pair = next((p for p in found.pairs if (p.statement.debtor, p.statement.creditor) == parties), None)
        back = next((p for p in found.pairs if (p.statement.creditor, p.statement.debtor) == parties), None)
        if pair is None:
            what = f"{month:%Y-%m} {debtor} 应付 {creditor} 的清算单"
            return refuse(Code.RECORD_UNKNOWN, field="month", what=what)
        paper = _pair_paper(platform, pair, back, closed=found.closed_at is not None)
        lines = pair_lines(conn, month, debtor, creditor)
        await _write(writer_of(form)(target, paper), lines, pair.statement.amount, progress)
    return None


def _pair_paper(platform: Platform, pair: Pair, back: Pair | None, *, closed: bool) -> Paper:
    one, book = pair.statement, platform.book
    other = f"{book.name(one.creditor)}应付{book.name(one.debtor)}"
    note = f"反方向（{other}）本月没有往来。"
    if back:
        counter = back.statement.amount
        net = f"轧差 {money(one.amount - counter)} 元，供核对"
        note = f"反方向（{other}）另有清算单，本月 {money(counter)} 元。两边各自全额支付；{net}。"
    paid = f"{pair.paid.at:%Y-%m-%d}，银行流水号 {pair.paid.reference}" if pair.paid else "未付"
    return Paper(
        title="统筹区间清算单",
        subtitle=f"{one.month:%Y年%m月}　{book.name(one.debtor)}应付{book.name(one.creditor)}",
        facts=(
            ("付款方", f"{book.name(one.debtor)}（{one.debtor}）"),
            ("收款方", f"{book.name(one.creditor)}（{one.creditor}）"),
            ("清算期间", f"{one.month} 至 {last_day(one.month)}"),
            ("状态", "已关账" if closed else "未关账，数字可能变化"),
            ("支付", paid),
            ("明细", f"{one.lines} 条"),
        ),
        sums=(
            ("本月发生", one.owed),
            ("本月撤销和退费", -one.returned),
            ("应付", one.amount),
        ),
        columns=_columns("就医机构"),
        notes=(note,),
    )


async def write_institution(
    platform: Platform,
    target: IO[bytes],
    form: Form,
    month: date,
    institution: str,
    progress: Progress = lambda _: None,
) -> Refusal | None:
    """Write an institution's month: what it was owed, what it was paid, and every line.

    Raises:
        StatementError: the lines are not what the balances say.
    """
    found = await registered_institution(platform, institution)
    if found is None:
        return refuse(Code.INSTITUTION_UNKNOWN, field="institution", institution=institution[:30])
    asked = await applications(platform, institution=institution, month=f"{month:%Y%m}")
    async with platform.pool.connection() as conn, conn.transaction():
        await conn.execute("set transaction isolation level repeatable read, read only")
        owed, returned, count = await _month_sums(conn, institution, month)
        before, paid = await institution_balance(conn, institution, month)
        sums = _Sums(before=before, owed=owed, returned=returned, paid=paid, lines=count)
        paper = _institution_paper(found[0], platform.book.name(found[0].region), month, sums, asked)
        lines = institution_lines(conn, institution, month)
        await _write(writer_of(form)(target, paper), lines, owed - returned, progress)
    return None


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    """An institution's month in fen, and how many lines are behind it."""

    before: Fen
    owed: Fen
    returned: Fen
    paid: Fen
    lines: int


def _institution_paper(one: Institution, payer: str, month: date, sums: _Sums, asked: Sequence[Application]) -> Paper:
    return Paper(
        title="定点医药机构月度对账单",
        subtitle=f"{month:%Y年%m月}　{one.name}",
        facts=(
            ("机构", one.name),
            ("机构编号", one.code),
            ("付款方", f"{payer}（{one.region}）"),
            ("期间", f"{month} 至 {last_day(month)}"),
            ("明细", f"{sums.lines} 条"),
            *(("清算申请", _told(application)) for application in asked),
        ),
        sums=(
            ("期初应付", sums.before),
            ("本月结算", sums.owed),
            ("本月撤销和退费", -sums.returned),
            ("本月拨付", -sums.paid),
            ("期末应付", sums.before + sums.owed - sums.returned - sums.paid),
        ),
        columns=_columns("医疗类别"),
        notes=("金额是医保基金和个人账户（含家庭共济）应付的部分，不含现金。明细合计等于本月结算减本月撤销和退费。",),
    )


async def _month_sums(conn: AsyncConnection, institution: str, month: date) -> tuple[Fen, Fen, int]:
    cursor = await store.run(conn, "institution_sums", institution=institution, first=month, last=last_day(month))
    row = await cursor.fetchone()
    return (row[0], row[1], row[2]) if row else (0, 0, 0)


def _told(one: Application) -> str:
    return f"{one.id}，{one.begins_on} 至 {one.ends_on}，{money(one.amount)} 元，{one.state.label}"


def _columns(party: str) -> tuple[Column, ...]:
    return tuple(Column(c.title.format(party=party), c.width, c.money) for c in _COLUMNS)


async def _write(writer: Writer, lines: AsyncIterator[list[Line]], expected: Fen, progress: Progress) -> None:
    """Write line after line; drawing doesn't hold up other business."""
    total = count = 0
    try:
        async for batch in lines:
            rows = [_row(number, line) for number, line in enumerate(batch, start=count + 1)]
            await asyncio.to_thread(writer.add, rows)
            count += len(batch)
            total += sum(line.amount for line in batch)
            progress(count)
        _expect(total, expected)
    except BaseException:
        writer.abandon()
        raise
    await asyncio.to_thread(writer.close, total)


def _expect(total: Fen, expected: Fen) -> None:
    if total != expected:
        raise StatementError(f"lines sum to {total}, the statement to {expected}")


def _row(number: int, line: Line) -> list[Cell]:
    return [
        number,
        line.booked_on.isoformat(),
        line.id,
        KINDS.get(line.kind, line.kind),
        _PURPOSES.get(line.purpose, line.purpose),
        _CARES.get(line.party, line.party),
        line.person_no,
        line.amount,
    ]
