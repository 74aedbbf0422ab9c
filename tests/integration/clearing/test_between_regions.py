"""Months between regions: what stands in them, closing, paying, late reversals, two at a time."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, timedelta

import psycopg
import pytest

from gongji.core.clearing import last_day
from gongji.core.codes import Relation
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import clearing
from gongji.service.clearing import Month, Paid
from gongji.service.platform import Platform
from world import World, done

XIAN, XIANYANG = "610100", "610400"
TODAY = datetime.now(CHINA).replace(hour=12)
THIS = TODAY.date().replace(day=1)
LAST = (THIS - timedelta(days=1)).replace(day=1)


class Clock:
    """A clock that is set by hand."""

    def __init__(self) -> None:
        self.now = datetime.combine(LAST + timedelta(days=9), datetime.min.time(), CHINA) + timedelta(hours=10)

    def __call__(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    def next_month(self) -> None:
        self.now = datetime.combine(THIS + timedelta(days=1), datetime.min.time(), CHINA)


@pytest.fixture
async def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(dsn: str, book: PolicyBook, clock: Clock) -> AsyncIterator[World]:
    platform = Platform(dsn, book, clock=clock)
    await platform.open()
    yield await World(platform).open()
    await platform.close()


async def family(world: World) -> None:
    """S01: a son insured in 咸阳 shares with his father, insured and treated in 西安."""
    await world.person("父", 3_000)
    here, world.region = world.region, XIANYANG
    await world.person("子", 100_000)
    world.region = here
    assert not isinstance(await world.bind("子", "父", Relation.PARENT), Refusal)


async def pairs(world: World, month: date, region: str | None = None) -> dict[tuple[str, str], tuple[int, int, int]]:
    found = await clearing.month_of(world.platform, month, region)
    return {
        (p.statement.debtor, p.statement.creditor): (p.statement.owed, p.statement.returned, p.statement.lines)
        for p in found.pairs
    }


async def balances(dsn: str) -> dict[tuple[str, str, str], int]:
    query = """
        select a.kind::text, a.region, a.owner,
               sum(case when p.to_account = a.id then p.amount else -p.amount end)::bigint
        from account a join posting p on a.id in (p.from_account, p.to_account)
        where a.kind in ('clearing_payable', 'clearing_receivable', 'bank', 'institution_payable') group by 1, 2, 3"""
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        return {(r[0], r[1], r[2]): r[3] for r in await (await conn.execute(query)).fetchall()}


async def closed(world: World, month: date) -> Month:
    answer = await clearing.close_month(world.platform, month, "wang")
    assert isinstance(answer, Month), answer
    return answer


async def test_a_shared_purchase_leaves_one_line_is_closed_and_paid(world: World, clock: Clock, dsn: str) -> None:
    await family(world)
    bought = await world.buy("父", 10_000)
    assert (bought.split.own_total, bought.split.shared_total, bought.split.cash) == (3_000, 7_000, 0)
    assert await pairs(world, LAST) == {(XIANYANG, XIAN): (7_000, 0, 1)}
    early = await clearing.close_month(world.platform, LAST, "wang")
    assert isinstance(early, Refusal)
    assert early.code is Code.INPUT_INVALID
    early = await clearing.pay(world.platform, LAST, XIANYANG, XIAN, "B1", "wang")
    assert isinstance(early, Refusal)
    assert early.code is Code.RECORD_UNKNOWN

    clock.next_month()
    first = await closed(world, LAST)
    assert await closed(world, LAST) == first
    paid = await clearing.pay(world.platform, LAST, XIANYANG, XIAN, "B1", "wang")
    assert isinstance(paid, Paid)
    assert await clearing.pay(world.platform, LAST, XIANYANG, XIAN, "B2", "li") == paid
    held = await balances(dsn)
    assert held["clearing_payable", XIANYANG, XIAN] == held["clearing_receivable", XIAN, XIANYANG] == 0
    assert held["bank", XIANYANG, XIANYANG] == 7_000
    assert held["bank", XIAN, XIAN] == -7_000
    assert verify(dsn).ok

    # A reversal that comes late falls into the month in which it comes; more comes back than was paid.
    reversal = done(await world.reverse(bought))
    assert reversal.booked_on >= THIS
    assert await pairs(world, LAST) == {(XIANYANG, XIAN): (7_000, 0, 1)}
    assert await pairs(world, THIS) == {(XIANYANG, XIAN): (0, 7_000, 1)}
    clock.now = datetime.combine(last_day(THIS) + timedelta(days=2), datetime.min.time(), CHINA)
    await closed(world, THIS)
    assert isinstance(await clearing.pay(world.platform, THIS, XIANYANG, XIAN, "B3", "wang"), Paid)
    held = await balances(dsn)
    assert set(held.values()) == {0}
    assert verify(dsn).ok


async def test_who_closes_and_pays_at_the_same_time_does_it_once(world: World, clock: Clock, dsn: str) -> None:
    # Other months than the test above: one database a module.
    await family(world)
    clock.now = datetime.combine(last_day(THIS) + timedelta(days=5), datetime.min.time(), CHINA)
    month = clock.now.date().replace(day=1)
    for amount in (4_000, 5_000, 6_000):
        await world.buy("父", amount)
    clock.now = datetime.combine(last_day(month) + timedelta(days=2), datetime.min.time(), CHINA)
    months = await asyncio.gather(*(clearing.close_month(world.platform, month, f"w{n}") for n in range(6)))
    assert all(one == months[0] for one in months)
    assert await pairs(world, month) == {(XIANYANG, XIAN): (12_000, 0, 3)}
    assert await pairs(world, month, XIAN) == await pairs(world, month)
    assert await pairs(world, month, "370200") == {}
    payments = await asyncio.gather(
        *(clearing.pay(world.platform, month, XIANYANG, XIAN, f"B{n}", "w") for n in range(6))
    )
    assert all(isinstance(payment, Paid) and payment == payments[0] for payment in payments)
    assert verify(dsn).ok


BREAKING = [
    ("update clearing_statement set owed = owed + 1", "update clearing_statement set owed = owed - 1", "清算单 "),
    (
        "update clearing_payment set journal_id = -journal_id",
        "update clearing_payment set journal_id = -journal_id",
        "清算凭证 ",
    ),
    (
        # The claim of one side is moved to a pair that has none: what one owes nobody is owed.
        "update account set owner = '370200' where kind = 'clearing_receivable'",
        "update account set owner = '610400' where kind = 'clearing_receivable'",
        "清算 ",
    ),
]


async def test_books_that_do_not_agree_are_named(world: World, clock: Clock, dsn: str) -> None:
    await family(world)
    clock.now = datetime.combine(last_day(THIS) + timedelta(days=70), datetime.min.time(), CHINA)
    month = clock.now.date().replace(day=1)
    await world.buy("父", 5_000)
    clock.now = datetime.combine(last_day(month) + timedelta(days=2), datetime.min.time(), CHINA)
    await closed(world, month)
    assert isinstance(await clearing.pay(world.platform, month, XIANYANG, XIAN, "B1", "wang"), Paid)
    await world.person("母", 0)
    assert not isinstance(await world.bind("子", "母", Relation.PARENT), Refusal)
    await world.buy("母", 1_000)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("set session_replication_role = replica")
        for breaking, restoring, row in BREAKING:
            conn.execute(breaking)
            found = verify(dsn).difference
            conn.execute(restoring)
            assert found is not None
            assert found.kind == "clearing"
            assert found.row.startswith(row)
    assert verify(dsn).ok


async def test_what_is_booked_into_a_closed_month_is_named(world: World, clock: Clock, dsn: str) -> None:
    await family(world)
    clock.now = datetime.combine(last_day(THIS) + timedelta(days=160), datetime.min.time(), CHINA)
    month, within = clock.now.date().replace(day=1), clock.now
    clock.now = datetime.combine(last_day(month) + timedelta(days=2), datetime.min.time(), CHINA)
    await closed(world, month)
    clock.now = within
    await world.buy("父", 5_000)
    found = verify(dsn).difference
    assert found is not None
    assert (found.kind, found.stated, found.computed) == ("clearing", "0", "2000")
