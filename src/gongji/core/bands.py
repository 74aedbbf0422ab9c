"""Exact sums over bands of a ratio (分段计算): spans of spending with their share, and what a cap leaves of them."""

from collections.abc import Iterator
from fractions import Fraction
from typing import TypeAlias

import msgspec

from gongji.core.case import YearToDate
from gongji.core.money import WHOLE, BasisPoints, Fen, round_half_up
from gongji.core.rules import Band, Ratio, RatioRow

Exact: TypeAlias = int | Fraction
"""An amount in fen that need not be whole: a band of payments may end inside a fen of spending."""


class Span(msgspec.Struct, frozen=True):
    """Fen of spending, exact, and the fund's share of them in basis points."""

    length: Exact
    share: BasisPoints


def rounded(amount: Exact) -> Fen:
    """An exact amount in whole fen, a half rounded up."""
    return round_half_up(amount.numerator, amount.denominator)


def paid(spans: tuple[Span, ...]) -> Fen:
    """What the fund pays of spans: the exact sum, rounded once."""
    product = sum([span.length * span.share for span in spans])
    return round_half_up(product.numerator, product.denominator * WHOLE)


def share_of_exact(amount: Exact, share: BasisPoints) -> Fen:
    """The part of an exact amount that a ratio gives, rounded once."""
    product = amount * share
    return round_half_up(product.numerator, product.denominator * WHOLE)


def spans_of(
    ratio: Ratio, row: RatioRow, points: BasisPoints, above: Fen, deductible: Fen, year: YearToDate
) -> tuple[Span, ...]:
    """Divide the spending above the deductible into the bands of a row.

    Args:
        ratio: says what the bounds of the bands count.
        row: the bands.
        points: added to the share of every band; the result stays between nothing and the whole.
        above: spending of this bill above the deductible.
        deductible: what this bill bore of the deductible.
        year: figures of the year before this bill.
    """
    if len(row.bands) == 1:
        return (Span(above, _adjusted(row.bands[0].share, points)),) if above else ()
    if ratio.bands_of == "year_fund":
        return tuple(_by_payment(row.bands, points, above, year.pool))
    return tuple(_by_spending(row.bands, points, above, _position(ratio, deductible, year)))


def _adjusted(share: BasisPoints, points: BasisPoints) -> BasisPoints:
    return min(WHOLE, max(0, share + points))


def _position(ratio: Ratio, deductible: Fen, year: YearToDate) -> Fen:
    """Where on the scale of the bands the spending above the deductible begins."""
    whole_year = ratio.bands_of == "year_eligible"
    before = year.eligible if whole_year else year.eligible_of_stay
    if ratio.bands_from == "zero":
        return before + deductible
    return max(0, before - (year.deductible if whole_year else year.deductible_of_stay)) if before else 0


def _by_spending(bands: tuple[Band, ...], points: BasisPoints, above: Fen, position: Fen) -> Iterator[Span]:
    for band in bands:
        room = above if band.to is None else min(above, max(0, band.to - position))
        if room:
            yield Span(room, _adjusted(band.share, points))
        above -= room
        position += room


def _by_payment(bands: tuple[Band, ...], points: BasisPoints, above: Fen, position: Fen) -> Iterator[Span]:
    """Bounds count the fund's payments: a band holds as much spending as its share turns into the room left."""
    left: Exact = above
    for band in bands:
        share = _adjusted(band.share, points)
        holds = left
        if band.to is not None and share:
            holds = min(left, Fraction(max(0, band.to - position) * WHOLE, share))
        if holds:
            yield Span(holds, share)
        left -= holds
        position = position if band.to is None else max(position, band.to)


def beyond_payment(spans: tuple[Span, ...], room: Fen) -> Exact:
    """Spending left over when the fund may pay no more than ``room``."""
    left: Exact = room * WHOLE
    beyond: Exact = 0
    for span in spans:
        need = span.length * span.share
        if need <= left:
            left -= need
        else:
            beyond += span.length - Fraction(left, span.share)
            left = 0
    return beyond


def within_spending(spans: tuple[Span, ...], room: Fen) -> tuple[Span, ...]:
    """The spans up to a cap on spending that leaves ``room``."""
    left: Exact = room
    kept = []
    for span in spans:
        length = min(span.length, left)
        if length:
            kept.append(Span(length, span.share))
        left -= length
    return tuple(kept)
