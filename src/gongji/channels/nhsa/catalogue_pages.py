"""What the paged queries of the catalogue (1304, 1312, 1316 to 1319) have in common (目录分页查询)."""

import hashlib
from collections.abc import Callable, Mapping
from datetime import date
from typing import Any, Final, TypeVar

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.t13xx_download import DIRECTLY
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.catalogue_query import Page, PageAsked

LARGEST_PAGE: Final = 1000

NOBODY: Final = {"id": "system", "name": "系统"}
"""Who made a row: rows come from files, whose makers are not kept apart."""

T = TypeVar("T")


def page_asked(call: Call, code: str) -> PageAsked | Refusal:
    """The page that is asked for; ``code`` is the name of the field with the item's code."""
    row = call.values.node("data")
    number, size = int(row["page_num"]), int(row["page_size"])
    if number < 1:
        return refuse(Code.INPUT_INVALID, field="page_num", what="page_num（当前页数）从 1 开始")
    if not 1 <= size <= LARGEST_PAGE:
        what = f"page_size（本页数据量）应为 1 至 {LARGEST_PAGE}"
        return refuse(Code.INPUT_INVALID, field="page_size", what=what)
    return PageAsked(
        region=row.get("insu_admdvs") or call.envelope.insuplc_admdvs or call.envelope.mdtrtarea_admvs,
        code=row[code],
        on=row.get("query_date"),
        begins=row.get("begndate"),
        valid=flag(row["vali_flag"]),
        updated=row["updt_time"],
        number=number,
        size=size,
    )


def flag(code: str | None) -> bool | None:
    """A flag of a question: asked for or not, or None for both."""
    return None if code is None else code == codes.YES


def unanswerable(row: Record, same: Mapping[str, str], unknown: tuple[str, ...]) -> Refusal | bool:
    """Whether a question can have no answer, or a refusal when it asks for what is not kept.

    Args:
        row: the question.
        same: fields that have one value in every row.
        unknown: fields by which nothing can be found.
    """
    for name in unknown:
        if row[name] is not None:
            return refuse(Code.INPUT_INVALID, field=name, what=f"暂不支持按 {name} 查询，请去掉这个条件")
    return any(row[name] not in (None, value) for name, value in same.items())


def page_output(call: Call, page: Page[T], words: Callable[[T], Mapping[str, Any]]) -> Output:
    """Rows under ``data``, with the figures that clients turn pages by."""
    pages = -(-page.total // page.size)
    first = (page.number - 1) * page.size
    return {
        "data": [render_known(call.table, DIRECTLY, words(row)) for row in page.rows],
        "pageNum": page.number,
        "pageSize": page.size,
        "size": len(page.rows),
        "startRow": first + 1 if page.rows else 0,
        "endRow": first + len(page.rows),
        "pages": pages,
        "recordCounts": page.total,
    }


def record_no(*parts: object) -> str:
    """唯一记录号 of a row: the same for the same row."""
    return hashlib.sha256("|".join(map(str, parts)).encode()).hexdigest()[:32]


def made(updated: date) -> dict[str, Any]:
    """Who made a row and when."""
    return {
        "updt_time": updated,
        "crte_time": updated,
        "opt_time": updated,
        "crter_id": NOBODY["id"],
        "crter_name": NOBODY["name"],
        "opter_id": NOBODY["id"],
        "opter_name": NOBODY["name"],
    }
