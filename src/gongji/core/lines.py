"""What one line of a bill is made of: full self-pay, over the price limit, first self-pay, in scope (费用明细拆分)."""

from decimal import ROUND_HALF_UP, Decimal

import msgspec

from gongji.core.money import WHOLE, BasisPoints, Fen, share_of


class CatalogueItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the insurance catalogue (医保目录项目).

    Attributes:
        level: 甲 (all in scope), 乙 (a first part is borne by the person) or 丙 (borne by the person).
        first_self_pay: share of a 乙 item borne first, in basis points.
        price_limit: highest unit price in scope in fen, or None.
        price: customary unit price in fen, for the sandbox's cashier.
    """

    code: str
    name: str
    kind: str
    level: str
    first_self_pay: BasisPoints = 0
    price_limit: Fen | None = None
    price: Fen = 0


class LineSplit(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of a line in fen; they sum to its amount."""

    amount: Fen
    full_self_pay: Fen
    over_limit: Fen
    first_self_pay: Fen

    @property
    def in_scope(self) -> Fen:
        """Spending in the fund's scope."""
        return self.amount - self.full_self_pay - self.over_limit - self.first_self_pay


def product(quantity: Decimal, price: Decimal) -> Fen:
    """Quantity times unit price in yuan, as fen."""
    return int((quantity * price * 100).to_integral_value(ROUND_HALF_UP))


def split_line(item: CatalogueItem | None, quantity: Decimal, price: Decimal, amount: Fen) -> LineSplit:
    """Split a line; an item outside the catalogue is borne by the person."""
    if item is None or item.level == "丙" or item.first_self_pay >= WHOLE:
        return LineSplit(amount=amount, full_self_pay=amount, over_limit=0, first_self_pay=0)
    over = 0
    if item.price_limit is not None:
        limit = Decimal(item.price_limit) / 100
        over = min(amount, product(quantity, max(Decimal(0), price - limit)))
    first = share_of(amount - over, item.first_self_pay)
    return LineSplit(amount=amount, full_self_pay=0, over_limit=over, first_self_pay=first)
