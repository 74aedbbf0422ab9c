"""Family account, quota, order, limits and what both sides see, in a real database."""

import asyncio
from collections.abc import AsyncIterator

import msgspec
import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import BindingTerm, Relation, SharingMode
from gongji.core.family import Binding, Limits
from gongji.core.policy import Draw, PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service import binding_life, choices, inbox, uses, wallet
from gongji.service.commands import Done
from gongji.service.family_account import FamilyAccount, family_account, move_aside, move_back
from gongji.service.platform import Platform
from gongji.service.set_aside import release_left
from world import World

LANZHOU, NANNING, SHENZHEN = "620100", "450100", "440300"


@pytest.fixture
async def world(platform: Platform) -> AsyncIterator[World]:
    yield await World(platform, region=LANZHOU).open()
    assert verify(platform.dsn).ok


def returning(book: PolicyBook) -> PolicyBook:
    """The rules as if 甘肃 were known to let money of the family account go back."""
    key = next(key for key in book.rules if key[0] == "620000" and key[1] == "sharing.draw")
    blocks = tuple(
        msgspec.structs.replace(rule, moves_back=True) if isinstance(rule, Draw) else rule for rule in book.rules[key]
    )
    return msgspec.structs.replace(book, rules={**book.rules, key: blocks})


async def bound(world: World, authoriser: str, user: str, **more: object) -> Binding:
    binding = await world.bind(authoriser, user, **more)
    assert isinstance(binding, Binding), binding
    return binding


async def aside(world: World, amount: int, who: str = "子") -> FamilyAccount | Refusal:
    return await move_aside(world.platform, world.sender("portal", "aside"), world.people[who], amount)


async def told(world: World, nickname: str) -> list[str]:
    page = await inbox.inbox(world.platform, world.people[nickname], None, 30)
    return [notice.text for notice in page.notices]


async def test_a_family_account_is_filled_seen_and_drawn_by_several(world: World) -> None:
    """A.8: money is moved aside first; all users of this mode draw the one account, and nothing beside it."""
    await world.person("子", 100_000)
    for user in ("父", "母"):
        await world.person(user, 0)
        assert (await bound(world, "子", user)).mode is SharingMode.FAMILY_ACCOUNT
    assert (await world.buy("父", 1_000)).split.shared_total == 0, "nothing was moved aside yet"
    filled = await aside(world, 30_000)
    assert isinstance(filled, FamilyAccount)
    assert (filled.balance, len(filled.users)) == (30_000, 2)
    assert (await world.buy("父", 10_000)).split.shared_total == 10_000
    assert (await world.buy("母", 25_000)).split.shared_total == 20_000
    seen = await family_account(world.platform, world.people["子"])
    assert isinstance(seen, FamilyAccount)
    assert (seen.balance, await world.balance("子")) == (0, 70_000)


async def test_moving_aside_is_refused_without_user_or_money(world: World) -> None:
    await world.person("子", 1_000)
    outcome = await aside(world, 100)
    assert isinstance(outcome, Refusal)
    assert outcome.code is Code.FAMILY_ACCOUNT_MISSING
    await world.person("父", 0)
    await bound(world, "子", "父")
    for amount, code in ((1_001, Code.BALANCE_SHORT), (0, Code.AMOUNT_INVALID), (-5, Code.AMOUNT_INVALID)):
        outcome = await aside(world, amount)
        assert isinstance(outcome, Refusal)
        assert outcome.code is code


async def test_money_goes_back_only_where_that_is_known(world: World) -> None:
    await world.person("子", 10_000)
    await world.person("父", 0)
    await bound(world, "子", "父")
    await aside(world, 4_000)
    son = world.people["子"]
    outcome = await move_back(world.platform, world.sender("portal", "back"), son, 1_000)
    assert isinstance(outcome, Refusal)
    assert (outcome.code, await world.balance("子")) == (Code.MOVE_BACK_CLOSED, 6_000)
    world.platform.book = returning(world.platform.book)
    back = await move_back(world.platform, world.sender("portal", "back"), son, 1_000)
    assert isinstance(back, FamilyAccount)
    assert (back.balance, await world.balance("子")) == (3_000, 7_000)
    too_much = await move_back(world.platform, world.sender("portal", "back"), son, 3_001)
    assert isinstance(too_much, Refusal)


async def test_the_last_binding_ends_and_everything_comes_back(world: World) -> None:
    """What a later reversal gives back goes to the account too, not to a family account that nobody uses."""
    await world.person("子", 10_000)
    await world.person("父", 0)
    await world.person("母", 0)
    first, second = await bound(world, "子", "父"), await bound(world, "子", "母")
    await aside(world, 6_000)
    bought = await world.buy("父", 1_000)
    son = world.people["子"]
    assert isinstance(await binding_life.end(world.platform, first.id, son, "portal"), Binding)
    assert await world.balance("子") == 4_000, "the mother still uses it"
    assert isinstance(await binding_life.end(world.platform, second.id, son, "portal"), Binding)
    assert await world.balance("子") == 9_000
    assert any("家庭共济账户中的 50.00 元已于" in text for text in await told(world, "子"))
    assert isinstance(await world.reverse(bought), Done)
    assert await world.balance("子") == 10_000


