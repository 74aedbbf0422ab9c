"""3204 清算申请撤销: take back an application that nobody has decided on (table 154)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.applications import withdraw


async def handle(call: Call) -> Output | Refusal:
    """No output."""
    answer = await withdraw(call.platform, call.sender, call.values.node("data")["clr_appy_evt_id"])
    return answer if isinstance(answer, Refusal) else None
