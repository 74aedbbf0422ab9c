"""Pages of a long answer (分页): the page asked for, and the shape of the answer (table Data1 of 4263)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any, Final

from gongji.core.refusal import Code, Refusal, refuse

LARGEST_PAGE: Final = 1000
_LARGEST_NUMBER: Final = 10**6


def page_of(number: Decimal | None, size: Decimal | None) -> tuple[int, int] | Refusal:
    """Number of the page, from 1, and its size; absent means the first page of a hundred rows."""
    page, rows = (Decimal(1) if number is None else number), (Decimal(100) if size is None else size)
    whole = page == page.to_integral_value() and rows == rows.to_integral_value()
    if not whole or not 1 <= page <= _LARGEST_NUMBER or not 1 <= rows <= LARGEST_PAGE:
        what = f"当前页数应为不小于 1 的整数，本页数据量应为 1 到 {LARGEST_PAGE} 的整数"
        return refuse(Code.INPUT_INVALID, field="page_num", what=what)
    return int(page), int(rows)


def paged(rows: Sequence[dict[str, Any]], total: int, page: tuple[int, int]) -> dict[str, Any]:
    """A page of rows; ``total`` counts the rows of all pages."""
    number, size = page
    pages = -(-total // size)
    start = (number - 1) * size + 1 if rows else 0
    return {
        "data": list(rows),
        "pageNum": number,
        "pageSize": size,
        "size": len(rows),
        "startRow": start,
        "endRow": start + len(rows) - 1 if rows else 0,
        "pages": pages,
        "recordCounts": total,
        "firstPage": number == 1,
        "lastPage": number >= pages,
    }
