"""The reference page is generated, complete and fresh."""

from pathlib import Path

from gongji.channels.nhsa import coverage, tables
from gongji.channels.nhsa.reference import markdown
from gongji.channels.nhsa.registry import HANDLERS

PAGE = Path(__file__).parents[4] / "docs" / "reference" / "national-interface.md"


def test_the_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == markdown()


def test_every_offered_transaction_has_its_section() -> None:
    page = markdown()
    for infno in HANDLERS:
        assert f"\n## {infno} " in page


def test_required_fields_are_marked() -> None:
    assert "发送方报文ID |" not in markdown().partition("## 5101 ")[2].partition("\n## ")[0], "the envelope is no input"
    assert "| `psn_no` | 人员编号 | 文本(30) | 是 |" in markdown()


def test_every_transaction_of_the_specification_is_on_the_page_of_all() -> None:
    page = coverage.markdown()
    offered, _, missing = page.partition("## 未提供")
    for code in tables.transaction_codes():
        assert (f"\n| {code} | " in offered) == (code in HANDLERS)
        assert (f"\n| {code} | " in missing) == (code not in HANDLERS and code != "2203A")


def test_effects_are_told_of_what_is_offered_only() -> None:
    assert coverage.EFFECTS.keys() <= HANDLERS.keys()
