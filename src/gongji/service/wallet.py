"""Send money to a relative's wallet, accept it, refuse it, give back what nobody accepted (医保钱包转账)."""

import secrets
from collections.abc import Sequence
from datetime import datetime, time
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountKind, AccountRef, PersonalAccount
from gongji.core.codes import AccountState, Relation, Segment
from gongji.core.eligibility import usable_for_sharing
from gongji.core.money import Fen, format_yuan
from gongji.core.notices import Kind, Side, spoken_time, told_of
from gongji.core.person import Person
from gongji.core.policy import Draw, PolicyBook, WalletTransfer
from gongji.core.posting import Payment, Posting, bring_back, pay
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.times import CHINA
from gongji.core.wallet import SOURCE_KIND, Source, Transfer, TransferState, Wanted, may_send, returns_at
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.notices import tell
from gongji.service.people import account_history, people_by_number, person_named, read_accounts
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing

AT_ONCE: Final = 100
"""Transfers that are given back in one transaction."""


class TransferRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a sender fills in (医保钱包转账申请).

    Attributes:
        sender: number of the person who is logged in.
        certificate_no, name: identify the receiver; both must agree with the insured record.
        relation: what the receiver is to the sender.
        amount: in fen.
        source: the personal account, or the sender's own wallet.
        channel: where it was asked for.
    """

    sender: str
    certificate_no: str
    name: str
    relation: Relation
    amount: Fen
    source: Source = Source.ACCOUNT
    channel: str = "portal"


class _Sent(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer that still waits, with the number of the journal that sent it."""

    transfer: Transfer
    journal: int


