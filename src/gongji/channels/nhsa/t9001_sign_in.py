"""9001 签到: an operator begins his day (tables 367, 368)."""

from datetime import datetime

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.sign_ins import sign_in


async def handle(call: Call) -> Output | Refusal:
    """Issue a sign-in number; other transactions don't ask for it."""
    answer = await sign_in(call.platform, call.sender, call.values.node("signIn")["opter_no"])
    if isinstance(answer, Refusal):
        return answer
    words = {"sign_time": datetime.fromisoformat(answer["at"]), "sign_no": answer["number"]}
    return {"signinoutb": render(call.table, "signinoutb", words)}
