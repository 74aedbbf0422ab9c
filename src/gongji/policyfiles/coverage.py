"""What the book knows: which rule of which region, from when, how sure, and what holds on a day."""

from datetime import date

import msgspec

from gongji.core.codes import Scheme
from gongji.core.policy import Citation, PolicyBook, Region, Rule
from gongji.policyfiles.rules import READERS


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One block of the book: a rule of a region with its span, source and confidence (收录情况)."""

    region: Region
    scheme: Scheme
    cite: Citation

    @property
    def rule(self) -> str:
        """Name of the rule, ``outpatient.ratio``."""
        return self.cite.rule


def coverage(book: PolicyBook) -> tuple[Known, ...]:
    """Every block of the book, by region, rule and first day; a region without blocks does not appear."""
    order = {name: place for place, name in enumerate(READERS)}
    keys = sorted(book.rules, key=lambda key: (key[0], order[key[1]], key[2].value))
    return tuple(
        Known(region=book.regions[region], scheme=scheme, cite=block.cite)
        for region, name, scheme in keys
        if region in book.regions
        for block in book.rules[region, name, scheme]
    )


def show(
    book: PolicyBook, region: str, on: date, scheme: Scheme = Scheme.EMPLOYEE
) -> tuple[tuple[str, Rule | None], ...]:
    """Every rule by name with the block that holds for a region on a day, inherited or its own; None is unknown."""
    return tuple((name, book.in_force(region, name, on, scheme)) for name in READERS)
