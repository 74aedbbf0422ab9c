"""Moving to another pooling area: money through the clearing, bindings by reach, care by its day."""

import asyncio
from collections.abc import AsyncIterator
from dataclasses import dataclass
from datetime import date, datetime, timedelta

import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import Care, Relation, Scheme, Segment, SharingMode, Status
from gongji.core.family import Binding, Limits
from gongji.core.filing import Subject
from gongji.core.life import LifeEvent, LifeKind
from gongji.core.moving import Moved
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import binding_life, filings, freezing, life_events, wallet
from gongji.service.clearing import month_of
from gongji.service.inbox import inbox
from gongji.service.platform import Platform
from gongji.service.records import account_page, movements_of
from gongji.service.staff import Role, Staff
from world import World, done

XIAN, XIANYANG, NANNING, SHANGHAI = "610100", "610400", "450100", "310000"
CLERK = Staff(login="clerk01", name="王", role=Role.CLERK, region="610000")
AUDITOR = Staff(login="audit01", name="赵", role=Role.AUDITOR, region=None)
ANYWHERE = Staff(login="clerk09", name="钱", role=Role.CLERK, region=None)
TODAY = date(2026, 11, 20)


@dataclass
class Clock:
    at: datetime

    def __call__(self) -> datetime:
        self.at += timedelta(milliseconds=1)
        return self.at


@pytest.fixture
def clock() -> Clock:
    return Clock(datetime(2026, 11, 20, 10, tzinfo=CHINA))


@pytest.fixture
async def world(dsn: str, book: PolicyBook, clock: Clock) -> AsyncIterator[World]:
    platform = Platform(dsn, book, clock=clock)
    await platform.open()
    yield await World(platform).open()
    await platform.close()


def event(world: World, nickname: str, to: str, on: date = TODAY, *, takes_balance: bool = True) -> LifeEvent:
    number = world.people[nickname]
    return LifeEvent(person_no=number, kind=LifeKind.MOVED, on=on, to=to, takes_balance=takes_balance)


async def move(world: World, nickname: str, to: str, on: date = TODAY, **more: bool) -> life_events.Reported:
    outcome = await life_events.report(world.platform, CLERK, event(world, nickname, to, on, **more), "大厅")
    assert isinstance(outcome, life_events.Reported), outcome
    return outcome


async def asides(world: World, nickname: str) -> dict[AccountKind, int]:
    holding = await world.holding(nickname)
    return {kind: held for kind in AccountKind if (held := sum(a.balance for a in holding.accounts if a.kind is kind))}


async def bound(world: World, authoriser: str, user: str, **more: object) -> Binding:
    made = await world.bind(authoriser, user, **more)
    assert isinstance(made, Binding), made
    return made


async def test_the_balance_goes_along_through_the_clearing(world: World) -> None:
    """A.7: the account moves with the person, and can be drawn there at once."""
    await world.person("子", 20_000)
    await world.person("父", 0)
    await bound(world, "子", "父")
    await world.buy("父", 3_000)
    moved = (await move(world, "子", XIANYANG)).moved
    assert isinstance(moved, Moved)
    assert (moved.left, moved.to, moved.amount, moved.held) == (XIAN, XIANYANG, 17_000, 0)
    holding = await world.holding("子")
    assert (holding.person.region, holding.balance, holding.personal[0].region) == (XIANYANG, 17_000, XIANYANG)
    owed = {
        (p.statement.debtor, p.statement.creditor): p.statement.amount
        for p in (await month_of(world.platform, date(2026, 11, 1))).pairs
    }
    assert owed[XIAN, XIANYANG] == 17_000
    # He still pays for his father, from the new place: Xianyang owes Xi'an for that.
    assert (await world.buy("父", 2_000)).split.shared_total == 2_000
    told = await movements_of(world.platform, world.people["子"], 20)
    assert sum(one.amount for one in told) == told[0].after == 15_000
    assert sorted((one.kind, one.amount) for one in told if one.kind == "moved") == [
        ("moved", -17_000),
        ("moved", 17_000),
    ]
    assert (await account_page(world.platform, world.people["子"])).movements[0].after == 15_000
    texts = [one.text for one in (await inbox(world.platform, world.people["子"])).notices]
    assert any("由西安市转到咸阳市" in text and "170.00 元已随同转移" in text for text in texts)
    assert verify(world.platform.dsn).ok


@pytest.mark.parametrize(
    ("who", "to", "ends"),
    [
        ("子", XIANYANG, False),
        ("父", XIANYANG, False),
        # A live call is not offered between provinces: they bind anew, with a quota.
        ("子", NANNING, True),
        ("父", NANNING, True),
    ],
)
async def test_a_binding_goes_on_where_the_two_may_share(world: World, who: str, to: str, ends: bool) -> None:  # noqa: FBT001
    await world.person("子", 20_000)
    await world.person("父", 0)
    made = await bound(world, "子", "父")
    assert (await move(world, who, to)).ended == ((made.id,) if ends else ())
    shop = await World(world.platform, to).open() if who == "父" else world
    shop.people = world.people
    assert (await shop.buy("父", 1_000)).split.shared_total == (0 if ends else 1_000)
    if ends:
        again = await bound(world, "子", "父")
        assert again.mode is SharingMode.QUOTA_HOLD
    assert verify(world.platform.dsn).ok


