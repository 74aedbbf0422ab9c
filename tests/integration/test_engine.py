"""The settlement engine on real PostgreSQL: money, order, repetition, concurrency."""

import asyncio
import itertools
from datetime import date, timedelta

import msgspec
import psycopg
import psycopg.conninfo
import pytest

from gongji.core.codes import AccountState, Insurance, Relation
from gongji.core.family import BindingState
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service import binding_life, bindings, visits
from gongji.service.commands import Claimed, Done, Reverse
from gongji.service.platform import Platform
from gongji.service.presettle import presettle
from world import World, done

_copies = itertools.count(1)


@pytest.fixture
async def world(platform: Platform) -> World:
    return await World(platform).open()


async def family(world: World, father: int = 5_000, son: int = 100_000) -> World:
    await world.person("父", father)
    await world.person("子", son)
    assert not isinstance(await world.bind("子", "父"), Refusal)
    return world


async def test_a_bill_is_split_between_fund_own_shared_and_cash(world: World, dsn: str) -> None:
    await family(world)
    settled = await world.settle("父", 60_000)
    split = settled.split
    # 起付线 200，以上 400 按在职三级 50% 支付 200；个人 400 = 本人 50 + 共济 350
    assert (split.deductible, split.pool, split.own_total, split.shared_total, split.cash) == (
        20_000,
        20_000,
        5_000,
        35_000,
        0,
    )
    assert await world.balance("父") == 0
    assert await world.balance("子") == 65_000
    assert verify(dsn).ok


async def test_presettlement_and_settlement_agree_and_only_settlement_posts(world: World) -> None:
    await family(world)
    visit, _ = await world.visit("父", 60_000)
    command = world.settle_command("父", visit, 60_000)
    preview = await presettle(world.platform, command)
    assert not isinstance(preview, Refusal)
    assert await world.balance("父") == 5_000
    settled = done(await world.platform.batcher.submit(command))
    assert preview.split == settled.split
    assert preview.balance_after == settled.balance_after == 0


async def test_the_deductible_is_used_up_once_a_year(world: World) -> None:
    await family(world)
    first = await world.settle("父", 15_000)
    second = await world.settle("父", 15_000)
    assert (first.split.deductible, first.split.pool) == (15_000, 0)
    assert (second.split.deductible, second.split.pool) == (5_000, 5_000)


async def test_reversal_gives_each_payer_his_own_part_back_even_after_unbinding(world: World, dsn: str) -> None:
    await family(world)
    settled = await world.settle("父", 60_000)
    binding = (await bindings.bindings_of(world.platform, world.people["子"]))[0].binding
    ended = await binding_life.end(world.platform, binding.id, world.people["父"], "portal")
    assert not isinstance(ended, Refusal)
    reversal = done(await world.reverse(settled))
    assert await world.balance("父") == 5_000
    assert await world.balance("子") == 100_000
    assert reversal.reverses == settled.id
    assert reversal.balance_after == 5_000
    again = await world.settle("父", 60_000)
    # the yearly figures went back as well, and the ended binding pays nothing now
    assert (again.split.deductible, again.split.shared_total, again.split.cash) == (20_000, 0, 35_000)
    assert verify(dsn).ok


async def test_a_settlement_is_reversed_once(world: World) -> None:
    await family(world)
    settled = await world.settle("父", 60_000)
    done(await world.reverse(settled))
    second = await world.reverse(settled)
    assert isinstance(second, Refusal)
    assert second.code is Code.ALREADY_REVERSED


async def test_the_same_message_gets_the_first_answer_again(world: World) -> None:
    await family(world)
    visit, _ = await world.visit("父", 60_000)
    command = world.settle_command("父", visit, 60_000, message_id="M1", content="a")
    first = done(await world.platform.batcher.submit(command))
    again = await world.platform.batcher.submit(command)
    assert isinstance(again, Done)
    assert again.repeated
    assert again.settlement.id == first.id
    assert again.settlement.split.shared == first.split.shared
    other = world.settle_command("父", visit, 60_000, message_id="M1", content="b")
    refused = await world.platform.batcher.submit(other)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.MESSAGE_REUSED
    assert await world.balance("子") == 65_000


