"""What one line of a bill is made of: full self-pay, over the price limit, first self-pay, in scope (费用明细拆分)."""

from collections.abc import Iterable
from decimal import ROUND_HALF_UP, Decimal

import msgspec

from gongji.core.case import PurposePart
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Purpose
from gongji.core.money import WHOLE, Fen, round_half_up, share_of


class LineSplit(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """The parts of a line, or of several together, in fen; they sum to the amount.

    ``by_purpose`` says how much of the full self-pay is not ordinary care, and what it is for.
    """

    amount: Fen
    full_self_pay: Fen
    over_limit: Fen
    first_self_pay: Fen
    by_purpose: tuple[PurposePart, ...] = ()

    @property
    def in_scope(self) -> Fen:
        """Spending in the fund's scope."""
        return self.amount - self.full_self_pay - self.over_limit - self.first_self_pay

    @property
    def negative(self) -> "LineSplit":
        """The same parts, taken back."""
        return LineSplit(
            amount=-self.amount,
            full_self_pay=-self.full_self_pay,
            over_limit=-self.over_limit,
            first_self_pay=-self.first_self_pay,
            by_purpose=tuple(PurposePart(purpose=p.purpose, amount=-p.amount) for p in self.by_purpose),
        )


def less(left: LineSplit, returned: LineSplit) -> LineSplit:
    """What is left of a line after a return, whose amounts are negative."""
    return total_of([left, returned])


def taken_from(
    whole: LineSplit, left: LineSplit, quantity: Decimal, of: Decimal, amount: Fen | None = None
) -> LineSplit | None:
    """The part of a line that goes when some of its quantity goes; None when that is more than is left.

    Args:
        whole: the line as it was charged.
        left: what is left of it.
        quantity: how much goes, at most ``of``.
        of: the quantity that is left.
        amount: what goes in fen, or None for a share by quantity. All that is left goes with the last of it.
    """
    if amount is None:
        amount = left.amount if quantity == of else _share(left.amount, quantity, of)
    if not 0 <= amount <= left.amount:
        return None
    if amount == left.amount:
        return left
    rest = amount
    parts = []
    for name in ("full_self_pay", "over_limit", "first_self_pay"):
        due = round_half_up(getattr(whole, name) * amount, whole.amount)
        part = min(rest, getattr(left, name), due)
        parts.append(part)
        rest -= part
    # What rounding left over goes where something is left to take.
    over = max(0, rest - left.in_scope)
    for at, name in enumerate(("full_self_pay", "over_limit", "first_self_pay")):
        more = min(over, getattr(left, name) - parts[at])
        parts[at] += more
        over -= more
    full, limit, first = parts
    purposes = tuple(PurposePart(purpose=p.purpose, amount=full) for p in whole.by_purpose)
    return LineSplit(amount=amount, full_self_pay=full, over_limit=limit, first_self_pay=first, by_purpose=purposes)


def _share(amount: Fen, quantity: Decimal, of: Decimal) -> Fen:
    return int((amount * quantity / of).to_integral_value(ROUND_HALF_UP))


def product(quantity: Decimal, price: Decimal) -> Fen:
    """Quantity times unit price in yuan, as fen."""
    return int((quantity * price * 100).to_integral_value(ROUND_HALF_UP))


def split_line(
    item: CatalogueItem | None, quantity: Decimal, price: Decimal, amount: Fen, *, approved: bool = True
) -> LineSplit:
    """Split a line by its item.

    The person bears all of an item that is unknown, 丙, not ordinary care, or restricted in use where the institution
    found that the restriction isn't met (``approved`` is false).
    """
    if item is None or item.level == "丙" or item.first_self_pay >= WHOLE or (item.restriction and not approved):
        return _borne(item, amount)
    if item.purpose:
        return _borne(item, amount)
    over = 0
    if item.price_limit is not None:
        limit = Decimal(item.price_limit) / 100
        over = min(amount, product(quantity, max(Decimal(0), price - limit)))
    first = share_of(amount - over, item.first_self_pay)
    return LineSplit(amount=amount, full_self_pay=0, over_limit=over, first_self_pay=first)


def _borne(item: CatalogueItem | None, amount: Fen) -> LineSplit:
    """The person bears it all."""
    parts = (PurposePart(purpose=item.purpose, amount=amount),) if item and item.purpose else ()
    return LineSplit(amount=amount, full_self_pay=amount, over_limit=0, first_self_pay=0, by_purpose=parts)


def total_of(splits: Iterable[LineSplit]) -> LineSplit:
    """The parts of several lines together; purposes in the order of their code."""
    amount = full = over = first = 0
    purposes: dict[Purpose, Fen] = {}
    for split in splits:
        amount += split.amount
        full += split.full_self_pay
        over += split.over_limit
        first += split.first_self_pay
        for part in split.by_purpose:
            purposes[part.purpose] = purposes.get(part.purpose, 0) + part.amount
    return LineSplit(
        amount=amount,
        full_self_pay=full,
        over_limit=over,
        first_self_pay=first,
        by_purpose=tuple(PurposePart(purpose=purpose, amount=purposes[purpose]) for purpose in sorted(purposes)),
    )
