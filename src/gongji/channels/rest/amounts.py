"""Amounts that come over REST: text in yuan, read into fen (金额)."""

from typing import Annotated

from msgspec import Meta

from gongji.channels.rest.problems import invalid
from gongji.core.money import Fen, MoneyError, parse_yuan

Yuan = Annotated[str, Meta(max_length=20, description="以元为单位、最多两位小数的金额", examples=["200.00"])]
"""Type of an amount in a body."""


def amount_of(text: str, field: str, *, zero: bool = False) -> Fen:
    """An amount in fen, greater than zero; ``zero`` lets nothing at all pass as well."""
    try:
        amount = parse_yuan(text)
    except MoneyError:
        amount = -1
    if amount < 0 or (amount == 0 and not zero):
        least = "不小于零" if zero else "大于零"
        raise invalid(f"{field} 是{least}、最多两位小数的金额，例如 200.00", field)
    return amount
