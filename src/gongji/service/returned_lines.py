"""Lines that take something from an earlier line of the same visit: a drug given back (退费明细)."""

from collections.abc import Sequence

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.line_returns import lines_left, take
from gongji.service.visits import SplitLine


async def returned(conn: AsyncConnection, visit_id: str, lines: Sequence[SplitLine]) -> dict[str, SplitLine] | Refusal:
    """Return lines with their split, by number; each takes from a line that is not settled."""
    left = await lines_left(conn, visit_id, [line.line.returns or "" for line in lines])
    result = {}
    for line in lines:
        named = line.line.returns or ""
        if named not in left:
            return refuse(Code.FEE_UNKNOWN, field="init_feedetl_sn", visit=visit_id, line=named)
        one = left[named]
        if one.settled_by:
            return refuse(Code.ALREADY_SETTLED, field="init_feedetl_sn", batch=one.batch, settlement=one.settled_by)
        if one.item != line.line.item:
            return refuse(Code.RETURN_INVALID, field="med_list_codg", line=named, what="目录编码与原明细不同")
        taken = take(one, named, -line.line.quantity, -line.line.split.amount)
        if isinstance(taken, Refusal):
            return taken
        new = msgspec.structs.replace(line.line, split=taken.negative)
        result[new.line_no] = msgspec.structs.replace(line, line=new)
    return result
