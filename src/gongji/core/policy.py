"""Dated regional rules as frozen values (政策参数), and the book that answers "as of" a date.

A *rule* is one dated block of a region's file: it holds its figures together with its source and how sure it is.
The kinds of rule are a closed set; regions differ only in data. A county takes what it does not state from its city,
the city from its province, the province from the nation.
"""

from bisect import bisect_right
from collections.abc import Mapping
from datetime import date
from functools import lru_cache
from typing import TypeVar

import msgspec

from gongji.core.codes import (
    BillPart,
    Care,
    Confidence,
    Grade,
    Level,
    Purpose,
    Reach,
    Relation,
    Scheme,
    Status,
)
from gongji.core.money import BasisPoints, Fen

NATION = "000000"
"""Region code of the national baseline."""


class Citation(msgspec.Struct, frozen=True, kw_only=True):
    """Where a rule stands and who says so.

    Attributes:
        region: code of the region whose file holds the block (it may be an ancestor of the one asked for).
        file: path of the policy file, ``regions/610100/outpatient.toml``.
        rule: name of the rule, ``outpatient.deductible``.
        start: first day in force.
        end: last day in force, or None.
        source: document number, title or publisher, as known.
        confidence: how sure the figures are.
        verified_on: day someone last compared the figures with the source.
        review_by: day after which the figures must be checked again.
    """

    region: str
    file: str
    rule: str
    start: date
    end: date | None = None
    source: str
    confidence: Confidence
    verified_on: date
    review_by: date

    def overdue(self, on: date) -> bool:
        """Whether the figures are past their review date."""
        return on > self.review_by


