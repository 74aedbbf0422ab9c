"""The reference page is generated, complete and fresh."""

from pathlib import Path

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
    assert "| `msgid`" not in markdown()
    assert "| `psn_no` | 人员编号 | 文本(30) | 是 |" in markdown()
