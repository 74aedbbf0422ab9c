"""Accounts of the ledger as values (账户)."""

from enum import StrEnum

import msgspec

from gongji.core.codes import AccountState, Segment
from gongji.core.money import Fen


class AccountKind(StrEnum):
    """Kind of a ledger account (账户类别)."""

    PERSONAL = "personal"
    """个人账户，或其中一段"""
    POOL = "pool"
    """统筹基金"""
    SUPPLEMENTARY = "supplementary"
    """统筹封顶线以上的补充基金"""
    INSTITUTION_PAYABLE = "institution_payable"
    """应付定点医药机构"""
    PREMIUM_INCOME = "premium_income"
    """保费收入"""
    CLEARING_PAYABLE = "clearing_payable"
    """应付其他统筹区清算款"""
    CLEARING_RECEIVABLE = "clearing_receivable"
    """应收其他统筹区清算款"""
    SUSPENSE = "suspense"
    """待处理"""


class AccountRef(msgspec.Struct, frozen=True):
    """Names an account that is not personal: its kind, its owner and the region whose books it is in."""

    kind: AccountKind
    owner: str
    region: str


class PersonalAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A personal account, or one segment of it, as read at one moment; money in fen."""

    id: int
    region: str
    owner: str
    segment: Segment
    state: AccountState
    balance: Fen
    held: Fen

    @property
    def available(self) -> Fen:
        """What may be drawn now."""
        return self.balance - self.held if self.state is AccountState.OPEN else 0


SEGMENT_ORDER = {Segment.CURRENT_YEAR: 0, Segment.WHOLE: 0, Segment.HISTORICAL: 1}
"""Current-year money before historical money."""
