"""The contract of ``gongji quote``, key by key."""

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import typer
from typer.testing import CliRunner

from gongji.cli.quote import quote as quote_command
from gongji.cli.regions import regions_app
from gongji.core.policy import PolicyBook
from gongji.policyfiles import load, locate
from gongji.service.quote import quote, quote_text

KEYS = [
    "id",
    "total",
    "eligible",
    "deductible",
    "fund",
    "funds",
    "own",
    "own_current_year",
    "own_historical",
    "shared",
    "shared_by",
    "cash",
    "trace",
    "notes",
]


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


def case() -> dict[str, Any]:
    return {
        "id": "x",
        "region": "610100",
        "date": "2025-03-01",
        "person": {"scheme": "employee", "status": "active", "birth_date": "1980-02-29", "gp_signed": False},
        "care": {"type": "outpatient", "level": "3", "grade": None, "community": False, "place": "610100"},
        "bill": {"total": "600.00", "full_self_pay": "0.00"},
        "year_to_date": {"deductible": "0.00", "eligible": "0.00", "pool": "0.00", "events": 1},
        "accounts": {"balance": "100.00"},
        "sharing": [
            {"id": "son", "relation": "child", "available": "5000.00", "mode": "live_call", "order": 1},
        ],
    }


def test_the_sample_of_the_contract_is_answered(book: PolicyBook) -> None:
    sample = {
        "id": "any",
        "region": "310000",
        "date": "2025-09-10",
        "person": {
            "scheme": "employee",
            "status": "retired",
            "birth_date": "1950-02-01",
            "retired_on": "2005-06-30",
            "gp_signed": False,
            "missing_years": 0,
        },
        "care": {
            "type": "outpatient",
            "level": "3",
            "grade": "A",
            "community": False,
            "village": False,
            "top": False,
            "stay": 1,
            "place": "310000",
            "filing": "none",
        },
        "bill": {"total": "1680.00", "full_self_pay": "0.00", "over_limit": "0.00", "first_self_pay": "36.00"},
        "year_to_date": {"deductible": "120.00", "eligible": "0.00", "pool": "0.00"},
        "accounts": {"current_year": "200.00", "historical": "150.00"},
        "sharing": [
            {
                "id": "daughter",
                "relation": "child",
                "available": "5000.00",
                "mode": "live_call",
                "order": 1,
                "cap_per_transaction": None,
            }
        ],
    }
    answer = quote(book, sample)
    # 1644 - 当年 200 = 1444；起付 300 - 120 = 180；1264 x 75% = 948
    # 个人 180 + 316 + 先行自付 36 = 532：历年 150，共济 382
    assert list(answer) == KEYS
    assert (answer["deductible"], answer["fund"], answer["own"], answer["shared"], answer["cash"]) == (
        "180.00",
        "948.00",
        "350.00",
        "382.00",
        "0.00",
    )
    assert all(list(step) == ["rule", "text", "amount", "file", "source", "confidence"] for step in answer["trace"])
    assert answer["trace"][0]["file"] is None


def test_each_step_names_the_block_that_decided_it(book: PolicyBook) -> None:
    asked = case()
    asked["sharing"].append({"id": "in-law", "relation": "spouse_parent", "available": "1.00"})
    files = {step["rule"]: step["file"] for step in quote(book, asked)["trace"]}
    assert files == {
        "bill.eligible": None,
        "deductible.annual_cumulative": "regions/610100/outpatient.toml",
        "ratio.fund_share": "regions/610100/outpatient.toml",
        "own.account": "regions/000000/account.toml",
        "sharing.drawn": "regions/610000/sharing.toml",
        "sharing.not_drawn": "regions/000000/sharing.toml",
    }


def put(path: str, value: object) -> Callable[[dict[str, Any]], None]:
    def change(asked: dict[str, Any]) -> None:
        *parents, last = path.split(".")
        at: Any = asked
        for parent in parents:
            at = at[int(parent)] if parent.isdigit() else at[parent]
        if value is None:
            at.pop(last)
        else:
            at[last] = value

    return change


