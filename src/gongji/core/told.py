"""What a place states in words (其他规定), gathered upwards: county, city, province, nation."""

from datetime import date

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import Scheme
from gongji.core.policy import PolicyBook, ancestry
from gongji.core.rules import (
    StatedItem,
    Statement,
)


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """One item with the block that states it."""

    item: StatedItem
    cite: Citation


def told(book: PolicyBook, region: str, rule: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> tuple[Told, ...]:
    """Every item of a told rule that holds for a region on a day, nearest first.

    A block is inherited whole, but items add up: a county that states its own telephone does not silence the
    nation's. An item of the same key nearer by stands for those above it.
    """
    found: dict[str, Told] = {}
    for code in ancestry(region):
        block = book.own(code, rule, on, scheme)
        if isinstance(block, Statement):
            for item in block.items:
                found.setdefault(item.key, Told(item=item, cite=cite_of(item, block.cite)))
    return tuple(found.values())


def cite_of(item: StatedItem, cite: Citation) -> Citation:
    """The citation of an item: its own source where it names one, else its block's."""
    if item.confidence is None:
        return cite
    return msgspec.structs.replace(cite, source=item.source, confidence=item.confidence)
