"""2202 门诊挂号撤销: take a registration back (table 74)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.visits import cancel


async def handle(call: Call) -> Output | Refusal:
    """Cancel a visit that has no fees; the answer has no output."""
    row = call.values.node("data")
    answer = await cancel(call.platform, call.sender, row["psn_no"], row["mdtrt_id"])
    return answer if isinstance(answer, Refusal) else None