@pytest.mark.parametrize(
    ("path", "value", "code", "field"),
    [
        ("colour", "red", "input_invalid", "colour"),
        ("person.name", "某人", "input_invalid", "person.name"),
        ("sharing.0.code", 1, "input_invalid", "sharing[0].code"),
        ("date", None, "input_invalid", "date"),
        ("date", "2025-02-30", "input_invalid", "date"),
        ("date", "20250301", "input_invalid", "date"),
        ("date", 20250301, "input_invalid", "date"),
        ("region", None, "input_invalid", "region"),
        ("region", "亚特兰蒂斯", "rule_unknown", "region"),
        ("region", "610400", "rule_unknown", "care.type"),
        ("region", "陕西", "rule_unknown", "care.type"),
        ("person.scheme", "army", "input_invalid", "person.scheme"),
        ("person.status", None, "input_invalid", "person.status"),
        ("person.status", "child", "input_invalid", "person.status"),
        ("person.birth_date", "2025-03-02", "input_invalid", "person.birth_date"),
        ("person.age", 45, "input_invalid", "person.age"),
        ("person.gp_signed", "no", "input_invalid", "person.gp_signed"),
        ("person.missing_years", -1, "input_invalid", "person.missing_years"),
        ("care.type", None, "input_invalid", "care.type"),
        ("care.type", "dental", "input_invalid", "care.type"),
        ("care.type", "special_disease", "rule_unknown", "care.type"),
        ("care.level", None, "fact_missing", "care.level"),
        ("care.level", 3, "input_invalid", "care.level"),
        ("care.grade", "C", "input_invalid", "care.grade"),
        ("care.stay", 0, "input_invalid", "care.stay"),
        ("care.stay", True, "input_invalid", "care.stay"),
        ("care.filing", "maybe", "input_invalid", "care.filing"),
        ("bill", None, "input_invalid", "bill.total"),
        ("bill", [], "input_invalid", "bill"),
        ("bill.total", 600, "input_invalid", "bill.total"),
        ("bill.total", 600.0, "input_invalid", "bill.total"),
        ("bill.total", "600.001", "input_invalid", "bill.total"),
        ("bill.total", "6e2", "input_invalid", "bill.total"),
        ("bill.total", "-1.00", "input_invalid", "bill.total"),
        ("bill.total", "0.00", "bill_invalid", "bill.total"),
        ("bill.full_self_pay", "600.01", "bill_invalid", "bill"),
        ("bill.person_share", "1.00", "input_invalid", "bill.total"),
        ("bill", {"person_share": "0.00"}, "input_invalid", "bill.person_share"),
        ("bill", {"person_share": "5.00", "over_limit": "1.00"}, "input_invalid", "bill.over_limit"),
        ("year_to_date.events", "1", "input_invalid", "year_to_date.events"),
        ("accounts.historical", "1.00", "input_invalid", "accounts.balance"),
        ("sharing", {}, "input_invalid", "sharing"),
        ("sharing", ["son"], "input_invalid", "sharing[0]"),
        ("sharing.0.id", None, "input_invalid", "sharing[0].id"),
        ("sharing.0.relation", "cousin", "input_invalid", "sharing[0].relation"),
        ("sharing.0.available", None, "input_invalid", "sharing[0].available"),
        ("sharing.0.mode", "gift", "input_invalid", "sharing[0].mode"),
        ("sharing.0.order", 0, "input_invalid", "sharing[0].order"),
        ("sharing.0.cap_per_transaction", 1, "input_invalid", "sharing[0].cap_per_transaction"),
    ],
)
def test_a_bad_case_names_the_key_at_fault(book: PolicyBook, path: str, value: object, code: str, field: str) -> None:
    asked = case()
    put(path, value)(asked)
    answer = quote(book, asked)
    assert list(answer) == ["id", "error"]
    assert (answer["error"]["code"], answer["error"]["field"]) == (code, field)
    assert answer["error"]["message"]


def test_the_same_authoriser_twice_is_refused(book: PolicyBook) -> None:
    asked = case()
    asked["sharing"] *= 2
    assert quote(book, asked)["error"]["field"] == "sharing[1].id"


def test_residents_have_no_account(book: PolicyBook) -> None:
    asked = case() | {"person": {"scheme": "resident", "status": "adult"}}
    assert quote(book, asked)["error"]["field"] == "accounts"


def test_two_parts_of_an_account_are_one_where_the_region_keeps_one(book: PolicyBook) -> None:
    answer = quote(book, case() | {"accounts": {"current_year": "60.00", "historical": "40.00"}})
    assert (answer["own"], answer["own_current_year"], answer["own_historical"]) == ("100.00", "0.00", "0.00")


@pytest.mark.parametrize("region", ["西安", "西安市", "陕西西安市", "610100"])
def test_a_region_is_a_code_or_a_name(book: PolicyBook, region: str) -> None:
    assert quote(book, case() | {"region": region})["fund"] == "200.00"


@pytest.mark.parametrize(("place", "away"), [("610113", False), ("西安", False), ("310000", True), ("110000", True)])
def test_care_away_from_home_is_computed_by_the_rules_of_home_and_noted(
    book: PolicyBook, place: str, *, away: bool
) -> None:
    asked = case()
    asked["care"]["place"] = place
    answer = quote(book, asked)
    assert answer["fund"] == "200.00"
    assert any("异地就医" in note for note in answer["notes"]) is away


