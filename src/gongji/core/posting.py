"""From a split to the ledger: who pays whom, as positive amounts between two accounts (记账).

A correction is never an edit: a reversal is a new set of postings that runs the original's backwards.
"""

from collections.abc import Iterable, Mapping

import msgspec

from gongji.core.account import SEGMENT_ORDER, AccountKind, AccountRef, PersonalAccount
from gongji.core.codes import AccountState
from gongji.core.money import Fen

Party = int | AccountRef
"""A personal account by its id, or another account by what it is."""


class Posting(msgspec.Struct, frozen=True, kw_only=True):
    """A positive amount of fen that moves from one account to another."""

    from_: Party
    to: Party
    amount: Fen
    purpose: str


class Payment(msgspec.Struct, frozen=True, kw_only=True):
    """What one payer gives towards a bill: his account, the region whose books it is in, fen, and as what."""

    payer: Party
    region: str
    amount: Fen
    purpose: str


def take(accounts: Iterable[PersonalAccount], amount: Fen, purpose: str) -> list[Payment]:
    """Take an amount from accounts of one person in their order, from each what it has."""
    payments = []
    for account in accounts:
        taken = min(account.available, amount)
        amount -= taken
        payments.append(Payment(payer=account.id, region=account.region, amount=taken, purpose=purpose))
    return payments


def pay_institution(payments: tuple[Payment, ...], institution: str, region: str) -> tuple[Posting, ...]:
    """Post payments to an institution of a region."""
    return pay(payments, AccountRef(AccountKind.INSTITUTION_PAYABLE, institution, region))


def pay(payments: Iterable[Payment], payee: AccountRef) -> tuple[Posting, ...]:
    """Post payments to an account of a region; money of another region passes the clearing between them."""
    region = payee.region
    postings: list[Posting] = []
    for payment in payments:
        if payment.amount == 0:
            continue
        source = payment.payer
        if payment.region != region:
            owes = AccountRef(AccountKind.CLEARING_PAYABLE, region, payment.region)
            source = AccountRef(AccountKind.CLEARING_RECEIVABLE, payment.region, region)
            postings.append(Posting(from_=payment.payer, to=owes, amount=payment.amount, purpose=payment.purpose))
        postings.append(Posting(from_=source, to=payee, amount=payment.amount, purpose=payment.purpose))
    return tuple(postings)


def run_backwards(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """The postings that undo others, last first, so that each payer gets exactly his own part back."""
    return tuple(Posting(from_=p.to, to=p.from_, amount=p.amount, purpose=p.purpose) for p in reversed(postings))


def redirected(posting: Posting, accounts: Mapping[int, PersonalAccount]) -> Posting:
    """A posting that gives money back, sent where its owner finds it when the account has been closed.

    What was set aside goes back to his personal account; when that is closed too it waits in suspense for him or his
    heirs.
    """
    account = accounts.get(posting.to) if isinstance(posting.to, int) else None
    if account is None or account.state is not AccountState.CLOSED:
        return posting
    mine = [a for a in accounts.values() if a.owner == account.owner and a.kind is AccountKind.PERSONAL]
    own = sorted((a for a in mine if a.state is not AccountState.CLOSED), key=lambda a: SEGMENT_ORDER[a.segment])
    if account.kind is not AccountKind.PERSONAL and own and own[0].state is not AccountState.NONE:
        same = next((a for a in own if a.segment is account.segment), own[-1])
        return msgspec.structs.replace(posting, to=same.id)
    suspense = AccountRef(AccountKind.SUSPENSE, account.owner, account.region)
    return msgspec.structs.replace(posting, to=suspense)
