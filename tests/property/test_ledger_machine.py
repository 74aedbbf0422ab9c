"""People, bindings of all modes, wallets, bills, premiums and endings in any order, against a small model."""

import asyncio
import itertools
import os
from collections.abc import Coroutine
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any, TypeVar

import msgspec
import psycopg
from hypothesis import HealthCheck, Phase, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    Bundle,
    MultipleResults,
    RuleBasedStateMachine,
    consumes,
    initialize,
    invariant,
    multiple,
    precondition,
    rule,
    run_state_machine_as_test,
)

from family_model import PLACES, Family, Link, Place, Purse, Someone
from gongji.core.case import AccountUse
from gongji.core.codes import BindingTerm, Care, PlaceKind, PremiumKind, Purpose, Relation, Scheme, SharingMode, Status
from gongji.core.family import Binding, Limits
from gongji.core.life import LifeEvent, LifeKind
from gongji.core.policy import PolicyBook
from gongji.core.premium import Entered, Wanted
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal
from gongji.core.sharing import PURPOSE_OF_CARE
from gongji.core.times import CHINA
from gongji.core.wallet import Transfer, TransferState
from gongji.ledger.migrate import migrate
from gongji.ledger.verify import verify
from gongji.service import binding_life, binding_staff, choices, family_account, freezing, life_events, uses, wallet
from gongji.service.commands import Done, ReturnedItem, ReturnPart, Settle
from gongji.service.enrol import Credit, credit
from gongji.service.platform import Platform
from gongji.service.premiums import enter_standard, pay_premium, premiums_of, refund_premium
from gongji.service.presettle import presettle
from gongji.service.records import movements_of, settlements_of
from gongji.service.set_aside import release_left
from gongji.service.staff import Role, Staff
from gongji.service.wallet_view import transfers_of
from world import World, done, returning

T = TypeVar("T")

START = datetime(2026, 12, 20, 10, tzinfo=CHINA)
YEAR = 2027
PREMIUM = 4_000
AUDITOR = Staff(login="audit01", name="赵", role=Role.AUDITOR, region=None)
CLERK = Staff(login="clerk01", name="王", role=Role.CLERK, region=None)
INSURANCE = (LifeKind.INSURANCE_SUSPENDED, LifeKind.INSURANCE_ENDED, LifeKind.INSURANCE_RESUMED)
FURTHER = "370200"
"""Where somebody far away may move to."""
SEARCH = bool(os.environ.get("GONGJI_SEARCH"))

USERS = ("父", "母", "孩")
AUTHORISERS = ("子", "女", "叔", "兄")
ALL = (*USERS, *AUTHORISERS)
RELATION = {
    "子": {"父": Relation.PARENT, "母": Relation.PARENT, "孩": Relation.CHILD},
    "女": {"父": Relation.PARENT, "母": Relation.PARENT, "孩": Relation.SIBLING},
    "叔": {"父": Relation.SIBLING, "母": Relation.SPOUSE, "孩": Relation.SIBLING},
    "兄": {"父": Relation.SIBLING, "母": Relation.SIBLING, "孩": Relation.PATERNAL_GRANDCHILD},
}
MONEY = {"父": 3_000, "子": 20_000, "女": 5_000, "叔": 8_000, "兄": 9_000}

_numbers = itertools.count(1)

fen = st.integers(1, 9_000)
maybe = st.none() | st.integers(0, 6_000)
limits = st.just(Limits()) | st.builds(
    Limits,
    per_transaction=maybe,
    per_day=maybe,
    per_year=maybe,
    total=maybe,
    purposes=st.none() | st.sampled_from([(Purpose.PHARMACY,), (Purpose.OUTPATIENT, Purpose.LTC_PREMIUM)]),
    places=st.none() | st.sampled_from([(PlaceKind.PHARMACY,), (PlaceKind.HOSPITAL,)]),
)


@dataclass
class Clock:
    """A clock that is put on by hand, and never shows the same moment twice."""

    at: datetime

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


@dataclass(frozen=True)
class Bill:
    """A bill that was paid: its command, what stands of it, and from which purse how much, in the order of payment.

    ``first`` is the settlement that the command made; after a return another one stands in its place.
    """

    command: Settle
    settlement: Settlement
    moves: tuple[tuple[Purse, int], ...]
    first: str


@dataclass(frozen=True)
class Paid:
    """A premium that was paid."""

    id: str
    user: str
    moves: tuple[tuple[Purse, int], ...]


def own(name: str) -> Purse:
    return name, "personal", ""


def in_wallet(name: str) -> Purse:
    return name, "wallet", ""


