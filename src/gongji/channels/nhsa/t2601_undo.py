"""2601 冲正交易: undo a message whose answer was lost (table 127)."""

from typing import Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departures import plain
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Reverse

REVERSIBLE: Final = ("2102", "2207")
"""Settlements; what else was asked for is taken back by its own transaction."""


async def handle(call: Call) -> Output | Refusal:
    """Take back what a message did; one that never came will do nothing when it comes late. No output."""
    row = call.values.node("data")
    original = plain(row["oinfno"])
    if original not in REVERSIBLE:
        what = f"原交易 {row['oinfno']} 不是结算交易（可冲正 2102、2207）"
        return refuse(Code.NOT_REVERSIBLE, field="oinfno", what=what)
    command = Reverse(sender=call.sender, person_no=row["psn_no"], original=(row["omsgid"], original))
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else None
