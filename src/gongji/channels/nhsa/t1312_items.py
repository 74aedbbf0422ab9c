"""1312 医保目录信息查询 and 1316 医疗目录与医保目录匹配信息查询: items as a region has them (tables 35, 36, 43, 44).

A region's own codes (医保目录编码) are the national ones here, so that every item matches itself.
"""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.catalogue_pages import flag, made, page_asked, page_output, record_no, unanswerable
from gongji.core.codes import ItemKind
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.catalogue_query import ItemRow, ItemsAsked, Page, PageAsked, items_page

_SAME: Final = {"med_use_flag": codes.YES, "matn_used_flag": codes.YES, "hilist_use_type": "1", "lmt_cpnd_type": "1"}
"""医疗使用标志, 生育使用标志, 医保目录使用类别, 限复方使用类型: no difference is made between items."""

_LEVELS: Final = {code: level for level, code in codes.CHRGITM_LV.items()}


async def items(call: Call) -> Output | Refusal:
    """1312: what the region's catalogue says about items."""
    row = call.values.node("data")
    asked = page_asked(call, "hilist_code")
    if isinstance(asked, Refusal):
        return asked
    none = unanswerable(row, _SAME, ("wubi", "pinyin"))
    if isinstance(none, Refusal):
        return none
    level = row["chrgitm_lv"]
    if level is not None and level not in _LEVELS:
        return refuse(Code.INPUT_INVALID, field="chrgitm_lv", what="chrgitm_lv（收费项目等级）应为 01、02 或 03")
    wanted = ItemsAsked(
        name=row["hilist_name"],
        kinds=() if none else _kinds(row["list_type"], row["med_chrgitm_type"]),
        level=_LEVELS[level] if level else None,
        restricted=flag(row["lmt_used_flag"]),
    )
    page = await items_page(call.platform, asked, wanted)
    return page_output(call, page, _item_words(asked))


async def matches(call: Call) -> Output | Refusal:
    """1316: the region's code of a national code."""
    row = call.values.node("data")
    asked = page_asked(call, "hilist_code" if row["hilist_code"] else "med_list_codg")
    if isinstance(asked, Refusal):
        return asked
    contradicting = row["hilist_code"] and row["med_list_codg"] not in (None, row["hilist_code"])
    wanted = ItemsAsked(kinds=() if contradicting else _kinds(row["list_type"], None))
    page: Page[ItemRow] = await items_page(call.platform, asked, wanted)
    return page_output(call, page, _match_words(asked))


def _kinds(list_type: str | None, charge: str | None) -> tuple[ItemKind, ...] | None:
    """The kinds of items that have a 目录类别 and a 医疗收费项目类别; None for all."""
    if list_type is None and charge is None:
        return None
    return tuple(
        kind
        for kind in ItemKind
        if list_type in (None, codes.list_type_of(kind)) and charge in (None, codes.charge_of(kind))
    )


def _item_words(asked: PageAsked) -> Callable[[ItemRow], Mapping[str, Any]]:
    def words(item: ItemRow) -> Mapping[str, Any]:
        return (
            made(item.updated_on)
            | _SAME
            | {
                "hilist_code": item.code,
                "hilist_name": item.name,
                "insu_admdvs": asked.region,
                "begndate": item.begins_on,
                "enddate": item.ends_on,
                "med_chrgitm_type": codes.charge_of(item.kind),
                "chrgitm_lv": codes.CHRGITM_LV[item.level],
                "lmt_used_flag": codes.YES if item.restriction else codes.NO,
                "list_type": codes.list_type_of(item.kind),
                "memo": item.restriction[:500] or None,
                "vali_flag": codes.YES if item.valid else codes.NO,
                "rid": record_no("1312", item.code, asked.region, item.begins_on),
            }
        )

    return words


def _match_words(asked: PageAsked) -> Callable[[ItemRow], Mapping[str, Any]]:
    def words(item: ItemRow) -> Mapping[str, Any]:
        return made(item.updated_on) | {
            "med_list_codg": item.code,
            "hilist_code": item.code,
            "list_type": codes.list_type_of(item.kind),
            "insu_admdvs": asked.region,
            "begndate": item.begins_on,
            "enddate": item.ends_on,
            "vali_flag": codes.YES if item.valid else codes.NO,
            "rid": record_no("1316", item.code, asked.region, item.begins_on),
        }

    return words