class FamilyMachine(RuleBasedStateMachine):
    """Each step does one thing in the real database and in the model; the two must agree afterwards."""

    platform: Platform
    beside: Platform
    """Another process on the same database."""
    clock: Clock
    loop: asyncio.AbstractEventLoop

    links = Bundle("links")
    bills = Bundle("bills")
    premiums = Bundle("premiums")
    sent = Bundle("sent")

    def run(self, work: Coroutine[Any, Any, T]) -> T:
        return self.loop.run_until_complete(work)

    @property
    def today(self) -> date:
        return self.clock.at.date()

    @initialize(place=st.sampled_from(PLACES))
    def begin(self, place: Place) -> None:
        self.clock.at = START
        self.place, self.model = place, Family(place, self.today)
        self.world = World(self.platform, place.region)
        self.touched: set[str] = set()
        """Whose money or bindings a step may have changed: these look at what they are shown after it."""
        self.due: dict[str, datetime] = {}
        """When a transfer that nobody accepted goes back."""
        self.covered: set[str] = set()
        """For whom the year is paid."""
        self.run(self._begin())

    async def _begin(self) -> None:
        world, place = await self.world.open(), self.place
        entered = Entered(
            region=place.region,
            kind=PremiumKind.LTC,
            year=YEAR,
            amount=PREMIUM,
            source="试验",
            opens_on=date(YEAR - 1, 9, 1),
            closes_on=date(YEAR, 12, 31),
        )
        await enter_standard(self.platform, entered, "test")
        retired = {"status": Status.RETIRED}
        resident = {"scheme": Scheme.RESIDENT, "status": Status.ELDERLY}
        child = {"scheme": Scheme.RESIDENT, "status": Status.STUDENT, "birth_date": date(2016, 1, 1)}
        who = {"父": retired, "母": resident, "孩": child, "叔": {"region": place.near}, "兄": {"region": place.far}}
        for name in ALL:
            await world.person(name, MONEY.get(name, 0), **who.get(name, {}))
            region = who.get(name, {}).get("region", place.region)
            self.model.people[name] = Someone(name, employee=name not in ("母", "孩"), region=region)
            self.model.credit(name, MONEY.get(name, 0))
        self.names = {number: name for name, number in world.people.items()}

    # Money comes in

    @rule(name=st.sampled_from(AUTHORISERS), amount=fen)
    def is_credited(self, name: str, amount: int) -> None:
        reference = f"machine{next(_numbers)}"
        self.run(credit(self.platform, [Credit(person_no=self.no(name), amount=amount, reference=reference)]))
        self.model.credit(name, amount)

    def no(self, name: str) -> str:
        self.touched.add(name)
        return self.world.people[name]

    # Bindings

    @rule(
        target=links,
        authoriser=st.sampled_from(AUTHORISERS),
        user=st.sampled_from(USERS),
        family=st.booleans(),
        limits=limits,
        quota=st.integers(0, 7_000),
        single=st.booleans(),
        days=st.none() | st.integers(0, 30),
    )
    def bind(
        self,
        authoriser: str,
        user: str,
        family: bool,  # noqa: FBT001
        limits: Limits,
        quota: int,
        single: bool,  # noqa: FBT001
        days: int | None,
    ) -> Link | MultipleResults[Link]:
        mode = SharingMode.LIVE_CALL
        if authoriser == "兄":
            mode, limits = SharingMode.QUOTA_HOLD, msgspec.structs.replace(limits, quota=quota)
        elif family and self.place.family_account:
            mode = SharingMode.FAMILY_ACCOUNT
        relation, ends = RELATION[authoriser][user], None if days is None else self.today + timedelta(days)
        term = BindingTerm.SINGLE_USE if single else BindingTerm.LONG_TERM
        self.end_expired_between(authoriser, user)
        reasons = self.unfit(authoriser, user, mode)
        last = max((b.position for b in self.model.links if b.live and b.user == user), default=0)
        asked = self.world.bind(authoriser, user, relation, mode=mode, limits=limits, term=term, ends_on=ends)
        outcome = self.run(asked)
        self.touched |= {authoriser, user}
        if isinstance(outcome, Refusal):
            assert outcome.code in reasons
            return multiple()
        assert not reasons
        link = Link(
            id=outcome.id,
            authoriser=authoriser,
            user=user,
            mode=mode,
            position=last + 1,
            made=len(self.model.links),
            limits=limits,
            single=single,
            state="pending" if authoriser == "兄" else "active",
            starts=self.today,
            ends=ends,
        )
        self.model.links.append(link)
        if RELATION[authoriser][user] is Relation.SPOUSE:
            self.model.spouses.add((authoriser, user))
        return link

    def unfit(self, authoriser: str, user: str, mode: SharingMode | None, *, but: Link | None = None) -> set[Code]:
        giver, taker = self.model.people[authoriser], self.model.people[user]
        others = self.model.authorisers_of(user) - {authoriser}
        reasons = {
            Code.AUTHORISER_NOT_INSURED: not giver.insured,
            Code.ACCOUNT_NOT_OPEN: giver.frozen,
            Code.USER_NOT_INSURED: not taker.insured,
            Code.ALREADY_BOUND: mode and self.model.between(authoriser, user, mode) not in (None, but),
            Code.TOO_MANY_AUTHORISERS: len(others) >= self.place.most_authorisers,
            # A divorced spouse is not called one again on one's own word; what was asked for before may still begin.
            Code.COMMITMENT_BARRED: mode is not None and (authoriser, user) in self.model.divorced,
        }
        return {code for code, holds in reasons.items() if holds}

    def end_expired_between(self, authoriser: str, user: str) -> None:
        """Who asks to be bound anew is not held up by what is over between the two."""
        for link in self.model.links:
            if link.expired(self.today) and (link.authoriser, link.user) == (authoriser, user):
                self.over(link)

    def over(self, link: Link) -> None:
        self.touched |= {link.authoriser, link.user}
        self.model.end(link)

    @rule(link=links)
    def confirm(self, link: Link) -> None:
        if self.model.people[link.user].dead:
            return
        by = "子" if link.user == "孩" and link.authoriser == "兄" else link.user
        outcome = self.run(binding_life.confirm(self.platform, link.id, self.no(by), "portal"))
        if not link.live or (link.state == "pending" and link.expired(self.today)):
            assert isinstance(outcome, Refusal)
            assert outcome.code is Code.BINDING_ENDED
            return
        if link.state == "pending":
            reasons = self.unfit(link.authoriser, link.user, None)
            known = any(b.user == "孩" and b.authoriser == "子" for b in self.model.links)
            if by == "子" and not known:
                reasons = {Code.NOT_YOURS}
            quota = link.limits.quota or 0
            if not reasons and quota > self.model.money[own(link.authoriser)]:
                reasons = {Code.BALANCE_SHORT}
            if isinstance(outcome, Refusal):
                assert outcome.code in reasons
                return
            assert not reasons
            link.state = "active"
            self.touched.add(link.authoriser)
            self.model.move(own(link.authoriser), link.purse(), quota)

    @rule(link=links, by_user=st.booleans())
    def unbind(self, link: Link, by_user: bool) -> None:  # noqa: FBT001
        actor = self.no(link.user if by_user else link.authoriser)
        outcome = self.run(binding_life.end(self.platform, link.id, actor, "portal"))
        if not link.live:
            assert isinstance(outcome, Refusal)
            return
        assert isinstance(outcome, Binding), outcome
        self.over(link)

    @rule(link=links, limits=limits)
    def amend(self, link: Link, limits: Limits) -> None:
        changed = binding_life.amend(self.platform, link.id, self.no(link.authoriser), limits, "portal")
        outcome = self.run(changed)
        if not link.live or link.expired(self.today):
            assert isinstance(outcome, Refusal)
            return
        assert isinstance(outcome, Binding), outcome
        link.limits = msgspec.structs.replace(limits, quota=link.limits.quota)

    @rule(link=links, amount=st.integers(0, 9_000))
    def change_quota(self, link: Link, amount: int) -> None:
        if link.mode is not SharingMode.QUOTA_HOLD:
            return
        changed = choices.change_quota(self.platform, link.id, self.no(link.authoriser), amount, "portal")
        outcome = self.run(changed)
        if not link.live or link.expired(self.today):
            assert isinstance(outcome, Refusal)
            return
        giver, more = self.model.people[link.authoriser], amount - self.model.money[link.purse()]
        there = 0 if giver.frozen else self.model.money[own(link.authoriser)]
        if link.state == "active":
            if more > there:
                assert isinstance(outcome, Refusal)
                assert outcome.code is Code.BALANCE_SHORT
                return
            self.model.move(own(link.authoriser), link.purse(), more)
        assert isinstance(outcome, Binding), outcome
        link.limits = msgspec.structs.replace(link.limits, quota=amount)

    @rule(user=st.sampled_from(USERS), chosen=st.randoms(use_true_random=False))
    def reorder(self, user: str, chosen: Any) -> None:
        live = [b for b in self.model.links if b.live and b.user == user]
        chosen.shuffle(live)
        outcome = self.run(choices.choose_order(self.platform, self.no(user), [b.id for b in live], "portal"))
        if self.place.largest_first:
            assert isinstance(outcome, Refusal)
            return
        assert not isinstance(outcome, Refusal), outcome
        for position, link in enumerate(live, start=1):
            link.position = position

    # What the agency does, and what happens to people

    @rule(link=links)
    def freeze_or_thaw(self, link: Link) -> None:
        if link.state == "frozen":
            outcome = self.run(binding_staff.thaw(self.platform, link.id, AUDITOR, "核实无误"))
            link.state = "active"
        else:
            outcome = self.run(binding_staff.freeze(self.platform, link.id, AUDITOR, "核查"))
            if link.state != "active":
                assert isinstance(outcome, Refusal)
                return
            link.state = "frozen"
        assert isinstance(outcome, Binding), outcome

    @rule(name=st.sampled_from(("父", *AUTHORISERS)))
    def freeze_or_thaw_account(self, name: str) -> None:
        person = self.model.people[name]
        turn = freezing.thaw_account if person.frozen else freezing.freeze_account
        assert self.run(turn(self.platform, AUDITOR, self.no(name), "核查")) is None
        person.frozen = not person.frozen

    @rule(link=links, sure=st.booleans())
    def agency_ends(self, link: Link, sure: bool) -> None:  # noqa: FBT001
        reason = "核查属实" if sure else " "
        outcome = self.run(binding_staff.end_by_agency(self.platform, link.id, AUDITOR, reason))
        if not sure or not link.live:
            assert isinstance(outcome, Refusal)
            assert outcome.code is (Code.BINDING_ENDED if sure else Code.REASON_MISSING)
            return
        assert isinstance(outcome, Binding), outcome
        self.over(link)

    @rule(name=st.sampled_from(ALL), kind=st.sampled_from((*INSURANCE, None)), days=st.integers(0, 3))
    def insurance_changes(self, name: str, kind: LifeKind | None, days: int) -> None:
        """Reported late or not: what was reported about a later day stands. Most often it just goes off and on."""
        person = self.model.people[name]
        if person.dead:
            return
        if kind is None:
            kind, days = LifeKind.INSURANCE_SUSPENDED if person.insured else LifeKind.INSURANCE_RESUMED, 0
        on = self.today - timedelta(days)
        event = LifeEvent(person_no=self.no(name), kind=kind, on=on)
        outcome = self.run(life_events.report(self.platform, CLERK, event))
        assert not isinstance(outcome, Refusal), outcome
        assert outcome.known == ((kind, on) in person.reported)
        if outcome.known:
            return
        person.reported.append((kind, on))
        if on == max(day for _, day in person.reported):
            person.insured = kind is LifeKind.INSURANCE_RESUMED
        if kind is LifeKind.INSURANCE_ENDED:
            for link in [b for b in self.model.links if b.live and name in (b.authoriser, b.user)]:
                self.over(link)

    @rule(name=st.sampled_from(AUTHORISERS), days=st.integers(0, 3))
    def moves(self, name: str, days: int) -> None:
        """To another pooling area and back: his money goes along, his quotas come back before."""
        person, on = self.model.people[name], self.today - timedelta(days)
        places = (self.place.far, FURTHER) if name == "兄" else (self.place.region, self.place.near)
        to = next((region for region in places if region != person.region), person.region)
        event = LifeEvent(person_no=self.no(name), kind=LifeKind.MOVED, on=on, to=to)
        outcome = self.run(life_events.report(self.platform, CLERK, event))
        if isinstance(outcome, life_events.Reported) and outcome.known:
            assert (on, to) in person.moved
            return
        early = bool(person.moved) and on <= person.moved[-1][0]
        assert isinstance(outcome, Refusal) == (to == person.region or person.dead or person.frozen or early), outcome
        if isinstance(outcome, Refusal):
            return
        person.region = to
        person.moved.append((on, to))
        person.reported.append((LifeKind.MOVED, on))
        if on == max(day for _, day in person.reported):
            person.insured = True
        for link in [
            b for b in self.model.links if b.live and b.authoriser == name and b.mode is SharingMode.QUOTA_HOLD
        ]:
            self.over(link)

    @rule(pair=st.sampled_from([("叔", "母"), ("母", "叔"), ("子", "父")]), days=st.integers(0, 3))
    def divorce(self, pair: tuple[str, str], days: int) -> None:
        """Ends what the marriage made, whoever of the two it is reported of, and nothing else."""
        of, other = (self.no(name) for name in pair)
        event = LifeEvent(person_no=of, kind=LifeKind.DIVORCE, on=self.today - timedelta(days), other=other)
        outcome = self.run(life_events.report(self.platform, CLERK, event))
        if isinstance(outcome, Refusal):
            assert self.model.people[pair[0]].dead
            return
        if outcome.known:
            return
        for link in [b for b in self.model.links if b.live and {b.authoriser, b.user} == set(pair)]:
            if RELATION[link.authoriser][link.user] is Relation.SPOUSE:
                self.over(link)
        self.model.divorced |= {two for two in self.model.spouses if set(two) == set(pair)}

    @rule(name=st.sampled_from(ALL), days=st.integers(0, 3), sure=st.integers(0, 3))
    def die(self, name: str, days: int, sure: int) -> None:
        """Reported late or not; what was drawn meanwhile stays."""
        if sure:
            return
        event = LifeEvent(person_no=self.no(name), kind=LifeKind.DEATH, on=self.today - timedelta(days))
        outcome = self.run(life_events.report(self.platform, CLERK, event))
        person = self.model.people[name]
        if person.dead:
            assert isinstance(outcome, Refusal) or outcome.known
            return
        assert not isinstance(outcome, Refusal), outcome
        person.dead, person.insured = True, False
        for link in [b for b in self.model.links if b.live and name in (b.authoriser, b.user)]:
            self.over(link)

    @rule(days=st.integers(1, 20))
    @precondition(lambda self: self.today < date(2027, 5, 1))
    def days_pass(self, days: int) -> None:
        self.clock.at += timedelta(days)
        self.model.today = self.today

    @rule()
    def a_minute_passes(self) -> None:
        """What the server does by itself: unaccepted transfers, what single uses left, what has run out."""
        before = self.model.money.copy()
        self.run(self._chores())
        for link in self.model.links:
            if link.expired(self.today):
                self.over(link)
        self.model.release_left()
        for (name, kind, transfer), amount in list(self.model.money.items()):
            if kind == "transit" and amount and self.due[transfer] <= self.clock.at:
                self.model.move((name, kind, transfer), own(name), amount)
        self.touched |= {purse[0] for purse in self.model.money if self.model.money[purse] != before[purse]}

    async def _chores(self) -> None:
        await wallet.return_unaccepted(self.platform)
        await binding_life.end_expired(self.platform)
        await release_left(self.platform)

    # Money set aside, and sent

    @rule(name=st.sampled_from(AUTHORISERS[:3]), amount=fen)
    @precondition(lambda self: self.place.family_account)
    def move_aside(self, name: str, amount: int) -> None:
        sender = self.world.sender("portal", "aside")
        outcome = self.run(family_account.move_aside(self.platform, sender, self.no(name), amount))
        there = 0 if self.model.people[name].frozen else self.model.money[own(name)]
        if not self.has_family_account(name) or amount > there:
            assert isinstance(outcome, Refusal)
            return
        assert not isinstance(outcome, Refusal), outcome
        self.model.move(own(name), (name, "family", ""), amount)
        self.model.closed.discard((name, "family", ""))

    def has_family_account(self, name: str) -> bool:
        mine = [b for b in self.model.links if b.authoriser == name and b.mode is SharingMode.FAMILY_ACCOUNT]
        return any(b.state in ("active", "frozen") and not b.expired(self.today) for b in mine)

    @rule(name=st.sampled_from(AUTHORISERS[:3]), amount=fen)
    @precondition(lambda self: self.place.family_account)
    def move_back(self, name: str, amount: int) -> None:
        sender = self.world.sender("portal", "back")
        outcome = self.run(family_account.move_back(self.platform, sender, self.no(name), amount))
        if not self.has_family_account(name) or amount > self.model.money[name, "family", ""]:
            assert isinstance(outcome, Refusal)
            return
        assert not isinstance(outcome, Refusal), outcome
        self.model.move((name, "family", ""), own(name), amount)

    @rule(target=sent, name=st.sampled_from(AUTHORISERS[:3]), to=st.sampled_from(USERS), amount=fen)
    def send(self, name: str, to: str, amount: int) -> Transfer | MultipleResults[Transfer]:
        receiver = self.run(self.world.holding(to)).person
        request = wallet.TransferRequest(
            sender=self.no(name),
            certificate_no=receiver.certificate_no,
            name=receiver.name,
            relation=RELATION[name][to],
            amount=amount,
        )
        outcome = self.run(wallet.send(self.platform, self.world.sender("portal", "send"), request))
        giver, taker = self.model.people[name], self.model.people[to]
        there = 0 if giver.frozen else self.model.money[own(name)]
        fit = giver.insured and taker.insured and not giver.frozen and self.place.wallet and amount <= there
        if isinstance(outcome, Refusal):
            assert not fit or outcome.code is Code.TOO_MANY_TRANSFERS
            return multiple()
        assert fit
        self.model.move(own(name), (name, "transit", outcome.id), amount)
        self.due[outcome.id] = outcome.returns_at
        return outcome

    @rule(transfer=consumes(sent), yes=st.booleans())
    def answer(self, transfer: Transfer, yes: bool) -> None:  # noqa: FBT001
        name, to = self.names[transfer.sender], self.names[transfer.receiver]
        purse = (name, "transit", transfer.id)
        self.touched |= {name, to}
        decide = wallet.accept if yes else wallet.decline
        outcome = self.run(decide(self.platform, transfer.id, transfer.receiver, "portal"))
        if not self.model.money[purse] or self.due[transfer.id] <= self.clock.at:
            assert isinstance(outcome, Refusal)
            return
        assert isinstance(outcome, Transfer), outcome
        self.model.move(purse, in_wallet(to) if yes else own(name), transfer.amount)

    # Bills

    @rule(target=bills, user=st.sampled_from(USERS), amount=fen, use=st.sampled_from(AccountUse))
    def buy(self, user: str, amount: int, use: AccountUse) -> Bill | MultipleResults[Bill]:
        command = self.world.purchase_command(user, amount)
        return self.settle(user, msgspec.structs.replace(command, account_use=use))

    @rule(target=bills, user=st.sampled_from(USERS), amount=st.integers(1_000, 60_000))
    def visit(self, user: str, amount: int) -> Bill | MultipleResults[Bill]:
        if not self.model.people[user].insured:
            return multiple()
        visit, _ = self.run(self.world.visit(user, amount))
        return self.settle(user, self.world.settle_command(user, visit, amount))

    @rule(target=bills, user=st.sampled_from(USERS), amount=st.integers(10_000, 400_000))
    def stay(self, user: str, amount: int) -> Bill | MultipleResults[Bill]:
        if not self.model.people[user].insured:
            return multiple()
        visit = self.run(self.world.stay(user, amount))
        return self.settle(user, self.world.settle_command(user, visit, amount, care=Care.INPATIENT))

    def settle(self, user: str, command: Settle) -> Bill | MultipleResults[Bill]:
        """Foretold, previewed and settled: three times the same."""
        person = self.model.people[user]
        shown = self.run(presettle(self.platform, command))
        outcome = self.run(self.platform.batcher.submit(command))
        self.touched.add(user)
        stopped = not person.insured or (person.frozen and command.account_use is not AccountUse.NONE)
        if isinstance(outcome, Refusal):
            assert stopped or outcome.code is Code.RULE_UNKNOWN, outcome
            assert isinstance(shown, Refusal)
            return multiple()
        assert not stopped
        settlement = done(outcome)
        assert isinstance(shown, Settlement)
        assert shown.split == settlement.split
        split, left = settlement.split, settlement.split.total - settlement.split.fund
        moves: list[tuple[Purse, int]] = []
        if command.account_use is not AccountUse.NONE:
            for purse, open_ in ((own(user), person.employee), (in_wallet(user), not person.frozen)):
                taken = min(self.model.money[purse], left) if open_ else 0
                left -= taken
                moves.append((purse, taken))
        foretold = self.foretold(user, command, left)
        assert split.own_total == sum(taken for _, taken in moves)
        assert {d.id: d.amount for d in split.shared if d.amount} == foretold
        assert split.cash == left - sum(foretold.values())
        return self.posted(command, settlement, moves)

    def foretold(self, user: str, command: Settle, due: int) -> dict[str, int]:
        asked = command.account_use is AccountUse.OWN_THEN_SHARED
        asked = asked or (command.account_use is AccountUse.OWN and self.place.automatic)
        if not asked or (self.place.own_must_be_zero and self.model.money[own(user)]):
            return {}
        where = PlaceKind.PHARMACY if command.care is Care.PHARMACY else PlaceKind.HOSPITAL
        mine = [b for b in self.model.links if b.user == user]
        return self.model.shares(mine, due, PURPOSE_OF_CARE[command.care], where)

    def posted(self, command: Settle, settlement: Settlement, moves: list[tuple[Purse, int]]) -> Bill:
        """Take over into the model what was posted."""
        by_id = {link.id: link for link in self.model.links}
        for drawn in settlement.split.shared:
            link = by_id[drawn.id]
            if drawn.amount:
                moves.append((link.purse(), drawn.amount))
                self.note_drawn(link, drawn.amount, settlement.id)
        for purse, amount in moves:
            self.model.move(purse, None, amount)
        return Bill(command, settlement, tuple(moves), settlement.id)

    def note_drawn(self, link: Link, amount: int, by: str) -> None:
        link.drawn.append((self.today, amount, by))
        self.touched.add(link.authoriser)
        if link.single:
            link.state = "ended"

    @rule(purchases=st.lists(st.tuples(st.sampled_from(USERS), fen), min_size=2, max_size=6))
    def rush(self, purchases: list[tuple[str, int]]) -> None:
        """Several at once in two processes: who comes first is not known, what nobody may do is."""
        asked = [(user, self.world.purchase_command(user, amount)) for user, amount in purchases]
        outcomes = self.run(self._at_once([command for _, command in asked]))
        settled = [o.settlement for o in outcomes if isinstance(o, Done)]
        where, purpose = PlaceKind.PHARMACY, Purpose.PHARMACY
        for (user, _), outcome in zip(asked, outcomes, strict=True):
            person = self.model.people[user]
            self.touched.add(user)
            assert isinstance(outcome, Refusal) == (not person.insured or person.frozen), outcome
        by_id, before = {link.id: link for link in self.model.links}, {link.id: link.state for link in self.model.links}
        for settlement in sorted(settled, key=lambda s: s.journal_id):
            split = settlement.split
            user = self.names[settlement.person_no]
            for drawn in [d for d in split.shared if d.amount]:
                link = by_id[drawn.id]
                state, link.state = link.state, before[link.id]
                assert self.model.usable(link, purpose, where)
                assert link.limits.per_transaction is None or drawn.amount <= link.limits.per_transaction
                assert not link.single or state == "active", "used once"
                link.state = state
            taken = [(own(user), split.own_total - split.wallet), (in_wallet(user), split.wallet)]
            self.posted(self.world.purchase_command(user, 1), settlement, taken)
        now = {settlement.id for settlement in settled}
        for link in self.model.links:
            for most, gone in link.against_limits(self.today):
                before = sum(amount for _, amount, by in gone if by not in now)
                assert sum(amount for _, amount, _ in gone) <= max(most, before)
        assert min(self.model.money.values()) >= 0

    async def _at_once(self, commands: list[Settle]) -> list[Any]:
        doors = itertools.cycle((self.platform, self.beside))
        return await asyncio.gather(*[door.batcher.submit(c) for door, c in zip(doors, commands, strict=False)])

    @rule(bill=bills)
    def repeat(self, bill: Bill) -> None:
        outcome = self.run(self.beside.batcher.submit(bill.command))
        assert isinstance(outcome, Done)
        assert outcome.repeated
        assert outcome.settlement.id == bill.first

    @rule(bill=consumes(bills), twice=st.booleans())
    def reverse(self, bill: Bill, twice: bool) -> None:  # noqa: FBT001
        for again in (False, True)[: 2 if twice else 1]:
            outcome = self.run(self.world.reverse(bill.settlement))
            assert isinstance(outcome, Refusal) == again, outcome
        self.back(bill.moves, bill.settlement.id)

    @rule(target=bills, bill=consumes(bills), tenths=st.integers(1, 10))
    def return_part(self, bill: Bill, tenths: int) -> Bill:
        """Some of the one line comes back: whoever paid last gets his money back first, and nobody pays more."""
        before, number = bill.settlement, f"{bill.settlement.id}R{tenths}"
        command = ReturnPart(
            sender=self.world.sender(before.institution, "partial_return", number),
            person_no=before.person_no,
            settlement_id=before.id,
            items=(ReturnedItem(line_no="1", quantity=Decimal(tenths) / 10),),
        )
        outcome = self.run(self.platform.batcher.submit(command))
        if isinstance(outcome, Refusal):
            assert outcome.code in (Code.NOT_RETURNABLE, Code.RETURN_INVALID)
            return bill
        rest = done(outcome)
        left, kept = rest.split.total - rest.split.fund, []
        for purse, amount in bill.moves:
            kept.append((purse, min(amount, left)))
            left -= min(amount, left)
        assert left == rest.split.cash <= before.split.cash
        assert sum(amount for purse, amount in kept if purse[0] == self.names[rest.person_no]) == rest.split.own_total
        assert sum(amount for _, amount in kept) == rest.split.own_total + rest.split.shared_total
        for (purse, amount), (_, stays) in zip(bill.moves, kept, strict=True):
            if amount > stays:
                self.touched.add(purse[0])
                self.model.move(None, self.model.landing(purse), amount - stays)
        for link in self.model.links:
            stays = next((d.amount for d in rest.split.shared if d.id == link.id), 0)
            link.drawn = [
                (on, stays if by == before.id else fen_, rest.id if by == before.id else by)
                for on, fen_, by in link.drawn
            ]
        return replace(bill, settlement=rest, moves=tuple(kept))

    def back(self, moves: tuple[tuple[Purse, int], ...], of: str) -> None:
        for purse, amount in moves:
            self.touched.add(purse[0])
            self.model.move(None, self.model.landing(purse), amount)
        for link in self.model.links:
            link.drawn = [one for one in link.drawn if one[2] != of]

    # Premiums

    @rule(target=premiums, user=st.sampled_from(USERS[:2]), by=st.sampled_from(ALL))
    def pay_premium(self, user: str, by: str) -> Paid | MultipleResults[Paid]:
        """A relative pays alone; the insured person may use all who are bound; all of it or nothing, and once."""
        mine = [b for b in self.model.links if b.user == user and by in (user, b.authoriser)]
        person, model = self.model.people[user], self.model
        moves: list[tuple[Purse, int]] = []
        if by == user and person.employee and not person.frozen:
            moves.append((own(user), min(PREMIUM, model.money[own(user)])))
        left = PREMIUM - sum(amount for _, amount in moves)
        blocked = self.place.own_must_be_zero and left < PREMIUM
        shares = model.shares(mine, left, Purpose.LTC_PREMIUM, None) if left and not blocked else {}
        payable = sum(shares.values()) == left
        wanted = Wanted(person_no=self.no(user), kind=PremiumKind.LTC, year=YEAR)
        paying = pay_premium(self.platform, self.world.sender(by, "premium"), self.no(by), wanted, PREMIUM, "portal")
        outcome = self.run(paying)
        held = [b for b in mine if b.state == "active" and not b.expired(self.today)]
        reasons = {
            Code.PREMIUM_NOT_BOUND: by != user and not held,
            Code.PREMIUM_ALREADY_PAID: user in self.covered,
            Code.PREMIUM_SHORT: not payable,
        }
        if isinstance(outcome, Refusal):
            assert reasons.get(outcome.code), outcome
            return multiple()
        assert not any(reasons.values())
        for link in [b for b in mine if b.id in shares]:
            moves.append((link.purse(), shares[link.id]))
            self.note_drawn(link, shares[link.id], outcome.id)
        for purse, amount in moves:
            model.move(purse, None, amount)
        self.covered.add(user)
        return Paid(outcome.id, user, tuple(moves))

    @rule(premium=premiums)
    def give_premium_back(self, premium: Paid) -> None:
        sender = self.world.sender(premium.user, "premium_refund")
        back = self.run(refund_premium(self.platform, sender, self.no(premium.user), premium.id, "portal"))
        if isinstance(back, Refusal):
            expected = {Code.PREMIUM_ALREADY_REFUNDED, Code.PREMIUM_NOT_REFUNDABLE}
            assert back.code in expected
            assert back.code is Code.PREMIUM_ALREADY_REFUNDED or self.today.year == YEAR
            return
        assert premium.user in self.covered
        self.covered.remove(premium.user)
        self.back(premium.moves, premium.id)

    # What holds after every step

    @invariant()
    def every_purse_is_the_models(self) -> None:
        """Nothing is created, lost, overdrawn, or moved where the model did not."""
        stands = self.run(self._purses())
        assert stands == {
            purse: amount for purse, amount in self.model.money.items() if amount and "transit" not in purse
        }

    async def _purses(self) -> dict[Purse, int]:
        async with self.platform.pool.connection() as conn:
            cursor = await conn.execute(
                "select owner, kind::text, binding, sum(balance)::bigint from account"
                " where owner = any(%s) and balance <> 0 group by 1, 2, 3",
                [list(self.world.people.values())],
            )
            return {
                (self.names[number], kind, about): amount for number, kind, about, amount in await cursor.fetchall()
            }

    @invariant()
    def everybody_sees_what_happened(self) -> None:
        """What a person is shown sums to what left his accounts; limits stand as they were used."""
        self.run(self._see())
        self.touched.clear()

    async def _see(self) -> None:
        await asyncio.gather(*[self._sees(name) for name in sorted(self.touched)])

    async def _sees(self, name: str) -> None:
        number, platform = self.world.people[name], self.platform
        mine = {link.id for link in self.model.links if link.authoriser == name}
        given, premiums, standings, moved, bills, sent = await asyncio.gather(
            uses.uses_of(platform, number, uses.Asked(given=True), 500),
            premiums_of(platform, number, 500),
            uses.standings_of(platform, number),
            movements_of(platform, number, 500),
            settlements_of(platform, number, 500),
            transfers_of(platform, number, 500),
        )
        shown = [one.use for one in given]
        for link in self.model.links:
            if link.authoriser == name:
                through = sum(use.amount for use in shown if use.binding == link.id)
                through += sum(view.payment.drawn.get(link.id, 0) for view in premiums)
                assert through == sum(amount for _, amount, _ in link.drawn)
        assert {use.binding for use in shown} <= mine
        for standing in standings:
            link = next(b for b in self.model.links if b.id == standing.view.binding.id)
            assert standing.used.total == sum(amount for _, amount, _ in link.drawn)
            assert standing.used.day == sum(amount for on, amount, _ in link.drawn if on == self.today)
        for newer, older in itertools.pairwise(moved):
            assert newer.after == older.after + newer.amount
        assert sum(one.amount for one in moved) == self.model.money[own(name)]
        assert not moved or moved[0].after == self.model.money[own(name)]
        stands = {purse: amount for purse, amount in self.model.money.items() if purse[0] == name}
        own_bills = sum(s.change.own for s in bills)
        spent = sum(use.amount for use in shown)
        parts = [(-1 if v.payment.refunds else 1, part) for v in premiums for part in v.payment.parts]
        spent += sum(sign * part.amount for sign, part in parts if part.payer == number)
        transfers = [view.transfer for view in sent]
        accepted = [t for t in transfers if t.state is TransferState.ACCEPTED]
        got = sum(t.amount for t in accepted if t.receiver == number)
        gone = sum(t.amount for t in accepted if t.sender == number)
        assert sum(stands.values()) == self.model.credited[name] + got - gone - own_bills - spent

    def teardown(self) -> None:
        if hasattr(self, "model"):
            report = verify(self.platform.dsn)
            assert report.ok, report.difference


