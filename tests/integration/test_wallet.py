"""Transfers to a relative's wallet in a real database: each rule of A.9, both sides' view, and nothing twice."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, datetime, time, timedelta

import pytest

from gongji.core.account import AccountKind
from gongji.core.codes import AccountState, Insurance, Relation, Scheme, Segment, Status
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.core.wallet import Source, Transfer, TransferState, wallet_open
from gongji.ledger.verify import verify
from gongji.service import inbox, wallet
from gongji.service.platform import Platform
from world import World

NANNING, SHANGHAI, XINING, SHENZHEN = "450100", "310000", "630100", "440300"
TODAY = date.today()  # noqa: DTZ011


class Clock:
    """A clock that stands where it was set."""

    def __init__(self) -> None:
        self.now = self.at(10)

    @staticmethod
    def at(hour: int, minute: int = 0, days: int = 0) -> datetime:
        return datetime.combine(TODAY + timedelta(days=days), time(hour, minute), CHINA)

    def __call__(self) -> datetime:
        return self.now


@pytest.fixture
def clock() -> Clock:
    return Clock()


@pytest.fixture
async def world(dsn: str, book: PolicyBook, clock: Clock) -> AsyncIterator[World]:
    platform = Platform(dsn, book, clock=clock)
    await platform.open()
    yield await World(platform).open()
    clock.now = clock.at(12, days=9)
    await wallet.return_unaccepted(platform)
    assert verify(dsn).ok
    await platform.close()


async def family(world: World, money: int = 1_000_000) -> None:
    await world.person("子", money)
    await world.person("父", 0)


async def send(
    world: World, amount: int, sender: str = "子", receiver: str = "父", **more: object
) -> Transfer | Refusal:
    to = (await world.holding(receiver)).person
    message_id = str(more.pop("message_id", ""))
    fields = {"relation": Relation.PARENT, "amount": amount} | more
    request = wallet.TransferRequest(
        sender=world.people[sender], certificate_no=to.certificate_no, name=to.name, **fields
    )
    return await wallet.send(world.platform, world.sender("portal", "transfer", message_id, str(amount)), request)


async def sent(world: World, amount: int, **more: object) -> Transfer:
    transfer = await send(world, amount, **more)
    assert isinstance(transfer, Transfer), transfer
    return transfer


async def accept(world: World, transfer: Transfer, who: str = "父") -> Transfer | Refusal:
    return await wallet.accept(world.platform, transfer.id, world.people[who], "portal")


async def in_wallet(world: World, nickname: str) -> int:
    return (await world.holding(nickname)).set_aside(AccountKind.WALLET)


async def money(world: World) -> tuple[int, int, int]:
    """The son's account, and both wallets."""
    return await world.balance("子"), await in_wallet(world, "子"), await in_wallet(world, "父")


async def told(world: World, nickname: str) -> list[str]:
    page = await inbox.inbox(world.platform, world.people[nickname], None, 20)
    return [notice.text for notice in page.notices]


def code(outcome: Transfer | Refusal) -> Code:
    assert isinstance(outcome, Refusal), outcome
    return outcome.code


async def test_money_is_sent_accepted_and_spent(world: World) -> None:
    """A.8, A.9: it leaves at once, arrives with the receiver's consent, and pays his next bill before cash."""
    await family(world)
    transfer = await sent(world, 30_000)
    assert transfer.state is TransferState.PENDING
    assert await money(world) == (970_000, 0, 0)
    done = await accept(world, transfer)
    assert isinstance(done, Transfer)
    assert done.state is TransferState.ACCEPTED
    assert await money(world) == (970_000, 0, 30_000)
    settled = await world.buy("父", 10_000)
    assert (settled.split.own_total, settled.split.cash) == (10_000, 0)
    assert await in_wallet(world, "父") == 20_000


async def test_both_sides_are_told(world: World) -> None:
    await family(world)
    await accept(world, await sent(world, 30_000))
    sender, receiver = await told(world, "子"), await told(world, "父")
    assert [text[-12:] for text in sender] == ["300.00 元，不能再退回。"[-12:], "6:00前未接收将自动退回。"[-12:]]
    assert "子向您的医保钱包转账 300.00 元" in receiver[1]
    assert "不能转回个人账户" in receiver[0]
    assert not [text for text in receiver if "9700" in text], "nothing of the sender's balance"


