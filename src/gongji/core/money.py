"""Money in integer fen (分) and ratios in basis points: the only place that rounds.

No published rule on rounding was found for settlement; amounts are kept to the fen and a half is rounded up,
once, after the exact product has been formed.
"""

import re
from typing import Final, TypeAlias

Fen: TypeAlias = int
"""An amount of money in fen; 100 fen are one yuan."""

BasisPoints: TypeAlias = int
"""A ratio in hundredths of a percent; 10,000 is the whole."""

WHOLE: Final[BasisPoints] = 10_000

MAX_FEN: Final[Fen] = 10**16 - 1
"""The national interface carries amounts as n(16,2): sixteen digits, two of them decimals."""

_YUAN = re.compile(r"-?\d{1,14}(?:\.\d{1,2})?", re.ASCII)
_PERCENT = re.compile(r"\d{1,3}(?:\.\d{1,2})?%", re.ASCII)


class MoneyError(ValueError):
    """The text is not an amount or ratio that can be represented exactly."""


def round_half_up(numerator: int, denominator: int = WHOLE) -> Fen:
    """Divide exactly and round a half away from zero: the one rounding of the whole system."""
    if numerator < 0:
        return -round_half_up(-numerator, denominator)
    return (2 * numerator + denominator) // (2 * denominator)


def share_of(amount: Fen, ratio: BasisPoints) -> Fen:
    """The part of an amount that a ratio gives, in fen."""
    return round_half_up(amount * ratio)


def parse_yuan(text: str) -> Fen:
    """Read a plain decimal in yuan with at most two decimals, for example ``"12.50"``.

    Raises:
        MoneyError: for exponents, separators, more than two decimals, or more than fourteen integer digits.
    """
    if not _YUAN.fullmatch(text):
        raise MoneyError(f"不是最多两位小数的金额：{text[:40]!r}")
    negative = text.startswith("-")
    yuan, _, cents = text.lstrip("-").partition(".")
    fen = int(yuan) * 100 + int(cents.ljust(2, "0"))
    return -fen if negative else fen


def format_yuan(amount: Fen) -> str:
    """Write an amount as yuan with exactly two decimals."""
    if amount < 0:
        return "-" + format_yuan(-amount)
    yuan, fen = divmod(amount, 100)
    return f"{yuan}.{fen:02d}"


def parse_percent(text: str) -> BasisPoints:
    """Read a ratio such as ``"70%"`` or ``"4.25%"``.

    Raises:
        MoneyError: for anything else, or for more than 100%.
    """
    if not _PERCENT.fullmatch(text):
        raise MoneyError(f"不是百分比：{text[:40]!r}")
    whole, _, cents = text.rstrip("%").partition(".")
    points = int(whole) * 100 + int(cents.ljust(2, "0") or "0")
    if points > WHOLE:
        raise MoneyError(f"比例超过 100%：{text!r}")
    return points


def format_percent(ratio: BasisPoints) -> str:
    """Write a ratio as a percentage without needless zeros."""
    whole, cents = divmod(ratio, 100)
    return f"{whole}.{cents:02d}".rstrip("0").rstrip(".") + "%" if cents else f"{whole}%"
