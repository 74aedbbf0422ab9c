"""3401A 批量科室信息上传: tell about several departments at once (the table of 3401)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departments import department_of
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.departments import add_departments


async def handle(call: Call) -> Output | Refusal:
    """Keep all departments or none; the answer has no output."""
    departments = [department_of(row) for row in call.values.rows("deptinfo")]
    if len({department.code for department in departments}) < len(departments):
        what = "同一 hosp_dept_codg（医院科室编码）在一次上传中出现多次，请保留一条"
        return refuse(Code.INPUT_INVALID, field="hosp_dept_codg", what=what)
    answer = await add_departments(call.platform, call.sender, departments)
    return answer if isinstance(answer, Refusal) else None
