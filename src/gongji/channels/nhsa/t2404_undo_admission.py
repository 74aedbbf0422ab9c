"""2404 入院撤销: take an admission back (table 110)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.stays import undo_admission


async def handle(call: Call) -> Output | Refusal:
    """Take back an admission that has no fees; no output."""
    row = call.values.node("data")
    answer = await undo_admission(call.platform, call.sender, row["psn_no"], row["mdtrt_id"])
    return answer if isinstance(answer, Refusal) else None