class Facts(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What rules may ask about the patient and the institution (待遇要素)."""

    scheme: Scheme
    status: Status
    age: int | None = None
    retired_on: date | None = None
    gp_signed: bool = False
    missing_years: int = 0
    care: Care
    level: Level | None = None
    grade: Grade | None = None
    community: bool = False
    village: bool = False
    top: bool = False
    stay: int = 1


class MissingFactError(LookupError):
    """A rule asks for a fact that the case does not give; ``fact`` names it as the quote contract does."""

    def __init__(self, fact: str) -> None:
        super().__init__(fact)
        self.fact = fact


class When(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True, forbid_unknown_fields=True):
    """Which bills a row is for. What is not named does not matter; the first row that matches is used."""

    level: Level | None = None
    grade: Grade | None = None
    status: Status | None = None
    care: Care | None = None
    community: bool | None = None
    village: bool | None = None
    top: bool | None = None
    gp_signed: bool | None = None
    age_from: int | None = None
    age_below: int | None = None
    retired_from: date | None = None
    retired_before: date | None = None
    stay_from: int | None = None

    def matches(self, facts: Facts) -> bool:
        """Whether the row is for this bill.

        Raises:
            MissingFactError: the row asks for an age, a level or a date of retirement that is not given.
        """
        return (
            self.status in (None, facts.status)
            and self._institution_matches(facts)
            and self.care in (None, facts.care)
            and self.gp_signed in (None, facts.gp_signed)
            and (self.stay_from is None or facts.stay >= self.stay_from)
            and self._age_matches(facts)
            and self._retirement_matches(facts)
        )

    def _institution_matches(self, facts: Facts) -> bool:
        if self.level is not None and facts.level is None:
            raise MissingFactError("care.level")
        return (
            self.level in (None, facts.level)
            and self.grade in (None, facts.grade)
            and self.community in (None, facts.community)
            and self.village in (None, facts.village)
            and self.top in (None, facts.top)
        )

    def _age_matches(self, facts: Facts) -> bool:
        if self.age_from is None and self.age_below is None:
            return True
        if facts.age is None:
            raise MissingFactError("person.birth_date")
        return (self.age_from is None or facts.age >= self.age_from) and (
            self.age_below is None or facts.age < self.age_below
        )

    def _retirement_matches(self, facts: Facts) -> bool:
        if self.retired_from is None and self.retired_before is None:
            return True
        if facts.retired_on is None:
            raise MissingFactError("person.retired_on")
        return (self.retired_from is None or facts.retired_on >= self.retired_from) and (
            self.retired_before is None or facts.retired_on < self.retired_before
        )


class DeductibleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One deductible (起付标准): fen of eligible spending the person bears in a medical year."""

    when: When
    amount: Fen


class Deductible(msgspec.Struct, frozen=True, kw_only=True):
    """Annual cumulative deductible (年度累计起付线).

    One running figure a year; where the amount depends on the level, moving up costs the difference.
    """

    cite: Citation
    rows: tuple[DeductibleRow, ...]


class RatioRow(msgspec.Struct, frozen=True, kw_only=True):
    """The fund's share (统筹支付比例) of eligible spending above the deductible."""

    when: When
    share: BasisPoints


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """The fund's share above the deductible."""

    cite: Citation
    rows: tuple[RatioRow, ...]


class CapRow(msgspec.Struct, frozen=True, kw_only=True):
    """Most the pooled fund pays in a medical year (最高支付限额); None is no cap."""

    when: When
    amount: Fen | None


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """Cap on what the pooled fund pays; above it a supplementary fund may pay ``above_share``."""

    cite: Citation
    rows: tuple[CapRow, ...]
    above_share: BasisPoints = 0


class Prescription(msgspec.Struct, frozen=True, kw_only=True):
    """A prescription filled at a pharmacy is settled as an outpatient visit of this level (外配处方)."""

    cite: Citation
    as_level: Level


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account is kept as current-year and historical money (当年/历年)."""

    cite: Citation
    kept: bool
    current_year_pays_first: bool = False


class PayableRow(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of the person's burden that account money may pay for a kind of care."""

    care: Care
    parts: tuple[BillPart, ...]


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """What account money, own or shared, may pay (个人账户支付范围)."""

    cite: Citation
    rows: tuple[PayableRow, ...]

    def parts(self, care: Care) -> tuple[BillPart, ...]:
        """Payable parts for a kind of care; empty when none."""
        return next((row.parts for row in self.rows if row.care is care), ())


class MedicalYear(msgspec.Struct, frozen=True, kw_only=True):
    """Day on which yearly figures start again (医保年度)."""

    cite: Citation
    month: int
    day: int

    def year_of(self, on: date) -> int:
        """The medical year a day belongs to, named by the calendar year it starts in."""
        return on.year if (on.month, on.day) >= (self.month, self.day) else on.year - 1


class Kin(msgspec.Struct, frozen=True, kw_only=True):
    """Relatives who may be bound (共济亲属范围)."""

    cite: Citation
    relations: tuple[Relation, ...]


class SharingReach(msgspec.Struct, frozen=True, kw_only=True):
    """How far apart authoriser and user may be insured."""

    cite: Citation
    reach: Reach


class SharingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many may be bound; None is no limit."""

    cite: Citation
    users_per_authoriser: int | None = None
    authorisers_per_user: int | None = None


class SharingPurposes(msgspec.Struct, frozen=True, kw_only=True):
    """What shared money may pay for."""

    cite: Citation
    purposes: tuple[Purpose, ...]


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """How relatives' accounts are drawn after the user's own (共济支付顺序).

    Attributes:
        order: ``chosen`` by the family, or ``largest_balance`` first.
        one_account_must_cover: a relative's account pays the whole remainder or nothing.
        own_must_be_zero: shared money only when the user's own account was empty before the bill.
        historical_only: only the authoriser's historical money may be shared.
        automatic: shared money is drawn whenever the own account may be used, without being asked for.
    """

    cite: Citation
    order: str = "chosen"
    one_account_must_cover: bool = False
    own_must_be_zero: bool = False
    historical_only: bool = False
    automatic: bool = False


class BindingProof(msgspec.Struct, frozen=True, kw_only=True):
    """What binding asks for (绑定手续)."""

    cite: Citation
    notice: str
    commitment: str
    confirm_by_user: bool = False


Rule = (
    Deductible
    | Ratio
    | Cap
    | Prescription
    | Segments
    | Payable
    | MedicalYear
    | Kin
    | SharingReach
    | SharingLimits
    | SharingPurposes
    | Draw
    | BindingProof
)

R = TypeVar("R", bound=Rule)


class Region(msgspec.Struct, frozen=True, kw_only=True):
    """A pooling area, province or the nation (统筹区)."""

    code: str
    name: str
    aliases: tuple[str, ...] = ()
    pooling: bool = True

    @property
    def province(self) -> str:
        """Code of the province."""
        return self.code[:2] + "0000"


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

    def in_force(self, region: str, name: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> Rule | None:
        """The block in force on a day: the region's own, or the nearest ancestor's; None when nobody knows."""
        for code in ancestry(region):
            blocks = self.rules.get((code, name, scheme))
            if not blocks:
                continue
            at = bisect_right(blocks, on, key=lambda block: block.cite.start) - 1
            block = blocks[at] if at >= 0 else None
            if block and (block.cite.end is None or on <= block.cite.end):
                return block
        return None

    def rule(self, kind: type[R], region: str, name: str, on: date, scheme: Scheme = Scheme.EMPLOYEE) -> R | None:
        """The rule of a known kind in force on a day, as ``in_force`` finds it."""
        block = _in_force(self, region, name, on, scheme)
        if block is not None and not isinstance(block, kind):
            raise TypeError(f"{name} of {block.cite.region} is {type(block).__name__}, not {kind.__name__}")
        return block


@lru_cache(maxsize=65536)
def _in_force(book: PolicyBook, region: str, name: str, on: date, scheme: Scheme) -> Rule | None:
    """``PolicyBook.in_force``, remembered: a day's settlements ask the same few questions."""
    return book.in_force(region, name, on, scheme)
