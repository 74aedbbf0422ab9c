"""2301 住院费用明细上传: lines of a stay, split by the catalogue; a negative quantity is a return (tables 91, 92)."""

from collections.abc import Sequence

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import line_rows, raw_line
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.stays import EVERY_LINE, add_stay_fees
from gongji.service.visits import Billed, split_lines


async def handle(call: Call) -> Output | Refusal:
    """Add lines to a stay: all of them or none."""
    rows = call.values.rows("feedetail")
    fault = _mixed(rows)
    if fault:
        return fault
    person_no, visit = rows[0]["psn_no"], rows[0]["mdtrt_id"]
    billed = Billed(person_no=person_no, institution=call.sender.institution, on=call.platform.clock().date())
    lines = await split_lines(call.platform, billed, [raw_line(row) for row in rows])
    if isinstance(lines, Refusal):
        return lines
    added = await add_stay_fees(call.platform, call.sender, person_no, visit, lines)
    return added if isinstance(added, Refusal) else {"result": line_rows(call.table, "result", added)}


def _mixed(rows: Sequence[Record]) -> Refusal | None:
    """One message is about one stay of one patient; "0000" is the name of all lines and cannot be one."""
    for row in rows:
        if row["psn_no"] != rows[0]["psn_no"]:
            return refuse(Code.VISIT_OF_ANOTHER, field="psn_no", visit=row["mdtrt_id"])
        if row["mdtrt_id"] != rows[0]["mdtrt_id"]:
            what = "一次只能上传同一就诊的费用明细，请按 mdtrt_id（就诊ID）分开上传"
            return refuse(Code.INPUT_INVALID, field="mdtrt_id", what=what)
        if row["feedetl_sn"] == EVERY_LINE:
            what = f"feedetl_sn（费用明细流水号）不能为 {EVERY_LINE}，它在撤销时表示全部明细"
            return refuse(Code.INPUT_INVALID, field="feedetl_sn", what=what)
    return None
