"""From a split to the ledger: who pays whom, as positive amounts between two accounts (记账).

A correction is never an edit: a reversal is a new set of postings that runs the original's backwards.
"""

from collections.abc import Iterable

import msgspec

from gongji.core.account import AccountKind, AccountRef, PersonalAccount, landing
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
    """Post payments to an institution of a region; money of another region passes the clearing between them."""
    return pay_all(payments, AccountRef(AccountKind.INSTITUTION_PAYABLE, institution, region))


def pay_all(payments: Iterable[Payment], payee: AccountRef) -> tuple[Posting, ...]:
    """Post payments to an account of a region."""
    return tuple([posting for payment in payments for posting in pay(payment, payee, payee.region)])


def pay(payment: Payment, to: Party, region: str) -> list[Posting]:
    """Post a payment to an account in a region's books; nothing where nothing is paid."""
    if payment.amount == 0:
        return []
    if payment.region == region:
        return [Posting(from_=payment.payer, to=to, amount=payment.amount, purpose=payment.purpose)]
    owes = AccountRef(AccountKind.CLEARING_PAYABLE, region, payment.region)
    claim = AccountRef(AccountKind.CLEARING_RECEIVABLE, payment.region, region)
    return [
        Posting(from_=payment.payer, to=owes, amount=payment.amount, purpose=payment.purpose),
        Posting(from_=claim, to=to, amount=payment.amount, purpose=payment.purpose),
    ]


def bring_back(posting: Posting, account: PersonalAccount, owned: Iterable[PersonalAccount]) -> list[Posting]:
    """A posting to somebody's account, sent on where that account has been closed or left behind since.

    Args:
        posting: it comes from an account in the same region's books as the account it goes to.
        account: the account it goes to, as it is now.
        owned: everything that is its owner's.
    """
    target = landing(account, owned)
    payment = Payment(payer=posting.from_, region=account.region, amount=posting.amount, purpose=posting.purpose)
    return pay(payment, target.id if isinstance(target, PersonalAccount) else target, target.region)


def run_backwards(postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """The postings that undo others, last first, so that each payer gets exactly his own part back."""
    return tuple(Posting(from_=p.to, to=p.from_, amount=p.amount, purpose=p.purpose) for p in reversed(postings))