async def test_a_message_sent_twice_at_once_settles_once(world: World, dsn: str) -> None:
    await family(world)
    visit, _ = await world.visit("父", 60_000)
    command = world.settle_command("父", visit, 60_000)
    other = Platform(dsn, world.platform.book)
    await other.open()
    outcomes = await asyncio.gather(
        *(p.batcher.submit(command) for p in (world.platform, other, world.platform, other))
    )
    await other.close()
    assert {done(o).id for o in outcomes} == {done(outcomes[0]).id}
    assert await world.balance("子") == 65_000
    assert verify(dsn).ok


async def test_two_users_on_the_last_hundred_yuan_of_one_authoriser(world: World, dsn: str) -> None:
    await world.person("子", 10_000)
    for nickname in ("父", "母"):
        await world.person(nickname)
        await world.bind("子", nickname)
    other = Platform(dsn, world.platform.book)
    await other.open()
    commands = [world.purchase_command(name, 8_000) for name in ("父", "母")]
    outcomes = await asyncio.gather(world.platform.batcher.submit(commands[0]), other.batcher.submit(commands[1]))
    await other.close()
    assert sorted(done(o).split.shared_total for o in outcomes) == [2_000, 8_000]
    assert await world.balance("子") == 0
    assert verify(dsn).ok


async def test_many_writers_never_deadlock_nor_overdraw(world: World, dsn: str) -> None:
    await world.person("子", 30_000)
    names = [f"亲{n}" for n in range(6)]
    for name in names:
        await world.person(name, 1_000)
        await world.bind("子", name)
    others = [Platform(dsn, world.platform.book) for _ in range(3)]
    for other in others:
        await other.open()
    writers = [world.platform, *others]
    commands = [world.purchase_command(names[n % 6], 700) for n in range(80)]
    outcomes = await asyncio.gather(*(writers[n % 4].batcher.submit(c) for n, c in enumerate(commands)))
    for other in others:
        await other.close()
    drawn = sum(done(o).split.own_total + done(o).split.shared_total for o in outcomes)
    left = [await world.balance(name) for name in ("子", *names)]
    assert drawn + sum(left) == 36_000
    assert min(left) >= 0
    assert verify(dsn).ok


async def test_one_refusal_in_a_batch_leaves_the_others_alone(world: World) -> None:
    await family(world)
    good, bad = world.purchase_command("父", 1_000), world.settle_command("父", "nowhere", 1_000)
    outcomes = await asyncio.gather(*(world.platform.batcher.submit(c) for c in (bad, good)))
    assert isinstance(outcomes[0], Refusal)
    assert isinstance(outcomes[1], Done)


async def test_a_late_original_does_nothing_after_it_was_taken_back(world: World) -> None:
    await family(world)
    visit, _ = await world.visit("父", 60_000)
    original = world.settle_command("父", visit, 60_000)
    command = Reverse(
        sender=world.sender(world.hospital, "2601"),
        person_no=world.people["父"],
        original=(original.sender.message_id, "2207"),
    )
    early = await world.platform.batcher.submit(command)
    assert isinstance(early, Refusal)
    assert early.code is Code.MESSAGE_UNKNOWN
    late = await world.platform.batcher.submit(original)
    assert isinstance(late, Refusal)
    assert late.code is Code.MESSAGE_VOID
    assert await world.balance("父") == 5_000


async def test_a_settlement_is_taken_back_by_its_message(world: World) -> None:
    await family(world)
    settled = await world.settle("父", 60_000)
    command = Reverse(
        sender=world.sender(world.hospital, "2601"),
        person_no=world.people["父"],
        original=(settled.message_id, "2207"),
    )
    assert done(await world.platform.batcher.submit(command)).reverses == settled.id
    assert await world.balance("子") == 100_000