async def send(platform: Platform, sender: Sender, request: TransferRequest) -> Transfer | Refusal:
    """Send money, once per message: it leaves the sender's account and waits for the receiver."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        sent = await _send(conn, platform.book, sender, request, platform.clock())
        return sent if isinstance(sent, Refusal) else {"transfer": sent.id}

    answer = await once(platform, sender, request.sender, work)
    if isinstance(answer, Refusal):
        return answer
    async with platform.pool.connection() as conn:
        return await transfer_by_id(conn, answer["transfer"])


async def transfer_by_id(conn: AsyncConnection, transfer_id: str) -> Transfer | Refusal:
    """A transfer by its id. The caller decides who may see it."""
    cursor = await store.run(conn, "wallet_transfer", id=transfer_id)
    row = await cursor.fetchone()
    return rows.transfer(row) if row else refuse(Code.TRANSFER_UNKNOWN, field="id")


async def _send(
    conn: AsyncConnection, policy: PolicyBook, sender: Sender, request: TransferRequest, now: datetime
) -> Transfer | Refusal:
    people = await people_by_number(conn, [request.sender])
    person = people.get(request.sender)
    if person is None:
        return refuse(Code.PERSON_UNKNOWN, field="sender")
    receiver = await person_named(conn, request.certificate_no, request.name)
    if receiver is None:
        return refuse(Code.PERSON_DETAILS_MISMATCH, field="receiver")
    accounts = await read_accounts(conn, person.person_no)
    usable = _usable(policy, person, accounts, request.source, now)
    wanted = Wanted(
        sender=person,
        receiver=receiver,
        relation=request.relation,
        source=request.source,
        amount=request.amount,
        account_state=next((a.state for a in accounts if a.kind is AccountKind.PERSONAL), AccountState.NONE),
        available=sum(account.available for account in usable),
        sent_today=await sent_today(conn, person.person_no, now),
    )
    refusal = may_send(policy, wanted, now)
    rule = policy.rule(WalletTransfer, person.region, "wallet.transfer", now.astimezone(CHINA).date())
    if refusal or rule is None:
        return refusal or refuse(Code.WALLET_NOT_OPEN, region=policy.name(person.region), on=str(now.date()))
    transfer = Transfer(
        id=f"T{now:%Y%m%d}{secrets.token_hex(6).upper()}",
        sender=person.person_no,
        receiver=receiver.person_no,
        relation=request.relation,
        source=request.source,
        amount=request.amount,
        state=TransferState.PENDING,
        sent_at=now,
        returns_at=returns_at(rule, now),
    )
    await _write(conn, transfer, usable, sender, request.channel)
    return transfer


def _usable(
    policy: PolicyBook, person: Person, accounts: Sequence[PersonalAccount], source: Source, now: datetime
) -> tuple[PersonalAccount, ...]:
    """The accounts that the money may come from, in their order; what may not be shared may not be sent either."""
    draw = policy.rule(Draw, person.region, "sharing.draw", now.date())
    own = tuple(a for a in accounts if a.kind is SOURCE_KIND[source])
    historical_only = source is Source.ACCOUNT and draw is not None and draw.historical_only
    return usable_for_sharing(own, historical_only=historical_only)


async def sent_today(conn: AsyncConnection, person_no: str, now: datetime) -> int:
    """How many transfers somebody has made on this day, whatever became of them."""
    midnight = datetime.combine(now.astimezone(CHINA).date(), time.min, CHINA)
    cursor = await store.run(conn, "transfers_sent_since", sender=person_no, since=midnight)
    (count,) = await cursor.fetchone() or (0,)
    return int(count)


async def _write(
    conn: AsyncConnection, transfer: Transfer, usable: Sequence[PersonalAccount], sender: Sender, channel: str
) -> None:
    region, left, postings = usable[0].region, transfer.amount, []
    transit = AccountRef(AccountKind.WALLET_TRANSIT, region, region)
    for account in usable:
        taken = min(account.available, left)
        if taken:
            left -= taken
            postings.append(Posting(from_=account.id, to=transit, amount=taken, purpose="transfer"))
    now = transfer.sent_at
    await _tell_of_sending(conn, transfer)
    entry = Entry(
        kind="transfer",
        region=region,
        sender=sender.institution,
        message_id=sender.message_id,
        postings=tuple(postings),
        document=rows.encode(transfer),
    )
    (journal,) = await book(conn, [entry], now)
    row = msgspec.to_builtins(transfer, builtin_types=(datetime,))
    await store.run(
        conn, "add_wallet_transfer", **row, channel=channel, booked_on=now.date(), region=region, journal=journal
    )


async def _tell_of_sending(conn: AsyncConnection, transfer: Transfer) -> None:
    facts = {"amount": format_yuan(transfer.amount), "until": spoken_time(transfer.returns_at)}
    notices = [
        notice
        for kind in (Kind.TRANSFER_SENT, Kind.TRANSFER_RECEIVED)
        for notice in told_of(kind, transfer.sent_at, _sides(transfer), about=transfer.id, **facts)
    ]
    await tell(conn, notices, transfer.sent_at)


def _sides(transfer: Transfer) -> dict[Side, str]:
    return {Side.AUTHORISER: transfer.sender, Side.USER: transfer.receiver}


async def accept(platform: Platform, transfer_id: str, actor: str, channel: str) -> Transfer | Refusal:
    """The receiver takes the money into his wallet, for good; a repeat changes nothing."""

    async def work(conn: AsyncConnection) -> Transfer | Refusal:
        now = platform.clock()
        found = await _to_decide(conn, transfer_id, actor, TransferState.ACCEPTED, now)
        if not isinstance(found, _Sent):
            return found
        person = (await people_by_number(conn, [actor]))[actor]
        if not person.real_name_verified:
            return refuse(Code.NOT_REAL_NAME)
        accepted = _decided(found.transfer, TransferState.ACCEPTED, now)
        facts = {"amount": format_yuan(accepted.amount)}
        await tell(conn, told_of(Kind.TRANSFER_ACCEPTED, now, _sides(accepted), about=accepted.id, **facts), now)
        wallet = await _wallet(conn, person)
        (taken, *_) = await _postings(conn, [transfer_id])
        transit = AccountRef(AccountKind.WALLET_TRANSIT, taken.region, taken.region)
        paid = Payment(payer=transit, region=taken.region, amount=accepted.amount, purpose="transfer_accepted")
        entry = _entry("transfer_accepted", found, accepted, taken.region, pay(paid, wallet.id, wallet.region), channel)
        await book(conn, [entry], now)
        await store.run(conn, "decide_transfers", ids=[transfer_id], state=accepted.state.value, at=now)
        return accepted

    return await all_or_nothing(platform, work)


async def decline(platform: Platform, transfer_id: str, actor: str, channel: str) -> Transfer | Refusal:
    """The receiver does not want it: the money goes back at once; a repeat changes nothing."""

    async def work(conn: AsyncConnection) -> Transfer | Refusal:
        now = platform.clock()
        found = await _to_decide(conn, transfer_id, actor, TransferState.REFUSED, now)
        if not isinstance(found, _Sent):
            return found
        (back,) = await _give_back(conn, [found], TransferState.REFUSED, channel, now)
        return back

    return await all_or_nothing(platform, work)


async def _to_decide(
    conn: AsyncConnection, transfer_id: str, actor: str, wanted: TransferState, now: datetime
) -> _Sent | Transfer | Refusal:
    """A waiting transfer, locked with both people's accounts; or as it is when it was decided so before."""
    known = await transfer_by_id(conn, transfer_id)
    if isinstance(known, Refusal):
        return known
    if actor != known.receiver:
        return refuse(Code.NOT_YOURS if actor == known.sender else Code.TRANSFER_UNKNOWN, field="id")
    await store.lock_accounts(conn, [known.sender, known.receiver])
    waiting = await _lock(conn, [transfer_id])
    if not waiting:
        decided = await transfer_by_id(conn, transfer_id)
        if isinstance(decided, Refusal) or decided.state is wanted:
            return decided
        return refuse(Code.TRANSFER_DECIDED, field="id", state=decided.state.label)
    if known.returns_at <= now:
        return refuse(Code.TRANSFER_DECIDED, field="id", state=TransferState.RETURNED.label)
    return waiting[0]


