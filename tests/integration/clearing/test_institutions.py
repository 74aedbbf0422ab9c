"""Applications of institutions: what may be asked for, taken back, decided on and paid, and what the books then say."""

import asyncio
from collections.abc import AsyncIterator
from datetime import datetime, time, timedelta
from typing import Any

import msgspec
import psycopg
import pytest

from gongji.core.clearing import ApplicationState, Totals
from gongji.core.codes import Care
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import applications
from gongji.service.applications import Application, Asked
from gongji.service.platform import Platform
from world import World, done

TODAY = datetime.now(CHINA).date()


@pytest.fixture
async def world(dsn: str, book: PolicyBook) -> AsyncIterator[World]:
    platform = Platform(dsn, book)
    await platform.open()
    world = await World(platform).open()
    await world.person("父", 500_000)
    yield world
    await platform.close()


def later(world: World, days: int = 1) -> None:
    """Noon, so many days on: what the tests say must not depend on the hour at which they run."""
    noon = datetime.combine(TODAY + timedelta(days), time(12), CHINA)
    world.platform.clock = lambda: noon


def asked(total: int, account: int, **other: Any) -> Asked:
    whole = Asked(
        category="41",
        cares=(Care.PHARMACY,),
        month=f"{TODAY:%Y%m}",
        begins_on=TODAY,
        ends_on=TODAY,
        totals=Totals(total=total, fund=0, account=account, cash=total - account),
        stated={},
    )
    return msgspec.structs.replace(whole, **other)


async def apply(world: World, what: Asked) -> str | Refusal:
    answer = await applications.apply(world.platform, world.sender(world.pharmacy, "3203"), what)
    return answer if isinstance(answer, Refusal) else str(answer["id"])


async def balance(dsn: str, owner: str) -> int:
    query = """
        select coalesce(sum(case when p.to_account = a.id then p.amount else -p.amount end), 0)::bigint
        from account a join posting p on a.id in (p.from_account, p.to_account)
        where a.kind = 'institution_payable' and a.owner = %s"""
    async with await psycopg.AsyncConnection.connect(dsn) as conn:
        row = await (await conn.execute(query, [owner])).fetchone()
    return int(row[0]) if row else 0


async def test_asked_for_reviewed_and_paid_by_two_people(world: World, dsn: str) -> None:
    first = await world.buy("父", 4_000)
    await world.buy("父", 6_000)
    later(world)
    number = await apply(world, asked(10_000, 10_000))
    assert isinstance(number, str)
    assert len(number) == 30
    early = await applications.pay_application(world.platform, number, "B1", "wang")
    assert isinstance(early, Refusal)
    assert "已申请，不能拨付" in early.text
    approved = await applications.review(world.platform, number, "li", None)
    assert isinstance(approved, Application)
    assert await applications.review(world.platform, number, "zhao", None) == approved
    alone = await applications.pay_application(world.platform, number, "B1", "li")
    assert isinstance(alone, Refusal)
    withdrawn = await applications.withdraw(world.platform, world.sender(world.pharmacy, "3204"), number)
    assert isinstance(withdrawn, Refusal)
    assert "已复核，不能撤销" in withdrawn.text

    payments = await asyncio.gather(
        *(applications.pay_application(world.platform, number, f"B{n}", "wang") for n in range(4))
    )
    assert all(isinstance(p, Application) and p == payments[0] for p in payments)
    assert await balance(dsn, world.pharmacy) == 0
    assert verify(dsn).ok

    # A reversal that comes after the payment is given back with the next application.
    done(await world.reverse(first))
    assert await balance(dsn, world.pharmacy) == -4_000
    assert verify(dsn).ok


async def test_what_is_given_back_after_the_payment_is_settled_next_time(world: World, dsn: str) -> None:
    bought = await world.buy("父", 4_000)
    later(world)
    number = await apply(world, asked(4_000, 4_000))
    assert isinstance(number, str)
    assert isinstance(await applications.review(world.platform, number, "li", None), Application)
    assert isinstance(await applications.pay_application(world.platform, number, "B1", "wang"), Application)
    world.platform.batcher._clock = world.platform.clock
    done(await world.reverse(bought))
    tomorrow = TODAY + timedelta(days=1)
    later(world, days=2)
    back = await apply(world, asked(-4_000, -4_000, begins_on=tomorrow, ends_on=tomorrow, month=f"{tomorrow:%Y%m}"))
    assert isinstance(back, str)
    assert isinstance(await applications.review(world.platform, back, "li", None), Application)
    paid = await applications.pay_application(world.platform, back, "B2", "wang")
    assert isinstance(paid, Application)
    assert paid.amount == -4_000
    assert await balance(dsn, world.pharmacy) == 0
    assert verify(dsn).ok


@pytest.mark.parametrize(
    ("change", "says"),
    [
        ({"totals": Totals(total=10_000, fund=0, account=9_999, cash=1)}, "个人账户支出 99.99 元，中心为 100.00 元"),
        ({"totals": Totals(total=1, fund=0, account=1, cash=0)}, "医疗费总额 0.01 元"),
        ({"month": "209901"}, "清算年月不是结束日期所在的月份"),
        ({"begins_on": TODAY + timedelta(days=1)}, "结束日期早于开始日期"),
    ],
)
async def test_only_what_the_books_have_can_be_asked_for(world: World, change: dict[str, Any], says: str) -> None:
    await world.buy("父", 10_000)
    early = await apply(world, asked(10_000, 10_000))
    assert isinstance(early, Refusal)
    assert "还没有结束" in early.text
    later(world)
    refused = await apply(world, asked(10_000, 10_000, **change))
    assert isinstance(refused, Refusal)
    assert says in refused.text


async def test_one_time_is_asked_for_once_until_it_is_taken_back(world: World) -> None:
    await world.buy("父", 10_000)
    later(world)
    tries = await asyncio.gather(*(apply(world, asked(10_000, 10_000)) for _ in range(4)))
    [number] = [one for one in tries if isinstance(one, str)]
    assert {one.code for one in tries if isinstance(one, Refusal)} == {Code.RECORD_EXISTS}
    hospital = world.sender(world.hospital, "3204")
    other = await applications.withdraw(world.platform, hospital, number)
    assert isinstance(other, Refusal)
    assert other.code is Code.RECORD_UNKNOWN
    message = world.sender(world.pharmacy, "3204")
    assert await applications.withdraw(world.platform, message, number) == {}
    assert await applications.withdraw(world.platform, message, number) == {}, "the same message, the same answer"
    again = await applications.withdraw(world.platform, world.sender(world.pharmacy, "3204"), number)
    assert isinstance(again, Refusal)
    assert "已撤销，不能撤销" in again.text

    second = await apply(world, asked(10_000, 10_000))
    assert isinstance(second, str)
    sent_back = await applications.review(world.platform, second, "li", "明细未对平")
    assert isinstance(sent_back, Application)
    assert (sent_back.state, sent_back.reason) == (ApplicationState.REJECTED, "明细未对平")
    assert isinstance(await apply(world, asked(10_000, 10_000)), str)
    listed = await applications.applications(world.platform, institution=world.pharmacy)
    assert [one.state.value for one in listed] == ["applied", "rejected", "withdrawn"]
    assert await applications.applications(world.platform, institution=world.pharmacy, payer="370200") == []
