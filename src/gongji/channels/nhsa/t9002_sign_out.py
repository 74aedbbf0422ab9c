"""9002 签退: an operator ends his day (tables 369, 370)."""

from datetime import datetime

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.sign_ins import sign_out


async def handle(call: Call) -> Output | Refusal:
    """End a sign-in of the institution."""
    answer = await sign_out(call.platform, call.sender, call.values.node("signOut")["sign_no"])
    if isinstance(answer, Refusal):
        return answer
    return {"signoutoutb": render(call.table, "signoutoutb", {"sign_time": datetime.fromisoformat(answer["at"])})}
