"""Shared money, bindings and their notices on real PostgreSQL."""

import asyncio
from typing import Any

import psycopg
import pytest

from gongji.core.codes import BindingTerm, Care, Relation
from gongji.core.family import Limits
from gongji.core.notices import Channel, Kind, Side, told_of
from gongji.core.refusal import Refusal
from gongji.ledger.verify import verify
from gongji.service import binding_life
from gongji.service.inbox import choose, inbox, mark_read, preferences, unread_count
from gongji.service.notices import tell
from gongji.service.platform import Platform
from world import World, done


@pytest.fixture
async def world(platform: Platform) -> World:
    return await World(platform).open()


async def family(world: World, son: int = 100_000, **more: Any) -> str:
    await world.person("父")
    await world.person("子", son)
    made = await world.bind("子", "父", **more)
    assert not isinstance(made, Refusal)
    return made.id


async def told(world: World, nickname: str) -> list[tuple[Kind, str]]:
    page = await inbox(world.platform, world.people[nickname], most=100)
    return [(notice.kind, notice.text) for notice in reversed(page.notices)]


async def test_a_purchase_with_shared_money_and_its_reversal_reach_both(world: World, dsn: str) -> None:
    await family(world, limits=Limits(per_transaction=20_000, per_year=50_000))
    bought = await world.buy("父", 6_000)
    done(await world.reverse(bought))
    son, father = await told(world, "子"), await told(world, "父")
    kinds = [Kind.BINDING_CONFIRMED, Kind.SHARED_MONEY_USED, Kind.SHARED_MONEY_RETURNED]
    assert [kind for kind, _ in son] == kinds
    assert [kind for kind, _ in father] == kinds
    used = son[1][1]
    for part in (
        "父于",
        f"在{world.pharmacy}使用",
        "60.00 元",
        Care.PHARMACY.label,
        "本次限额还剩 140.00 元，每年限额还剩 440.00 元",
    ):
        assert part in used
    assert "子共享的资金 60.00 元" in father[1][1]
    assert "60.00 元退还给您" in son[2][1]
    assert all("140.00" not in text and "440.00" not in text and "1000.00" not in text for _, text in father)
    assert verify(dsn).ok


async def test_a_repeated_message_tells_nothing_again_and_a_refused_one_nothing(world: World) -> None:
    await family(world)
    command = world.purchase_command("父", 500, message_id=f"N{world.pharmacy}")
    first = done(await world.platform.batcher.submit(command))
    assert done(await world.platform.batcher.submit(command)).id == first.id
    done(await world.reverse(first))
    assert isinstance(await world.reverse(first), Refusal)
    assert [kind for kind, _ in await told(world, "子")][1:] == [Kind.SHARED_MONEY_USED, Kind.SHARED_MONEY_RETURNED]


async def test_many_at_once_are_told_once_each(world: World, dsn: str) -> None:
    """One batch, several patients and relatives."""
    await world.person("子", 1_000_000)
    for nickname in ("父", "母", "儿"):
        await world.person(nickname)
        relation = Relation.CHILD if nickname == "儿" else Relation.PARENT
        assert not isinstance(await world.bind("子", nickname, relation), Refusal)
    commands = [world.purchase_command(nickname, 100 + n) for n in range(4) for nickname in ("父", "母", "儿")]
    await asyncio.gather(*map(world.platform.batcher.submit, commands))
    son = [text for kind, text in await told(world, "子") if kind is Kind.SHARED_MONEY_USED]
    assert len(son) == len(set(son)) == 12
    for nickname in ("父", "母", "儿"):
        texts = [text for kind, text in await told(world, nickname) if kind is Kind.SHARED_MONEY_USED]
        assert len(texts) == 4
        assert sum(text.startswith(f"{nickname}于") for text in son) == 4
    assert verify(dsn).ok


async def test_a_binding_for_one_use_is_told_to_have_ended(world: World) -> None:
    await family(world, term=BindingTerm.SINGLE_USE)
    await world.buy("父", 700)
    for nickname in ("子", "父"):
        kinds = [kind for kind, _ in await told(world, nickname)]
        assert kinds == [Kind.BINDING_CONFIRMED, Kind.SHARED_MONEY_USED, Kind.BINDING_ENDED]


async def test_changed_limits_are_told_to_both_but_not_how_high_they_are(world: World) -> None:
    binding = await family(world)
    limits = Limits(per_day=5_000)
    changed = await binding_life.amend(world.platform, binding, world.people["子"], limits, "portal")
    assert not isinstance(changed, Refusal)
    (kind, text), (his_kind, his) = (await told(world, "子"))[-1], (await told(world, "父"))[-1]
    assert (kind, his_kind) == (Kind.BINDING_AMENDED, Kind.BINDING_AMENDED)
    assert "现在的限额：每日 50.00 元" in text
    assert "50.00" not in his


