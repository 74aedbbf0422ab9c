"""Clearing: what is owed for a month, when it can be closed, and the postings that pay it (清算)."""

from datetime import date, datetime, timedelta
from enum import StrEnum
from typing import Final

import msgspec

from gongji.core.account import AccountKind, AccountRef
from gongji.core.money import Fen
from gongji.core.posting import Posting, run_backwards

GRACE: Final = timedelta(hours=1)
"""From the end of a time until it is taken as complete: whatever was decided before midnight is committed by then."""

PURPOSE: Final = "clearing"


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """What one region owes another for a month (统筹区间清算单); amounts in fen.

    Attributes:
        month: its first day.
        debtor, creditor: the region that owes, the region that is owed.
        owed: what accounts and funds of the debtor paid in the creditor's region.
        returned: what was given back in the month, whenever it had been paid.
        lines: postings behind it.
    """

    month: date
    debtor: str
    creditor: str
    owed: Fen
    returned: Fen
    lines: int

    @property
    def amount(self) -> Fen:
        """What is to be paid; negative when more was given back than paid."""
        return self.owed - self.returned


class ApplicationState(StrEnum):
    """Where an institution's application stands (清算申请状态)."""

    APPLIED = "applied"
    WITHDRAWN = "withdrawn"
    REJECTED = "rejected"
    APPROVED = "approved"
    PAID = "paid"

    @property
    def label(self) -> str:
        """Name in Chinese."""
        return _STATES[self]


_STATES: Final = {
    ApplicationState.APPLIED: "已申请",
    ApplicationState.WITHDRAWN: "已撤销",
    ApplicationState.REJECTED: "已退回",
    ApplicationState.APPROVED: "已复核",
    ApplicationState.PAID: "已拨付",
}


class Totals(msgspec.Struct, frozen=True, kw_only=True):
    """Bills of a time and who paid them, in fen; reversals count negative."""

    rows: int = 0
    total: Fen = 0
    fund: Fen = 0
    account: Fen = 0
    cash: Fen = 0

    @property
    def payable(self) -> Fen:
        """What the institution is owed for them."""
        return self.fund + self.account


def parse_month(text: str) -> date | None:
    """The first day of a month written ``2026-11`` or ``202611``; None when it is none."""
    digits = text.replace("-", "", 1) if len(text) == 7 and text[4] == "-" else text  # noqa: PLR2004 - yyyy-mm
    if len(digits) != 6 or not (digits.isascii() and digits.isdigit()):  # noqa: PLR2004 - yyyymm
        return None
    try:
        return date(int(digits[:4]), int(digits[4:]), 1)
    except ValueError:
        return None


def last_day(month: date) -> date:
    """The last day of a month, by any day of it."""
    return (month.replace(day=28) + timedelta(days=4)).replace(day=1) - timedelta(days=1)


def is_over(day: date, now: datetime) -> bool:
    """Whether a day, and everything that was decided on it, is over."""
    ends = datetime.combine(day + timedelta(days=1), datetime.min.time(), now.tzinfo)
    return now >= ends + GRACE


def pay_between(debtor: str, creditor: str, amount: Fen) -> tuple[Posting, ...]:
    """Bring what one region owes and what the other is owed to zero; a negative amount goes the other way.

    One journal holds both, so that the two books cannot differ.
    """
    owes = AccountRef(AccountKind.CLEARING_PAYABLE, creditor, debtor)
    claim = AccountRef(AccountKind.CLEARING_RECEIVABLE, debtor, creditor)
    return _either_way(
        amount,
        Posting(from_=owes, to=bank_of(debtor), amount=abs(amount), purpose=PURPOSE),
        Posting(from_=bank_of(creditor), to=claim, amount=abs(amount), purpose=PURPOSE),
    )


def pay_out(institution: str, region: str, amount: Fen) -> tuple[Posting, ...]:
    """Pay an institution what its region owes; a negative amount is what the institution gives back."""
    payable = AccountRef(AccountKind.INSTITUTION_PAYABLE, institution, region)
    return _either_way(amount, Posting(from_=payable, to=bank_of(region), amount=abs(amount), purpose=PURPOSE))


def bank_of(region: str) -> AccountRef:
    """The money of a region."""
    return AccountRef(AccountKind.BANK, region, region)


def _either_way(amount: Fen, *postings: Posting) -> tuple[Posting, ...]:
    if amount == 0:
        return ()
    return postings if amount > 0 else run_backwards(postings)
