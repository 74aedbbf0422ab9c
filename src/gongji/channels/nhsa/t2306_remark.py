"""2306 费用明细修改备注: remarks on lines, such as the drug's trace code (table 128)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.stays import Remark, remark


async def handle(call: Call) -> Output | Refusal:
    """Put remarks on lines of one visit, all or none; no output."""
    rows = call.values.rows("data")
    if not rows:
        return refuse(Code.INPUT_INVALID, field="data", what="data（费用明细备注）缺失，应为对象列表")
    person_no, visit = rows[0]["psn_no"], rows[0]["mdtrt_id"]
    if any((row["psn_no"], row["mdtrt_id"]) != (person_no, visit) for row in rows):
        what = "一次只能修改同一参保人同一就诊的备注，请分开提交"
        return refuse(Code.INPUT_INVALID, field="mdtrt_id", what=what)
    remarks = [Remark(line_no=row["bkkp_sn"], item=row["med_list_codg"], memo=row["memo"] or "") for row in rows]
    answer = await remark(call.platform, call.sender, person_no, visit, remarks)
    return answer if isinstance(answer, Refusal) else None
