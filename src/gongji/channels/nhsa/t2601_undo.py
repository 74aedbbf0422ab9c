"""2601 冲正交易: undo a message whose answer was lost (table 127)."""

from typing import Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departures import plain
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Reverse
from gongji.service.undelivered import asked
from gongji.service.undo import UNDONE_HERE, undo

SETTLED: Final = ("2102", "2207", "2304")
"""Settlements: every payer gets his part back."""

REVERSED: Final = ("2103", "2208", "2305")
"""What takes a settlement back: one that is done stays, since settling again does the same; one that never came will
do nothing when it comes late."""

REVERSIBLE: Final = frozenset((*SETTLED, *REVERSED, *UNDONE_HERE))
"""What can be named here. Whoever may have lost its answer can also ask what became of it."""


async def handle(call: Call) -> Output | Refusal:
    """Take back what a message did; one that never came will do nothing when it comes late. No output."""
    row = call.values.node("data")
    original = plain(row["oinfno"])
    named = (row["omsgid"], original)
    if original in UNDONE_HERE:
        answer = await undo(call.platform, call.sender, row["psn_no"], named)
        return await _told(call, answer)
    if original not in REVERSIBLE:
        what = f"原交易 {row['oinfno']} 请用它自己的撤销交易，这里（可冲正 {'、'.join(sorted(REVERSIBLE))}）"
        return refuse(Code.NOT_REVERSIBLE, field="oinfno", what=what)
    done = await call.platform.batcher.submit(Reverse(sender=call.sender, person_no=row["psn_no"], original=named))
    return await _told(call, done)


async def _told(call: Call, outcome: object) -> Refusal | None:
    """The answer; whoever has taken a message back misses the message's own answer no more."""
    if isinstance(outcome, Refusal):
        return outcome
    await asked(call.platform, call.sender.institution, call.values.node("data")["omsgid"])
    return None