async def far(world: World, quota: int, **more: object) -> Binding:
    await world.person("子", 100_000)
    await world.person("父", 0, region=NANNING)
    asked = await bound(world, "子", "父", limits=Limits(quota=quota), **more)
    active = await binding_life.confirm(world.platform, asked.id, world.people["父"], "portal")
    assert isinstance(active, Binding)
    return active


async def standing(world: World, nickname: str, binding: Binding) -> uses.Standing:
    found = await uses.standing_of(world.platform, world.people[nickname], binding.id)
    assert isinstance(found, uses.Standing)
    return found


async def test_a_quota_is_shown_as_held_used_and_left_and_changed(world: World) -> None:
    """A.10: both sides see what is frozen and used; a change freezes exactly the new sum; the other limits stay."""
    binding = await far(world, 30_000)
    await world.buy("父", 10_000)
    for nickname in ("子", "父"):
        seen = await standing(world, nickname, binding)
        assert (seen.held, seen.used.total) == (20_000, 10_000)
    for amount, balance in ((30_000, 60_000), (5_000, 85_000)):
        changed = await choices.change_quota(world.platform, binding.id, world.people["子"], amount, "portal")
        assert isinstance(changed, Binding)
        assert ((await standing(world, "父", binding)).held, await world.balance("子")) == (amount, balance)
    son = world.people["子"]
    assert isinstance(await binding_life.amend(world.platform, binding.id, son, Limits(per_day=1), "portal"), Binding)
    assert (await standing(world, "子", binding)).held == 5_000, "a limit changes, the quota stays"
    stranger = await choices.change_quota(world.platform, binding.id, world.people["父"], 1, "portal")
    assert isinstance(stranger, Refusal)
    assert "子给您的共济额度已变更为 50.00 元。" in await told(world, "父")


async def test_an_unused_quota_returns_at_the_end_and_both_are_told(world: World) -> None:
    """A.10: the unused part comes back."""
    binding = await far(world, 30_000)
    assert isinstance(await binding_life.end(world.platform, binding.id, world.people["子"], "portal"), Binding)
    assert await world.balance("子") == 100_000
    for nickname in ("子", "父"):
        assert any("未使用的 300.00 元已退回" in text for text in await told(world, nickname))


async def test_what_a_single_use_leaves_comes_back(world: World) -> None:
    """A settlement ends the binding; the rest of its quota is released by what runs each minute, once."""
    await far(world, 30_000, term=BindingTerm.SINGLE_USE)
    await world.buy("父", 10_000)
    await asyncio.gather(*[release_left(world.platform) for _ in range(3)])
    assert await world.balance("子") == 90_000
    assert await release_left(world.platform) == 0


async def test_several_kinds_at_once_in_the_documented_order(world: World) -> None:
    """Own account, own wallet, then relatives by place in the order; money set aside before a live call."""
    await world.person("父", 1_000)
    await world.person("子", 100_000)
    await world.person("女", 100_000)
    await world.person("兄", 100_000, region=NANNING)
    live = await bound(world, "子", "父", mode=SharingMode.LIVE_CALL, position=1)
    family = await bound(world, "子", "父", mode=SharingMode.FAMILY_ACCOUNT, position=1)
    second = await bound(world, "女", "父", mode=SharingMode.LIVE_CALL, position=2, limits=Limits(total=500))
    quota = await bound(world, "兄", "父", relation=Relation.SIBLING, position=3, limits=Limits(quota=700))
    await binding_life.confirm(world.platform, quota.id, world.people["父"], "portal")
    await aside(world, 300)
    await to_wallet(world, "子", "父", 400)
    bought = await world.buy("父", 101_000)
    assert (bought.split.own_total, bought.split.wallet) == (1_400, 400)
    assert [(d.id, d.amount) for d in bought.split.shared] == [
        (family.id, 300),
        (live.id, 99_300),
        (second.id, 0),
        (quota.id, 0),
    ]
    rest = await world.buy("父", 2_000)
    assert [d.amount for d in rest.split.shared] == [0, 0, 500, 700]
    assert rest.split.cash == 800


async def to_wallet(world: World, sender: str, receiver: str, amount: int) -> None:
    to = (await world.holding(receiver)).person
    request = wallet.TransferRequest(
        sender=world.people[sender],
        certificate_no=to.certificate_no,
        name=to.name,
        relation=Relation.PARENT,
        amount=amount,
    )
    world.platform.clock = lambda clock=world.platform.clock: clock().replace(hour=10)  # type: ignore[misc]
    sent = await wallet.send(world.platform, world.sender("portal", "t"), request)
    assert not isinstance(sent, Refusal), sent
    done = await wallet.accept(world.platform, sent.id, world.people[receiver], "portal")
    assert not isinstance(done, Refusal), done


