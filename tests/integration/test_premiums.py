"""Premiums paid from own and relatives' accounts in a real database: whole, once, restored exactly."""

import asyncio
from collections.abc import AsyncIterator, Sequence
from datetime import date, datetime
from typing import Any

import msgspec
import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import BindingTerm, Insurance, PremiumKind, Purpose, Relation, Scheme, Segment, Status
from gongji.core.family import Binding, Limits
from gongji.core.policy import PolicyBook
from gongji.core.premium import Entered, Wanted
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import binding_life
from gongji.service.commands import Done
from gongji.service.inbox import inbox
from gongji.service.platform import Platform
from gongji.service.premiums import (
    PremiumView,
    Quote,
    enter_standard,
    pay_premium,
    premium_of,
    premiums_of,
    quote_premium,
    refund_premium,
)
from world import World

NOW = datetime(2026, 11, 20, 10, tzinfo=CHINA)
YEAR = 2027
DUE = 40_000


class Clock:
    """Stands where it is put."""

    def __init__(self) -> None:
        self.now = NOW

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture(scope="module")
def clock() -> Clock:
    return Clock()


@pytest.fixture(scope="module")
async def payments(dsn: str, book: PolicyBook, clock: Clock) -> AsyncIterator[Platform]:
    platform = Platform(dsn, book, clock=clock)
    await platform.open()
    for kind, more in (
        (PremiumKind.RESIDENT, {"opens_on": date(2026, 9, 1), "closes_on": date(2027, 2, 28)}),
        (PremiumKind.LTC, {}),
        (PremiumKind.EMPLOYEE, {}),
        (PremiumKind.COMMERCIAL, {"product": "city", "name": "虚构惠民保"}),
    ):
        for region in ("610100", "610400", "310000", "450100"):
            entered = Entered(region=region, kind=kind, year=YEAR, amount=DUE, source="试验数值", **more)
            await enter_standard(platform, entered, "test")
    yield platform
    await platform.close()


@pytest.fixture
async def world(payments: Platform, clock: Clock) -> World:
    clock.now = NOW
    return await World(payments).open()


async def mother(world: World, **facts: Any) -> str:
    return await world.person("母", 0, scheme=Scheme.RESIDENT, status=Status.ELDERLY, **facts)


async def family(world: World, balance: int = 100_000, **more: Any) -> Binding:
    """A son bound to his mother, who is insured as a resident."""
    await world.person("子", balance)
    await mother(world)
    bound = await world.bind("子", "母", **more)
    assert isinstance(bound, Binding)
    return bound


def wanted(world: World, kind: PremiumKind = PremiumKind.RESIDENT, who: str = "母", **more: Any) -> Wanted:
    return Wanted(person_no=world.people[who], kind=kind, **({"year": YEAR} | more))


async def pay(world: World, by: str, asked: Wanted | None = None, amount: int = DUE, message: str = "") -> Any:
    sender = world.sender(f"rest/{world.people[by]}", "premium", message)
    return await pay_premium(world.platform, sender, world.people[by], asked or wanted(world), amount, "portal")


async def refund(world: World, by: str, premium: str) -> Any:
    sender = world.sender(f"rest/{world.people[by]}", "refund")
    return await refund_premium(world.platform, sender, world.people[by], premium, "portal")


def code(outcome: Any) -> Code:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


async def told(world: World, nickname: str) -> Sequence[str]:
    return [notice.text for notice in (await inbox(world.platform, world.people[nickname])).notices]


async def test_a_son_pays_his_mothers_premium_once(world: World) -> None:
    """S10, PRM-01, PRM-03, PUR-25: what is confirmed is what is paid; the year is covered; both sides are told."""
    await family(world)
    son = world.people["子"]
    quote = await quote_premium(world.platform, son, wanted(world))
    assert isinstance(quote, Quote)
    assert (quote.standard.amount, quote.standard.name) == (DUE, "2027 年度居民医保费")
    assert [(p.payer, p.amount) for p in quote.shares.parts] == [(son, DUE)]
    assert await world.balance("子") == 100_000
    paid = await pay(world, "子")
    assert isinstance(paid, PremiumView)
    assert await world.balance("子") == 100_000 - DUE
    assert (paid.payment.covers_from, paid.payment.covers_to) == (date(2027, 1, 1), date(2027, 12, 31))
    assert (await world.holding("母")).person.covered == ((date(2027, 1, 1), date(2027, 12, 31)),)
    again = await pay(world, "子")
    assert (code(again), "该年度已缴" in again.text) == (Code.PREMIUM_ALREADY_PAID, True)
    assert code(await quote_premium(world.platform, son, wanted(world))) is Code.PREMIUM_ALREADY_PAID
    assert await world.balance("子") == 100_000 - DUE
    assert "您的个人账户已为母支付2027 年度居民医保费 400.00 元。" in await told(world, "子")
    assert "子的个人账户已为您支付2027 年度居民医保费 400.00 元。" in await told(world, "母")
    for nickname in ("子", "母"):
        (seen,) = await premiums_of(world.platform, world.people[nickname])
        assert seen == paid
    assert verify(world.platform.dsn).ok


