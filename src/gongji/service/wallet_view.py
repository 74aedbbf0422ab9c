"""What both sides see of the wallet: balance, rules of today, transfers (医保钱包查询)."""

from datetime import datetime

import msgspec

from gongji.core.account import AccountKind
from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.policy import WalletOpening, WalletTransfer
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.core.wallet import Transfer, TransferState, wallet_open
from gongji.ledger import rows, store
from gongji.service.people import holding_of, people_by_number
from gongji.service.platform import Platform
from gongji.service.wallet import sent_today


class Wallet(msgspec.Struct, frozen=True, kw_only=True):
    """Somebody's wallet as he sees it.

    Attributes:
        open: whether his place is known to have the wallet.
        balance: in fen.
        rule: what holds for sending today, or None when it is not known.
        sent_today: how many transfers he has made today.
        passed_on: whether wallet money may be sent on; None is not known.
        waiting: how many transfers wait for his answer.
    """

    open: bool
    balance: Fen
    rule: WalletTransfer | None
    sent_today: int
    passed_on: bool | None
    waiting: int


class TransferView(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer with both people."""

    transfer: Transfer
    sender: Person
    receiver: Person


async def wallet_of(platform: Platform, person_no: str) -> Wallet | Refusal:
    """A person's wallet; one that nobody has sent anything to is empty."""
    holding = await holding_of(platform, person_no)
    if isinstance(holding, Refusal):
        return holding
    now, region = platform.clock(), holding.person.region
    on = now.astimezone(CHINA).date()
    opening = platform.book.rule(WalletOpening, region, "wallet.opening", on)
    async with platform.pool.connection() as conn:
        sent = await sent_today(conn, person_no, now)
        cursor = await store.run(conn, "transfers_waiting_for", receiver=person_no, now=now)
        (waiting,) = await cursor.fetchone() or (0,)
    return Wallet(
        open=wallet_open(platform.book, region, now),
        balance=holding.set_aside(AccountKind.WALLET),
        rule=platform.book.rule(WalletTransfer, region, "wallet.transfer", on),
        sent_today=sent,
        passed_on=opening.passed_on if opening else None,
        waiting=waiting,
    )


async def transfers_of(
    platform: Platform,
    person_no: str,
    limit: int,
    before: tuple[datetime, str] | None = None,
    state: TransferState | None = None,
) -> list[TransferView]:
    """What a person sent and received, newest first, from after ``before`` on."""
    at, number = before or (None, "")
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "wallet_transfers_of",
            person_no=person_no,
            state=state.value if state else None,
            before=at,
            before_id=number,
            limit=limit,
        )
        found = [rows.transfer(row) for row in await cursor.fetchall()]
        people = await people_by_number(conn, list({number for t in found for number in (t.sender, t.receiver)}))
    return [TransferView(transfer=t, sender=people[t.sender], receiver=people[t.receiver]) for t in found]


async def transfer_view(platform: Platform, transfer: Transfer) -> TransferView:
    """A transfer with both people."""
    async with platform.pool.connection() as conn:
        people = await people_by_number(conn, [transfer.sender, transfer.receiver])
    return TransferView(transfer=transfer, sender=people[transfer.sender], receiver=people[transfer.receiver])
