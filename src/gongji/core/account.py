"""Accounts of the ledger as values (账户)."""

from collections.abc import Iterable

import msgspec

from gongji.core.codes import AccountState, Segment, Term
from gongji.core.money import Fen


class AccountKind(Term):
    """Kind of a ledger account (账户类别)."""

    PERSONAL = "personal", "个人账户"
    """个人账户，或其中一段"""
    POOL = "pool", "统筹基金"
    SUPPLEMENTARY = "supplementary", "统筹封顶线以上的补充基金"
    INSTITUTION_PAYABLE = "institution_payable", "应付定点医药机构"
    PREMIUM_INCOME = "premium_income", "保费收入"
    INSURER_PAYABLE = "insurer_payable", "应付商业保险公司"
    CLEARING_PAYABLE = "clearing_payable", "应付其他统筹区清算款"
    CLEARING_RECEIVABLE = "clearing_receivable", "应收其他统筹区清算款"
    SUSPENSE = "suspense", "待处理"
    FAMILY = "family", "家庭共济账户"
    """家庭共济账户：授权人划拨，绑定的家人使用"""
    QUOTA_HOLD = "quota_hold", "共济额度"
    """共济额度：授权人为一条绑定冻结的钱"""
    WALLET = "wallet", "医保钱包"
    """医保钱包：亲属转入、归持有人使用"""
    WALLET_TRANSIT = "wallet_transit", "医保钱包在途"
    """医保钱包在途：已转出，对方尚未接收"""
    BANK = "bank", "银行存款"
    """银行存款：清算款从这里付出，收到这里"""

    __hash__ = str.__hash__


GUARDED = frozenset({AccountKind.PERSONAL, AccountKind.FAMILY, AccountKind.QUOTA_HOLD, AccountKind.WALLET})
"""Accounts of people: rows with a balance that never falls below zero, locked before they change."""


class AccountRef(msgspec.Struct, frozen=True):
    """Names an account that is not personal: its kind, its owner and the region whose books it is in."""

    kind: AccountKind
    owner: str
    region: str


class PersonalAccount(msgspec.Struct, frozen=True, kw_only=True):
    """An account of a person, or one segment of it, as read at one moment; money in fen.

    Attributes:
        kind: the personal account itself, or money of the owner that was set aside; one of ``GUARDED``.
        binding: for a quota, the binding it was frozen for.
    """

    id: int
    region: str
    owner: str
    segment: Segment
    state: AccountState
    balance: Fen
    kind: AccountKind = AccountKind.PERSONAL
    binding: str = ""

    @property
    def available(self) -> Fen:
        """What may be drawn now."""
        return self.balance if self.state is AccountState.OPEN else 0

    @property
    def left_behind(self) -> bool:
        """Whether its owner is insured elsewhere now; his money stands on another account."""
        return self.state is AccountState.MOVED


def landing(account: PersonalAccount, owned: Iterable[PersonalAccount]) -> PersonalAccount | AccountRef:
    """Where money goes that belongs back on an account: there, unless it has been closed since.

    Of somebody who has moved to another region it goes to his account of the same kind there. What was set aside goes
    to its owner's personal account, but what was in a wallet never does. Where nothing is open it waits in suspense for
    him or his heirs.

    Args:
        account: the account it came from.
        owned: everything that is the owner's.
    """
    gone = (AccountState.CLOSED, AccountState.MOVED)
    if account.state not in gone:
        return account
    usable = [a for a in owned if a.state not in (*gone, AccountState.NONE)]
    same = [a for a in usable if account.left_behind and a.kind is account.kind]
    own = [a for a in usable if a.kind is AccountKind.PERSONAL]
    followed = account.kind in (AccountKind.PERSONAL, AccountKind.WALLET)
    targets = same or ([] if followed else own)
    if targets:
        return next((a for a in targets if a.segment is account.segment), targets[-1])
    return AccountRef(AccountKind.SUSPENSE, account.owner, account.region)


SEGMENT_ORDER = {Segment.CURRENT_YEAR: 0, Segment.WHOLE: 0, Segment.HISTORICAL: 1}
"""Current-year money before historical money."""