def test_money_is_never_created_lost_or_overdrawn(dsn: str, book: PolicyBook) -> None:
    for day in (date(2026, 12, 1), date(2027, 2, 1), date(2027, 5, 1)):
        migrate(dsn, day)
    # What survives a power cut is tested elsewhere; here each of many small transactions would wait for the disk.
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(f"alter database {conn.info.dbname} set synchronous_commit = off")
    loop, clock, rules = asyncio.new_event_loop(), Clock(START), returning(book, "620000")
    FamilyMachine.platform, FamilyMachine.beside = (Platform(dsn, rules, clock=clock) for _ in range(2))
    FamilyMachine.clock, FamilyMachine.loop = clock, loop
    for platform in (FamilyMachine.platform, FamilyMachine.beside):
        loop.run_until_complete(platform.open())
    try:
        run_state_machine_as_test(
            FamilyMachine,
            settings=settings(
                max_examples=400 if SEARCH else 25,
                stateful_step_count=50 if SEARCH else 30,
                deadline=None,
                # Each try of a shorter run is a run in the database: that takes minutes, and is for a search.
                phases=[p for p in Phase if SEARCH or p not in (Phase.shrink, Phase.explain)],
                suppress_health_check=list(HealthCheck),
            ),
        )
    finally:
        for platform in (FamilyMachine.platform, FamilyMachine.beside):
            loop.run_until_complete(platform.close())
        loop.close()