async def test_three_a_day(world: World, clock: Clock) -> None:
    """A.9: at most three a day, also when one of them was refused; the next day counts anew."""
    await family(world)
    first = await sent(world, 100)
    assert isinstance(await wallet.decline(world.platform, first.id, world.people["父"], "portal"), Transfer)
    for _ in range(2):
        await sent(world, 100)
    assert code(await send(world, 100)) is Code.TOO_MANY_TRANSFERS
    clock.now = clock.at(6, days=1)
    await sent(world, 100)


async def test_two_thousand_each(world: World) -> None:
    """A.9: 2,000 yuan and not a fen more."""
    await family(world)
    await sent(world, 200_000)
    assert code(await send(world, 200_001)) is Code.TRANSFER_TOO_LARGE


@pytest.mark.parametrize(
    ("hour", "minute", "closed"),
    [(21, 59, False), (22, 0, True), (23, 59, True), (0, 0, True), (5, 59, True), (6, 0, False)],
)
async def test_none_at_night(world: World, clock: Clock, hour: int, minute: int, closed: bool) -> None:  # noqa: FBT001
    """A.9: none from 22:00 to 06:00."""
    await family(world)
    clock.now = clock.at(hour, minute)
    outcome = await send(world, 100)
    assert isinstance(outcome, Refusal) is closed
    if closed:
        assert code(outcome) is Code.TRANSFER_AT_NIGHT


async def test_unaccepted_money_returns_at_six(world: World, clock: Clock) -> None:
    """A.9: it may be accepted until 06:00 of the next day, and is back afterwards; running twice changes nothing."""
    await family(world)
    transfer = await sent(world, 30_000)
    assert transfer.returns_at == clock.at(6, days=1)
    clock.now = clock.at(5, 59, days=1)
    assert await wallet.return_unaccepted(world.platform) == 0
    clock.now = clock.at(6, days=1)
    assert code(await accept(world, transfer)) is Code.TRANSFER_DECIDED
    assert await wallet.return_unaccepted(world.platform) == 1
    assert await wallet.return_unaccepted(world.platform) == 0
    assert await money(world) == (1_000_000, 0, 0)
    assert code(await accept(world, transfer)) is Code.TRANSFER_DECIDED
    assert "没有在规定时间内接收，已退还给您" in (await told(world, "子"))[0]


async def test_returning_catches_up_and_several_may_run(world: World, clock: Clock) -> None:
    """After an outage everything that fell due goes back once, whoever does it."""
    for number in range(6):
        await world.person(f"人{number}", 10_000)
    await world.person("父", 0)
    for number in range(6):
        await sent(world, 1_000, sender=f"人{number}")
    clock.now = clock.at(13, days=3)
    counts = await asyncio.gather(*[wallet.return_unaccepted(world.platform) for _ in range(4)])
    assert sum(counts) == 6
    assert [await world.balance(f"人{number}") for number in range(6)] == [10_000] * 6


async def test_no_way_back_once_accepted(world: World, clock: Clock) -> None:
    """A.9: accepted money stays: neither refusing nor the morning brings it back, nor can it go to the account."""
    await family(world)
    transfer = await sent(world, 30_000)
    await accept(world, transfer)
    refused = await wallet.decline(world.platform, transfer.id, world.people["父"], "portal")
    assert code(refused) is Code.TRANSFER_DECIDED
    clock.now = clock.at(7, days=1)
    assert await wallet.return_unaccepted(world.platform) == 0
    assert await money(world) == (970_000, 0, 30_000)


async def test_the_receiver_refuses(world: World) -> None:
    await family(world)
    transfer = await sent(world, 30_000)
    for _ in range(2):
        back = await wallet.decline(world.platform, transfer.id, world.people["父"], "portal")
        assert isinstance(back, Transfer)
        assert back.state is TransferState.REFUSED
    assert await money(world) == (1_000_000, 0, 0)
    assert "对方没有接收，已退还给您" in (await told(world, "子"))[0]


async def test_only_the_receiver_decides(world: World) -> None:
    await family(world)
    await world.person("外人", 0)
    transfer = await sent(world, 100)
    assert code(await accept(world, transfer, "子")) is Code.NOT_YOURS
    assert code(await accept(world, transfer, "外人")) is Code.TRANSFER_UNKNOWN
    again = [await accept(world, transfer) for _ in range(2)]
    assert all(isinstance(one, Transfer) for one in again)
    assert await in_wallet(world, "父") == 100


async def test_a_repeated_message_sends_once(world: World) -> None:
    await family(world)
    first = await sent(world, 100, message_id="once-1")
    again = await sent(world, 100, message_id="once-1")
    assert again == first
    assert await world.balance("子") == 999_900


