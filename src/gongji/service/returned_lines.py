"""Lines that take something from an earlier line of the same visit: a drug given back (退费明细)."""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

import msgspec
from psycopg import AsyncConnection

from gongji.core.lines import LineSplit, less, taken_from
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.visits import SplitLine


class Left(msgspec.Struct, kw_only=True):
    """What is left of a line after what was returned of it; ``whole`` is the line as it was charged."""

    item: str
    batch: str
    settled_by: str | None
    whole: LineSplit
    quantity: Decimal
    split: LineSplit
    details: dict[str, Any]


async def lines_left(conn: AsyncConnection, visit_id: str, line_nos: Sequence[str]) -> dict[str, Left]:
    """Lines of a visit by number, as far as they exist, with what is left of each."""
    cursor = await store.run(conn, "fee_lines_named", visit=visit_id, line_nos=list(line_nos))
    found = await cursor.fetchall()
    wanted = set(line_nos)
    left = {}
    for row in found:
        if row[8] is None and row[0] in wanted:
            split = rows.line_split((None, None, row[7], 1, *row[3:7]))
            left[row[0]] = Left(
                item=row[2],
                batch=row[1],
                settled_by=row[10],
                whole=split,
                quantity=Decimal(row[9]["quantity"]),
                split=split,
                details=row[9],
            )
    for row in found:
        if row[8] in left:
            one = left[row[8]]
            one.quantity += Decimal(row[9]["quantity"])
            one.split = less(one.split, rows.line_split((None, None, row[7], 1, *row[3:7])))
    return left


def take(left: Left, line_no: str, quantity: Decimal, amount: Fen | None) -> LineSplit | Refusal:
    """Take a quantity from what is left of a line; the parts of what was taken, as positive amounts.

    Args:
        left: the line; it is brought down.
        line_no: its number, for a refusal.
        quantity: how much, positive.
        amount: what that is in fen, or None to take it in proportion.
    """
    if quantity <= 0 or quantity > left.quantity:
        what = f"可退数量 {left.quantity.normalize():f}"
        return refuse(Code.RETURN_INVALID, field="cnt", line=line_no, what=what)
    taken = taken_from(left.whole, left.split, quantity, left.quantity, amount)
    if taken is None:
        what = f"可退金额 {format_yuan(left.split.amount)} 元"
        return refuse(Code.RETURN_INVALID, field="det_item_fee_sumamt", line=line_no, what=what)
    left.quantity -= quantity
    left.split = less(left.split, taken.negative)
    return taken


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
