"""The funds' part of a settlement (统筹支付): deductible, ratio, cap, care away from home, with the reason of each."""

from collections.abc import Iterable
from functools import lru_cache
from typing import Protocol, TypeVar

import msgspec

from gongji.core.bands import Exact, Span, beyond_payment, paid, rounded, share_of_exact, spans_of, within_spending
from gongji.core.case import Case, Step, YearToDate
from gongji.core.codes import Care, Filing, Place
from gongji.core.facts import FACT_NAMES, Facts, MissingFactError, When
from gongji.core.money import BasisPoints, Fen, share_of
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.rules import CapRow, Deductible, DeductibleRow, PointsRow, Prescription, RatioRow
from gongji.core.terms import Benefit, Terms


class Fund(msgspec.Struct, frozen=True, kw_only=True):
    """What the funds pay in fen, and what the person bears first.

    Attributes:
        deductible: what this bill bore of the deductible.
        first_self_pay: eligible spending borne first because care was given away from home.
        ratio: the share in the first band that was paid, in basis points.
        counted: whether the fund's rules were applied, so that the bill counts to the year's figures.
    """

    deductible: Fen = 0
    first_self_pay: Fen = 0
    pool: Fen = 0
    supplementary: Fen = 0
    ratio: BasisPoints = 0
    counted: bool = False


class _Conditional(Protocol):
    @property
    def when(self) -> When: ...


Row = TypeVar("Row", bound=_Conditional)


def _first(rows: Iterable[Row], facts: Facts) -> Row | None:
    for row in rows:
        if row.when.matches(facts):
            return row
    return None


def fund_share(terms: Terms, case: Case, base: Fen, steps: list[Step]) -> Fund | Refusal:
    """What the funds pay of the eligible spending that is left after current-year money."""
    if case.bill.person_share_only:
        return Fund()
    if terms.care is Care.PHARMACY:
        if not case.prescription:
            steps.append(Step(rule="pharmacy.no_prescription", amount=0))
            return Fund()
        if terms.benefit is None:
            steps.append(Step(rule="pharmacy.benefit_unknown", amount=0, facts=(terms.region_name,)))
            return Fund()
    benefit = terms.benefit
    if benefit is None:
        what = f"{terms.scheme.label}{terms.care.label}待遇（{terms.on}）"
        return refuse(Code.RULE_UNKNOWN, field="care.type", region=terms.region_name, what=what)
    facts = _facts(benefit.prescription, case, steps)
    try:
        unfiled = _unfiled(terms, facts)
        if unfiled:
            return unfiled
        rows = _rows(benefit, facts)
        if rows is None:
            what = "该人员类别与医院级别的待遇"
            return refuse(Code.RULE_UNKNOWN, field="care", region=terms.region_name, what=what)
        return _Apply(terms, benefit, rows, facts, case.year_to_date, steps).to(base)
    except MissingFactError as missing:
        return refuse(Code.FACT_MISSING, field=missing.fact, what=FACT_NAMES.get(missing.fact, missing.fact))


def _facts(prescription: Prescription | None, case: Case, steps: list[Step]) -> Facts:
    """The facts that the fund's rules see: the stay counted from the year's figures, a pharmacy as a clinic."""
    facts = case.facts
    if prescription is not None:
        community = facts.community or prescription.as_community
        facts = msgspec.structs.replace(facts, level=prescription.as_level, community=community)
        label = prescription.as_level.label
        steps.append(Step(rule="pharmacy.prescription", amount=0, facts=(label,), cite=prescription.cite))
    if facts.care is Care.INPATIENT and case.year_to_date.events >= facts.stay:
        facts = msgspec.structs.replace(facts, stay=case.year_to_date.events + 1)
    return facts


