"""Reconciliation: an institution's list of settlements against the books, row by row (对账).

A settlement and its reversal are two rows on both sides. What both sides leave out is no difference: a settlement that
was taken back, and of which the institution has neither row, has moved nobody's money.

A partial return (部分退费) is two rows of the books as well: the whole is taken back, the rest is settled. Institutions
write it so, or as one refund of the difference, or keep only the rest; each of these agrees with the books.
"""

from collections.abc import Iterable, Iterator, Sequence
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
        returned: a partial return's first row, which takes the whole back; the rest is settled under the same id.
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
    returned: bool = False

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
    RETURNED_HERE = "returned_here"
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
    Kind.REVERSED_THERE: "机构已退费、中心没有撤销：请办理结算撤销（2208、2305、2103）或部分退费",
    Kind.RETURNED_HERE: "中心已部分退费、机构没有退费记录：请补记退回的金额",
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
        if self.kind is Kind.RETURNED_HERE and self.ours:
            return f"{self.kind.label}（{format_yuan(-self.ours.total)} 元，原结算 {self.ours.reverses}）"
        return self.kind.label


def compare(ours: Sequence[Booked], theirs: Iterable[Held]) -> list[Difference]:
    """Every row on which the two sides differ: theirs in the order of their list, then what only the books have."""
    held = list(theirs)
    books = _Books(ours, frozenset(row.settlement for row in held if not row.refund))
    found = [difference for row in held if (difference := books.meet(row))]
    return [*found, *books.left()]


class _Books:
    """Rows of the books by what an institution may call them, and those that have been met so far."""

    def __init__(self, ours: Sequence[Booked], stated: frozenset[str]) -> None:
        """``stated`` are the settlements that the institution's list has, other than as refunds."""
        self._ours, self._stated = ours, stated
        self._settled = {row.settlement: row for row in ours if row.reverses is None}
        self._taken_back = {row.reverses: row for row in ours if row.reverses is not None}
        self._refunds = {row.settlement: row for row in self._taken_back.values()}
        self._met: set[tuple[str, bool]] = set()

    def meet(self, row: Held) -> Difference | None:
        """A row of the list beside the row of the books that it means."""
        mine = self._meant(row)
        if mine is None:
            settled = self._settled.get(row.settlement)
            kind = Kind.REVERSED_THERE if row.refund and settled else Kind.MISSING_HERE
            return Difference(kind=kind, ours=settled, theirs=row)
        if self._is_met(mine):
            return Difference(kind=Kind.DOUBLED, ours=mine, theirs=row)
        self._met.add(_key(mine))
        rest = self._rest_of(mine)
        if rest and mine.amounts != row.amounts and rest.settlement not in self._stated:
            self._met.add(_key(rest))
            mine = _difference(mine, rest)
        if mine.amounts != row.amounts:
            return Difference(kind=Kind.AMOUNT, ours=mine, theirs=row)
        if (row.person_no and row.person_no != mine.person_no) or (row.visit and row.visit != mine.visit):
            return Difference(kind=Kind.DETAILS, ours=mine, theirs=row)
        return None

    def _meant(self, row: Held) -> Booked | None:
        """Clients write a refund under its own id or under that of what it takes back, which two refunds may share."""
        if not row.refund:
            return self._settled.get(row.settlement)
        named = (self._taken_back.get(row.settlement), self._refunds.get(row.settlement))
        known = [mine for mine in named if mine]
        waiting = [mine for mine in known if not self._is_met(mine)]
        exact = (mine for mine in waiting if row.amounts in self._forms(mine))
        return next(exact, None) or next(iter(waiting or known), None)

    def _forms(self, mine: Booked) -> list[tuple[Fen, Fen, Fen]]:
        rest = self._rest_of(mine)
        return [mine.amounts] if rest is None else [mine.amounts, _difference(mine, rest).amounts]

    def left(self) -> Iterator[Difference]:
        """What the list does not have, though it should."""
        told: set[str] = set()
        for mine in self._ours:
            if self._is_met(mine) or self._left_out_with_partner(mine):
                continue
            if mine.reverses is None:
                if mine.settlement not in told:
                    yield Difference(kind=Kind.MISSING_THERE, ours=mine)
                continue
            rest = self._rest_of(mine)
            if rest and not self._is_met(rest) and not self._left_out_with_partner(rest):
                told.add(rest.settlement)
                yield Difference(kind=Kind.RETURNED_HERE, ours=_difference(mine, rest))
            else:
                yield Difference(kind=Kind.REVERSED_HERE, ours=mine)

    def _left_out_with_partner(self, mine: Booked) -> bool:
        partner = self._taken_back.get(mine.settlement) if mine.reverses is None else self._settled.get(mine.reverses)
        return partner is not None and not self._is_met(partner)

    def _rest_of(self, mine: Booked) -> Booked | None:
        return self._settled.get(mine.settlement) if mine.returned else None

    def _is_met(self, mine: Booked) -> bool:
        return _key(mine) in self._met


def _key(mine: Booked) -> tuple[str, bool]:
    return mine.settlement, mine.reverses is not None


def _difference(whole: Booked, rest: Booked) -> Booked:
    """A partial return as one refund: what it took back less what it settled again."""
    return msgspec.structs.replace(
        whole,
        total=whole.total + rest.total,
        fund=whole.fund + rest.fund,
        account=whole.account + rest.account,
        cash=whole.cash + rest.cash,
    )
