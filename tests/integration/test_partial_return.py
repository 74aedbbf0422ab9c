"""Partial returns: the bill again without what came back, each payer's exact difference, sealed as one business."""

from decimal import Decimal
from typing import Any

import pytest

from gongji.core.codes import Care
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service import visits
from gongji.service.batch import Outcome
from gongji.service.commands import Claimed, ReturnedItem, ReturnPart
from gongji.service.platform import Platform
from gongji.service.uses import Asked, uses_of
from world import World, done


@pytest.fixture
async def world(platform: Platform) -> World:
    return await World(platform).open()


async def bill(world: World, nickname: str, *amounts: int) -> Settlement:
    """A visit with one line of quantity 10 for each amount, settled."""
    visit, _ = await world.visit(nickname, 0) if not amounts else (await visit_with(world, nickname, amounts), "1")
    return done(await world.platform.batcher.submit(world.settle_command(nickname, visit, sum(amounts))))


async def visit_with(world: World, nickname: str, amounts: tuple[int, ...]) -> str:
    sender = world.sender(world.hospital, "2201")
    person, today = world.people[nickname], world.platform.clock().date()
    registration = visits.Registration(person_no=person, claimed=Claimed(), number=sender.message_id, on=today)
    answer = await visits.register(world.platform, sender, registration)
    assert isinstance(answer, dict)
    visit: str = answer["visit"]
    await charge(world, nickname, visit, amounts)
    return visit


async def charge(world: World, nickname: str, visit: str, amounts: tuple[int, ...]) -> None:
    person, today = world.people[nickname], world.platform.clock().date()
    billed = visits.Billed(person_no=person, institution=world.hospital, on=today)
    raw = [
        visits.RawLine(
            line_no=str(number),
            item=world.line(1).item,
            quantity=Decimal(10),
            price=Decimal(amount) / 1000,
            amount=amount,
        )
        for number, amount in enumerate(amounts, start=1)
    ]
    lines = await visits.split_lines(world.platform, billed, raw)
    assert isinstance(lines, list)
    sender = world.sender(world.hospital, "2204")
    added = await visits.add_fees(world.platform, sender, person, {(visit, "1"): [line.line for line in lines]})
    assert added == {}


async def give_back(world: World, settlement: Settlement, *items: tuple[str, str], message_id: str = "") -> Outcome:
    command = ReturnPart(
        sender=world.sender(settlement.institution, "partial_return", message_id),
        person_no=settlement.person_no,
        settlement_id=settlement.id,
        items=tuple(ReturnedItem(line_no=line, quantity=Decimal(quantity)) for line, quantity in items),
    )
    return await world.platform.batcher.submit(command)


async def family(world: World) -> None:
    await world.person("父", 5_000)
    await world.person("子", 20_000)
    await world.bind("子", "父")


async def test_the_last_payer_gets_his_money_back_first(world: World, dsn: str) -> None:
    await family(world)
    # 西安门诊起付 200 元：30+20+100+200 共 350 元，基金只付 150 元的一半；余下 275 元：父 50，子 200，现金 25。
    whole = await bill(world, "父", 3_000, 2_000, 10_000, 20_000)
    paid = whole.change
    assert (paid.own, paid.shared, paid.cash) == (5_000, 20_000, paid.total - paid.pool - 25_000)
    rest = done(await give_back(world, whole, ("3", "10")))
    change = rest.change
    assert change.total == -10_000
    # Cash goes back first and whole, then the son's; the father keeps paying.
    assert change.cash == -paid.cash
    assert change.own == 0
    assert change.shared == -10_000 - change.pool + paid.cash
    assert await world.balance("父") == 0
    assert await world.balance("子") == -change.shared
    assert rest.instead_of is not None
    assert [p.purpose for p in rest.booked] == ["shared", "pool"]
    # What the son sees is what left his account: the whole, and then what came back of it.
    seen = await uses_of(world.platform, world.people["子"], Asked(given=True), 10)
    assert [one.use.amount for one in seen] == [change.shared, 20_000]
    assert rest.split.total == 25_000
    assert verify(dsn).ok
    # Again, some of a line; then the whole rest is taken back, and everybody has what he had.
    second = done(await give_back(world, rest, ("4", "5.5"), ("1", "10")))
    assert second.split.total == 25_000 - 11_000 - 3_000
    back = await world.reverse(second)
    assert done(back).change.total == -second.split.total
    assert (await world.balance("父"), await world.balance("子")) == (5_000, 20_000)
    assert verify(dsn).ok


