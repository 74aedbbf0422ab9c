"""A person's bills of a time on paper, each with its split and the reason of every amount (本人结算明细)."""

import asyncio
from datetime import date, datetime, timedelta
from typing import IO, Final

import msgspec

from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.record import Settlement
from gongji.core.times import CHINA
from gongji.ledger.documents import restore
from gongji.service.papers.paper import Cell, Column, Paper
from gongji.service.papers.pdf import PdfWriter
from gongji.service.people import institution_names, persons
from gongji.service.platform import Platform
from gongji.service.records import SettlementKey, settlement_key, settlements_of
from gongji.service.telling import told_to_patient

CHUNK: Final = 100

_COLUMNS: Final = (
    Column("时间", 15),
    Column("医药机构", 26),
    Column("类别", 10),
    Column("统筹", 12, money=True),
    Column("本人账户", 12, money=True),
    Column("家庭共济", 12, money=True),
    Column("现金", 12, money=True),
    Column("账单总额", 13, money=True),
)


async def write_own_records(platform: Platform, target: IO[bytes], person: Person, first: date, last: date) -> None:
    """Write a person's bills between two days, both included, newest first, as pages.

    Args:
        platform: the open platform.
        target: where the pages go.
        person: whose bills they are. He learns of relatives what their receipts tell him, never what they have.
        first: first day.
        last: last day.
    """
    bills = await _bills(platform, person.person_no, first, last)
    places = await institution_names(platform, list({bill.institution for bill in bills}))
    payers = await persons(platform, list({payer.authoriser for bill in bills for payer in bill.payers}))
    writer = PdfWriter(target, _paper(platform, person, bills, first, last))
    for bill in bills:
        names = {payer.binding: payers[payer.authoriser].name for payer in bill.payers}
        row = _row(bill, places.get(bill.institution, bill.institution))
        await asyncio.to_thread(_add, writer, row, _reasons(bill, names))
    await asyncio.to_thread(writer.close, sum(bill.sign * bill.split.total for bill in bills))


def _add(writer: PdfWriter, row: list[Cell], reasons: list[str]) -> None:
    writer.add([row])
    writer.remark(reasons)


async def _bills(platform: Platform, person_no: str, first: date, last: date) -> list[Settlement]:
    found: list[Settlement] = []
    before: SettlementKey | None = (datetime.combine(last + timedelta(days=1), datetime.min.time(), CHINA), 0)
    since = datetime.combine(first, datetime.min.time(), CHINA)
    while before:
        chunk = await settlements_of(platform, person_no, CHUNK, before)
        within = [bill for bill in chunk if bill.settled_at >= since]
        found += within
        before = settlement_key(chunk[-1]) if len(chunk) == CHUNK == len(within) else None
    async with platform.pool.connection() as conn:
        return [await restore(conn, bill) for bill in found]


class _Sums(msgspec.Struct, frozen=True, kw_only=True):
    fund: Fen
    own: Fen
    shared: Fen
    cash: Fen
    total: Fen


def _parts(bill: Settlement) -> _Sums:
    sign, split = bill.sign, bill.split
    return _Sums(
        fund=sign * split.fund,
        own=sign * split.own_total,
        shared=sign * split.shared_total,
        cash=sign * split.cash,
        total=sign * split.total,
    )


def _paper(platform: Platform, person: Person, bills: list[Settlement], first: date, last: date) -> Paper:
    parts = [_parts(bill) for bill in bills]
    return Paper(
        title="个人就医购药结算明细",
        subtitle=f"{person.name}　{first} 至 {last}",
        facts=(
            ("姓名", person.name),
            ("人员编号", person.person_no),
            ("参保地", platform.book.name(person.region)),
            ("期间", f"{first} 至 {last}"),
            ("账单", f"{len(bills)} 笔，撤销另列为负数"),
            ("制表时间", f"{platform.clock().astimezone(CHINA):%Y-%m-%d %H:%M}"),
        ),
        sums=(
            ("统筹基金支付", sum(part.fund for part in parts)),
            ("本人账户支付", sum(part.own for part in parts)),
            ("家庭共济支付", sum(part.shared for part in parts)),
            ("现金支付", sum(part.cash for part in parts)),
            ("账单总额", sum(part.total for part in parts)),
        ),
        columns=_COLUMNS,
        notes=("每笔账单下面是每一个金额的原因和依据。以参保地医保经办机构的记录为准。",),
        signers=(),
    )


def _row(bill: Settlement, place: str) -> list[Cell]:
    part = _parts(bill)
    at = f"{bill.settled_at.astimezone(CHINA):%Y-%m-%d %H:%M}"
    care = f"{bill.care.label}{'（撤销）' if bill.reverses else ''}"
    return [at, place, care, part.fund, part.own, part.shared, part.cash, part.total]


def _reasons(bill: Settlement, names: dict[str, str]) -> list[str]:
    """Each reason once, with where it stands; a reversal has those of the bill it takes back."""
    if bill.reverses:
        return [f"撤销 {bill.reverses}，各付款账户退回各自的部分"]
    steps = zip(bill.split.steps, told_to_patient(bill.split, names), strict=True)
    told = [f"{text}。{f'依据：{step.cite.source}' if step.cite else ''}" for step, text in steps if text]
    return [f"结算编号 {bill.id}", *dict.fromkeys(told)]
