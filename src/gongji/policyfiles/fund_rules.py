"""How the rules of the pooled fund are read: deductible, ratio, cap, prescriptions, care away from home."""

from itertools import pairwise
from typing import cast, get_args

from gongji.core.citation import Citation
from gongji.core.codes import Care, Level
from gongji.core.facts import When
from gongji.core.rules import (
    AwayFiling,
    AwayFirstSelfPay,
    AwayHome,
    AwayPoints,
    AwayRow,
    Band,
    BandsFrom,
    BandsOf,
    Cap,
    CapBasis,
    CapRow,
    Deductible,
    DeductibleBasis,
    DeductibleRow,
    PointsRow,
    Prescription,
    Ratio,
    RatioRow,
    Reduction,
    Rule,
)
from gongji.policyfiles.conditions import conditional_rows, every_row
from gongji.policyfiles.table import Table

NO_CAP = "none"
"""How a file says that there is no cap (不封顶)."""

DEDUCTIBLE_BASES = cast("tuple[DeductibleBasis, ...]", get_args(DeductibleBasis))
CAP_BASES = cast("tuple[CapBasis, ...]", get_args(CapBasis))
BANDS_OF = cast("tuple[BandsOf, ...]", get_args(BandsOf))
BANDS_FROM = cast("tuple[BandsFrom, ...]", get_args(BandsFrom))


def read_deductible(block: Table, cite: Citation) -> Rule | None:
    """Deductible: its basis decides what else the block holds."""
    basis = cast("DeductibleBasis", block.word("basis", DEDUCTIBLE_BASES) or "annual_cumulative")
    if basis == "none":
        return Deductible(cite=cite, basis=basis, rows=())
    monthly = block.amount("monthly") if basis == "monthly_annual" else None
    merged = block.choices("merged_with", Care) if basis == "annual_merged" else ()
    return Deductible(
        cite=cite,
        basis=basis,
        rows=conditional_rows(block, _stays_row if basis == "by_stay" else _amount_row),
        reductions=every_row(block, "reductions", _reduction),
        annual_stop=block.amount("annual_stop", required=False) if basis == "per_visit" else None,
        monthly=monthly,
        merged_with=merged or (),
    )


def _amount_row(row: Table, when: When) -> DeductibleRow | None:
    amount = row.amount("amount")
    return None if amount is None else DeductibleRow(when=when, amounts=(amount,))


def _stays_row(row: Table, when: When) -> DeductibleRow | None:
    amounts = row.amounts("amounts")
    return None if amounts is None else DeductibleRow(when=when, amounts=amounts)


def _reduction(row: Table, when: When) -> Reduction | None:
    amount = row.amount("amount")
    return None if amount is None else Reduction(when=when, amount=amount)


def read_ratio(block: Table, cite: Citation) -> Rule | None:
    """Ratio: one share a row, or bands."""
    bands_of = block.word("bands_of", BANDS_OF)
    bands_from = block.word("bands_from", BANDS_FROM)
    rows = conditional_rows(block, _ratio_row)
    banded = block.any_row_has("bands")
    if banded and bands_of is None:
        block.fault("bands_of", f"分段时须写明按什么分段 bands_of；可用：{'、'.join(BANDS_OF)}")
    if bands_of and rows and not banded:
        block.fault("bands_of", "没有分段的行，不需要 bands_of")
    if bands_from and bands_of in (None, "year_fund"):
        block.fault("bands_from", "bands_from 只用于按费用分段")
    return Ratio(
        cite=cite,
        rows=rows,
        bands_of=cast("BandsOf | None", bands_of),
        bands_from=cast("BandsFrom", bands_from or "zero"),
        points=every_row(block, "points", _points_row),
    )


def _ratio_row(row: Table, when: When) -> RatioRow | None:
    if row.value("bands") is None:
        share = row.percent("share")
        return None if share is None else RatioRow(when=when, bands=(Band(to=None, share=share),))
    if row.value("share") is not None:
        row.fault("share", "share 和 bands 只写一个")
    tables = row.rows("bands")
    bands = [_band(table, last=table is tables[-1]) for table in tables]
    bounds = [band.to for band in bands if band is not None and band.to is not None]
    for number, (before, after) in enumerate(pairwise(bounds), start=1):
        if after <= before:
            row.fault(f"bands[{number}].to", "分段的 to 须依次变大，这一段永远轮不到")
    if bounds and bounds[0] == 0:
        row.fault("bands[0].to", "第一段的 to 须大于零")
    if len(tables) == 1:
        row.fault("bands", "只有一段时写 share")
    read = tuple(band for band in bands if band is not None)
    return RatioRow(when=when, bands=read) if len(read) == len(tables) > 0 else None


def _band(table: Table, *, last: bool) -> Band | None:
    to = table.amount("to", required=not last)
    share = table.percent("share")
    table.done()
    if last and to is not None:
        table.fault("to", "最后一段不写 to：再往上由最高支付限额封顶")
        return None
    return None if share is None or (to is None and not last) else Band(to=to, share=share)


def _points_row(row: Table, when: When) -> PointsRow | None:
    points = row.points("points")
    per = row.word("per", ("missing_year",))
    return None if points is None else PointsRow(when=when, points=points, per_missing_year=per is not None)


def read_cap(block: Table, cite: Citation) -> Rule | None:
    """Cap of the year."""
    basis = cast("CapBasis", block.word("basis", CAP_BASES) or "fund_payment")
    return Cap(
        cite=cite,
        basis=basis,
        rows=conditional_rows(block, _cap_row),
        above_share=block.percent("above_share", required=False) or 0,
        shared_with=block.choices("shared_with", Care, required=False) or (),
        formula=block.text("formula", required=False) or "",
    )


def _cap_row(row: Table, when: When) -> CapRow | None:
    amount = row.amount_or("amount", NO_CAP)
    if isinstance(amount, str):
        return CapRow(when=when, amount=None)
    return None if amount is None else CapRow(when=when, amount=amount)


def read_prescription(block: Table, cite: Citation) -> Rule | None:
    """Prescriptions filled at a pharmacy."""
    level = block.choice("as_level", Level, required=True)
    community = block.flag("as_community") or False
    return None if level is None else Prescription(cite=cite, as_level=level, as_community=community)


def read_away_home(block: Table, cite: Citation) -> Rule | None:
    """Whether the province counts as home."""
    block.value("province_counts_as_home", required=True)
    home = block.flag("province_counts_as_home")
    return None if home is None else AwayHome(cite=cite, province_counts_as_home=home)


def read_away_points(block: Table, cite: Citation) -> Rule | None:
    """Points off for care away from home."""
    return AwayPoints(cite=cite, rows=conditional_rows(block, _points_off))


def _points_off(row: Table, when: When) -> PointsRow | None:
    points = row.points("points")
    if points is not None and points < 0:
        row.fault("points", "这里写要减去的百分点，不写负号")
        return None
    return None if points is None else PointsRow(when=when, points=points)


def read_away_first(block: Table, cite: Citation) -> Rule | None:
    """Part borne first for care away from home."""
    return AwayFirstSelfPay(cite=cite, rows=conditional_rows(block, _away_row))


def read_away_filing(block: Table, cite: Citation) -> Rule | None:
    """Care away from home that must be filed first."""
    return AwayFiling(cite=cite, rows=conditional_rows(block, lambda _, when: when))


def _away_row(row: Table, when: When) -> AwayRow | None:
    share = row.percent("share")
    return None if share is None else AwayRow(when=when, share=share)