async def test_what_the_account_does_not_hold(world: World) -> None:
    await family(world, 5_000)
    assert code(await send(world, 5_001)) is Code.BALANCE_SHORT
    for amount in (0, -1):
        assert code(await send(world, amount)) is Code.AMOUNT_INVALID


async def test_both_places_need_the_wallet(world: World) -> None:
    """A.9: both areas must have it; 广东 had not."""
    await family(world)
    await world.person("女", 1_000, region=SHENZHEN)
    assert code(await send(world, 100, receiver="女", relation=Relation.CHILD)) is Code.WALLET_NOT_OPEN
    assert code(await send(world, 100, sender="女")) is Code.WALLET_NOT_OPEN


async def test_before_a_place_opened(book: PolicyBook) -> None:
    """Dated: 陕西 opened on 3 July 2025, of other places the day is not known and they count as closed until then."""
    opened = datetime(2025, 7, 3, 12, tzinfo=CHINA)
    assert wallet_open(book, "610100", opened)
    assert not wallet_open(book, "610100", opened - timedelta(days=1))
    assert not wallet_open(book, NANNING, opened)
    assert wallet_open(book, NANNING, datetime(2025, 9, 22, tzinfo=CHINA))
    assert not wallet_open(book, SHENZHEN, datetime(2026, 1, 1, tzinfo=CHINA))


async def test_across_provinces_the_places_owe_each_other(world: World) -> None:
    """Money of 西安 in a wallet of 南宁 passes the clearing between them, and only when it is accepted."""
    await world.person("子", 10_000)
    await world.person("父", 0, region=NANNING)
    transfer = await sent(world, 4_000)
    assert await owed(world) == {}
    await accept(world, transfer)
    assert await owed(world) == {
        ("clearing_payable", NANNING, "610100"): 4_000,
        ("clearing_receivable", "610100", NANNING): -4_000,
    }
    assert await in_wallet(world, "父") == 4_000
    abroad = await world.buy("父", 1_000)
    assert abroad.split.own_total == 0, "spent only where its holder is insured"


async def owed(world: World) -> dict[tuple[str, str, str], int]:
    people = [world.people["父"], world.people["子"]]
    async with world.platform.pool.connection() as conn:
        cursor = await conn.execute(
            "select a.kind, a.owner, a.region, sum(case when p.to_account = a.id then p.amount else -p.amount end)"
            " from account a join posting p on a.id in (p.from_account, p.to_account)"
            " where a.kind in ('clearing_payable', 'clearing_receivable') and exists (select 1 from posting q"
            " join account b on b.id in (q.from_account, q.to_account) and b.owner = any(%s)"
            " where (q.booked_on, q.region, q.journal_id) = (p.booked_on, p.region, p.journal_id)) group by 1, 2, 3",
            [people],
        )
        return {(kind, owner, region): int(amount) for kind, owner, region, amount in await cursor.fetchall()}


async def test_the_relation_must_be_one_of_the_place(world: World) -> None:
    await family(world)
    assert code(await send(world, 100, relation=Relation.SPOUSE_PARENT)) is Code.RECEIVER_NOT_KIN


@pytest.mark.parametrize(
    ("sender", "receiver", "expected"),
    [
        ({"real_name_verified": False}, {}, Code.NOT_REAL_NAME),
        ({"insurance": Insurance.SUSPENDED}, {}, Code.SENDER_NOT_INSURED),
        ({}, {"insurance": Insurance.ENDED}, Code.RECEIVER_NOT_INSURED),
        ({"account_state": AccountState.FROZEN}, {}, Code.ACCOUNT_NOT_OPEN),
        ({"scheme": Scheme.RESIDENT, "status": Status.ELDERLY}, {}, Code.NO_ACCOUNT_TO_SEND),
    ],
)
async def test_who_may_send_to_whom(
    world: World, sender: dict[str, object], receiver: dict[str, object], expected: Code
) -> None:
    await world.person("子", 0 if sender.get("scheme") else 10_000, **sender)
    await world.person("父", 0, **receiver)
    assert code(await send(world, 100)) is expected


async def test_not_to_oneself_and_not_by_a_wrong_name(world: World) -> None:
    await family(world)
    assert code(await send(world, 100, receiver="子")) is Code.SELF_TRANSFER
    father = (await world.holding("父")).person
    request = wallet.TransferRequest(
        sender=world.people["子"],
        certificate_no=father.certificate_no,
        name="别人",
        relation=Relation.PARENT,
        amount=100,
    )
    assert code(await wallet.send(world.platform, world.sender("portal", "t"), request)) is Code.PERSON_DETAILS_MISMATCH


