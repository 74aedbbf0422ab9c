"""The book of dated regional rules (政策库), which answers "as of" a date.

A *rule* is one dated block of a region's file. The kinds of rule are a closed set in ``core.rules``; regions differ
only in data. A county takes what it does not state from its city, the city from its province, the province from
the nation.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import Place, Scheme
from gongji.core.facts import Facts, MissingFactError, When
from gongji.core.rules import (
    AwayFirstSelfPay,
    AwayHome,
    AwayPoints,
    AwayRow,
    Band,
    BindingProof,
    Cap,
    CapRow,
    Categories,
    Category,
    Deductible,
    DeductibleRow,
    Draw,
    Guardianship,
    Kin,
    LinkTerms,
    MedicalYear,
    Pattern,
    Payable,
    PayableRow,
    PointsRow,
    Premium,
    PremiumLate,
    PremiumPayer,
    PremiumRefund,
    PremiumRow,
    Prescription,
    ProofPapers,
    Ratio,
    RatioRow,
    Reduction,
    Rule,
    SameAs,
    Segments,
    SharingAcross,
    SharingLimits,
    SharingPurposes,
    SharingReach,
    StatedItem,
    Statement,
    VoucherLife,
    WalletOpening,
    WalletTransfer,
)

__all__ = [
    "NATION",
    "AwayFirstSelfPay",
    "AwayHome",
    "AwayPoints",
    "AwayRow",
    "Band",
    "BindingProof",
    "Cap",
    "CapRow",
    "Categories",
    "Category",
    "Citation",
    "Deductible",
    "DeductibleRow",
    "Draw",
    "Facts",
    "Guardianship",
    "Kin",
    "LinkTerms",
    "MedicalYear",
    "MissingFactError",
    "Pattern",
    "Payable",
    "PayableRow",
    "PointsRow",
    "PolicyBook",
    "Premium",
    "PremiumLate",
    "PremiumPayer",
    "PremiumRefund",
    "PremiumRow",
    "Prescription",
    "ProofPapers",
    "R",
    "Ratio",
    "RatioRow",
    "Reduction",
    "Region",
    "Rule",
    "RuleKey",
    "SameAs",
    "Segments",
    "SharingAcross",
    "SharingLimits",
    "SharingPurposes",
    "SharingReach",
    "StatedItem",
    "Statement",
    "VoucherLife",
    "WalletOpening",
    "WalletTransfer",
    "When",
    "ancestry",
]

NATION = "000000"
"""Region code of the national baseline."""

R = TypeVar("R", bound=Rule)


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A pooling area, province or the nation (统筹区)."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    pooling: bool = True


@lru_cache(maxsize=4096)
def ancestry(code: str) -> tuple[str, ...]:
    """A region and those it inherits from: county, city, province, nation."""
    return tuple(dict.fromkeys((code, code[:4] + "00", code[:2] + "0000", NATION)))


RuleKey = tuple[str, str, Scheme]
"""Region code, rule name, scheme."""


class PolicyBook(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """All rules of all regions; books are told apart by identity, so that look-ups can be remembered.

    Attributes:
        regions: by code.
        rules: for each key the blocks in ascending order of their first day; blocks of a key do not overlap.
        digest: hash over the text of every policy file, stored with each settlement.
    """

    regions: Mapping[str, Region]
    rules: Mapping[RuleKey, tuple[Rule, ...]]
    digest: str

    def find(self, name_or_code: str) -> Region | None:
        """A region by code, full name, or an unambiguous short name."""
        exact = self.regions.get(name_or_code)
        if exact:
            return exact
        hits = [r for r in self.regions.values() if name_or_code in (r.name, *r.aliases)]
        return hits[0] if len(hits) == 1 else None

    def name(self, code: str) -> str:
        """The name of a region, or its code when it is not in the book."""
        region = self.regions.get(code)
        return region.name if region else code

    def pool_of(self, code: str) -> str:
        """The pooling area (统筹区) a region belongs to: itself, or the nearest region above that is one."""
        return next((above for above in ancestry(code) if (found := self.regions.get(above)) and found.pooling), code)

    def place_of(self, region: str, care_region: str) -> Place:
        """Where care is given, seen from the region where the patient is insured (就医地)."""
        if region == care_region or self.pool_of(region) in ancestry(care_region):
            return Place.HOME
        return Place.PROVINCE if region[:2] == care_region[:2] else Place.OUTSIDE

    def catalogue_of(self, region: str, care_region: str) -> str:
        """Whose catalogue says what of a bill is in scope: home's, or away from home that of the place of care.

        What the fund then pays of it follows home's rules (就医地目录、参保地政策).
        """
        return region if self.place_of(region, care_region) is Place.HOME else care_region

    def in_force(self, region: str, name: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> Rule | None:
        """The block in force on a day: the region's own, or the nearest ancestor's; None when nobody knows."""
        return next((block for code in ancestry(region) if (block := self.own(code, name, on, scheme))), None)

    def own(self, region: str, name: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> Rule | None:
        """The block in force on a day that a region states itself; None when it states nothing for that day."""
        blocks = self.rules.get((region, name, scheme))
        if not blocks:
            return None
        at = bisect_right(blocks, on, key=lambda block: block.cite.start) - 1
        block = blocks[at] if at >= 0 else None
        return block if block and (block.cite.end is None or on <= block.cite.end) else None

    def rule(self, kind: type[R], region: str, name: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> R | None:
        """The rule of a known kind in force on a day, as ``in_force`` finds it; ``same_as`` is followed once."""
        block = _in_force(self, region, name, on, scheme)
        if isinstance(block, SameAs):
            block = _in_force(self, region, block.target, on, scheme)
        if block is not None and not isinstance(block, kind):
            raise TypeError(f"{name} of {block.cite.region} is {type(block).__name__}, not {kind.__name__}")
        return block


@lru_cache(maxsize=65536)
def _in_force(book: PolicyBook, region: str, name: str, on: date, scheme: Scheme) -> Rule | None:
    """``PolicyBook.in_force``, remembered: a day's settlements ask the same few questions."""
    return book.in_force(region, name, on, scheme)
