"""Purchases, reversals and months in any order, against a small model of which region owes which."""

import asyncio
from collections import Counter
from collections.abc import Coroutine
from datetime import date, datetime, timedelta
from typing import Any, TypeVar

from hypothesis import Phase, given, settings
from hypothesis import strategies as st

from gongji.core.clearing import last_day
from gongji.core.codes import Relation
from gongji.core.policy import PolicyBook
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger import store
from gongji.ledger.verify import verify
from gongji.service import clearing
from gongji.service.clearing import Month, Paid
from gongji.service.platform import Platform
from world import World, done

T = TypeVar("T")

REGIONS = ("610100", "610400", "370200")
"""Two pooling areas of one province, whose people share with each other, and one of another province to buy in."""

HOMES = 2
"""The first regions are where people are insured."""

STEPS = st.lists(
    st.one_of(
        st.tuples(st.just("buy"), st.integers(0, 1), st.integers(0, 2), st.integers(1, 5_000)),
        st.tuples(st.just("reverse"), st.integers(0, 50)),
        st.tuples(st.just("month")),
    ),
    min_size=4,
    max_size=14,
)

MOST_MONTHS = 11
"""Rules and partitions do not reach further."""

Pairs = Counter[tuple[date, str, str]]


class Province:
    """Patients of two regions, each with a relative in the other, at pharmacies of three regions; and a model."""

    def __init__(self, platform: Platform) -> None:
        self.platform = platform
        self.now = datetime.now(CHINA).replace(day=10)
        self.worlds: list[World] = []
        self.owed: Pairs = Counter()
        self.months = 0
        self.standing: list[Settlement] = []
        platform.clock = platform.batcher._clock = self.clock

    def clock(self) -> datetime:
        self.now += timedelta(microseconds=1)
        return self.now

    async def open(self) -> None:
        async with self.platform.pool.connection() as conn:
            span = {"first": self.now.date(), "last": self.now.date() + timedelta(days=400)}
            await store.run(conn, "ensure_months", **span)
        self.worlds = [await World(self.platform, region=region).open() for region in REGIONS]
        for index, world in enumerate(self.worlds[:HOMES]):
            await world.person("病人", 2_000)
            lender = self.worlds[(index + 1) % HOMES]
            await lender.person("亲属", 60_000)
            world.people["亲属的亲属"] = lender.people["亲属"]
            assert not isinstance(await world.bind("亲属的亲属", "病人", Relation.CHILD), Refusal)

    async def buy(self, patient: int, shop: int, amount: int) -> None:
        command = self.worlds[patient].purchase_command("病人", amount)
        elsewhere = self.worlds[shop].sender(self.worlds[shop].pharmacy, "2102")
        bought = done(await self.platform.batcher.submit(_sent(command, elsewhere)))
        self.standing.append(bought)
        self.count(bought, 1)

    async def reverse(self, index: int) -> None:
        if self.standing:
            original = self.standing.pop(index % len(self.standing))
            back = done(await self.worlds[0].reverse(original))
            self.count(original, -1, back.booked_on)

    def count(self, settlement: Settlement, sign: int, booked_on: date | None = None) -> None:
        """Own money is of the patient's region, shared money of the relative's; both pay where the pharmacy is."""
        creditor, home = settlement.institution[1:7], settlement.region
        lender = REGIONS[(REGIONS.index(home) + 1) % HOMES]
        month = (booked_on or settlement.booked_on).replace(day=1)
        split = settlement.split
        for debtor, amount in ((home, split.own_total + split.pool), (lender, split.shared_total)):
            if debtor != creditor and amount:
                self.owed[month, debtor, creditor] += sign * amount

    async def end_month(self) -> None:
        if self.months == MOST_MONTHS:
            return
        self.months += 1
        month = self.now.date().replace(day=1)
        self.now = datetime.combine(last_day(month) + timedelta(days=2), datetime.min.time(), CHINA)
        first = await clearing.close_month(self.platform, month, "a")
        again = await clearing.close_month(self.platform, month, "b")
        assert isinstance(first, Month)
        assert first == again
        told = {(p.statement.debtor, p.statement.creditor): p.statement.amount for p in first.pairs}
        meant = {key[1:]: amount for key, amount in self.owed.items() if key[0] == month}
        assert {k: v for k, v in told.items() if v} == {k: v for k, v in meant.items() if v}
        for debtor, creditor in told:
            paid = await clearing.pay(self.platform, month, debtor, creditor, "R", "a")
            assert isinstance(paid, Paid)
            assert await clearing.pay(self.platform, month, debtor, creditor, "S", "b") == paid

    async def outstanding(self) -> tuple[int, int]:
        """What all regions owe each other, and what they are owed."""
        query = """
            select a.kind::text, sum(case when p.to_account = a.id then p.amount else -p.amount end)::bigint
            from account a join posting p on a.id in (p.from_account, p.to_account)
            where a.kind in ('clearing_payable', 'clearing_receivable') group by 1"""
        async with self.platform.pool.connection() as conn:
            sums = dict(await (await conn.execute(query)).fetchall())
        return sums.get("clearing_payable", 0), sums.get("clearing_receivable", 0)


def _sent(command: Any, sender: Any) -> Any:
    return type(command)(**{field: getattr(command, field) for field in command.__struct_fields__} | {"sender": sender})


def test_clearing_sums_to_zero_and_statements_are_the_ledger(dsn: str, book: PolicyBook) -> None:
    loop = asyncio.new_event_loop()

    def run(work: Coroutine[Any, Any, T]) -> T:
        return loop.run_until_complete(work)

    platform = Platform(dsn, book)
    run(platform.open())
    province = Province(platform)
    run(province.open())

    # The books go on from one example to the next: a failure cannot be made smaller by playing it again.
    @settings(max_examples=8, deadline=None, phases=[Phase.generate])
    @given(steps=STEPS)
    def play(steps: list[Any]) -> None:
        for name, *arguments in steps:
            if name == "month":
                run(province.end_month())
            else:
                run(getattr(province, name)(*arguments))
        owes, claims = run(province.outstanding())
        assert owes + claims == 0

    try:
        play()
        province.months = 0
        run(province.end_month())
        assert run(province.outstanding()) == (0, 0)
        assert verify(dsn).ok
    finally:
        run(platform.close())
        loop.close()