async def test_a_receiver_whose_name_is_not_verified_cannot_accept(world: World) -> None:
    await world.person("子", 10_000)
    await world.person("父", 0, real_name_verified=False)
    transfer = await sent(world, 100)
    assert code(await accept(world, transfer)) is Code.NOT_REAL_NAME


async def test_wallet_money_is_passed_on_where_the_place_says_so(world: World) -> None:
    """A.9, 青海: whatever the holder's scheme; elsewhere it is not known and refused; never back to an account."""
    await world.person("子", 10_000, region=XINING)
    await world.person("父", 0, region=XINING, scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    await world.person("孙", 0, region=XINING, scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    await accept(world, await sent(world, 5_000))
    onward = await sent(
        world, 2_000, sender="父", receiver="孙", source=Source.WALLET, relation=Relation.PATERNAL_GRANDCHILD
    )
    assert (await in_wallet(world, "父"), await in_wallet(world, "孙")) == (3_000, 0)
    back = await wallet.decline(world.platform, onward.id, world.people["孙"], "portal")
    assert isinstance(back, Transfer)
    assert await in_wallet(world, "父") == 5_000
    await world.person("妻", 10_000)
    await world.person("夫", 0)
    await accept(world, await sent(world, 100, sender="妻", receiver="夫", relation=Relation.SPOUSE), "夫")
    refused = await send(world, 50, sender="夫", receiver="妻", relation=Relation.SPOUSE, source=Source.WALLET)
    assert code(refused) is Code.WALLET_NOT_PASSED_ON


async def test_what_may_not_be_shared_is_not_sent(world: World) -> None:
    """Where only historical money may be shared (上海), only that is sent, and goes back to where it came from."""
    await world.person("子", 10_000, region=SHANGHAI, segment=Segment.CURRENT_YEAR)
    await world.person("父", 0, region=SHANGHAI)
    assert code(await send(world, 100)) is Code.BALANCE_SHORT


async def test_money_of_a_closed_account_waits_for_its_heirs(world: World, clock: Clock) -> None:
    await family(world)
    await sent(world, 30_000)
    async with world.platform.pool.connection() as conn:
        await conn.execute("update account set state = 'closed' where owner = %s", [world.people["子"]])
    clock.now = clock.at(6, days=1)
    assert await wallet.return_unaccepted(world.platform) == 1
    assert await world.balance("子") == 970_000
    assert "代为保管（待领取）" in (await told(world, "子"))[0]


async def test_a_decided_transfer_cannot_be_changed(world: World) -> None:
    await family(world)
    transfer = await sent(world, 100)
    await accept(world, transfer)
    async with world.platform.pool.connection() as conn:
        with pytest.raises(Exception, match="wallet_transfer"):
            await conn.execute("update wallet_transfer set state = 'refused' where id = %s", [transfer.id])


async def test_two_transfers_race_for_the_last_money(world: World) -> None:
    """Real parallel connections: one wins, the other is refused, nothing is overdrawn."""
    await family(world, 10_000)
    outcomes = await asyncio.gather(send(world, 7_000), send(world, 6_000))
    assert sorted(isinstance(one, Transfer) for one in outcomes) == [False, True]
    assert await world.balance("子") in (3_000, 4_000)


async def test_many_at_once_stay_three(world: World) -> None:
    await family(world)
    outcomes = await asyncio.gather(*[send(world, 100) for _ in range(10)])
    assert sum(isinstance(one, Transfer) for one in outcomes) == 3
    assert await world.balance("子") == 999_700


async def test_a_transfer_races_a_settlement(world: World) -> None:
    """Both want the same last money; the sum that leaves is what was there."""
    for round_ in range(5):
        world.people.clear()
        await family(world, 10_000)
        moved, bought = await asyncio.gather(send(world, 8_000), world.buy("子", 8_000))
        left = 10_000 - bought.split.own_total - (8_000 if isinstance(moved, Transfer) else 0)
        assert await world.balance("子") == left, round_
        assert bought.split.own_total in (2_000, 8_000)


async def test_accepting_races_the_morning(world: World, clock: Clock) -> None:
    """One minute before six somebody accepts while somebody else refuses: the money is in one place."""
    await family(world)
    for _ in range(3):
        transfer = await sent(world, 1_000)
        outcomes = await asyncio.gather(
            accept(world, transfer),
            wallet.decline(world.platform, transfer.id, world.people["父"], "portal"),
        )
        assert sum(isinstance(one, Transfer) for one in outcomes) == 1
    account, _, received = await money(world)
    assert account + received == 1_000_000
