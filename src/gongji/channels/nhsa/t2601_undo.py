"""2601 冲正交易: undo a message whose answer was lost (table 127)."""

from typing import Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departures import plain
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Reverse
from gongji.service.undo import UNDONE_HERE, undo

SETTLED: Final = ("2102", "2207", "2304")
"""Settlements: every payer gets his part back."""

REVERSED: Final = ("2103", "2208", "2305")
"""What takes a settlement back cannot itself be undone; settling again does the same and says so."""


async def handle(call: Call) -> Output | Refusal:
    """Take back what a message did; one that never came will do nothing when it comes late. No output."""
    row = call.values.node("data")
    original = plain(row["oinfno"])
    named = (row["omsgid"], original)
    if original in UNDONE_HERE:
        answer = await undo(call.platform, call.sender, row["psn_no"], named)
        return answer if isinstance(answer, Refusal) else None
    if original not in SETTLED:
        what = f"原交易 {row['oinfno']} 不能冲正（可冲正 {'、'.join((*SETTLED, *UNDONE_HERE))}）"
        if original in REVERSED:
            what = f"原交易 {row['oinfno']} 是撤销，请用新的报文号重新结算；不知道结果时用原报文号重发"
        return refuse(Code.NOT_REVERSIBLE, field="oinfno", what=what)
    done = await call.platform.batcher.submit(Reverse(sender=call.sender, person_no=row["psn_no"], original=named))
    return done if isinstance(done, Refusal) else None
