"""3403 科室信息撤销: take a department back (table 163)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.departments import revoke_department


async def handle(call: Call) -> Output | Refusal:
    """Revoke a department of the sender's own; the answer has no output."""
    answer = await revoke_department(call.platform, call.sender, call.values.node("data")["hosp_dept_codg"])
    return answer if isinstance(answer, Refusal) else None
