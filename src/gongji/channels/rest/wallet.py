"""The wallet over REST: send to a relative, accept, refuse, see (医保钱包)."""

from datetime import datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED
from msgspec import Meta

from gongji.channels.rest.amounts import Yuan, amount_of
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.idempotency import IdempotencyKey, sender_of
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import RefusedError
from gongji.channels.rest.values import clean
from gongji.core.codes import Relation
from gongji.core.money import format_yuan
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.core.wallet import Source, Transfer, TransferState
from gongji.service import wallet
from gongji.service.platform import Platform
from gongji.service.wallet_view import TransferView, transfer_view, transfers_of, wallet_of

TAGS: Final = ["医保钱包"]

TransferKey = tuple[datetime, Annotated[str, Meta(max_length=40)]]
"""By which transfers are sorted, newest first: time, id."""


class TransferIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A transfer to make; the sender is the person of the token. ``relation``: what the receiver is to him."""

    receiver_certificate_no: str
    receiver_name: str
    relation: Relation
    amount: Yuan
    source: Source = Source.ACCOUNT


class TransferOut(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer. ``role`` is the side of the person of the token; it goes back at ``returns_at`` if it waits then."""

    id: str
    role: str
    other: str
    relation: Relation
    source: Source | None
    amount: str
    state: TransferState
    state_text: str
    sent_at: datetime
    returns_at: datetime
    decided_at: datetime | None


class WalletOut(msgspec.Struct, frozen=True, kw_only=True):
    """The wallet and today's rules. ``open`` is whether one's place is known to have the wallet."""

    open: bool
    balance: str
    per_day: int | None
    most: str | None
    sent_today: int
    closed_from: str | None
    closed_until: str | None
    may_pass_on: bool | None
    waiting: int


@get("/wallet", tags=TAGS, **open_to(Scope.WALLET))
async def my_wallet(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> WalletOut:
    """Balance, what may be sent today, and how many transfers wait for one's answer."""
    found = await wallet_of(platform, caller.person_no)
    if isinstance(found, Refusal):
        raise RefusedError(found)
    rule = found.rule
    return WalletOut(
        open=found.open,
        balance=format_yuan(found.balance),
        per_day=rule.per_day if rule else None,
        most=None if rule is None or rule.most is None else format_yuan(rule.most),
        sent_today=found.sent_today,
        closed_from=f"{rule.closed_from:%H:%M}" if rule else None,
        closed_until=f"{rule.closed_until:%H:%M}" if rule else None,
        may_pass_on=found.passed_on,
        waiting=found.waiting,
    )


@get("/wallet/transfers", tags=TAGS, **open_to(Scope.WALLET))
async def my_transfers(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    cursor: Cursor = "",
    limit: Limit = 50,
    only: Annotated[TransferState | None, QueryParameter(name="state", description="只看这种状态的转账")] = None,
) -> Response[list[TransferOut]]:
    """What one sent and received, newest first."""
    found = await transfers_of(platform, caller.person_no, limit + 1, position(cursor, TransferKey), only)
    return page(request, found, limit, lambda view: _out(view, caller), _key)


def _key(view: TransferView) -> TransferKey:
    return view.transfer.sent_at, view.transfer.id


def _out(view: TransferView, caller: Caller) -> TransferOut:
    transfer, mine = view.transfer, view.transfer.sender == caller.person_no
    return TransferOut(
        id=transfer.id,
        role="sender" if mine else "receiver",
        other=(view.receiver if mine else view.sender).name,
        relation=transfer.relation,
        source=transfer.source if mine else None,
        amount=format_yuan(transfer.amount),
        state=transfer.state,
        state_text=transfer.state.label,
        sent_at=transfer.sent_at,
        returns_at=transfer.returns_at,
        decided_at=transfer.decided_at,
    )


@post("/wallet/transfers", status_code=HTTP_201_CREATED, tags=TAGS, **open_to(Scope.WALLET))
async def send(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[TransferIn],
    key: IdempotencyKey = None,
) -> TransferOut:
    """Send money to a relative's wallet; once he has accepted it there is no way back."""
    wanted = wallet.TransferRequest(
        sender=caller.person_no,
        certificate_no=clean(data.receiver_certificate_no, "receiver_certificate_no"),
        name=clean(data.receiver_name, "receiver_name"),
        relation=data.relation,
        amount=amount_of(data.amount, "amount"),
        source=data.source,
        channel=caller.channel,
    )
    made = await wallet.send(platform, sender_of(caller, key, "wallet.send", wanted), wanted)
    return await _told(platform, caller, made)


async def _told(platform: Platform, caller: Caller, outcome: Transfer | Refusal) -> TransferOut:
    if isinstance(outcome, Refusal):
        raise RefusedError(outcome)
    return _out(await transfer_view(platform, outcome), caller)


@post("/wallet/transfers/{transfer_id:str}/accept", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.WALLET))
async def accept(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], transfer_id: FromPath[str]
) -> TransferOut:
    """Take the money into one's wallet; a repeat changes nothing."""
    number = clean(transfer_id, "transfer_id")
    return await _told(platform, caller, await wallet.accept(platform, number, caller.person_no, caller.channel))


@post("/wallet/transfers/{transfer_id:str}/refuse", status_code=HTTP_200_OK, tags=TAGS, **open_to(Scope.WALLET))
async def refuse(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], transfer_id: FromPath[str]
) -> TransferOut:
    """Send the money back to where it came from; a repeat changes nothing."""
    number = clean(transfer_id, "transfer_id")
    return await _told(platform, caller, await wallet.decline(platform, number, caller.person_no, caller.channel))
