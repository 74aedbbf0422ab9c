"""Rows with conditions (条件行): how they are read, and which of them can never be reached."""

from collections.abc import Callable
from typing import TypeVar

from gongji.core.codes import Care, Filing, Grade, Level, Place, Status
from gongji.core.facts import When
from gongji.policyfiles.table import Table

Row = TypeVar("Row")


def read_when(row: Table) -> When:
    """The conditions of a row."""
    return When(
        level=row.choice("level", Level),
        grade=row.choice("grade", Grade),
        status=row.choice("status", Status),
        care=row.choice("care", Care),
        community=row.flag("community"),
        village=row.flag("village"),
        top=row.flag("top"),
        gp_signed=row.flag("gp_signed"),
        age_from=row.count("age_from", high=150),
        age_below=row.count("age_below", high=150),
        retired_from=row.day("retired_from"),
        retired_before=row.day("retired_before"),
        stay=row.count("stay", low=1),
        stay_from=row.count("stay_from", low=1),
        missing_years_from=row.count("missing_years_from", low=1, high=99),
        place=row.choice("place", Place),
        filing=row.choice("filing", Filing),
    )


def _covers(earlier: When, later: When) -> bool:
    """Whether a row matches every bill that a row after it would match."""
    for name in When.__struct_fields__:
        mine, theirs = getattr(earlier, name), getattr(later, name)
        if mine is None:
            continue
        if theirs is None:
            return False
        if name.endswith("_from"):
            covered = theirs >= mine
        elif name.endswith(("_below", "_before")):
            covered = theirs <= mine
        else:
            covered = theirs == mine
        if not covered:
            return False
    return True


def conditional_rows(block: Table, value: Callable[[Table, When], Row | None]) -> tuple[Row, ...]:
    """Read rows with their conditions; refuse a row that an earlier one leaves nothing to."""
    seen: list[When] = []
    result = []
    for table in block.rows():
        when = read_when(table)
        row = value(table, when)
        table.done()
        above = next((n for n, earlier in enumerate(seen) if _covers(earlier, when)), None)
        if above is not None:
            same = seen[above] == when
            why = "条件重复" if same else "永远轮不到：前面的行已包括它的全部情形"
            table.fault("", f"与第 {above + 1} 行比，{why}")
        seen.append(when)
        if row is not None:
            result.append(row)
    return tuple(result)


def every_row(block: Table, key: str, value: Callable[[Table, When], Row | None]) -> tuple[Row, ...]:
    """Read rows of which all that match are used; absent is none."""
    if block.value(key) is None:
        return ()
    result = []
    for table in block.rows(key):
        row = value(table, read_when(table))
        table.done()
        if row is not None:
            result.append(row)
    return tuple(result)