async def test_a_repeat_of_the_message_gets_the_first_answer(world: World) -> None:
    await family(world)
    first = await pay(world, "子", message="M1")
    assert await pay(world, "子", message="M1") == first
    assert await world.balance("子") == 100_000 - DUE


async def test_two_relatives_at_once_pay_once(world: World) -> None:
    """Twice each, all at the same moment: exactly one payment stands."""
    await family(world)
    await world.person("女", 100_000)
    assert isinstance(await world.bind("女", "母"), Binding)
    outcomes = await asyncio.gather(*(pay(world, by) for by in ("子", "女", "子", "女")))
    assert sum(isinstance(o, PremiumView) for o in outcomes) == 1
    assert {o.code for o in outcomes if isinstance(o, Refusal)} == {Code.PREMIUM_ALREADY_PAID}
    assert await world.balance("子") + await world.balance("女") == 200_000 - DUE
    assert verify(world.platform.dsn).ok


async def test_whole_or_not_at_all(world: World) -> None:
    """Nothing is taken when it does not suffice; the insured person herself may use two relatives in turn."""
    await family(world, 30_000)
    await world.person("女", 25_000)
    assert isinstance(await world.bind("女", "母"), Binding)
    short = await pay(world, "子")
    assert (code(short), "最多可付 300.00 元" in short.text) == (Code.PREMIUM_SHORT, True)
    assert (await world.balance("子"), await world.balance("女")) == (30_000, 25_000)
    paid = await pay(world, "母")
    assert [part.amount for part in paid.payment.parts] == [30_000, 10_000]
    assert (await world.balance("子"), await world.balance("女")) == (0, 15_000)
    poor = await pay(world, "母", wanted(world, PremiumKind.LTC))
    assert code(poor) is Code.PREMIUM_SHORT
    assert "150.00" not in poor.text, "the user never sees what a relative holds"
    assert verify(world.platform.dsn).ok


async def test_who_may_not_pay(world: World) -> None:
    """PRM-02, PUR-20: strangers, ended bindings, other people's schemes, other amounts."""
    bound = await family(world)
    await world.person("路人", 100_000)
    assert code(await pay(world, "路人")) is Code.PREMIUM_NOT_BOUND
    assert code(await pay(world, "子", amount=DUE - 1)) is Code.PREMIUM_AMOUNT
    assert code(await pay(world, "子", amount=DUE + 1)) is Code.PREMIUM_AMOUNT
    assert code(await pay(world, "子", wanted(world, who="子"))) is Code.PREMIUM_NOT_FOR
    assert code(await pay(world, "子", wanted(world, PremiumKind.EMPLOYEE))) is Code.PREMIUM_NOT_FOR
    assert code(await pay(world, "子", wanted(world, year=2029))) is Code.PREMIUM_YEAR_CLOSED
    assert code(await pay(world, "子", wanted(world, year=2026))) is Code.RULE_UNKNOWN, (
        "only the country's least is known"
    )
    await binding_life.end(world.platform, bound.id, world.people["母"], "portal")
    assert code(await pay(world, "子")) is Code.PREMIUM_NOT_BOUND
    assert await world.balance("子") == 100_000


@pytest.mark.parametrize(
    ("limits", "why"),
    [
        (Limits(per_transaction=DUE - 1), "最多可付 399.99 元"),
        (Limits(per_day=DUE - 1), "最多可付 399.99 元"),
        (Limits(total=0), "授权人设置的总额已用完"),
        (Limits(purposes=(Purpose.OUTPATIENT,)), "授权人没有允许用于这类费用"),
    ],
)
async def test_an_authorisers_limits_hold_for_premiums(world: World, limits: Limits, why: str) -> None:
    await family(world, limits=limits)
    refused = await pay(world, "子")
    assert (code(refused), why in refused.text) == (Code.PREMIUM_SHORT, True), refused
    assert await world.balance("子") == 100_000


