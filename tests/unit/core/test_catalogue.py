"""Which item of the catalogue holds on a day, and what a region makes of it."""

from datetime import date
from typing import Any

import pytest

from gongji.core.catalogue import Asked, CatalogueItem, CatalogueTerm, as_there, in_force
from gongji.core.codes import ItemKind, Level, Purpose, Scheme

DAY = date(2026, 3, 1)
XIAN = Asked(regions=("610100", "610000", "000000"), scheme=Scheme.EMPLOYEE, hospital_level=Level.THIRD)


def item(**facts: Any) -> CatalogueItem:
    stated = {"code": "X1", "name": "药", "kind": ItemKind.WESTERN_DRUG, "level": "乙", "first_self_pay": 1000}
    return CatalogueItem(**(stated | facts))


def term(**facts: Any) -> CatalogueTerm:
    return CatalogueTerm(**({"code": "X1", "region": "610100"} | facts))


def test_it_holds_from_its_first_day_to_its_last() -> None:
    one = item(begins_on=date(2026, 1, 1), ends_on=DAY)
    assert in_force([one], date(2025, 12, 31)) is None
    assert in_force([one], date(2026, 1, 1)) is one
    assert in_force([one], DAY) is one
    assert in_force([one], date(2026, 3, 2)) is None


def test_each_day_has_the_item_that_had_begun() -> None:
    before = item(version="1", ends_on=date(2025, 12, 31))
    after = item(version="2", begins_on=date(2026, 1, 1), level="甲")
    assert in_force([after, before], date(2025, 6, 1)) is before
    assert in_force([before, after], DAY) is after


def test_a_newer_version_that_ended_it_outweighs_an_older_one_that_did_not() -> None:
    forgotten = item(version="1")
    ended = item(version="2", begins_on=date(2020, 1, 1), ends_on=date(2025, 12, 31))
    assert in_force([forgotten, ended], DAY) is None
    assert in_force([item(version="1"), item(version="2", valid=False)], DAY) is None


def test_nothing_is_in_force_of_nothing() -> None:
    assert in_force([], DAY) is None


@pytest.mark.parametrize(
    ("terms", "share"),
    [
        ([], 1000),
        ([term(first_self_pay=500)], 500),
        ([term(first_self_pay=500), term(region="000000", first_self_pay=700)], 500),
        ([term(region="610000", first_self_pay=700), term(region="310000", first_self_pay=100)], 700),
        ([term(first_self_pay=500), term(first_self_pay=300, scheme=Scheme.EMPLOYEE)], 300),
        ([term(first_self_pay=500), term(first_self_pay=300, scheme=Scheme.RESIDENT)], 500),
        ([term(first_self_pay=500), term(first_self_pay=400, hospital_level=Level.THIRD)], 400),
        ([term(first_self_pay=400, hospital_level=Level.FIRST)], 1000),
        ([term(first_self_pay=500), term(first_self_pay=600, begins_on=date(2026, 2, 1))], 600),
        ([term(first_self_pay=500), term(first_self_pay=600, begins_on=date(2026, 4, 1))], 500),
        ([term(first_self_pay=500, ends_on=date(2026, 2, 28))], 1000),
        ([term(code="X2", first_self_pay=500)], 1000),
        ([term(price_limit=100)], 1000),
        ([term(level="甲")], 0),
    ],
    ids=str,
)
def test_the_nearest_and_most_particular_term_counts(terms: list[CatalogueTerm], share: int) -> None:
    assert as_there(item(), terms, XIAN, DAY).first_self_pay == share


def test_each_fact_may_come_from_another_term() -> None:
    terms = [
        term(price_limit=900),
        term(region="610000", level="丙", restriction="限住院"),
        term(kind=ItemKind.VACCINE),
    ]
    found = as_there(item(), terms, XIAN, DAY)
    assert (found.price_limit, found.level, found.restriction) == (900, "丙", "限住院")
    assert found.purpose is Purpose.VACCINE


def test_ordinary_care_has_no_purpose_of_its_own() -> None:
    special = {kind for kind in ItemKind if item(kind=kind).purpose}
    assert special == {
        ItemKind.VACCINE,
        ItemKind.CHECKUP,
        ItemKind.TCM_PREVENTION,
        ItemKind.FAMILY_DOCTOR,
        ItemKind.DENTAL_COSMETIC,
        ItemKind.COSMETIC,
        ItemKind.WELLNESS,
        ItemKind.FITNESS,
        ItemKind.PUBLIC_HEALTH,
    }
