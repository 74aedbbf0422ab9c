"""3401 科室信息上传: tell about a department (table 161)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departments import department_of
from gongji.core.refusal import Refusal
from gongji.service.departments import add_departments


async def handle(call: Call) -> Output | Refusal:
    """Keep a department; the answer has no output."""
    departments = [department_of(call.values.node("deptinfo"))]
    answer = await add_departments(call.platform, call.sender, departments)
    return answer if isinstance(answer, Refusal) else None
