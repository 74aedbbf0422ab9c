"""2401 入院办理: admit a patient and issue the id of the stay (tables 103 to 105)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.stay_records import admission
from gongji.core.refusal import Refusal
from gongji.service.visits import register


async def handle(call: Call) -> Output | Refusal:
    """Admit a patient who is in no hospital."""
    registration = admission(call, "mdtrtinfo", "ipt_no")
    if isinstance(registration, Refusal):
        return registration
    answer = await register(call.platform, call.sender, registration)
    if isinstance(answer, Refusal):
        return answer
    return {"result": render(call.table, "result", {"mdtrt_id": answer["visit"]})}
