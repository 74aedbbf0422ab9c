"""Runs every case file: ``regions/<region>/cases/*.toml``, worked out by hand from the rule's text."""

import tomllib
from collections import Counter
from typing import Any

import pytest

from gongji.core.money import parse_yuan
from gongji.core.policy import PolicyBook
from gongji.policyfiles import load, locate
from gongji.service.quote import quote

ROOT = locate()
PAYERS = ("fund", "own", "shared", "cash")


def _cases() -> list[Any]:
    found = []
    for path in sorted(ROOT.glob("*/cases/*.toml")):
        for case in tomllib.loads(path.read_text(encoding="utf-8"))["case"]:
            label = f"{path.parent.parent.name}/{path.stem}：{case['name']}"
            found.append(pytest.param(path.parent.parent.name, case["ask"], case["expect"], id=label))
    return found


CASES = _cases()


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


@pytest.mark.parametrize(("region", "ask", "expect"), CASES)
def test_case(book: PolicyBook, region: str, ask: dict[str, Any], expect: dict[str, Any]) -> None:
    answer = quote(book, {"id": "case", "region": region, **ask})
    if "error" in expect:
        assert (answer["error"]["code"], answer["error"]["field"]) == (expect["error"], expect["field"])
        return
    assert "error" not in answer, answer
    assert set(PAYERS) <= set(expect), "a case states all four payers"
    figures = {key: value for key, value in expect.items() if key not in ("shared_by", "notes")}
    assert {key: answer[key] for key in figures} == figures
    assert sum(parse_yuan(answer[payer]) for payer in PAYERS) == parse_yuan(answer["total"])
    if "shared_by" in expect:
        shown = [
            " ".join((d["id"], d["amount"], *([d["reason"]] if "reason" in d else []))) for d in answer["shared_by"]
        ]
        assert shown == expect["shared_by"]
    for part in expect.get("notes", ()):
        assert any(part in note for note in answer["notes"]), answer["notes"]


def test_each_region_with_fund_rules_has_at_least_six_cases(book: PolicyBook) -> None:
    counted = Counter(case.values[0] for case in CASES)
    with_rules = {region for region, name, _ in book.rules if name.endswith(".ratio")}
    assert {region: counted[region] for region in with_rules if counted[region] < 6} == {}
