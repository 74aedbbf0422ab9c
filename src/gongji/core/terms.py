"""The rules that hold for one person, kind of care and date, gathered from the book."""

from datetime import date
from functools import lru_cache

import msgspec

from gongji.core.codes import Care, Purpose, Scheme
from gongji.core.policy import (
    AwayFirstSelfPay,
    AwayHome,
    AwayPoints,
    Cap,
    Citation,
    Deductible,
    Draw,
    Kin,
    MedicalYear,
    Payable,
    PolicyBook,
    Prescription,
    Ratio,
    Segments,
    SharingLimits,
    SharingPurposes,
    SharingReach,
)
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.rules import AwayFiling


class Benefit(msgspec.Struct, frozen=True, kw_only=True, eq=False):
    """The pooled fund's rules for a kind of care; two are the same only if they are one, so that they hash at once."""

    deductible: Deductible
    ratio: Ratio
    cap: Cap
    prescription: Prescription | None = None


class Away(msgspec.Struct, frozen=True, kw_only=True):
    """The rules for care away from home (异地就医); None is not known."""

    home: AwayHome | None
    points: AwayPoints | None
    first_self_pay: AwayFirstSelfPay | None
    filing: AwayFiling | None = None


class Sharing(msgspec.Struct, frozen=True, kw_only=True):
    """The sharing rules of the patient's region on the date of care."""

    kin: Kin
    limits: SharingLimits
    purposes: SharingPurposes
    draw: Draw
    allowed: frozenset[Purpose]
    """Every purpose that shared money may pay: the list, what the place adds, without what is barred."""


class Uses(msgspec.Struct, frozen=True, kw_only=True):
    """What account money, own or shared, may pay besides ordinary care (个人账户用途); None is not stated."""

    listed: SharingPurposes | None
    extra: SharingPurposes | None
    barred: SharingPurposes | None

    @property
    def allowed(self) -> frozenset[Purpose]:
        """Purposes that may be paid."""
        open_ = {purpose for rule in (self.listed, self.extra) if rule for purpose in rule.purposes}
        return frozenset(open_ - set(self.barred.purposes if self.barred else ()))

    def cite(self, purpose: Purpose) -> Citation | None:
        """The block that decides about a purpose."""
        for rule in (self.barred, self.listed, self.extra):
            if rule and purpose in rule.purposes:
                return rule.cite
        return self.listed.cite if self.listed else None


class Terms(msgspec.Struct, frozen=True, kw_only=True):
    """The rules that hold for a person of a region on a date of care.

    ``benefit`` is None where the fund's rules are not known; ``sharing`` is None where sharing was not open.
    """

    region: str
    region_name: str
    on: date
    scheme: Scheme
    care: Care
    medical_year: MedicalYear
    segments: Segments
    payable: Payable
    benefit: Benefit | None
    sharing: Sharing | None
    uses: Uses
    away: Away | None = None
    digest: str

    @property
    def year(self) -> int:
        """The medical year the date belongs to."""
        return self.medical_year.year_of(self.on)


@lru_cache(maxsize=8192)
def terms_for(book: PolicyBook, region: str, on: date, scheme: Scheme, care: Care) -> Terms | Refusal:
    """Gather the rules in force for a region, scheme and kind of care on the date of care."""
    name = book.name(region)
    medical_year = book.rule(MedicalYear, region, "account.medical_year", on)
    segments = book.rule(Segments, region, "account.segments", on)
    payable = book.rule(Payable, region, "account.payable", on)
    if region not in book.regions or medical_year is None or segments is None or payable is None:
        return refuse(Code.RULE_UNKNOWN, field="region", region=name, what=f"{on} 的个人账户规定")
    uses = uses_of(book, region, on)
    return Terms(
        region=region,
        region_name=name,
        on=on,
        scheme=scheme,
        care=care,
        medical_year=medical_year,
        segments=segments,
        payable=payable,
        benefit=_benefit(book, region, on, scheme, care),
        sharing=_sharing(book, region, on, uses),
        uses=uses,
        away=_away(book, region, on, scheme),
        digest=book.digest,
    )


def _benefit(book: PolicyBook, region: str, on: date, scheme: Scheme, care: Care) -> Benefit | None:
    prescription = None
    settled_as = care
    if care is Care.PHARMACY:
        prescription = book.rule(Prescription, region, "pharmacy.prescription", on, scheme)
        if prescription is None:
            return None
        settled_as = Care.OUTPATIENT
    deductible = book.rule(Deductible, region, f"{settled_as}.deductible", on, scheme)
    ratio = book.rule(Ratio, region, f"{settled_as}.ratio", on, scheme)
    cap = book.rule(Cap, region, f"{settled_as}.cap", on, scheme)
    if deductible is None or ratio is None or cap is None:
        return None
    return Benefit(deductible=deductible, ratio=ratio, cap=cap, prescription=prescription)


def _away(book: PolicyBook, region: str, on: date, scheme: Scheme) -> Away | None:
    home = book.rule(AwayHome, region, "away.home", on, scheme)
    points = book.rule(AwayPoints, region, "away.ratio_points", on, scheme)
    first = book.rule(AwayFirstSelfPay, region, "away.first_self_pay", on, scheme)
    filing = book.rule(AwayFiling, region, "away.filing", on, scheme)
    if home is None and points is None and first is None and filing is None:
        return None
    return Away(home=home, points=points, first_self_pay=first, filing=filing)


def uses_of(book: PolicyBook, region: str, on: date) -> Uses:
    """What account money of a region may pay on a day, besides ordinary care."""
    return Uses(
        listed=book.rule(SharingPurposes, region, "sharing.purposes", on),
        extra=book.rule(SharingPurposes, region, "sharing.extra", on),
        barred=book.rule(SharingPurposes, region, "account.forbidden", on),
    )


def _sharing(book: PolicyBook, region: str, on: date, uses: Uses) -> Sharing | None:
    # The reach is what a place opens sharing with; the other rules may stand before in the nation's block.
    opened = book.rule(SharingReach, region, "sharing.reach", on)
    kin = book.rule(Kin, region, "sharing.kin", on)
    limits = book.rule(SharingLimits, region, "sharing.limits", on)
    purposes = uses.listed
    draw = book.rule(Draw, region, "sharing.draw", on)
    if opened is None or kin is None or limits is None or purposes is None or draw is None:
        return None
    return Sharing(kin=kin, limits=limits, purposes=purposes, draw=draw, allowed=uses.allowed)
