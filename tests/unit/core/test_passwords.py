"""Weak passwords, and the first passwords of Guangzhou (S23)."""

from datetime import date

import pytest

from gongji.core.passwords import first_password, first_password_of_child, weakness

BEFORE, CUT_OVER = date(2020, 4, 14), date(2020, 4, 15)


@pytest.mark.parametrize(
    ("number", "joined", "expected"),
    [
        ("12345678", BEFORE, "1012345678"),  # CRD-15
        ("3467368", BEFORE, "1003467368"),  # CRD-16, CRD-42
        ("1234567890", BEFORE, "1234567890"),
        ("9912345678901", BEFORE, "2345678901"),  # CRD-13: the last ten digits
        ("12345678", CUT_OVER, None),  # CRD-17, CRD-38: an envelope
        ("12345678", date(2021, 1, 1), None),
        ("", BEFORE, None),
        ("１２３", BEFORE, None),
        ("12a", BEFORE, None),
    ],
)
def test_guangzhou_began_with_ten_digits(number: str, joined: date, expected: str | None) -> None:
    assert first_password("440100", number, joined) == expected


def test_other_regions_are_not_known() -> None:
    assert first_password("610100", "12345678", BEFORE) is None
    assert first_password_of_child("610100", date(2020, 5, 1)) is None


def test_a_childs_card_began_with_year_and_month() -> None:
    # CRD-40
    assert first_password_of_child("440100", date(2020, 5, 31)) == "002005"


KNOWN = ["999901197001000011", "Z90000001", "19900001234"]


@pytest.mark.parametrize(
    "password",
    [
        "",
        "short",
        "888888",
        "88888888",
        "12345678",
        "87654321",
        "34567890",
        "12121212",
        "197001000",
        "z90000001",
        "my19900001234",
        "x" * 129,
        "with\x00nul-inside",
    ],
)
def test_weak(password: str) -> None:
    # CRD-18: 888888 and plain runs are never taken
    assert weakness(password, KNOWN)


@pytest.mark.parametrize("password", ["correct-horse", "demo-pass-1", "一二三四五六七八", "a1b2c3d4", " spaces too "])
def test_good_enough(password: str) -> None:
    assert weakness(password, KNOWN) is None
