"""Statistics and postings for those who watch over the accounts: held against the ledger of a small world."""

from datetime import date, timedelta

import psycopg
import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import Care, Scheme, Status
from gongji.core.family import Binding
from gongji.core.refusal import Code, Refusal
from gongji.service import oversight
from gongji.service.oversight import PostingView, RegionStatistics, Wanted, account_statistics, postings
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import acts
from world import World

AUDITOR = Staff(login="audit01", name="赵", role=Role.AUDITOR, region=None)
LOCAL = Staff(login="audit02", name="钱", role=Role.AUDITOR, region="450000")


@pytest.fixture
async def world(platform: Platform) -> World:
    return await World(platform).open()


@pytest.fixture
def today(platform: Platform) -> date:
    return platform.clock().date()


async def of(world: World, region: str, first: date, last: date, staff: Staff = AUDITOR) -> RegionStatistics:
    found = await account_statistics(world.platform, staff, first, last)
    assert not isinstance(found, Refusal)
    return next(one for one in found if one.region == region)


async def listed(world: World, wanted: Wanted, limit: int = 100, staff: Staff = AUDITOR) -> list[PostingView]:
    found = await postings(world.platform, staff, wanted, limit)
    assert not isinstance(found, Refusal), found
    return found


async def test_what_lies_idle_and_what_relatives_used(world: World, today: date) -> None:
    """ACC-17."""
    await world.person("子", 100_000)
    await world.person("睡", 50_000)
    await world.person("父", 2_000)
    await world.person("母", 0, scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    for user in ("父", "母"):
        assert isinstance(await world.bind("子", user), Binding)
    await world.buy("父", 5_000)
    await world.buy("母", 1_000)
    taken_back = await world.buy("母", 700)
    await world.reverse(taken_back)
    visit = await world.settle("父", 10_000)
    one = await of(world, "610100", today, today)
    assert (one.holders, one.before, one.credited) == (3, 0, 152_000)
    drawn = 3_000 + 1_000 + visit.split.shared_total
    assert (one.own, one.shared) == (2_000, drawn)
    assert one.after == 152_000 - 2_000 - drawn
    assert (one.idle_holders, one.idle) == (1, 50_000)
    assert one.shared_part == drawn * 10_000 // 152_000
    assert {use.use: (use.amount, use.times) for use in one.uses} == {
        Care.PHARMACY: (4_000, 3),
        Care.OUTPATIENT: (visit.split.shared_total, 1),
    }
    # Seen from tomorrow nothing moved, and everybody is idle; yesterday there was nothing.
    later = await of(world, "610100", today + timedelta(days=1), today + timedelta(days=9))
    assert (later.before, later.after, later.own, later.shared) == (one.after, one.after, 0, 0)
    assert (later.idle_holders, later.shared_part, later.uses) == (2, 0, ())
    before = await of(world, "610100", today - timedelta(days=9), today - timedelta(days=1))
    assert (before.before, before.after, before.credited, before.shared_part) == (0, 0, 0, None)


async def test_each_sees_his_own_regions(world: World, today: date) -> None:
    there = await World(world.platform, "450100").open()
    await there.person("宁", 3_000)
    found = await account_statistics(world.platform, LOCAL, today, today)
    assert not isinstance(found, Refusal)
    assert [(one.region, one.after) for one in found] == [("450100", 3_000)]
    seen = await listed(world, Wanted(first=today, last=today), staff=LOCAL)
    assert {one.region for one in seen} == {"450100"}
    stranger = await postings(world.platform, LOCAL, Wanted(first=today, last=today, person_no="nobody"), 10)
    assert isinstance(stranger, Refusal)
    await world.person("安", 1_000)
    elsewhere = Wanted(first=today, last=today, person_no=world.people["安"])
    refused = await postings(world.platform, LOCAL, elsewhere, 10)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.ELSEWHERE


async def test_an_auditor_sees_every_posting_and_nobody_changes_one(world: World, today: date) -> None:
    """PEN-02."""
    await world.person("子", 100_000)
    await world.person("父", 0)
    await world.bind("子", "父")
    bill = await world.settle("父", 100_000)
    son = Wanted(first=today, last=today, person_no=world.people["子"])
    found = await listed(world, son)
    assert [one.purpose for one in found] == ["shared", "pool", "credit"]
    shared, pool, credited = found
    assert (shared.from_.kind, shared.from_.owner, shared.amount) == (
        AccountKind.PERSONAL,
        world.people["子"],
        bill.split.shared_total,
    )
    assert (pool.from_.kind, pool.to.kind, pool.amount) == (
        AccountKind.POOL,
        AccountKind.INSTITUTION_PAYABLE,
        bill.split.pool,
    )
    assert (pool.person_no, pool.institution, pool.kind) == (world.people["父"], world.hospital, "settlement")
    assert credited.kind == "credit"
    # Looking at somebody leaves a line; what he sees is the row itself, and the database refuses to change it.
    (line, *_) = await acts(world.platform, AUDITOR, person_no=world.people["子"])
    assert (line.what, line.staff) == ("postings.read", "audit01")
    for change in ("update posting set amount = 1", "delete from posting", "update journal set kind = 'credit'"):
        with pytest.raises(psycopg.errors.RestrictViolation):
            await world.rows(change)


async def test_what_is_asked_for_is_what_is_shown(world: World, today: date) -> None:
    await world.person("父", 100_000)
    for amount in (100, 20_000, 300):
        await world.buy("父", amount)
    undone = await world.buy("父", 400)
    await world.reverse(undone)
    here = Wanted(first=today, last=today, institution=world.pharmacy)
    assert [one.amount for one in await listed(world, here)] == [400, 400, 300, 20_000, 100]

    async def amounts(**asked: object) -> list[int]:
        named = {"first": today, "last": today, "institution": world.pharmacy} | asked
        return [one.amount for one in await listed(world, Wanted(**named))]  # type: ignore[arg-type]

    assert await amounts(kind="reversal") == [400]
    assert await amounts(at_least=301) == [400, 400, 20_000]
    assert await amounts(account=AccountKind.POOL) == []
    assert await amounts(first=today - timedelta(days=3), last=today - timedelta(days=1)) == []
    # In pages: the key of the last one leads on.
    first = await postings(world.platform, AUDITOR, here, 2)
    assert not isinstance(first, Refusal)
    rest = await postings(world.platform, AUDITOR, here, 10, first[-1].key)
    assert not isinstance(rest, Refusal)
    assert [one.amount for one in [*first, *rest]] == [400, 400, 300, 20_000, 100]


async def test_what_cannot_be_asked(world: World, today: date) -> None:
    clerk = Staff(login="clerk01", name="王", role=Role.CLERK, region=None)
    asked = [
        (clerk, Wanted(first=today, last=today), Code.ROLE_MISSING),
        (AUDITOR, Wanted(first=today, last=today - timedelta(days=1)), Code.INPUT_INVALID),
        (AUDITOR, Wanted(first=today - timedelta(days=oversight.MOST_DAYS), last=today), Code.INPUT_INVALID),
        (AUDITOR, Wanted(first=today, last=today, kind="gift"), Code.INPUT_INVALID),
    ]
    for staff, wanted, code in asked:
        refused = await postings(world.platform, staff, wanted, 10)
        assert isinstance(refused, Refusal)
        assert refused.code is code
    refused = await account_statistics(world.platform, clerk, today, today - timedelta(days=1))
    assert isinstance(refused, Refusal)
