from fractions import Fraction

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.core.money import (
    WHOLE,
    MoneyError,
    format_percent,
    format_yuan,
    parse_percent,
    parse_yuan,
    round_half_up,
    share_of,
)


@pytest.mark.parametrize(
    ("amount", "ratio", "share"),
    [
        (10, 5500, 6),  # 5.5 分
        (5, 7000, 4),  # 3.5 分
        (1, 5000, 1),  # 0.5 分
        (1, 4999, 0),
        (0, 10000, 0),
        (99999, 10000, 99999),
        (85714, 8000, 68571),  # 68571.2 分
        (-10, 5500, -6),
    ],
)
def test_a_half_is_rounded_up_away_from_zero(amount: int, ratio: int, share: int) -> None:
    assert share_of(amount, ratio) == share


@given(st.integers(0, 10**16), st.integers(1, WHOLE))
def test_rounding_is_never_off_by_more_than_a_half(numerator: int, denominator: int) -> None:
    exact = Fraction(numerator, denominator)
    rounded = round_half_up(numerator, denominator)
    assert Fraction(-1, 2) <= exact - rounded < Fraction(1, 2)


@given(st.integers(-(10**15), 10**15))
def test_amounts_survive_writing_and_reading(fen: int) -> None:
    assert parse_yuan(format_yuan(fen)) == fen


@given(st.integers(0, WHOLE))
def test_ratios_survive_writing_and_reading(points: int) -> None:
    assert parse_percent(format_percent(points)) == points


@pytest.mark.parametrize(("text", "fen"), [("0", 0), ("12.5", 1250), ("12.05", 1205), ("-0.01", -1), ("600", 60000)])
def test_plain_decimals_are_read(text: str, fen: int) -> None:
    assert parse_yuan(text) == fen


@pytest.mark.parametrize(
    "text", ["", "1.005", "1e3", "1,000", "+1", " 1", "1 ", ".5", "1.", "١٢", "NaN", "123456789012345", "1\n"]
)
def test_other_amounts_are_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_yuan(text)


@pytest.mark.parametrize("text", ["70", "0.7", "-1%", "100.01%", "101%", "7.005%", "%", "70 %"])
def test_other_ratios_are_refused(text: str) -> None:
    with pytest.raises(MoneyError):
        parse_percent(text)


def test_percentages_are_written_without_needless_zeros() -> None:
    assert [format_percent(points) for points in (7000, 425, 450, 10000, 0)] == ["70%", "4.25%", "4.5%", "100%", "0%"]
