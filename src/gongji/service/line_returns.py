"""What may be returned of the lines of a bill, and what each return takes (退费)."""

from collections.abc import Sequence
from decimal import Decimal

from gongji.core.lines import LineSplit, less, taken_from
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.ledger.pipeline import Books
from gongji.service.snapshot import Left


async def lines_left(conn: Books, visit_id: str, line_nos: Sequence[str]) -> dict[str, Left]:
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
                price=Decimal(row[9]["price"]),
                split=split,
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
