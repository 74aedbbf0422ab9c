"""2204 门诊费用明细信息上传: lines of a visit, split by the catalogue (tables 79, 80)."""

from collections.abc import Sequence
from typing import Final

import msgspec

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import line_rows, raw_line
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import FeeLine
from gongji.service.visits import EVERY_BATCH, Billed, SplitLine, add_fees, kept_lines, split_lines

_KEY: Final = ("psn_no", "mdtrt_id", "chrg_bchno")


async def handle(call: Call) -> Output | Refusal:
    """Add lines to a visit: all of them or none.

    The split is kept with the message: a repeat is answered by the catalogue of the first time.
    """
    rows = call.values.rows("feedetail")
    fault = _mixed(rows)
    if fault:
        return fault
    billed = Billed(person_no=rows[0]["psn_no"], institution=call.sender.institution, on=call.platform.clock().date())
    lines = await split_lines(call.platform, billed, [raw_line(row) for row in rows])
    if isinstance(lines, Refusal):
        return lines
    batches: dict[tuple[str, str], list[FeeLine]] = {}
    for row, line in zip(rows, lines, strict=True):
        batches.setdefault((row["mdtrt_id"], row["chrg_bchno"]), []).append(line.line)
    kept = {"visit": rows[0]["mdtrt_id"], "lines": kept_lines(lines)}
    answer = await add_fees(call.platform, call.sender, rows[0]["psn_no"], batches, kept)
    if isinstance(answer, Refusal):
        return answer
    split = msgspec.convert(answer["lines"], list[SplitLine])
    return {"result": line_rows(call.table, "result", split)}


def _mixed(rows: Sequence[Record]) -> Refusal | None:
    """One message is about one visit of one patient; "0000" is the name of all batches and cannot be one."""
    person_no, visit, _ = (rows[0][name] for name in _KEY)
    for row in rows:
        if row["psn_no"] != person_no:
            return refuse(Code.VISIT_OF_ANOTHER, field="psn_no", visit=row["mdtrt_id"])
        if row["mdtrt_id"] != visit:
            what = "一次只能上传同一就诊的费用明细，请按 mdtrt_id（就诊ID）分开上传"
            return refuse(Code.INPUT_INVALID, field="mdtrt_id", what=what)
        if row["chrg_bchno"] == EVERY_BATCH:
            what = f"chrg_bchno（收费批次号）不能为 {EVERY_BATCH}，它在撤销时表示全部批次"
            return refuse(Code.INPUT_INVALID, field="chrg_bchno", what=what)
    return None