def test_many_cases_are_answered_in_order_and_a_bad_one_in_its_place(book: PolicyBook) -> None:
    text, all_ok = quote_text(book, json.dumps([case() | {"id": 1}, {"id": 2}, case() | {"id": "三"}]).encode())
    answers = json.loads(text)
    assert [answer["id"] for answer in answers] == [1, 2, "三"]
    assert ["error" in answer for answer in answers] == [False, True, False]
    assert not all_ok


def test_one_case_gives_one_object_and_none_gives_none(book: PolicyBook) -> None:
    text, all_ok = quote_text(book, b"\xef\xbb\xbf" + json.dumps(case()).encode())
    assert json.loads(text)["fund"] == "200.00"
    assert all_ok
    assert quote_text(book, b"[]") == (b"[]\n", True)


@pytest.mark.parametrize("text", [b"", b"{", b"\xff", b"[1,]", b'"' + b"\xc3" + b'"', b"[" * 100_000])
def test_what_is_not_json_gives_one_error(book: PolicyBook, text: bytes) -> None:
    answer, all_ok = quote_text(book, text)
    assert json.loads(answer)["error"]["code"] == "input_invalid"
    assert not all_ok


@pytest.mark.parametrize("value", [b"5", b"null", b'"x"', b"[[]]"])
def test_what_is_not_a_case_is_refused(book: PolicyBook, value: bytes) -> None:
    answer, all_ok = quote_text(book, value)
    assert b"input_invalid" in answer
    assert not all_ok


@pytest.fixture(scope="module")
def command() -> typer.Typer:
    app = typer.Typer()
    app.command()(quote_command)
    app.add_typer(regions_app, name="regions")
    return app


def run(command: typer.Typer, *arguments: str, given: str | None = None) -> tuple[int, str, str]:
    result = CliRunner(env={"COLUMNS": "200"}).invoke(command, arguments, input=given)
    return result.exit_code, result.stdout, result.stderr


def test_the_table_explains_itself(command: typer.Typer) -> None:
    code, shown, _ = run(
        command,
        *("quote", "--region", "西安", "--date", "2025-03-01", "--level", "3", "--amount", "600"),
        *("--balance", "100", "--share", "子女=500", "--share", "spouse=20"),
    )
    assert code == 0
    for part in (
        "统筹基金",
        "200.00",
        "共济账户：子女 1",
        "300.00",
        "起付线 200.00 元",
        "regions/610100/outpatient.toml",
    ):
        assert part in shown


@pytest.mark.parametrize(
    ("arguments", "says"),
    [
        (("--region", "西安", "--amount", "600"), "--level：计算需要医院级别"),
        (("--region", "西安", "--level", "3"), "--amount："),
        (("--level", "3"), "--region："),
        (("--region", "西安", "--share", "表哥=5"), "亲属可用"),
        (("--json", "/does/not/exist"), "不能读取"),
    ],
)
def test_a_bad_command_says_which_option(command: typer.Typer, arguments: tuple[str, ...], says: str) -> None:
    code, _, error = run(command, "quote", *arguments)
    assert code == 2
    assert says in error.replace("\n", "")


def test_json_from_a_file_and_from_standard_input(command: typer.Typer, tmp_path: Path) -> None:
    path = tmp_path / "case.json"
    path.write_text(json.dumps(case()), encoding="utf-8")
    code, shown, _ = run(command, "quote", "--json", str(path))
    assert (code, json.loads(shown)["fund"]) == (0, "200.00")
    code, shown, _ = run(command, "quote", "--json", "-", given=json.dumps([case(), {}]))
    assert (code, len(json.loads(shown))) == (2, 2)


def test_help_teaches_with_an_example(command: typer.Typer) -> None:
    code, shown, _ = run(command, "quote", "--help")
    assert code == 0
    assert "gongji quote --region 西安 --level 3 --amount 600" in shown


def test_the_regions_commands(command: typer.Typer, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    assert run(command, "regions", "check")[0] == 0
    assert "南宁市" in run(command, "regions", "coverage")[1]
    code, shown, _ = run(command, "regions", "show", "西安", "--on", "2024-05-21")
    assert code == 0
    assert "同一统筹区" in shown
    assert run(command, "regions", "show", "拉萨")[0] == 2
    assert run(command, "regions", "show", "西安", "--on", "昨天")[0] == 2
    (tmp_path / "xian").mkdir()
    monkeypatch.setenv("GONGJI_REGIONS", str(tmp_path))
    code, shown, _ = run(command, "regions", "check")
    assert code == 1
    assert "六位行政区划代码" in shown
    assert run(command, "quote", "--region", "西安")[0] == 2