async def test_a_premium_counts_to_the_limits_of_later_bills(world: World) -> None:
    """And a single-use binding ends with it."""
    await family(world, limits=Limits(per_day=DUE + 1_000))
    paid = await pay(world, "子")
    assert (await world.buy("母", 5_000)).split.shared_total == 1_000
    assert isinstance(await refund(world, "子", paid.id), PremiumView)
    assert (await world.buy("母", 5_000)).split.shared_total == 5_000
    await world.person("孙", 100_000)
    single = await world.bind("孙", "母", Relation.MATERNAL_GRANDPARENT, term=BindingTerm.SINGLE_USE)
    assert isinstance(single, Binding)
    assert isinstance(await pay(world, "孙"), PremiumView)
    assert code(await pay(world, "孙", wanted(world, PremiumKind.LTC))) is Code.PREMIUM_NOT_BOUND
    assert verify(world.platform.dsn).ok


async def test_given_back_before_cover_begins_to_whoever_paid(world: World, clock: Clock) -> None:
    await family(world, 30_000)
    await world.person("女", 25_000)
    bound = await world.bind("女", "母")
    assert isinstance(bound, Binding)
    paid = await pay(world, "母")
    await world.person("路人", 1)
    assert code(await refund(world, "路人", paid.id)) is Code.PREMIUM_UNKNOWN
    back = await refund(world, "子", paid.id)
    assert isinstance(back, PremiumView)
    assert (await world.balance("子"), await world.balance("女")) == (30_000, 25_000)
    assert (await world.holding("母")).person.covered == ()
    assert code(await refund(world, "母", paid.id)) is Code.PREMIUM_ALREADY_REFUNDED
    assert code(await refund(world, "母", back.id)) is Code.PREMIUM_ALREADY_REFUNDED
    seen = await premium_of(world.platform, world.people["女"], paid.id)
    assert isinstance(seen, PremiumView)
    assert seen.refunded_by == back.id
    again = await pay(world, "母")
    assert isinstance(again, PremiumView)
    clock.now = datetime(2027, 1, 1, 8, tzinfo=CHINA)
    refused = await refund(world, "母", again.id)
    assert (code(refused), "2027-01-01" in refused.text) == (Code.PREMIUM_NOT_REFUNDABLE, True)
    assert verify(world.platform.dsn).ok


async def test_paying_covers_the_days_of_care(world: World, clock: Clock) -> None:
    """Whoever was not insured any more is treated on insurance from the first day of the paid year, not before."""
    await family(world)
    async with world.platform.pool.connection() as conn:
        await conn.execute("update person set insurance = 'ended' where person_no = %s", [world.people["母"]])
    assert isinstance(await pay(world, "子"), PremiumView)
    for day, insured in ((date(2026, 12, 31), False), (date(2027, 1, 1), True), (date(2027, 11, 30), True)):
        clock.now = datetime(day.year, day.month, day.day, 9, tzinfo=CHINA)
        outcome = await world.platform.batcher.submit(world.purchase_command("母", 1_000))
        assert isinstance(outcome, Done) is insured, outcome
    assert verify(world.platform.dsn).ok


