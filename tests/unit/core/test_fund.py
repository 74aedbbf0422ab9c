"""Every way a deductible, a ratio, a cap and care away from home may be ruled, each worked out by hand."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gongji.core.case import Bill, Case, Split, YearToDate
from gongji.core.citation import Citation
from gongji.core.codes import Care, Confidence, Filing, Level, Place, Scheme, Status
from gongji.core.explain import explain
from gongji.core.facts import Facts, When
from gongji.core.refusal import Code, Refusal
from gongji.core.rules import (
    AwayFiling,
    AwayFirstSelfPay,
    AwayHome,
    AwayPoints,
    AwayRow,
    Band,
    Cap,
    CapRow,
    Deductible,
    DeductibleRow,
    PointsRow,
    Ratio,
    RatioRow,
    Reduction,
)
from gongji.core.settlement import calculate
from gongji.core.terms import Away, Benefit, Terms, terms_for
from gongji.policyfiles import load, locate

BASE = terms_for(load(locate()), "610100", date(2025, 3, 1), Scheme.EMPLOYEE, Care.OUTPATIENT)
CITE = Citation(
    region="999900",
    file="regions/999900/outpatient.toml",
    rule="outpatient.ratio",
    start=date(2025, 1, 1),
    source="试验文件",
    confidence=Confidence.HIGH,
    verified_on=date(2026, 1, 1),
    review_by=date(2027, 1, 1),
)
ALL = When()


def line(*amounts: int, when: When = ALL, **given: Any) -> Deductible:
    return Deductible(cite=CITE, rows=(DeductibleRow(when=when, amounts=amounts),), **given)


def share(*bands: tuple[int | None, int], **given: Any) -> Ratio:
    read = tuple(Band(to=to, share=points) for to, points in bands)
    return Ratio(cite=CITE, rows=(RatioRow(when=ALL, bands=read),), **given)


def cap(amount: int | None, **given: Any) -> Cap:
    return Cap(cite=CITE, rows=(CapRow(when=ALL, amount=amount),), **given)


FREE = Deductible(cite=CITE, basis="none", rows=())
HALF = share((None, 5_000))
OPEN = cap(None)


def terms(
    deductible: Deductible = FREE, ratio: Ratio = HALF, most: Cap = OPEN, care: Care = Care.OUTPATIENT, **given: Any
) -> Terms:
    assert isinstance(BASE, Terms)
    benefit = Benefit(deductible=deductible, ratio=ratio, cap=most)
    return msgspec.structs.replace(BASE, benefit=benefit, care=care, away=None, **given)


def answer(rules: Terms, total: int, **given: Any) -> Split | Refusal:
    year = {name: given.pop(name) for name in YearToDate.__struct_fields__ if name in given}
    facts = {"status": Status.ACTIVE, "level": Level.SECOND, **given}
    case = Case(
        facts=Facts(scheme=Scheme.EMPLOYEE, care=rules.care, **facts),
        bill=Bill(total=total),
        year_to_date=YearToDate(**year),
    )
    return calculate(rules, case)


def split(rules: Terms, total: int, **given: Any) -> Split:
    found = answer(rules, total, **given)
    assert isinstance(found, Split)
    assert all(explain(step) for step in found.steps)
    return found


def told(result: Split) -> list[str]:
    return [step.rule for step in result.steps]


def test_no_deductible() -> None:
    result = split(terms(), 10_000)
    assert (result.deductible, result.pool) == (0, 5_000)
    assert "deductible.none" in told(result)


@pytest.mark.parametrize(
    ("rule", "used", "expected"),
    [
        (line(20_000), 5_000, 15_000),
        (line(20_000), 20_000, 0),
        # 三级 800，去二级时已付 500：补差 300
        (line(80_000, basis="once_a_year_highest_level"), 50_000, 30_000),
        (line(10_000, basis="annual_merged", merged_with=(Care.INPATIENT,)), 8_000, 2_000),
        (line(5_000, basis="per_visit"), 30_000, 5_000),
        # 每次 50，全年 300 为止，已付 280：只剩 20
        (line(5_000, basis="per_visit", annual_stop=30_000), 28_000, 2_000),
        (line(5_000, basis="per_visit", annual_stop=30_000), 30_000, 0),
        # 每月 50，全年 200，已付 180：只剩 20
        (line(20_000, basis="monthly_annual", monthly=5_000), 18_000, 2_000),
        (line(20_000, basis="monthly_annual", monthly=5_000), 0, 5_000),
    ],
)
def test_what_a_bill_bears_of_the_deductible(rule: Deductible, used: int, expected: int) -> None:
    result = split(terms(rule), 100_000, deductible=used)
    assert (result.deductible, result.pool) == (expected, (100_000 - expected) // 2)
    assert f"deductible.{rule.basis}" in told(result)


def test_what_the_month_already_bore_counts() -> None:
    rule = line(20_000, basis="monthly_annual", monthly=5_000)
    assert split(terms(rule), 100_000, deductible=3_000, deductible_of_month=3_000).deductible == 2_000


@pytest.mark.parametrize(("stay", "events", "expected"), [(1, 0, 650), (2, 0, 550), (3, 0, 0), (7, 0, 0), (1, 1, 550)])
def test_the_deductible_of_the_nth_stay(stay: int, events: int, expected: int) -> None:
    rule = line(650, 550, 0, basis="by_stay")
    result = split(terms(rule, care=Care.INPATIENT), 10_000, stay=stay, events=events, deductible=9_999)
    assert result.deductible == expected


def test_reductions_stop_at_zero() -> None:
    signed = Reduction(when=When(gp_signed=True), amount=30_000)
    rules = terms(line(20_000, reductions=(signed,)))
    assert split(rules, 100_000).deductible == 20_000
    result = split(rules, 100_000, gp_signed=True)
    assert (result.deductible, result.pool) == (0, 50_000)
    partly = terms(line(100_000, reductions=(signed,)))
    assert split(partly, 100_000, gp_signed=True, deductible=10_000).deductible == 60_000


def test_bands_of_a_stay_count_from_zero_or_from_the_deductible() -> None:
    bands = ((1_000_000, 8_800), (5_000_000, 9_100), (None, 9_500))
    # 起付 650：(10000 - 650) x 88% + 2000 x 91% = 8228 + 1820
    zero = terms(line(65_000), share(*bands, bands_of="visit_eligible"), care=Care.INPATIENT)
    assert split(zero, 1_200_000).pool == 1_004_800
    # 从起付线以上数：10000 x 88% + 1350 x 91% = 8800 + 1228.50
    above = share(*bands, bands_of="visit_eligible", bands_from="deductible")
    result = split(terms(line(65_000), above, care=Care.INPATIENT), 1_200_000)
    assert result.pool == 1_002_850
    assert "ratio.bands" in told(result)


def test_bands_of_the_year_go_on_where_the_last_bill_stopped() -> None:
    rule = share((550_000, 7_500), (None, 5_500), bands_of="year_eligible")
    # 起付 800 已付 700，本年费用 5000：付 100，位置 5100；400 x 75% + 500 x 55% = 300 + 275
    result = split(terms(line(80_000), rule), 100_000, deductible=70_000, eligible=500_000)
    assert (result.deductible, result.pool) == (10_000, 57_500)
    # 从起付线以上数：以前起付线以上 4300，本次 900：900 x 75% = 675
    above = msgspec.structs.replace(rule, bands_from="deductible")
    assert split(terms(line(80_000), above), 100_000, deductible=70_000, eligible=500_000).pool == 67_500


def test_bands_of_the_funds_payment_are_summed_exactly() -> None:
    rule = share((2_000_000, 7_000), (None, 6_000), bands_of="year_fund")
    # 已付 19900：100 / 70% = 142.857142… 元；余 857.142857… x 60% = 514.285714…；合计 614.29
    assert split(terms(ratio=rule), 100_000, pool=1_990_000).pool == 61_429
    assert split(terms(ratio=rule), 100_000, pool=2_500_000).pool == 60_000
    assert split(terms(ratio=rule), 100_000).pool == 70_000


def test_a_half_is_rounded_up_once() -> None:
    rule = share((101, 5_000), (None, 5_000), bands_of="visit_eligible")
    # 1.01 x 50% + 1.01 x 50% = 1.01；各自进位会得 1.02
    assert split(terms(ratio=rule), 202).pool == 101


def test_points_are_added_to_every_band_and_held_within_bounds() -> None:
    signed = PointsRow(when=When(gp_signed=True), points=300)
    missing = PointsRow(when=When(status=Status.RETIRED), points=-300, per_missing_year=True)
    rules = terms(ratio=share((None, 6_000), points=(signed, missing)))
    assert split(rules, 10_000, gp_signed=True).pool == 6_300
    assert split(rules, 10_000, status=Status.RETIRED, missing_years=4).pool == 4_800
    assert split(rules, 10_000, status=Status.ACTIVE, missing_years=4).pool == 6_000
    none = split(rules, 10_000, status=Status.RETIRED, missing_years=30)
    assert (none.pool, none.counted) == (0, True)
    assert split(terms(ratio=share((None, 9_900), points=(signed,))), 10_000, gp_signed=True).pool == 10_000


def test_a_cap_on_spending_leaves_the_rest_to_the_person() -> None:
    rules = terms(line(80_000), HALF, cap(1_000_000, basis="eligible_spending"))
    # 本年费用 9500，起付已满；限额内还有 500 x 50% = 250
    result = split(rules, 100_000, deductible=80_000, eligible=950_000)
    assert (result.pool, result.cash) == (25_000, 75_000)
    assert "cap.eligible_spending" in told(result)
    assert split(rules, 100_000, deductible=80_000, eligible=2_000_000).pool == 0
    above = terms(FREE, HALF, cap(1_000_000, basis="eligible_spending", above_share=8_000))
    assert split(above, 100_000, eligible=950_000).supplementary == 40_000


def test_a_cap_on_payment_cuts_the_bands_where_they_reach_it() -> None:
    rule = share((10_000, 8_000), (None, 5_000), bands_of="visit_eligible")
    # 第一段 80 元，限额 100：第二段 20 / 50% = 40 元；超出 200 - 140 = 60，x 90% = 54
    result = split(terms(FREE, rule, cap(10_000, above_share=9_000)), 20_000)
    assert (result.pool, result.supplementary, result.cash) == (10_000, 5_400, 4_600)


def test_what_lies_beyond_a_cap_is_not_rounded_before_the_supplementary_share() -> None:
    # 余 0.10 / 30% = 0.3333… 元；超出 0.6666… x 75% = 0.50
    rules = terms(FREE, share((None, 3_000)), cap(10, above_share=7_500))
    assert split(rules, 100).supplementary == 50


def away(**given: Any) -> Away:
    return Away(**{"home": None, "points": None, "first_self_pay": None, **given})


POINTS = AwayPoints(
    cite=CITE, rows=(PointsRow(when=When(filing=Filing.REFERRAL), points=1_000), PointsRow(when=ALL, points=2_000))
)
FIRST = AwayFirstSelfPay(cite=CITE, rows=(AwayRow(when=When(filing=Filing.TEMPORARY), share=2_000),))


def test_points_come_off_away_from_home_only() -> None:
    rules = msgspec.structs.replace(terms(), away=away(points=POINTS))
    assert split(rules, 10_000).pool == 5_000
    assert split(rules, 10_000, place=Place.OUTSIDE, filing=Filing.REFERRAL).pool == 4_000
    assert split(rules, 10_000, place=Place.PROVINCE).pool == 3_000


def test_a_part_borne_first_is_not_the_funds() -> None:
    rules = msgspec.structs.replace(terms(line(2_000)), away=away(first_self_pay=FIRST))
    # 100 先自付 20；80 - 起付 20 = 60 x 50% = 30
    result = split(rules, 10_000, place=Place.OUTSIDE, filing=Filing.TEMPORARY)
    assert (result.deductible, result.pool, result.eligible) == (2_000, 3_000, 10_000)
    assert split(rules, 10_000, place=Place.OUTSIDE).pool == 4_000


def test_the_province_may_count_as_home() -> None:
    home = AwayHome(cite=CITE, province_counts_as_home=True)
    rules = msgspec.structs.replace(terms(), away=away(home=home, points=POINTS))
    assert split(rules, 10_000, place=Place.PROVINCE).pool == 5_000
    assert split(rules, 10_000, place=Place.OUTSIDE).pool == 3_000


def test_a_fact_that_a_row_asks_for_must_be_given() -> None:
    rules = terms(line(100, when=When(grade=None, age_from=70)))
    refusal = answer(rules, 10_000)
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == (Code.FACT_MISSING, "person.birth_date")
    refusal = answer(rules, 10_000, age=60)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.RULE_UNKNOWN


@pytest.mark.parametrize(
    ("care", "place", "filing", "refused"),
    [
        (Care.INPATIENT, Place.OUTSIDE, Filing.NONE, True),
        (Care.INPATIENT, Place.OUTSIDE, Filing.TEMPORARY, False),
        (Care.INPATIENT, Place.PROVINCE, Filing.NONE, False),
        (Care.INPATIENT, Place.HOME, Filing.NONE, False),
        (Care.OUTPATIENT, Place.OUTSIDE, Filing.NONE, False),
    ],
)
def test_stays_outside_are_filed_first_where_the_region_says_so(
    care: Care,
    place: Place,
    filing: Filing,
    refused: bool,  # noqa: FBT001
) -> None:
    """S19, FIL-09, FIL-11: 湖北 settles outpatients elsewhere unfiled, and stays only after a filing."""
    rule = AwayFiling(cite=CITE, rows=(When(care=Care.INPATIENT, place=Place.OUTSIDE),))
    away = Away(home=None, points=None, first_self_pay=None, filing=rule)
    rules = msgspec.structs.replace(terms(care=care), away=away)
    found = answer(rules, 10_000, place=place, filing=filing)
    assert isinstance(found, Refusal) is refused
    if isinstance(found, Refusal):
        assert found.code is Code.FILING_NEEDED
        assert "先办理异地就医备案" in found.text


@pytest.mark.parametrize("first", [1, 70_000, 700_000, 999_999])
def test_a_stay_settled_twice_pays_what_one_settlement_would(first: int) -> None:
    """Whatever part comes first: deductible once, bands go on where they were."""
    rules = terms(
        line(65_000, 55_000, basis="by_stay"),
        share((1_000_000, 8_800), (5_000_000, 9_100), (None, 9_500), bands_of="visit_eligible"),
        care=Care.INPATIENT,
    )
    whole = split(rules, 1_500_000)
    one = split(rules, first)
    other = split(
        rules, 1_500_000 - first, events=0, deductible_of_stay=one.deductible, eligible_of_stay=first, eligible=first
    )
    assert one.deductible + other.deductible == whole.deductible
    assert abs(one.pool + other.pool - whole.pool) <= 1