async def test_the_user_chooses_who_pays_first(world: World) -> None:
    await world.person("父", 0)
    made = []
    for authoriser in ("子", "女"):
        await world.person(authoriser, 10_000)
        made.append((await bound(world, authoriser, "父", mode=SharingMode.LIVE_CALL)).id)
    assert [d.id for d in (await world.buy("父", 100)).split.shared] == made
    father = world.people["父"]
    for wrong in ([], made[:1], [made[0], made[0]], [*made, "B-other"]):
        refused = await choices.choose_order(world.platform, father, wrong, "portal")
        assert isinstance(refused, Refusal)
        assert refused.code is Code.ORDER_INCOMPLETE
    chosen = await choices.choose_order(world.platform, father, made[::-1], "portal")
    assert isinstance(chosen, list)
    assert [d.id for d in (await world.buy("父", 100)).split.shared] == made[::-1]
    mine = await choices.choose_order(world.platform, world.people["子"], made, "portal")
    assert isinstance(mine, Refusal), "the authoriser does not choose"


async def test_where_the_place_prescribes_the_order_nobody_chooses(world: World) -> None:
    await world.person("父", 0, region=SHENZHEN)
    refused = await choices.choose_order(world.platform, world.people["父"], [], "portal")
    assert isinstance(refused, Refusal)
    assert refused.code is Code.ORDER_NOT_CHOSEN


async def test_both_sides_see_each_use_and_no_balance(world: World) -> None:
    """USE-01: place, time, amount, purpose and what the limit leaves; the sum seen is the sum that left."""
    await world.person("子", 54_321)
    await world.person("父", 0)
    binding = await bound(world, "子", "父", mode=SharingMode.LIVE_CALL, limits=Limits(total=5_000))
    first = await world.buy("父", 1_000)
    await world.buy("父", 2_000)
    await world.reverse(first)
    son, father = world.people["子"], world.people["父"]
    seen = await uses.uses_of(world.platform, son, uses.Asked(given=True), 50)
    assert [(v.use.amount, v.use.left) for v in seen] == [
        (-1_000, ()),
        (2_000, (("总额", 2_000),)),
        (1_000, (("总额", 4_000),)),
    ]
    assert (seen[0].user, seen[0].institution, seen[0].use.binding) == ("父", world.pharmacy, binding.id)
    assert sum(v.use.amount for v in seen) == 54_321 - await world.balance("子")
    taken = await uses.uses_of(world.platform, father, uses.Asked(given=False), 50)
    assert [v.use.amount for v in taken] == [-1_000, 2_000, 1_000]
    assert not any(v.use.left for v in taken)
    assert await uses.uses_of(world.platform, father, uses.Asked(given=True), 50) == []
    paged: list[int] = []
    before = None
    while page := await uses.uses_of(world.platform, son, uses.Asked(given=True), 1, before):
        paged.append(page[0].use.amount)
        before = page[0].use.key
    assert paged == [-1_000, 2_000, 1_000]


async def test_a_day_limit_holds_under_twenty_at_once(world: World) -> None:
    """Two users, one authoriser, twenty settlements through three processes: never a fen over the limit of the day."""
    await world.person("子", 1_000_000)
    others = [Platform(world.platform.dsn, world.platform.book) for _ in range(2)]
    for other in others:
        await other.open()
    for user in ("父", "母"):
        await world.person(user, 0)
        await bound(world, "子", user, mode=SharingMode.LIVE_CALL, limits=Limits(per_day=5_000))
    writers = [world.platform, *others]
    commands = [world.purchase_command(("父", "母")[n % 2], 1_300) for n in range(20)]
    outcomes = await asyncio.gather(*[writers[n % 3].batcher.submit(c) for n, c in enumerate(commands)])
    for user in ("父", "母"):
        drawn = [
            o.settlement.split.shared_total
            for o, c in zip(outcomes, commands, strict=True)
            if isinstance(o, Done) and c.person_no == world.people[user]
        ]
        assert (len(drawn), sum(drawn)) == (10, 5_000)
    assert await world.balance("子") == 990_000
    for other in others:
        await other.close()


async def test_a_quota_change_races_a_settlement(world: World) -> None:
    """Whichever is first, what is frozen and what was drawn add up."""
    binding = await far(world, 10_000)
    bought, changed = await asyncio.gather(
        world.buy("父", 6_000), choices.change_quota(world.platform, binding.id, world.people["子"], 3_000, "portal")
    )
    assert isinstance(changed, Binding)
    holding = await world.holding("子")
    assert holding.balance + holding.set_aside(AccountKind.QUOTA_HOLD) + bought.split.shared_total == 100_000