async def test_a_frozen_account_pays_nothing(world: World) -> None:
    await world.person("父", 5_000, account_state=AccountState.FROZEN)
    refused = await world.platform.batcher.submit(world.purchase_command("父", 1_000))
    assert isinstance(refused, Refusal)
    assert refused.text == "个人账户已封停，请联系参保地医保经办机构"


async def test_money_of_another_region_passes_the_clearing(world: World, dsn: str) -> None:
    """S01: the son is insured in 咸阳, the father in 西安; area A owes area B what the son pays."""
    await world.person("父", 3_000)
    await world.person("子", 100_000, region="610400")
    await world.bind("子", "父")
    settled = await world.buy("父", 10_000)
    assert (settled.split.own_total, settled.split.shared_total, settled.split.cash) == (3_000, 7_000, 0)
    with psycopg.connect(dsn) as conn:
        owed = conn.execute(
            "select sum(p.amount) from posting p join account a on a.id = p.to_account "
            "where a.kind = 'clearing_payable' and a.region = '610400' and a.owner = '610100'"
        ).fetchone()
    assert owed == (7_000,)
    assert await world.balance("子") == 93_000


async def test_care_before_the_province_opened_draws_nothing_across_pools(world: World) -> None:
    """S01: the same spend dated 2024-04 is not shared."""
    await world.person("父", 3_000)
    await world.person("子", 100_000, region="610400")
    bound = await world.bind("子", "父")
    assert not isinstance(bound, Refusal)
    with psycopg.connect(world.platform.dsn, autocommit=True) as conn:
        conn.execute("update binding set starts_on = '2024-01-01' where id = %s", (bound.id,))
    for on, shared in ((date(2024, 4, 30), 0), (date(2024, 6, 1), 7_000)):
        visit, _ = await world.visit("父", 10_000, on)
        settled = done(await world.platform.batcher.submit(world.settle_command("父", visit, 10_000)))
        assert settled.split.shared_total == shared
        done(await world.reverse(settled))


async def test_who_may_bind_whom(world: World) -> None:
    """S03: the condition that fails is named."""
    await world.person("子", 1_000)
    await world.person("停", 1_000, insurance=Insurance.SUSPENDED)
    await world.person("母", insurance=Insurance.NONE)
    await world.person("父")
    cases = (
        ("停", "父", Relation.PARENT, "授权人当前暂停参保，须正常参加职工医保才能授权"),
        ("子", "母", Relation.PARENT, "被共济人未参加基本医保（未参保），请先参加职工医保或居民医保"),
        ("子", "父", Relation.SPOUSE_PARENT, "配偶的父母不在可绑定的亲属范围内"),
    )
    for authoriser, user, relation, text in cases:
        refused = await world.bind(authoriser, user, relation)
        assert isinstance(refused, Refusal)
        assert text in refused.text


async def test_binding_asks_for_notice_signature_and_real_name(world: World) -> None:
    """S02."""
    await world.person("子", 1_000)
    await world.person("未", 1_000, real_name_verified=False)
    await world.person("父")
    cases = (
        ("子", {"notice_accepted": False}, "请先阅读并同意告知书"),
        ("子", {"signature": " "}, "请先签署个人承诺书"),
        ("未", {}, "请先完成实名认证"),
    )
    for authoriser, more, text in cases:
        refused = await world.bind(authoriser, "父", **more)
        assert isinstance(refused, Refusal)
        assert refused.text == text
    bound = await world.bind("子", "父")
    assert not isinstance(bound, Refusal)
    assert bound.state is BindingState.ACTIVE
    with psycopg.connect(world.platform.dsn) as conn:
        proof = conn.execute("select proof from binding where id = %s", (bound.id,)).fetchone()
    assert proof is not None
    assert set(proof[0]) >= {"notice", "consented_at", "signature_sha256", "channel"}
    refused = await world.bind("子", "父")
    assert isinstance(refused, Refusal)
    assert refused.code is Code.ALREADY_BOUND


