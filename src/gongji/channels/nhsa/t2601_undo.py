"""2601 冲正交易: undo a message whose answer was lost (table 127)."""

from typing import Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.departures import plain
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Reverse
from gongji.service.undo import undo_upload

SETTLEMENTS: Final = ("2102", "2103", "2207", "2208")
"""Settlements, and their reversals: one that is done stays, one that never came will do nothing."""

UPLOADS: Final = ("2204",)

REVERSIBLE: Final = frozenset((*SETTLEMENTS, *UPLOADS))
"""What can be undone, and asked for by its message id; what else is taken back by its own transaction."""


async def handle(call: Call) -> Output | Refusal:
    """Take back what a message did; one that never came will do nothing when it comes late. No output."""
    row = call.values.node("data")
    original = plain(row["oinfno"])
    if original in UPLOADS:
        undone = await undo_upload(call.platform, call.sender, row["psn_no"], row["omsgid"], original)
        return undone if isinstance(undone, Refusal) else None
    if original not in SETTLEMENTS:
        what = (
            f"原交易 {row['oinfno']} 不在可冲正的交易（{'、'.join(sorted(REVERSIBLE))}）中，请用它自己的撤销交易，这里"
        )
        return refuse(Code.NOT_REVERSIBLE, field="oinfno", what=what)
    command = Reverse(sender=call.sender, person_no=row["psn_no"], original=(row["omsgid"], original))
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else None
