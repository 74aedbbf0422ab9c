"""Runs every case file: ``regions/<region>/cases/*.toml``, worked out by hand from the rule's text."""

from collections import Counter

import msgspec
import pytest

from gongji.core.money import parse_yuan
from gongji.core.policy import PolicyBook
from gongji.policyfiles import load, locate
from gongji.service.quote import quote
from gongji.service.region_cases import PAYERS, RegionCase, differences, region_cases

CASES = list(region_cases(locate()))


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case.file}：{case.name}")
def test_case(book: PolicyBook, case: RegionCase) -> None:
    assert differences(book, case) == []
    answer = quote(book, {"id": "case", "region": case.region, **case.ask})
    if "error" not in answer:
        assert sum(parse_yuan(answer[payer]) for payer in PAYERS) == parse_yuan(answer["total"])


def test_a_case_that_is_wrong_is_told(book: PolicyBook) -> None:
    right = next(case for case in CASES if case.expect.get("fund", "0.00") != "0.00")
    wrong = msgspec.structs.replace(right, expect={**right.expect, "fund": "0.00"})
    assert differences(book, wrong) == [f"fund 应为 0.00，得到 {right.expect['fund']}"]


def test_each_region_with_fund_rules_has_at_least_six_cases(book: PolicyBook) -> None:
    counted = Counter(case.region for case in CASES)
    with_rules = {region for region, name, _ in book.rules if name.endswith(".ratio")}
    assert {region: counted[region] for region in with_rules if counted[region] < 6} == {}