@pytest.mark.parametrize("who", ["子", "父"])
async def test_a_quota_comes_back_before_the_account_moves(world: World, who: str) -> None:
    """A.10: the binding ends when the insurance relation changes, and what was not used returns."""
    await world.person("子", 20_000)
    await world.person("父", 0, region=NANNING)
    asked = await bound(world, "子", "父", limits=Limits(quota=8_000))
    await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal")
    used = await world.buy("父", 3_000)
    assert await asides(world, "子") == {AccountKind.PERSONAL: 12_000, AccountKind.QUOTA_HOLD: 5_000}
    reported = await life_events.report(world.platform, ANYWHERE, event(world, who, XIANYANG))
    assert isinstance(reported, life_events.Reported)
    assert reported.ended == (asked.id,)
    assert await asides(world, "子") == {AccountKind.PERSONAL: 17_000}
    # What is taken back later is his, wherever he is insured by then.
    await world.reverse(used)
    assert await asides(world, "子") == {AccountKind.PERSONAL: 20_000}
    assert verify(world.platform.dsn).ok


async def test_care_before_the_move_is_the_old_places(world: World) -> None:
    """A bill of a day before it is paid by that day's place, whenever it is settled; the rest by the new one."""
    await world.person("父", 50_000)
    visit, _ = await world.visit("父", 100_000, TODAY - timedelta(days=2))
    await life_events.report(world.platform, ANYWHERE, event(world, "父", NANNING))
    before = await world.platform.batcher.submit(world.settle_command("父", visit, 100_000))
    after = await world.settle("父", 100_000)
    told = [(s.region, s.split.pool > 0, s.split.deductible) for s in (before.settlement, after)]  # type: ignore[union-attr]
    assert [region for region, _, _ in told] == [XIAN, NANNING]
    assert told[0][1:] == (True, 20_000)
    page = await account_page(world.platform, world.people["父"])
    assert page.year_to_date.deductible == after.split.deductible
    assert verify(world.platform.dsn).ok
    # Each is taken back where it was booked, and he has what he had.
    for settlement in (before.settlement, after):  # type: ignore[union-attr]
        await world.reverse(settlement)
    assert await world.balance("父") == 50_000
    assert verify(world.platform.dsn).ok


async def test_there_and_back_again(world: World) -> None:
    await world.person("子", 10_000)
    bought = await world.buy("子", 1_000)
    await move(world, "子", XIANYANG, TODAY - timedelta(days=3))
    await move(world, "子", XIAN, TODAY)
    assert (await world.holding("子")).person.moved == ((TODAY - timedelta(days=3), XIAN), (TODAY, XIANYANG))
    await world.reverse(bought)
    assert await asides(world, "子") == {AccountKind.PERSONAL: 10_000}
    assert verify(world.platform.dsn).ok


async def test_money_that_the_new_place_does_not_take_waits_at_the_old_one(world: World) -> None:
    """TRF-12: the refusal is recorded; what was in the wallet goes along all the same."""
    await world.person("子", 10_000)
    await world.person("父", 500)
    sender = world.sender("portal", "send")
    holding = await world.holding("子")
    request = wallet.TransferRequest(
        sender=world.people["父"],
        certificate_no=holding.person.certificate_no,
        name="子",
        relation=Relation.CHILD,
        amount=300,
    )
    sent = await wallet.send(world.platform, sender, request)
    assert not isinstance(sent, Refusal), sent
    await wallet.accept(world.platform, sent.id, world.people["子"], "portal")
    moved = (await move(world, "子", XIANYANG, takes_balance=False)).moved
    assert isinstance(moved, Moved)
    assert (moved.amount, moved.held) == (300, 10_000)
    assert await asides(world, "子") == {AccountKind.WALLET: 300}
    held = await world.rows(
        "select a.owner, sum(p.amount)::bigint from posting p join account a on a.id = p.to_account"
        " where a.kind = 'suspense' group by 1"
    )
    assert held == [(world.people["子"], 10_000)]
    shop = await World(world.platform, XIANYANG).open()
    shop.people = world.people
    assert (await shop.buy("子", 200)).split.own_total == 200
    assert verify(world.platform.dsn).ok


async def test_a_place_with_two_segments_takes_the_balance_as_savings(world: World) -> None:
    await world.person("子", 10_000)
    await move(world, "子", SHANGHAI)
    holding = await world.holding("子")
    assert (holding.of(Segment.CURRENT_YEAR), holding.of(Segment.HISTORICAL)) == (0, 10_000)
    await life_events.report(world.platform, ANYWHERE, event(world, "子", XIAN))
    assert verify(world.platform.dsn).ok