async def test_a_return_gives_what_settling_only_the_rest_would_have_given(world: World, dsn: str) -> None:
    await family(world)
    whole = await bill(world, "父", 30_000, 12_345, 6_789)
    rest = done(await give_back(world, whole, ("2", "10")))
    left = (await world.balance("父"), await world.balance("子"))
    assert not isinstance(await world.reverse(rest), Refusal)
    only = await bill(world, "父", 30_000, 6_789)
    assert only.change == rest.change.plus(1, whole.change)
    assert (await world.balance("父"), await world.balance("子")) == left
    assert verify(dsn).ok


async def test_the_same_as_reversal_and_a_new_settlement(world: World, dsn: str) -> None:
    """2208, the lines anew, 2207: the net of both is what one return does."""
    await family(world)
    whole = await bill(world, "父", 30_000, 12_345)
    rest = done(await give_back(world, whole, ("2", "3")))
    one_call = (await world.balance("父"), await world.balance("子"), rest.split.cash)
    assert not isinstance(await world.reverse(rest), Refusal)
    again = done(await world.platform.batcher.submit(world.settle_command("父", whole.visit_id, rest.split.total)))
    assert (await world.balance("父"), await world.balance("子"), again.split.cash) == one_call
    assert verify(dsn).ok


async def test_what_cannot_be_returned(world: World, dsn: str) -> None:
    await family(world)
    whole = await bill(world, "父", 3_000, 2_000)
    for items, code in (
        ((("1", "11"),), Code.RETURN_INVALID),
        ((("1", "0"),), Code.RETURN_INVALID),
        ((("9", "1"),), Code.FEE_UNKNOWN),
        ((("1", "1"), ("1", "1")), Code.RETURN_INVALID),
        ((), Code.RETURN_INVALID),
        ((("1", "10"), ("2", "10")), Code.NOT_RETURNABLE),
    ):
        outcome = await give_back(world, whole, *items)
        assert isinstance(outcome, Refusal)
        assert outcome.code is code
        assert outcome.text
    rest = done(await give_back(world, whole, ("1", "4")))
    for settlement, items in ((whole, (("1", "1"),)), (rest, (("1", "7"),))):
        outcome = await give_back(world, settlement, *items)
        assert isinstance(outcome, Refusal)
        assert outcome.code in (Code.ALREADY_REVERSED, Code.RETURN_INVALID)
    reversed_whole = await world.reverse(whole)
    assert isinstance(reversed_whole, Refusal)
    assert reversed_whole.code is Code.ALREADY_REVERSED
    assert verify(dsn).ok


async def test_a_repeated_return_is_one_return(world: World) -> None:
    await family(world)
    whole = await bill(world, "父", 3_000, 2_000)
    first = await give_back(world, whole, ("1", "4"), message_id="return-1")
    again = await give_back(world, whole, ("1", "4"), message_id="return-1")
    assert done(first).id == done(again).id
    assert await world.balance("父") == 5_000 - done(first).split.own_total


async def test_a_pharmacy_takes_drugs_back_after_the_binding_has_ended(world: World, dsn: str) -> None:
    await family(world)
    bought = await world.buy("父", 9_000)
    assert bought.care is Care.PHARMACY
    await world.rows("update binding set state = 'ended', ended_reason = 'x' returning 1")
    rest = done(await give_back(world, bought, ("1", "0.5")))
    assert (rest.change.total, rest.change.shared, rest.change.own) == (-4_500, -4_000, -500)
    assert (await world.balance("父"), await world.balance("子")) == (500, 20_000)
    assert verify(dsn).ok


async def test_verify_finds_a_return_that_does_not_start_from_the_whole(world: World, dsn: str) -> None:
    await family(world)
    whole = await bill(world, "父", 3_000, 2_000)
    await give_back(world, whole, ("1", "4"))
    await world.rows("alter table settlement disable trigger settlement_is_append_only")
    await world.rows("update settlement set replaces = null where replaces is not null returning 1")
    found: Any = verify(dsn).difference
    assert found is not None
    assert found.kind == "link"
