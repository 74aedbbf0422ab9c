"""1317 医药机构目录匹配信息查询: what an institution has matched with 3301 (tables 45, 46)."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.catalogue_pages import made, page_asked, page_output, record_no
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.catalogue_query import PageAsked
from gongji.service.matches import MatchesAsked, MatchRow, matches_page

_TOLD: Final = ("aprvno", "dosform", "exct_cont", "item_cont", "prcunt", "spec", "pacspec", "memo")
"""Fields of 3301 that come back as they were told."""


async def handle(call: Call) -> Output | Refusal:
    """Page through the sender's own matches; a match counts for patients of every region."""
    row = call.values.node("data")
    if row["fixmedins_code"] not in (None, call.sender.institution):
        what = "fixmedins_code（定点医药机构编号）不是本机构，只能查询本机构的目录对照"
        return refuse(Code.INPUT_INVALID, field="fixmedins_code", what=what)
    asked = page_asked(call, "med_list_codg")
    if isinstance(asked, Refusal):
        return asked
    wanted = MatchesAsked(
        own_code=row["medins_list_codg"], own_name=row["medins_list_name"], list_type=row["list_type"]
    )
    page = await matches_page(call.platform, call.sender.institution, asked, wanted)
    return page_output(call, page, _words(call.sender.institution, asked))


def _words(institution: str, asked: PageAsked) -> Callable[[MatchRow], Mapping[str, Any]]:
    def words(row: MatchRow) -> Mapping[str, Any]:
        match = row.match
        return (
            made(row.changed_on)
            | {name: match.details.get(name) for name in _TOLD}
            | {
                "fixmedins_code": institution,
                "medins_list_codg": match.own_code,
                "medins_list_name": match.own_name,
                "insu_admdvs": asked.region,
                "list_type": match.list_type,
                "med_list_codg": match.item,
                "begndate": match.begins_on,
                "enddate": match.ends_on,
                "vali_flag": codes.YES if row.valid else codes.NO,
                "rid": record_no("1317", institution, match.own_code, match.list_type, match.item),
            }
        )

    return words
