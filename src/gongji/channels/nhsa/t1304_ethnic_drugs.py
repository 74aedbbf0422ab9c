"""1304 民族药品目录查询: ethnic drugs, a page at a time (tables 19, 20)."""

from collections.abc import Mapping
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.catalogue_pages import made, page_asked, page_output, record_no, unanswerable
from gongji.core.policy import NATION
from gongji.core.refusal import Refusal
from gongji.service.catalogue_query import ItemRow, ItemsAsked, Page, items_page

_NOT_KEPT: Final = ("genname_codg", "tcmherb_name", "cpnd_flag", "rid", "opt_begn_time", "opt_end_time")


async def handle(call: Call) -> Output | Refusal:
    """Find ethnic drugs by code, name or version."""
    asked = page_asked(call, "med_list_codg")
    if isinstance(asked, Refusal):
        return asked
    row = call.values.node("data")
    none = unanswerable(row, {}, _NOT_KEPT)
    if isinstance(none, Refusal):
        return none
    names = [row["drug_genname"], row["drug_prodname"]]
    items = ItemsAsked(file="1304", name=next((name for name in names if name), None), after=row["ver"])
    page: Page[ItemRow] = await items_page(call.platform, asked, items)
    return page_output(call, page, _words)


def _words(item: ItemRow) -> Mapping[str, Any]:
    return made(item.updated_on) | {
        "med_list_codg": item.code,
        "drug_genname": item.name,
        "drug_prodname": item.name,
        "dosform": item.dosage_form or None,
        "drug_spec": item.specification or None,
        "min_prcunt": item.unit or None,
        "begndate": item.begins_on,
        "enddate": item.ends_on,
        "vali_flag": codes.YES if item.valid else codes.NO,
        "rid": record_no("1304", item.code, item.begins_on),
        "ver": item.version,
        "crte_optins_no": NATION,
        "optins_no": NATION,
    }
