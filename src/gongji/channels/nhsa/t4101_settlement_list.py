"""4101 医疗保障基金结算清单信息上传: keep the list of a settlement and check its quality (tables 206 to 212)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.lines import stated
from gongji.channels.nhsa.list_quality import check
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.settlement_lists import DRAFT, SUBMITTED, upload


async def handle(call: Call) -> Output | Refusal:
    """Keep the list; a draft or a rejected one may be sent again."""
    info = call.values.node("setlinfo")
    state = info["stas_type"] or DRAFT
    if state not in (DRAFT, SUBMITTED):
        what = f"stas_type（状态分类）{state} 不能由机构上传，应为 0 暂存、1 提交"
        return refuse(Code.INPUT_INVALID, field="stas_type", what=what)
    document = {
        name: [stated(row) for row in rows] for name, rows in call.values.records.items() if name != "setlinfo"
    } | {"setlinfo": stated(info)}
    named = (info["setl_id"], info["mdtrt_id"], info["psn_no"])
    answer = await upload(call.platform, call.sender, named, state, document, lambda view: check(call.values, view))
    if isinstance(answer, Refusal):
        return answer
    return {"data": render(call.table, "data", {"setl_list_id": answer["serial"]})}
