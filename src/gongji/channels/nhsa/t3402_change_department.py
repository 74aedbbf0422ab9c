"""3402 科室信息变更: tell anew about a department (table 162)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departments import department_of
from gongji.core.refusal import Refusal
from gongji.service.departments import change_department


async def handle(call: Call) -> Output | Refusal:
    """Change what is known of a department; the answer has no output."""
    answer = await change_department(call.platform, call.sender, department_of(call.values.node("deptinfo")))
    return answer if isinstance(answer, Refusal) else None
