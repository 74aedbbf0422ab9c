"""Reconciliation: an institution's list of settlements against the books, row by row (对账).

A settlement and its reversal are two rows on both sides. What both sides leave out is no difference: a settlement that
was taken back, and of which the institution has neither row, has moved nobody's money.
"""

from collections.abc import Iterable, Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final

import msgspec

from gongji.core.codes import Care
from gongji.core.money import Fen, format_yuan


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """One row of an institution's list; amounts in fen, of either sign for a refund.

    Attributes:
        settlement: id of the settlement, or of its reversal: clients write either for a refund.
        visit, person_no: empty when the institution does not say.
        refund: whether it takes a settlement back.
    """

    settlement: str
    visit: str
    person_no: str
    total: Fen
    fund: Fen
    account: Fen
    refund: bool

    @property
    def amounts(self) -> tuple[Fen, Fen, Fen]:
        """Without signs: what a row is, says :attr:`refund`."""
        return abs(self.total), abs(self.fund), abs(self.account)


class Booked(msgspec.Struct, frozen=True, kw_only=True):
    """One settlement or reversal of the books; amounts in fen, negative in a reversal.

    Attributes:
        message_id: number of the message that made it.
        reverses: id of the settlement it takes back, or None.
        standing: whether it is a settlement that nobody has taken back.
    """

    settlement: str
    visit: str
    person_no: str
    total: Fen
    fund: Fen
    account: Fen
    cash: Fen
    message_id: str
    settled_at: datetime
    reverses: str | None
    standing: bool
    care: Care

    @property
    def amounts(self) -> tuple[Fen, Fen, Fen]:
        """Without signs."""
        return abs(self.total), abs(self.fund), abs(self.account)


class Kind(StrEnum):
    """In which way the two sides differ (差异类别)."""

    MISSING_THERE = "missing_there"
    MISSING_HERE = "missing_here"
    OUT_OF_RANGE = "out_of_range"
    AMOUNT = "amount"
    DETAILS = "details"
    DOUBLED = "doubled"
    REVERSED_HERE = "reversed_here"
    REVERSED_THERE = "reversed_there"
    UNCONFIRMED = "unconfirmed"

    @property
    def label(self) -> str:
        """What it means, and what to do."""
        return _KINDS[self]


_KINDS: Final = {
    Kind.MISSING_THERE: "中心有、机构没有：请按报文号查询（5203）后补记，或冲正（2601）",
    Kind.MISSING_HERE: "机构有、中心没有：请核对结算ID，没有结算成功的请作废后重新结算",
    Kind.OUT_OF_RANGE: "中心有此结算，但不在本次对账的日期、清算类别或结算经办机构内",
    Kind.AMOUNT: "金额不一致",
    Kind.DETAILS: "人员编号或就诊ID不一致",
    Kind.DOUBLED: "机构重复：同一结算出现多次",
    Kind.REVERSED_HERE: "中心已撤销、机构没有退费记录",
    Kind.REVERSED_THERE: "机构已退费、中心没有撤销：请办理结算撤销（2208、2103）",
    Kind.UNCONFIRMED: "机构尚未确认收到这笔结算的结果",
}


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """One row on which the two sides differ; at least one side has it."""

    kind: Kind
    ours: Booked | None = None
    theirs: Held | None = None

    @property
    def memo(self) -> str:
        """What differs, in Chinese, with the amounts of both sides where those differ."""
        if self.kind is Kind.AMOUNT and self.ours and self.theirs:
            names = ("医疗费总额", "基金支付", "个人账户支付")
            told = [
                f"{name}：机构 {format_yuan(theirs)} 元，中心 {format_yuan(ours)} 元"
                for name, ours, theirs in zip(names, self.ours.amounts, self.theirs.amounts, strict=True)
                if ours != theirs
            ]
            return f"{self.kind.label}：{'；'.join(told)}"
        return self.kind.label


def compare(ours: Sequence[Booked], theirs: Iterable[Held]) -> list[Difference]:
    """Every row on which the two sides differ: theirs in the order of their list, then what only the books have."""
    settled = {row.settlement: row for row in ours if row.reverses is None}
    taken_back = {row.reverses: row for row in ours if row.reverses is not None}
    refunds = {row.settlement: row for row in taken_back.values()} | taken_back
    matched: set[str] = set()
    found: list[Difference] = []
    for row in theirs:
        mine = (refunds if row.refund else settled).get(row.settlement)
        kind = _kind(mine, row, settled, matched)
        if mine:
            matched.add(mine.settlement)
        if kind:
            found.append(Difference(kind=kind, ours=mine or settled.get(row.settlement), theirs=row))
    for mine in ours:
        if mine.settlement in matched:
            continue
        partner = taken_back.get(mine.settlement) if mine.reverses is None else settled.get(mine.reverses)
        if partner is not None and partner.settlement not in matched:
            continue
        kind = Kind.MISSING_THERE if mine.reverses is None else Kind.REVERSED_HERE
        found.append(Difference(kind=kind, ours=mine))
    return found


def _kind(mine: Booked | None, row: Held, settled: dict[str, Booked], matched: set[str]) -> Kind | None:
    if mine is None:
        return Kind.REVERSED_THERE if row.refund and row.settlement in settled else Kind.MISSING_HERE
    if mine.settlement in matched:
        return Kind.DOUBLED
    if mine.amounts != row.amounts:
        return Kind.AMOUNT
    if (row.person_no and row.person_no != mine.person_no) or (row.visit and row.visit != mine.visit):
        return Kind.DETAILS
    return None