async def test_shaanxi_lets_a_user_accept_two_authorisers_in_order(world: World) -> None:
    await world.person("父")
    for name, balance in (("甲", 1_000), ("乙", 5_000), ("丙", 5_000)):
        await world.person(name, balance)
    await world.bind("甲", "父", position=2)
    await world.bind("乙", "父", position=1)
    third = await world.bind("丙", "父")
    assert isinstance(third, Refusal)
    assert third.code is Code.TOO_MANY_AUTHORISERS
    settled = await world.buy("父", 5_500)
    assert [d.amount for d in settled.split.shared] == [5_000, 500]


async def test_the_books_refuse_to_be_changed(world: World, dsn: str) -> None:
    await family(world)
    await world.buy("父", 1_000)
    with psycopg.connect(dsn, autocommit=True) as conn:
        for statement in (
            "update posting set amount = 1",
            "delete from journal",
            "update settlement set cash = 0",
            "delete from seal",
        ):
            with pytest.raises(psycopg.errors.RestrictViolation):
                conn.execute(statement)


@pytest.mark.parametrize(
    ("statement", "kind"),
    [
        ("update account set balance = balance + 1 where kind = 'personal' and balance > 0", "balance"),
        ("update posting set amount = amount + 1 where purpose = 'own'", "split"),
        ("update posting set amount = amount + 1 where purpose = 'credit'", "seal"),
        ("update journal set sender = 'x' where kind = 'credit'", "seal"),
        ("update settlement set cash = cash + 1, own = own - 1", "split"),
        ("update settlement set document = convert_to('{}', 'UTF8')", "document"),
        ("delete from seal where no = 1", "chain"),
        ("delete from posting where purpose = 'own'", "split"),
        ("delete from reversal", "link"),
        ("update year_total set pool = pool + 1", "year_total"),
    ],
)
async def test_verify_names_what_was_tampered_with(world: World, dsn: str, statement: str, kind: str) -> None:
    await family(world)
    await world.settle("父", 60_000)
    done(await world.reverse(await world.buy("父", 1_000)))
    assert verify(dsn).ok
    await world.platform.close()
    copy = _copy_of(dsn)
    with psycopg.connect(copy, autocommit=True) as conn:
        conn.execute("set session_replication_role = replica")  # the triggers would refuse
        conn.execute(statement)
    report = verify(copy)
    assert report.difference is not None
    assert report.difference.kind == kind


def _copy_of(dsn: str) -> str:
    database = psycopg.conninfo.conninfo_to_dict(dsn)["dbname"]
    name = f"{database}_copy{next(_copies)}"
    with psycopg.connect(dsn.replace(f"/{database}?", "/postgres?"), autocommit=True) as conn:
        conn.execute(f"create database {name} template {database}")
    return dsn.replace(f"/{database}?", f"/{name}?")


async def test_care_of_a_day_to_come_is_refused(world: World) -> None:
    await family(world)
    tomorrow = world.platform.clock().date() + timedelta(days=1)
    registration = visits.Registration(person_no=world.people["父"], claimed=Claimed(), number="future", on=tomorrow)
    refused = await visits.register(world.platform, world.sender(world.hospital, "2201"), registration)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CARE_IN_FUTURE
    command = world.purchase_command("父", 1_000)
    assert command.purchase
    command = msgspec.structs.replace(command, purchase=msgspec.structs.replace(command.purchase, on=tomorrow))
    outcome = await world.platform.batcher.submit(command)
    assert isinstance(outcome, Refusal)
    assert outcome.code is Code.CARE_IN_FUTURE
    assert await world.balance("父") == 5_000
