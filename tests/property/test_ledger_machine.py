"""Settle, reverse, repeat, bind and unbind in any order against a small model of who pays what."""

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import Bundle, RuleBasedStateMachine, consumes, invariant, rule, run_state_machine_as_test

from gongji.core.codes import PremiumKind, Relation
from gongji.core.family import Binding
from gongji.core.policy import PolicyBook
from gongji.core.premium import Entered, Wanted
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service import binding_life, bindings
from gongji.service.commands import Done, Settle
from gongji.service.platform import Platform
from gongji.service.premiums import enter_standard, pay_premium, refund_premium
from world import World, done

T = TypeVar("T")

USERS = ("父", "母")
AUTHORISERS = ("子", "女")
MOST_AUTHORISERS = 2  # what 陕西 allows a user
PREMIUM = 4_000


class FamilyMachine(RuleBasedStateMachine):
    """A family in 西安 that buys drugs without prescription: own money, then relatives' in order, then cash."""

    platform: Platform
    loop: asyncio.AbstractEventLoop

    bought = Bundle("bought")
    bound = Bundle("bound")
    insured = Bundle("insured")

    def __init__(self) -> None:
        super().__init__()
        self.world = World(self.platform)
        self.model: dict[str, int] = {}
        self.links: dict[str, list[tuple[str, str]]] = {user: [] for user in USERS}
        self.paid: set[str] = set()
        self.year = self.platform.clock().year + 1
        self.run(self.start())

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    async def start(self) -> None:
        await self.world.open()
        entered = Entered(region="610100", kind=PremiumKind.LTC, year=self.year, amount=PREMIUM, source="试验")
        await enter_standard(self.platform, entered, "test")
        for name, balance in zip((*USERS, *AUTHORISERS), (3_000, 0, 20_000, 5_000), strict=True):
            await self.world.person(name, balance)
            self.model[name] = balance

    @rule(target=bound, authoriser=st.sampled_from(AUTHORISERS), user=st.sampled_from(USERS))
    def bind(self, authoriser: str, user: str) -> tuple[str, str, str] | None:
        outcome = self.run(self.world.bind(authoriser, user, Relation.PARENT))
        twice = any(link[0] == authoriser for link in self.links[user])
        assert isinstance(outcome, Refusal) == (twice or len(self.links[user]) >= MOST_AUTHORISERS)
        if isinstance(outcome, Refusal):
            assert outcome.code in (Code.ALREADY_BOUND, Code.TOO_MANY_AUTHORISERS)
            return None
        self.links[user].append((authoriser, outcome.id))
        # The order is by position, then by time: two links may share a position after one has ended.
        places = {b.binding.id: b.binding.position for b in self.run(self.listed(user))}
        self.links[user].sort(key=lambda link: places[link[1]])
        return authoriser, user, outcome.id

    async def listed(self, user: str) -> list[bindings.BindingView]:
        return await bindings.bindings_of(self.platform, self.world.people[user])

    @rule(link=consumes(bound), by_user=st.booleans())
    def unbind(self, link: tuple[str, str, str] | None, by_user: bool) -> None:  # noqa: FBT001
        if link is None:
            return
        authoriser, user, binding_id = link
        actor = self.world.people[user if by_user else authoriser]
        outcome = self.run(binding_life.end(self.platform, binding_id, actor, "portal"))
        assert isinstance(outcome, Binding)
        self.links[user] = [kept for kept in self.links[user] if kept[1] != binding_id]

    @rule(target=bought, user=st.sampled_from(USERS), amount=st.integers(1, 9_000))
    def buy(self, user: str, amount: int) -> tuple[Settle, dict[str, int]]:
        command = self.world.purchase_command(user, amount)
        settlement = done(self.run(self.platform.batcher.submit(command)))
        expected: dict[str, int] = {}
        due = amount
        for payer in (user, *(link[0] for link in self.links[user])):
            expected[payer] = min(due, self.model[payer])
            due -= expected[payer]
            self.model[payer] -= expected[payer]
        assert settlement.split.own_total == expected.pop(user)
        assert [d.amount for d in settlement.split.shared] == list(expected.values())
        assert settlement.split.cash == due
        return command, {user: settlement.split.own_total} | expected

    @rule(purchase=bought)
    def repeat(self, purchase: tuple[Settle, dict[str, int]]) -> None:
        outcome = self.run(self.platform.batcher.submit(purchase[0]))
        assert isinstance(outcome, Done)
        assert outcome.repeated

    @rule(purchase=bought)
    def reverse(self, purchase: tuple[Settle, dict[str, int]]) -> None:
        settlement = done(self.run(self.platform.batcher.submit(purchase[0])))
        outcome = self.run(self.world.reverse(settlement))
        if isinstance(outcome, Refusal):
            assert outcome.code is Code.ALREADY_REVERSED
            return
        for payer, amount in purchase[1].items():
            self.model[payer] += amount

    @rule(target=insured, user=st.sampled_from(USERS), by=st.sampled_from((*USERS, *AUTHORISERS)))
    def pay_premium(self, user: str, by: str) -> tuple[str, str, dict[str, int]] | None:
        """A relative pays alone; the insured person may use all who are bound; all of it or nothing, and once."""
        linked = [link[0] for link in self.links[user]]
        payers = (user, *linked) if by == user else tuple(name for name in linked if name == by)
        shares, due = {}, PREMIUM
        for payer in payers:
            shares[payer] = min(due, self.model[payer])
            due -= shares[payer]
        wanted = Wanted(person_no=self.world.people[user], kind=PremiumKind.LTC, year=self.year)
        sender = self.world.sender(by, "premium")
        paying = pay_premium(self.platform, sender, self.world.people[by], wanted, PREMIUM, "portal")
        outcome = self.run(paying)
        if isinstance(outcome, Refusal):
            reasons = {Code.PREMIUM_NOT_BOUND: not payers, Code.PREMIUM_ALREADY_PAID: user in self.paid}
            assert reasons.get(outcome.code, due > 0 and outcome.code is Code.PREMIUM_SHORT)
            return None
        assert payers
        assert due == 0
        assert user not in self.paid
        assert [part.amount for part in outcome.payment.parts] == [fen for fen in shares.values() if fen]
        self.paid.add(user)
        for payer, fen in shares.items():
            self.model[payer] -= fen
        return outcome.id, user, shares

    @rule(premium=consumes(insured))
    def give_premium_back(self, premium: tuple[str, str, dict[str, int]] | None) -> None:
        if premium is None:
            return
        made, user, shares = premium
        sender = self.world.sender(user, "premium_refund")
        back = self.run(refund_premium(self.platform, sender, self.world.people[user], made, "portal"))
        assert not isinstance(back, Refusal), back
        self.paid.remove(user)
        for payer, fen in shares.items():
            self.model[payer] += fen

    @invariant()
    def balances_are_the_models(self) -> None:
        held = {name: self.run(self.world.balance(name)) for name in self.model}
        assert held == self.model

    def teardown(self) -> None:
        assert verify(self.platform.dsn).ok


def test_money_is_never_created_lost_or_overdrawn(dsn: str, book: PolicyBook) -> None:
    loop = asyncio.new_event_loop()
    platform = Platform(dsn, book)
    loop.run_until_complete(platform.open())
    FamilyMachine.platform, FamilyMachine.loop = platform, loop
    try:
        run_state_machine_as_test(
            FamilyMachine,
            settings=settings(
                max_examples=25,
                stateful_step_count=20,
                deadline=None,
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        loop.run_until_complete(platform.close())
        loop.close()