async def _lock(conn: AsyncConnection, ids: Sequence[str]) -> list[_Sent]:
    cursor = await store.run(conn, "lock_transfers", ids=list(ids))
    return [_Sent(transfer=rows.transfer(row), journal=row[10]) for row in await cursor.fetchall()]


def _decided(transfer: Transfer, state: TransferState, now: datetime) -> Transfer:
    return msgspec.structs.replace(transfer, state=state, decided_at=now)


async def _wallet(conn: AsyncConnection, person: Person) -> PersonalAccount:
    """Somebody's wallet, opened where he is insured when he has none."""
    for _ in range(2):
        accounts = await read_accounts(conn, person.person_no)
        wallet = next((a for a in accounts if a.kind is AccountKind.WALLET), None)
        if wallet is not None:
            return wallet
        await store.run(
            conn,
            "open_account",
            region=person.region,
            kind=AccountKind.WALLET.value,
            owner=person.person_no,
            segment=Segment.WHOLE.value,
            state=AccountState.OPEN.value,
            binding="",
        )
    raise LookupError("a wallet that was just opened is missing")


class _Taken(msgspec.Struct, frozen=True, kw_only=True):
    """What a transfer took from one account."""

    transfer: str
    account: int
    amount: Fen
    region: str


async def _postings(conn: AsyncConnection, ids: Sequence[str]) -> list[_Taken]:
    cursor = await store.run(conn, "postings_of_transfers", ids=list(ids))
    return [
        _Taken(transfer=number, account=account, amount=amount, region=region)
        for number, account, amount, region in await cursor.fetchall()
    ]


def _entry(kind: str, sent: _Sent, decided: Transfer, region: str, postings: Sequence[Posting], channel: str) -> Entry:
    return Entry(
        kind=kind,
        region=region,
        sender=channel,
        message_id=f"{decided.id}-{decided.state}",
        postings=tuple(postings),
        document=rows.encode(decided),
        reverses=sent.journal if decided.state is not TransferState.ACCEPTED else None,
    )


_WHY: Final = {TransferState.REFUSED: "对方没有接收", TransferState.RETURNED: "没有在规定时间内接收"}


async def _give_back(
    conn: AsyncConnection, sent: Sequence[_Sent], state: TransferState, channel: str, now: datetime
) -> list[Transfer]:
    """Give the money of locked transfers back to where each part of it came from, whose accounts are locked."""
    ids = [one.transfer.id for one in sent]
    taken = await _postings(conn, ids)
    owned = {sender: await account_history(conn, sender) for sender in {one.transfer.sender for one in sent}}
    entries, notices, decided = [], [], []
    for one in sent:
        transfer = _decided(one.transfer, state, now)
        accounts = {a.id: a for a in owned[transfer.sender]}
        parts = [part for part in taken if part.transfer == transfer.id]
        region = parts[0].region
        transit = AccountRef(AccountKind.WALLET_TRANSIT, region, region)
        postings: list[Posting] = []
        for part in reversed(parts):
            back = Posting(from_=transit, to=part.account, amount=part.amount, purpose="transfer_returned")
            postings += bring_back(back, accounts[part.account], accounts.values())
        entries.append(_entry("transfer_returned", one, transfer, region, postings, channel))
        facts = {"amount": format_yuan(transfer.amount), "reason": _WHY[state]}
        if any(isinstance(p.to, AccountRef) and p.to.kind is AccountKind.SUSPENSE for p in postings):
            facts["held"] = "（待领取）"
        notices += told_of(Kind.TRANSFER_RETURNED, now, _sides(transfer), about=transfer.id, **facts)
        decided.append(transfer)
    await tell(conn, notices, now)
    await book(conn, entries, now)
    await store.run(conn, "decide_transfers", ids=ids, state=state.value, at=now)
    return decided


async def return_unaccepted(platform: Platform) -> int:
    """Give back everything whose time is over; returns how many transfers.

    It may run at any time, in several processes, and after any pause: what another one gave back is not touched again.
    """
    count = 0
    while True:
        async with platform.pool.connection() as conn, conn.transaction():
            now = platform.clock()
            cursor = await store.run(conn, "due_transfers", now=now, most=AT_ONCE)
            due = await cursor.fetchall()
            if not due:
                return count
            await store.lock_accounts(conn, list({sender for _, sender in due}))
            waiting = await _lock(conn, [number for number, _ in due])
            if waiting:
                await _give_back(conn, waiting, TransferState.RETURNED, "system", now)
        count += len(waiting)
