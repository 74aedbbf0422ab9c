"""The reference page says what the data say."""

import re
from pathlib import Path

from gongji.demo.document import page
from gongji.demo.people import citizens

PAGE = Path(__file__).parents[3] / "docs" / "reference" / "demo-city.md"


def test_page_is_fresh() -> None:
    assert PAGE.read_text("utf-8") == page(), "run: python -m gongji.demo.document"


def test_page_shows_everybody_and_no_test_names() -> None:
    text = page()
    assert all(f"| {name} |" in text for name in citizens())
    assert not re.search(r"\bS\d\d\b", text)