async def test_paying_late_waits_three_months(world: World, clock: Clock) -> None:
    await family(world)
    clock.now = datetime(2027, 3, 31, 9, tzinfo=CHINA)
    paid = await pay(world, "子")
    assert isinstance(paid, PremiumView), paid
    assert (paid.payment.covers_from, paid.payment.covers_to) == (date(2027, 6, 30), date(2027, 12, 31))
    clock.now = datetime(2027, 10, 2, 9, tzinfo=CHINA)
    await world.person("父", 0, scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    assert isinstance(await world.bind("子", "父"), Binding)
    assert code(await pay(world, "子", wanted(world, who="父"))) is Code.PREMIUM_NOT_COLLECTED
    assert verify(world.platform.dsn).ok


async def test_between_two_pools_the_money_passes_the_clearing(world: World) -> None:
    await world.person("子", 100_000, region="610400")
    await mother(world)
    assert isinstance(await world.bind("子", "母"), Binding)
    paid = await pay(world, "子")
    kinds = [getattr(p.to, "kind", None) for p in paid.payment.postings]
    assert kinds == [AccountKind.CLEARING_PAYABLE, AccountKind.PREMIUM_INCOME]
    assert isinstance(await refund(world, "子", paid.id), PremiumView)
    assert await world.balance("子") == 100_000
    assert verify(world.platform.dsn).ok


async def test_a_product_needs_an_open_region_and_a_listed_product(payments: Platform, clock: Clock) -> None:
    """PUR-03, PUR-05, C13: the flag, and no product that the place does not name."""
    clock.now = NOW
    shanghai = await World(payments, region="310000").open()
    await shanghai.person("本人", 100_000, segment=Segment.HISTORICAL)
    asked = wanted(shanghai, PremiumKind.COMMERCIAL, "本人", product="city")
    bought = await pay(shanghai, "本人", asked)
    assert isinstance(bought, PremiumView), bought
    assert bought.payment.wanted.person_no == bought.payment.parts[0].payer
    assert bought.payment.postings[-1].to.kind is AccountKind.INSURER_PAYABLE  # type: ignore[union-attr]
    assert (await shanghai.holding("本人")).person.covered == ()
    life = await pay(shanghai, "本人", wanted(shanghai, PremiumKind.COMMERCIAL, "本人", product="life"))
    assert (code(life), "虚构惠民保" in life.text) == (Code.PRODUCT_UNKNOWN, True)
    assert code(await refund(shanghai, "本人", bought.id)) is Code.PREMIUM_NOT_REFUNDABLE
    xian = await World(payments).open()
    await xian.person("本人", 100_000)
    shut = await pay(xian, "本人", wanted(xian, PremiumKind.COMMERCIAL, "本人", product="city"))
    assert (code(shut), "本地区暂不支持购买商业保险" in shut.text) == (Code.PURPOSE_NOT_OPEN, True)
    assert verify(payments.dsn).ok


async def test_ltc_pays_nobody_into_insurance(world: World) -> None:
    await world.person("本人", 50_000, insurance=Insurance.SUSPENDED)
    paid = await pay(world, "本人", wanted(world, PremiumKind.LTC, "本人"))
    assert isinstance(paid, PremiumView)
    assert (await world.holding("本人")).person.covered == ()
    shut = await pay(world, "本人", wanted(world, PremiumKind.EMPLOYEE, "本人"))
    assert code(shut) is Code.PURPOSE_NOT_OPEN, "no region is known to open it"


@pytest.mark.parametrize(
    "statement",
    [
        "update person set covered = null where person_no = %s",
        "update person set covered = '{2027-01-01,2028-12-31}' where person_no = %s",
        "delete from premium_paid where person_no = %s",
        "update premium_paid set covers_to = '2028-12-31' where person_no = %s",
    ],
)
async def test_verify_names_cover_that_nobody_paid(world: World, statement: str) -> None:
    await family(world)
    assert isinstance(await pay(world, "子"), PremiumView)
    assert verify(world.platform.dsn).ok
    async with world.platform.pool.connection() as conn:
        found = await conn.execute("select covered from person where person_no = %s", mine(world))
        (covered,) = await found.fetchone() or (None,)
        paid = await (await conn.execute("select * from premium_paid where person_no = %s", mine(world))).fetchall()
        await conn.execute(statement, mine(world))  # type: ignore[arg-type]
        await conn.commit()
        difference = verify(world.platform.dsn).difference
        await conn.execute("delete from premium_paid where person_no = %s", mine(world))
        await conn.execute("insert into premium_paid values (%s, %s, %s, %s, %s, %s, %s)", paid[0])
        await conn.execute("update person set covered = %s where person_no = %s", [covered, *mine(world)])
    assert difference is not None
    assert difference.kind == "premium"
    assert verify(world.platform.dsn).ok


def mine(world: World) -> list[str]:
    return [world.people["母"]]


async def test_missing_years_are_paid_one_by_one(dsn: str, book: PolicyBook) -> None:
    """PRM-08, PRM-09, PUR-16: where a place opens it; each year once, as many as are missing."""
    shared = book.rules["610000", "sharing.purposes", Scheme.EMPLOYEE][0]
    opened = msgspec.structs.replace(shared, purposes=(*shared.purposes, Purpose.MISSING_YEARS))  # type: ignore[union-attr]
    rules = {**book.rules, ("610000", "sharing.purposes", Scheme.EMPLOYEE): (opened,)}
    platform = Platform(dsn, msgspec.structs.replace(book, rules=rules), clock=lambda: NOW)
    await platform.open()
    try:
        world = await World(platform).open()
        for year in (2019, 2020, 2021):
            figure = Entered(region="610100", kind=PremiumKind.MISSING_YEARS, year=year, amount=DUE, source="试验数值")
            await enter_standard(platform, figure, "test")
        await world.person("本人", 5 * DUE, status=Status.RETIRED, missing_years=2)
        for year, code_ in (
            (2019, None),
            (2019, Code.PREMIUM_ALREADY_PAID),
            (2020, None),
            (2021, Code.PREMIUM_NOT_FOR),
        ):
            outcome = await pay(world, "本人", wanted(world, PremiumKind.MISSING_YEARS, "本人", year=year))
            assert (outcome.code if isinstance(outcome, Refusal) else None) is code_, outcome
        assert (await world.holding("本人")).person.missing_years == 0
        assert await world.balance("本人") == 3 * DUE
        assert verify(dsn).ok
    finally:
        await platform.close()