async def test_a_resident_has_nothing_to_take_along(world: World) -> None:
    await world.person("母", 0, scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    moved = (await move(world, "母", XIANYANG)).moved
    assert isinstance(moved, Moved)
    assert (moved.amount, moved.postings) == (0, ())
    assert (await world.holding("母")).state.value == "none"
    assert verify(world.platform.dsn).ok


async def test_what_was_filed_with_the_old_place_ends(world: World) -> None:
    await world.person("父", 0)
    sender = world.sender("portal", "file")
    request = filings.FilingRequest(
        person_no=world.people["父"], subject=Subject.DESIGNATED, begins_on=TODAY - timedelta(days=9)
    )
    assert not isinstance(await filings.file(world.platform, sender, request), Refusal)
    await move(world, "父", XIANYANG)
    found = await filings.views_of(world.platform, world.people["父"])
    assert not isinstance(found, Refusal)
    assert [view.filed.ends_on for view in found[1]] == [TODAY - timedelta(days=1)]


async def test_a_late_report_changes_nothing_that_was_settled(world: World) -> None:
    await world.person("父", 5_000)
    bought = await world.buy("父", 1_000)
    done = await move(world, "父", XIANYANG, TODAY - timedelta(days=5))
    assert len(done.incidents) == 1
    assert (await move(world, "父", XIANYANG, TODAY - timedelta(days=5))).known
    assert (bought.region, await world.balance("父")) == (XIAN, 4_000)
    assert verify(world.platform.dsn).ok


async def test_what_cannot_be(world: World) -> None:
    await world.person("子", 10_000)

    async def refused(to: str, on: date = TODAY, staff: Staff = CLERK) -> Code:
        outcome = await life_events.report(world.platform, staff, event(world, "子", to, on))
        assert isinstance(outcome, Refusal), outcome
        return outcome.code

    assert await refused("") is Code.LIFE_EVENT_INVALID
    assert await refused(XIAN) is Code.LIFE_EVENT_INVALID
    assert await refused("999999") is Code.LIFE_EVENT_INVALID
    assert await refused("610000") is Code.LIFE_EVENT_INVALID
    assert await refused(XIANYANG, TODAY + timedelta(days=1)) is Code.LIFE_EVENT_INVALID
    assert await refused(NANNING, staff=Staff(login="c", name="c", role=Role.CLERK, region=SHANGHAI)) is Code.ELSEWHERE
    assert await refused(XIANYANG, staff=AUDITOR) is Code.ROLE_MISSING
    assert await freezing.freeze_account(world.platform, AUDITOR, world.people["子"], "核查") is None
    assert await refused(XIANYANG) is Code.ACCOUNT_NOT_OPEN
    await freezing.thaw_account(world.platform, AUDITOR, world.people["子"], "核查")
    await move(world, "子", XIANYANG)
    assert await refused(NANNING, TODAY - timedelta(days=1)) is Code.LIFE_EVENT_INVALID
    death = LifeEvent(person_no=world.people["子"], kind=LifeKind.DEATH, on=TODAY)
    await life_events.report(world.platform, CLERK, death)
    assert await refused(NANNING) is Code.LIFE_EVENT_KNOWN
    assert verify(world.platform.dsn).ok


async def test_a_move_beside_purchases_loses_nothing(world: World) -> None:
    """Real connections: the writer and the clerk meet in every order; no fen is paid twice, none is left behind."""
    await world.person("子", 100_000)
    await world.person("父", 0)
    await bound(world, "子", "父")
    buying = [world.platform.batcher.submit(world.purchase_command("父", 100 + n)) for n in range(12)]
    own = [world.platform.batcher.submit(world.purchase_command("子", 200 + n)) for n in range(12)]
    places = (XIANYANG, NANNING)
    moves = [life_events.report(world.platform, ANYWHERE, event(world, "子", to)) for to in places]
    outcomes = await asyncio.gather(*buying, *moves, *own)
    moved = [one for one in outcomes if isinstance(one, life_events.Reported) and not one.known]
    assert len(moved) == 1
    spent = sum(
        one.settlement.split.total - one.settlement.split.cash for one in outcomes if hasattr(one, "settlement")
    )
    assert await world.balance("子") == 100_000 - spent
    assert verify(world.platform.dsn).ok


async def test_a_stay_that_began_before_the_move_is_the_old_places_to_its_end(world: World, clock: Clock) -> None:
    await world.person("父", 0)
    await world.person("子", 900_000)
    await bound(world, "子", "父")
    visit = await world.stay("父", 800_000)
    clock.at += timedelta(days=3)
    await life_events.report(world.platform, ANYWHERE, event(world, "父", NANNING, clock.at.date()))
    command = world.settle_command("父", visit, 800_000, care=Care.INPATIENT)
    stay = done(await world.platform.batcher.submit(command))
    assert (stay.region, stay.split.pool > 0) == (XIAN, True)
    next_ = done(await world.platform.batcher.submit(world.purchase_command("父", 1_000)))
    assert (next_.region, next_.split.shared_total) == (NANNING, 0)
    assert verify(world.platform.dsn).ok
