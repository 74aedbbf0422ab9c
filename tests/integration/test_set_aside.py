"""Quotas, limits and single use, in a real database: what is frozen, drawn, given back, and never more."""

import asyncio
import itertools

import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import BindingTerm, PlaceKind, SharingMode
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service import binding_life
from gongji.service.commands import Done
from gongji.service.platform import Platform
from world import World, done

NANNING = "450100"


@pytest.fixture
async def world(platform: Platform) -> World:
    return await World(platform).open()


async def quota_of(world: World, nickname: str) -> int:
    return (await world.holding(nickname)).set_aside(AccountKind.QUOTA_HOLD)


async def far_pair(world: World, quota: int) -> Binding:
    await world.person("子", 100_000)
    await world.person("父", 0, region=NANNING)
    asked = await world.bind("子", "父", limits=Limits(quota=quota))
    assert isinstance(asked, Binding)
    return asked


async def test_a_quota_is_frozen_drawn_and_given_back(world: World) -> None:
    """KIN, A.10: between provinces money is frozen with both sides' consent and comes back when the binding ends."""
    asked = await far_pair(world, 30_000)
    assert (asked.mode, asked.state) == (SharingMode.QUOTA_HOLD, BindingState.PENDING)
    assert (await world.holding("子")).balance == 100_000
    active = await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal")
    assert isinstance(active, Binding)
    assert ((await world.holding("子")).balance, await quota_of(world, "子")) == (70_000, 30_000)
    settled = await world.buy("父", 10_000)
    assert settled.split.shared_total == 10_000
    assert ((await world.holding("子")).balance, await quota_of(world, "子")) == (70_000, 20_000)
    ended = await binding_life.end(world.platform, asked.id, world.people["子"], "portal")
    assert isinstance(ended, Binding)
    assert ((await world.holding("子")).balance, await quota_of(world, "子")) == (90_000, 0)
    assert verify(world.platform.dsn).ok


async def test_a_quota_that_the_balance_does_not_cover_changes_nothing(world: World) -> None:
    asked = await far_pair(world, 100_001)
    refused = await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal")
    assert isinstance(refused, Refusal)
    assert refused.code is Code.BALANCE_SHORT
    assert ((await world.holding("子")).balance, await quota_of(world, "子")) == (100_000, 0)


@pytest.mark.parametrize(
    ("limits", "drawn"),
    [
        (Limits(per_transaction=4_000), [4_000, 4_000]),
        (Limits(per_day=6_000), [6_000, 0]),
        (Limits(per_year=12_000), [10_000, 2_000]),
        (Limits(total=15_000, per_transaction=8_000), [8_000, 7_000]),
        (Limits(places=(PlaceKind.HOSPITAL,)), [0, 0]),
        (Limits(total=0), [0, 0]),
    ],
)
async def test_limits_hold_from_bill_to_bill(world: World, limits: Limits, drawn: list[int]) -> None:
    await world.person("子", 100_000)
    await world.person("父", 0)
    assert isinstance(await world.bind("子", "父", limits=limits), Binding)
    for expected in drawn:
        settled = await world.buy("父", 10_000)
        assert settled.split.shared_total == expected
    assert verify(world.platform.dsn).ok


@pytest.mark.parametrize("limits", [Limits(per_day=6_000), Limits(per_year=6_000), Limits(total=6_000)])
async def test_limits_hold_among_purchases_at_once(world: World, book: PolicyBook, limits: Limits) -> None:
    """Two processes, and a stay beside purchases: whoever comes last finds what is left, to the fen."""
    await world.person("子", 100_000)
    await world.person("父", 0)
    assert isinstance(await world.bind("子", "父", limits=limits), Binding)
    visit, _ = await world.visit("父", 5_000)
    commands = [world.purchase_command("父", 700 + n) for n in range(15)]
    commands.append(world.settle_command("父", visit, 5_000))
    beside = Platform(world.platform.dsn, book)
    await beside.open()
    doors = itertools.cycle((world.platform, beside))
    outcomes = await asyncio.gather(*[next(doors).batcher.submit(command) for command in commands])
    await beside.close()
    drawn = [done(outcome).split.shared_total for outcome in outcomes]
    assert sum(drawn) == 6_000
    assert await world.balance("子") == 94_000
    # One of them gives its part back: just that much is free again, whoever asks first.
    first = next(done(outcome) for outcome in outcomes if done(outcome).split.shared_total)
    undone, *others = await asyncio.gather(world.reverse(first), world.buy("父", 9_000), world.buy("父", 9_000))
    assert isinstance(undone, Done)
    again = sum(other.split.shared_total for other in others)
    assert again in (0, first.split.shared_total)
    assert verify(world.platform.dsn).ok


async def test_a_reversal_gives_the_limit_back(world: World) -> None:
    await world.person("子", 100_000)
    await world.person("父", 0)
    assert isinstance(await world.bind("子", "父", limits=Limits(per_day=6_000)), Binding)
    first = await world.buy("父", 10_000)
    undone = await world.reverse(first)
    assert isinstance(undone, Done)
    again = await world.buy("父", 10_000)
    assert again.split.shared_total == 6_000
    assert verify(world.platform.dsn).ok


async def test_a_binding_for_one_use_ends_with_it(world: World) -> None:
    """KIN-57."""
    await world.person("子", 100_000)
    await world.person("母", 0)
    made = await world.bind("子", "母", term=BindingTerm.SINGLE_USE)
    assert isinstance(made, Binding)
    for expected in (5_000, 0):
        settled = await world.buy("母", 5_000)
        assert settled.split.shared_total == expected
    assert verify(world.platform.dsn).ok


async def test_a_changed_limit_holds_for_the_next_bill(world: World) -> None:
    """ACC-06."""
    await world.person("子", 100_000)
    await world.person("父", 0)
    made = await world.bind("子", "父", limits=Limits(total=1_000))
    assert isinstance(made, Binding)
    son = world.people["子"]
    stranger = await binding_life.amend(world.platform, made.id, world.people["父"], Limits(), "portal")
    assert isinstance(stranger, Refusal)
    assert isinstance(await binding_life.amend(world.platform, made.id, son, Limits(total=3_000), "portal"), Binding)
    settled = await world.buy("父", 5_000)
    assert settled.split.shared_total == 3_000
