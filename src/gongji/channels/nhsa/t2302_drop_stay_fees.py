"""2302 住院费用明细撤销: take lines of a stay back (table 93)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.stays import drop_stay_fees


async def handle(call: Call) -> Output | Refusal:
    """Drop lines by their numbers, or with "0000" every line that is not settled; the answer is empty."""
    rows = call.values.rows("data")
    person_no, visit = rows[0]["psn_no"], rows[0]["mdtrt_id"]
    if any((row["psn_no"], row["mdtrt_id"]) != (person_no, visit) for row in rows):
        what = "一次只能撤销同一参保人同一就诊的费用明细，请分开提交"
        return refuse(Code.INPUT_INVALID, field="mdtrt_id", what=what)
    numbers = [row["feedetl_sn"] for row in rows]
    answer = await drop_stay_fees(call.platform, call.sender, person_no, visit, numbers)
    return answer if isinstance(answer, Refusal) else {}
