"""3302 目录对照撤销: take a match back (table 160)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.matches import drop_match


async def handle(call: Call) -> Output | Refusal:
    """Drop a match of the sender's own; the answer has no output."""
    row = call.values.node("data")
    if row["fixmedins_code"] != call.sender.institution:
        what = "fixmedins_code（定点医药机构编号）不是本机构，只能撤销本机构的目录对照"
        return refuse(Code.INPUT_INVALID, field="fixmedins_code", what=what)
    answer = await drop_match(
        call.platform, call.sender, row["fixmedins_hilist_id"], row["list_type"], row["med_list_codg"]
    )
    return answer if isinstance(answer, Refusal) else None
