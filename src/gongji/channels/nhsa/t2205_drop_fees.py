"""2205 门诊费用明细信息撤销: take lines of a visit back (table 81)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.visits import drop_fees


async def handle(call: Call) -> Output | Refusal:
    """Drop the lines of a batch, or with "0000" of every unsettled batch; the answer has no output."""
    row = call.values.node("data")
    answer = await drop_fees(call.platform, call.sender, row["psn_no"], row["mdtrt_id"], row["chrg_bchno"])
    return answer if isinstance(answer, Refusal) else None
