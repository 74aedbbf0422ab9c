"""4105 医疗保障基金结算清单数量统计查询: how many lists are due, and how many came (tables 226, 227)."""

from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.codes import Care
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.times import CHINA
from gongji.service.settlement_lists import count_lists

DIRECTLY: Final = "(directly under output)"


async def handle(call: Call) -> Output | Refusal:
    """Count the settlements of the sender's own that still stand; what was reversed needs no list."""
    row = call.values.node("data")
    if row["fixmedins_code"] != call.sender.institution:
        what = "fixmedins_code（定点医药机构编号）不是本机构，只能查询本机构的清单数量"
        return refuse(Code.INPUT_INVALID, field="fixmedins_code", what=what)
    cares = _cares(row["medtype_list"])
    if isinstance(cares, Refusal):
        return cares
    begin, end = row["stt_begntime"].replace(tzinfo=CHINA), row["stt_endtime"].replace(tzinfo=CHINA)
    needed, uploaded = await count_lists(call.platform, call.sender.institution, begin, end, cares)
    return render(call.table, DIRECTLY, {"needUploadCnt": needed, "uploadedCnt": uploaded})


def _cares(listed: Any) -> list[Care] | Refusal:
    """The kinds of care of a list of 医疗类别, which comes as a list or with commas between."""
    named = listed.split(",") if isinstance(listed, str) else listed if isinstance(listed, list) else [listed]
    cares: dict[Care, None] = {}
    for one in named:
        if not isinstance(one, str | int):
            what = 'medtype_list（医疗类别的集合）应为医疗类别的列表，例如 ["11","21"]'
            return refuse(Code.INPUT_INVALID, field="medtype_list", what=what)
        care = codes.benefit_of(str(one).strip()[:20])
        if isinstance(care, Refusal):
            return care
        cares[care] = None
    return list(cares)