def _unfiled(terms: Terms, facts: Facts) -> Refusal | None:
    """Care away from home that the region settles only after a filing."""
    rule = terms.away.filing if terms.away else None
    if rule is None or facts.place is Place.HOME or facts.filing is not Filing.NONE:
        return None
    if not any(row.matches(facts) for row in rule.rows):
        return None
    return refuse(
        Code.FILING_NEEDED,
        field="care.filing",
        region=terms.region_name,
        place=facts.place.label,
        care=terms.care.label,
    )


_NO_DEDUCTIBLE = DeductibleRow(when=When(), amounts=(0,))
_Rows = tuple[DeductibleRow, RatioRow, CapRow]


@lru_cache(maxsize=16_384)
def _rows(benefit: Benefit, facts: Facts) -> _Rows | None:
    """The rows of the rules that are for this bill; most bills of a place ask for the same few."""
    free = benefit.deductible.basis == "none"
    deductible = _NO_DEDUCTIBLE if free else _first(benefit.deductible.rows, facts)
    ratio = _first(benefit.ratio.rows, facts)
    cap = _first(benefit.cap.rows, facts)
    return (deductible, ratio, cap) if deductible and ratio and cap else None


class _Apply:
    """One bill going through the rules of a benefit, leaving its reasons behind."""

    def __init__(
        self, terms: Terms, benefit: Benefit, rows: _Rows, facts: Facts, year: YearToDate, steps: list[Step]
    ) -> None:
        self.terms = terms
        self.benefit = benefit
        self.line, self.ratio, self.cap = rows
        self.facts = facts
        self.year = year
        self.steps = steps

    def to(self, base: Fen) -> Fund:
        """Care away from home, deductible, the fund's share, the cap and what pays above it."""
        first, off = self._away(base)
        base -= first
        deductible = self._deductible(base)
        above = base - deductible
        points = self._points() - off
        rule = self.benefit.ratio
        spans = spans_of(rule, self.ratio, points, above, deductible, self.year)
        told = len(self.steps)
        if self.benefit.cap.basis == "eligible_spending":
            spans, supplementary = self._cap_on_spending(spans, above, deductible)
            pool = paid(spans)
        else:
            pool, supplementary = self._cap_on_payment(spans)
        if above:
            # What the fund pays is told before the cap that cut it.
            self.steps.insert(told, self._ratio_step(spans, above, pool))
        share = spans[0].share if spans else min(10_000, max(0, self.ratio.share + points))
        return Fund(
            deductible=deductible,
            first_self_pay=first,
            pool=pool,
            supplementary=supplementary,
            ratio=share,
            counted=True,
        )

    def _away(self, base: Fen) -> tuple[Fen, BasisPoints]:
        """What is borne first, and the points that come off the ratio, for care away from home."""
        rules, facts = self.terms.away, self.facts
        if facts.place is Place.HOME or rules is None:
            return 0, 0
        if facts.place is Place.PROVINCE and rules.home is not None and rules.home.province_counts_as_home:
            self.steps.append(Step(rule="away.home", amount=0, cite=rules.home.cite))
            return 0, 0
        first, off = 0, 0
        where = (facts.place.label, facts.filing.label)
        borne = _first(rules.first_self_pay.rows, facts) if rules.first_self_pay else None
        if rules.first_self_pay and borne:
            first = share_of(base, borne.share)
            told = (*where, base, borne.share)
            self.steps.append(
                Step(rule="away.first_self_pay", amount=first, facts=told, cite=rules.first_self_pay.cite)
            )
        row = _first(rules.points.rows, facts) if rules.points else None
        if rules.points and row:
            off = row.points
            self.steps.append(Step(rule="away.ratio_points", amount=0, facts=(*where, off), cite=rules.points.cite))
        return first, off

    def _deductible(self, base: Fen) -> Fen:
        rule, used = self.benefit.deductible, self.year.deductible
        line = self.line.of_stay(self.facts.stay)
        less = sum([row.amount for row in rule.reductions if row.when.matches(self.facts)]) if rule.reductions else 0
        if less and line:
            cut = min(less, line)
            self.steps.append(Step(rule="deductible.reduced", amount=cut, facts=(line,), cite=rule.cite))
            line -= cut
        amount = min(base, _due(rule, line, self.year))
        told = (line, used, *_extra(rule, self.facts))
        self.steps.append(Step(rule=f"deductible.{rule.basis}", amount=amount, facts=told, cite=rule.cite))
        return amount

    def _points(self) -> BasisPoints:
        """Points added to the fund's share by all rows whose conditions are met."""
        rule = self.benefit.ratio
        total = 0
        for row in rule.points:
            if row.when.matches(self.facts):
                points = self._points_of(row)
                total += points
                if points:
                    missing = self.facts.missing_years if row.per_missing_year else 0
                    self.steps.append(Step(rule="ratio.points", amount=0, facts=(points, missing), cite=rule.cite))
        return total

    def _points_of(self, row: PointsRow) -> BasisPoints:
        return row.points * (self.facts.missing_years if row.per_missing_year else 1)

    def _ratio_step(self, spans: tuple[Span, ...], above: Fen, pool: Fen) -> Step:
        cite = self.benefit.ratio.cite
        if len(spans) == 1 and spans[0].length == above:
            return Step(rule="ratio.fund_share", amount=pool, facts=(above, spans[0].share), cite=cite)
        parts = [figure for span in spans for figure in (rounded(span.length), span.share)]
        return Step(rule="ratio.bands", amount=pool, facts=(above, *parts), cite=cite)

    def _cap_on_payment(self, spans: tuple[Span, ...]) -> tuple[Fen, Fen]:
        """Pool and supplementary fund under a cap on the pool's payments."""
        pool, rule, used = paid(spans), self.benefit.cap, self.year.pool
        if self.cap.amount is None:
            return pool, 0
        room = max(0, self.cap.amount - used)
        if pool <= room:
            return pool, 0
        beyond = beyond_payment(spans, room)
        return room, self._above("cap.fund_payment", beyond, used, rule.above_share)

    def _cap_on_spending(self, spans: tuple[Span, ...], above: Fen, deductible: Fen) -> tuple[tuple[Span, ...], Fen]:
        """The spans under a cap on eligible spending, and what the supplementary fund pays of the rest."""
        if self.cap.amount is None:
            return spans, 0
        used = self.year.eligible
        room = max(0, self.cap.amount - used - deductible)
        if above <= room:
            return spans, 0
        kept = within_spending(spans, room)
        return kept, self._above("cap.eligible_spending", above - room, used, self.benefit.cap.above_share)

    def _above(self, name: str, beyond: Exact, used: Fen, share: BasisPoints) -> Fen:
        supplementary = share_of_exact(beyond, share)
        told = (self.cap.amount or 0, used, rounded(beyond), share)
        self.steps.append(Step(rule=name, amount=supplementary, facts=told, cite=self.benefit.cap.cite))
        return supplementary


def _due(rule: Deductible, line: Fen, year: YearToDate) -> Fen:
    """What is left to bear of a deductible before this bill is looked at."""
    match rule.basis:
        case "by_stay":
            return max(0, line - year.deductible_of_stay)
        case "per_visit":
            left = max(0, line - year.deductible_of_stay)
            return left if rule.annual_stop is None else min(left, max(0, rule.annual_stop - year.deductible))
        case "monthly_annual":
            month = max(0, (rule.monthly or 0) - year.deductible_of_month)
            return min(month, max(0, line - year.deductible))
        case _:
            return max(0, line - year.deductible)


def _extra(rule: Deductible, facts: Facts) -> tuple[int, ...]:
    """The further figures that the text of a deductible names."""
    match rule.basis:
        case "by_stay":
            return (facts.stay,)
        case "per_visit":
            return (-1 if rule.annual_stop is None else rule.annual_stop,)
        case "monthly_annual":
            return (rule.monthly or 0,)
        case _:
            return ()
