from datetime import date

import pytest

from gongji.core.codes import Care, Confidence, Level, Relation, Scheme, Status
from gongji.core.policy import (
    NATION,
    Citation,
    Facts,
    Kin,
    MedicalYear,
    MissingFactError,
    PolicyBook,
    Ratio,
    Region,
    When,
    ancestry,
)


def cite(region: str, rule: str, start: date, end: date | None = None) -> Citation:
    return Citation(
        region=region,
        file=f"regions/{region}/x.toml",
        rule=rule,
        start=start,
        end=end,
        source="出处",
        confidence=Confidence.HIGH,
        verified_on=date(2026, 1, 1),
        review_by=date(2026, 6, 30),
    )


def kin(region: str, start: date, end: date | None, *relations: Relation) -> Kin:
    return Kin(cite=cite(region, "sharing.kin", start, end), relations=relations)


def facts(**given: object) -> Facts:
    basis = {"scheme": Scheme.EMPLOYEE, "status": Status.ACTIVE, "care": Care.OUTPATIENT, "level": Level.SECOND}
    return Facts(**{**basis, **given})  # type: ignore[arg-type]


NATIONAL = kin(NATION, date(2021, 4, 22), date(2024, 7, 31), Relation.CHILD)
WIDER = kin(NATION, date(2024, 8, 1), None, Relation.CHILD, Relation.SIBLING)
CITY = kin("370200", date(2024, 1, 1), date(2025, 12, 31), Relation.SPOUSE_PARENT)


@pytest.fixture
def book() -> PolicyBook:
    regions = {code: Region(code=code, name=name, aliases=aliases) for code, name, aliases in _REGIONS}
    return PolicyBook(
        regions=regions,
        rules={
            (NATION, "sharing.kin", Scheme.EMPLOYEE): (NATIONAL, WIDER),
            ("370200", "sharing.kin", Scheme.EMPLOYEE): (CITY,),
        },
        digest="",
    )


_REGIONS = (
    (NATION, "全国", ()),
    ("220000", "吉林省", ("吉林",)),
    ("220200", "吉林市", ("吉林",)),
    ("370200", "青岛市", ("青岛",)),
)


@pytest.mark.parametrize(
    ("region", "on", "found"),
    [
        ("450100", date(2021, 4, 21), None),
        ("450100", date(2021, 4, 22), NATIONAL),
        ("450100", date(2024, 7, 31), NATIONAL),
        ("450100", date(2024, 8, 1), WIDER),
        ("370200", date(2023, 12, 31), NATIONAL),
        ("370200", date(2024, 1, 1), CITY),
        ("370202", date(2024, 9, 1), CITY),
        ("370200", date(2026, 1, 1), WIDER),
    ],
)
def test_a_rule_is_the_nearest_one_in_force_on_the_day(
    book: PolicyBook, region: str, on: date, found: Kin | None
) -> None:
    assert book.rule(Kin, region, "sharing.kin", on) is found
    assert book.in_force(region, "sharing.kin", on) is found


def test_another_scheme_inherits_nothing(book: PolicyBook) -> None:
    assert book.rule(Kin, "370200", "sharing.kin", date(2024, 9, 1), Scheme.RESIDENT) is None


def test_asking_for_another_kind_is_a_fault_of_ours(book: PolicyBook) -> None:
    with pytest.raises(TypeError, match="Kin, not Ratio"):
        book.rule(Ratio, "370200", "sharing.kin", date(2024, 9, 1))


@pytest.mark.parametrize(
    ("text", "code"), [("370200", "370200"), ("青岛", "370200"), ("青岛市", "370200"), ("吉林市", "220200")]
)
def test_regions_are_found_by_code_and_name(book: PolicyBook, text: str, code: str) -> None:
    found = book.find(text)
    assert found is not None
    assert found.code == code


@pytest.mark.parametrize("text", ["吉林", "拉萨", "", "37020"])
def test_ambiguous_and_unknown_names_are_not_found(book: PolicyBook, text: str) -> None:
    assert book.find(text) is None


def test_a_region_inherits_from_city_province_and_nation_once_each() -> None:
    assert ancestry("610113") == ("610113", "610100", "610000", NATION)
    assert ancestry("610100") == ("610100", "610000", NATION)
    assert ancestry(NATION) == (NATION,)


def test_a_figure_is_overdue_after_its_review_day() -> None:
    figure = cite(NATION, "x", date(2021, 1, 1))
    assert not figure.overdue(date(2026, 6, 30))
    assert figure.overdue(date(2026, 7, 1))


@pytest.mark.parametrize(
    ("when", "given", "matches"),
    [
        (When(), {}, True),
        (When(level=Level.SECOND, status=Status.ACTIVE), {}, True),
        (When(level=Level.THIRD), {}, False),
        (When(care=Care.PHARMACY), {}, False),
        (When(community=True), {"community": True}, True),
        (When(community=False), {"community": True}, False),
        (When(gp_signed=True), {}, False),
        (When(stay_from=2), {"stay": 2}, True),
        (When(stay_from=2), {"stay": 1}, False),
        (When(age_from=70), {"age": 70}, True),
        (When(age_from=70), {"age": 69}, False),
        (When(age_below=70), {"age": 69}, True),
        (When(age_below=70), {"age": 70}, False),
        (When(retired_from=date(2001, 1, 1)), {"retired_on": date(2001, 1, 1)}, True),
        (When(retired_from=date(2001, 1, 1)), {"retired_on": date(2000, 12, 31)}, False),
        (When(retired_before=date(2001, 1, 1)), {"retired_on": date(2000, 12, 31)}, True),
        (When(retired_before=date(2001, 1, 1)), {"retired_on": date(2001, 1, 1)}, False),
        # 人员类别不符时不问退休日期
        (When(status=Status.RETIRED, retired_from=date(2001, 1, 1)), {}, False),
    ],
)
def test_a_row_is_for_the_bills_it_names(when: When, given: dict[str, object], *, matches: bool) -> None:
    assert when.matches(facts(**given)) is matches


@pytest.mark.parametrize(
    ("when", "given", "fact"),
    [
        (When(age_from=70), {}, "person.birth_date"),
        (When(retired_from=date(2001, 1, 1)), {}, "person.retired_on"),
        (When(level=Level.THIRD), {"level": None}, "care.level"),
    ],
)
def test_a_fact_that_a_row_asks_for_must_be_given(when: When, given: dict[str, object], fact: str) -> None:
    with pytest.raises(MissingFactError) as missing:
        when.matches(facts(**given))
    assert missing.value.fact == fact


def test_the_medical_year_turns_on_its_day() -> None:
    july = MedicalYear(cite=cite("310000", "account.medical_year", date(2020, 7, 1)), month=7, day=1)
    assert (july.year_of(date(2026, 6, 30)), july.year_of(date(2026, 7, 1))) == (2025, 2026)
