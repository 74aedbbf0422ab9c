"""The phone book over the real region files (S12, HOT-02 to HOT-20)."""

from datetime import datetime

import pytest

from gongji.core.policy import PolicyBook
from gongji.core.times import CHINA
from gongji.service.phone_book import phone_book


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=CHINA)


@pytest.mark.parametrize(
    ("moment", "is_open"),
    [
        ("2025-04-21 08:29", False),
        ("2025-04-21 08:30", True),
        ("2025-04-21 12:01", False),
        ("2025-04-21 14:30", True),
        ("2025-04-21 17:31", False),
        ("2025-04-26 09:00", False),
        ("2025-04-27 09:00", True),  # 五一前的周日，调休上班
        ("2025-05-01 09:00", False),
    ],
)
def test_is_xishui_open(book: PolicyBook, moment: str, *, is_open: bool) -> None:
    (xishui,) = phone_book(book, at(moment), "浠水")
    assert xishui.open is is_open
    assert (xishui.opens is None) is is_open
    assert [line.value for line in xishui.lines] == ["0713-4232032", "0713-4232019"]


def test_a_number_is_found_by_scheme(book: PolicyBook) -> None:
    (found,) = phone_book(book, at("2026-01-05 09:00"), "开发区")
    by_scheme = {line.name: line.value for line in found.lines}
    assert by_scheme["开发区（职工医保）"] == "0335-3926866"
    assert by_scheme["开发区（居民医保）"] == "0335-3926712"


def test_what_only_an_article_says_is_marked(book: PolicyBook) -> None:
    nation, *places = phone_book(book, at("2026-01-05 09:00"))
    assert {line.value: line.checked for line in nation.lines} == {"12393": True, "12333": False}
    assert not any(line.checked for place in places for line in place.lines if place.region.name == "浠水县")


def test_nothing_is_found_for_strange_words(book: PolicyBook) -> None:
    assert phone_book(book, at("2026-01-05 09:00"), "火星") == []