async def test_own_money_alone_tells_nobody(world: World) -> None:
    await world.person("独", 10_000)
    await world.buy("独", 5_000)
    assert await told(world, "独") == []


async def test_a_pending_binding_is_told_to_both_and_so_is_its_end(world: World, platform: Platform) -> None:
    there = await World(platform, region="450100").open()
    await there.person("父")
    await there.person("子", 1_000)
    made = await there.bind("子", "父")
    assert not isinstance(made, Refusal)
    pending = made.state.value == "pending"
    if pending:
        await binding_life.confirm(platform, made.id, there.people["父"], "portal")
    await binding_life.end(platform, made.id, there.people["父"], "portal")
    son, father = await told(there, "子"), await told(there, "父")
    asked = ([Kind.BINDING_REQUESTED], [Kind.BINDING_TO_CONFIRM]) if pending else ([], [])
    assert [kind for kind, _ in son] == [*asked[0], Kind.BINDING_CONFIRMED, Kind.BINDING_ENDED]
    assert [kind for kind, _ in father] == [*asked[1], Kind.BINDING_CONFIRMED, Kind.BINDING_ENDED]
    assert "使用人解除" in son[-1][1]


async def test_what_is_rolled_back_was_never_told(world: World, platform: Platform) -> None:
    await world.person("甲")
    notices = told_of(Kind.ACCOUNT_FROZEN, platform.clock(), {Side.SELF: world.people["甲"]}, reason="挂失")

    async def work() -> None:
        async with platform.pool.connection() as conn, conn.transaction():
            await tell(conn, notices, platform.clock())
            raise ZeroDivisionError

    with pytest.raises(ZeroDivisionError):
        await work()
    assert await told(world, "甲") == []
    async with platform.pool.connection() as conn, conn.transaction():
        await tell(conn, notices, platform.clock())
    ((kind, text),) = await told(world, "甲")
    assert (kind, "原因：挂失。" in text) == (Kind.ACCOUNT_FROZEN, True)


async def test_pages_follow_each_other_and_reading_counts_down(world: World, platform: Platform) -> None:
    await world.person("甲")
    await world.person("乙")
    me, other = world.people["甲"], world.people["乙"]
    async with platform.pool.connection() as conn:
        for number in range(7):
            notices = told_of(Kind.ACCOUNT_FROZEN, platform.clock(), {Side.SELF: me}, reason=f"第{number}次")
            await tell(conn, notices, platform.clock())
    seen, before = [], None
    while True:
        page = await inbox(platform, me, before, most=3)
        seen += page.notices
        before = page.next
        if before is None:
            break
    assert [notice.text.partition("原因：")[2][:3] for notice in seen] == [f"第{n}次" for n in range(6, -1, -1)]
    assert await unread_count(platform, me) == 7
    assert await mark_read(platform, other, [notice.id for notice in seen]) == 0
    assert await mark_read(platform, me, [seen[0].id, seen[0].id, seen[3].id, 2**62]) == 5
    assert await mark_read(platform, me, [seen[0].id]) == 5
    assert [notice.read_at is None for notice in (await inbox(platform, me)).notices[:4]] == [False, True, True, False]


async def test_consent_is_kept_with_its_history(world: World, platform: Platform, dsn: str) -> None:
    await world.person("甲")
    me = world.people["甲"]
    assert await preferences(platform, me) == {Channel.SMS: [], Channel.MINI_PROGRAM: []}
    both = {Channel.SMS: [Kind.SHARED_MONEY_USED, Kind.BINDING_ENDED], Channel.MINI_PROGRAM: [Kind.SHARED_MONEY_USED]}
    await choose(platform, me, both, "rest")
    await choose(platform, me, both, "rest")
    left = await choose(platform, me, {Channel.SMS: [Kind.BINDING_ENDED]}, "portal")
    assert left == {Channel.SMS: [Kind.BINDING_ENDED], Channel.MINI_PROGRAM: []}
    with psycopg.connect(dsn) as conn:
        kept = conn.execute(
            "select channel, kind, withdrawn_at is null from notice_consent where person_no = %s order by 1, 2", [me]
        ).fetchall()
    assert kept == [
        ("mini_program", "shared_money_used", False),
        ("sms", "binding_ended", True),
        ("sms", "shared_money_used", False),
    ]


async def test_two_choices_at_once_do_not_mix(world: World, platform: Platform) -> None:
    await world.person("甲")
    me = world.people["甲"]
    wanted = [
        {Channel.SMS: [Kind.BINDING_ENDED, Kind.LIMIT_REACHED]},
        {Channel.SMS: [Kind.PREMIUM_PAID, Kind.SHARED_MONEY_USED]},
    ]
    for _ in range(5):
        await asyncio.gather(*(choose(platform, me, each, "rest") for each in wanted * 2))
        assert {Channel.SMS: (await preferences(platform, me))[Channel.SMS]} in wanted
