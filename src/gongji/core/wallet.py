"""Transfers to a relative's wallet (医保钱包转账): may one be sent now, and until when may it be accepted.

A transfer is real: what was accepted never goes back to a personal account, and pays only where its holder is insured.
"""

from datetime import datetime, timedelta

import msgspec

from gongji.core.account import AccountKind
from gongji.core.codes import AccountState, Insurance, Relation, Scheme, Term
from gongji.core.money import Fen, format_yuan
from gongji.core.person import Person
from gongji.core.policy import Kin, PolicyBook, WalletOpening, WalletTransfer
from gongji.core.refusal import Code, Refusal, foremost, refuse
from gongji.core.times import CHINA


class Source(Term):
    """Where the money of a transfer comes from (转出来源)."""

    ACCOUNT = "account", "个人账户"
    WALLET = "wallet", "医保钱包"


SOURCE_KIND = {Source.ACCOUNT: AccountKind.PERSONAL, Source.WALLET: AccountKind.WALLET}
"""Which of the sender's accounts each source is."""


class TransferState(Term):
    """Where a transfer stands (转账状态)."""

    PENDING = "pending", "待接收"
    ACCEPTED = "accepted", "已接收"
    REFUSED = "refused", "已拒收"
    RETURNED = "returned", "逾期退回"


class Transfer(msgspec.Struct, frozen=True, kw_only=True):
    """Money on its way to a relative's wallet, or there, or back (医保钱包转账).

    Attributes:
        relation: what the receiver is to the sender.
        amount: in fen.
        returns_at: when it goes back if it was not accepted before.
        decided_at: when it was accepted, refused or given back; None while it waits.
    """

    id: str
    sender: str
    receiver: str
    relation: Relation
    source: Source
    amount: Fen
    state: TransferState
    sent_at: datetime
    returns_at: datetime
    decided_at: datetime | None = None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A transfer somebody wants to make, with what is known about both people.

    Attributes:
        account_state: of the sender's personal account.
        available: what the source holds for it, in fen.
        sent_today: how many transfers the sender has made on this day, whatever became of them.
    """

    sender: Person
    receiver: Person
    relation: Relation
    source: Source
    amount: Fen
    account_state: AccountState
    available: Fen
    sent_today: int


def may_send(book: PolicyBook, wanted: Wanted, now: datetime) -> Refusal | None:
    """Whether a transfer may be made now, by the rules of the sender's place; None is yes.

    Every condition is looked at; the one that stands first in the order of precedence is answered.
    """
    on = now.astimezone(CHINA).date()
    rule = book.rule(WalletTransfer, wanted.sender.region, "wallet.transfer", on)
    reasons = _unfit(wanted)
    reasons += _outside(book, wanted, now)
    if rule is not None:
        reasons += _beyond(rule, wanted, now)
    if wanted.amount <= 0:
        reasons.append(refuse(Code.AMOUNT_INVALID, field="amount", what="要大于零"))
    elif wanted.amount > wanted.available:
        asked, available = format_yuan(wanted.amount), format_yuan(wanted.available)
        reasons.append(refuse(Code.BALANCE_SHORT, field="amount", asked=asked, available=available))
    return foremost(reasons) if reasons else None


def _unfit(wanted: Wanted) -> list[Refusal]:
    """Conditions on the two people themselves."""
    sender, receiver, reasons = wanted.sender, wanted.receiver, []
    if sender.person_no == receiver.person_no:
        reasons.append(refuse(Code.SELF_TRANSFER, field="receiver"))
    if not sender.real_name_verified:
        reasons.append(refuse(Code.NOT_REAL_NAME))
    if sender.insurance is not Insurance.INSURED:
        reasons.append(refuse(Code.SENDER_NOT_INSURED, state=sender.insurance.label))
    if receiver.insurance is not Insurance.INSURED:
        reasons.append(refuse(Code.RECEIVER_NOT_INSURED, field="receiver"))
    if wanted.source is Source.ACCOUNT:
        if sender.scheme is not Scheme.EMPLOYEE:
            reasons.append(refuse(Code.NO_ACCOUNT_TO_SEND, field="source", scheme=sender.scheme.label))
        elif wanted.account_state is not AccountState.OPEN:
            reasons.append(refuse(Code.ACCOUNT_NOT_OPEN, state=wanted.account_state.label))
    return reasons


def _outside(book: PolicyBook, wanted: Wanted, now: datetime) -> list[Refusal]:
    """Conditions on relation and places."""
    on, mine, theirs = now.astimezone(CHINA).date(), wanted.sender.region, wanted.receiver.region
    reasons = []
    closed = next((region for region in (mine, theirs) if not wallet_open(book, region, now)), None)
    if closed is not None:
        reasons.append(refuse(Code.WALLET_NOT_OPEN, region=book.name(closed), on=str(on)))
    kin = book.rule(Kin, mine, "sharing.kin", on)
    if kin is not None and wanted.relation not in kin.relations:
        allowed = "、".join(kind.label for kind in kin.relations)
        reasons.append(
            refuse(
                Code.RECEIVER_NOT_KIN,
                field="relation",
                relation=wanted.relation.label,
                region=book.name(mine),
                allowed=allowed,
            )
        )
    opening = book.rule(WalletOpening, mine, "wallet.opening", on)
    if wanted.source is Source.WALLET and opening is not None and not opening.passed_on:
        told = "钱包里的钱能否再转出未收录" if opening.passed_on is None else "钱包里的钱不能再转出"
        reasons.append(refuse(Code.WALLET_NOT_PASSED_ON, field="source", region=book.name(mine), what=told))
    return reasons


def wallet_open(book: PolicyBook, region: str, now: datetime) -> bool:
    """Whether a place is known to have the wallet, and its rules are known; what is not known is not open."""
    on = now.astimezone(CHINA).date()
    opening = book.rule(WalletOpening, region, "wallet.opening", on)
    return opening is not None and opening.open and book.rule(WalletTransfer, region, "wallet.transfer", on) is not None


def _beyond(rule: WalletTransfer, wanted: Wanted, now: datetime) -> list[Refusal]:
    """Limits of number, amount and hour."""
    reasons = []
    if rule.closed_at(now.astimezone(CHINA).time()):
        hours = {"since": f"{rule.closed_from:%H:%M}", "until": f"{rule.closed_until:%H:%M}"}
        reasons.append(refuse(Code.TRANSFER_AT_NIGHT, **hours))
    if rule.per_day is not None and wanted.sent_today >= rule.per_day:
        reasons.append(refuse(Code.TOO_MANY_TRANSFERS, limit=str(rule.per_day)))
    if rule.most is not None and wanted.amount > rule.most:
        reasons.append(refuse(Code.TRANSFER_TOO_LARGE, field="amount", limit=format_yuan(rule.most)))
    return reasons


def returns_at(rule: WalletTransfer, sent_at: datetime) -> datetime:
    """When a transfer goes back that nobody has accepted: a time of the next day in China."""
    day = sent_at.astimezone(CHINA).date() + timedelta(days=1)
    return datetime.combine(day, rule.returned_at, CHINA)
