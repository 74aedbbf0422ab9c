"""2405 出院撤销: the patient stays after all (table 111)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.stays import undo_discharge


async def handle(call: Call) -> Output | Refusal:
    """Take back a discharge that was not settled; the answer is empty."""
    row = call.values.node("data")
    answer = await undo_discharge(call.platform, call.sender, row["psn_no"], row["mdtrt_id"])
    return answer if isinstance(answer, Refusal) else {}
