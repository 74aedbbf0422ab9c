"""Preview a settlement: the same reading and deciding on one snapshot, with nothing locked or written (预结算)."""

from psycopg import IsolationLevel

from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.commands import Done, Settle
from gongji.service.loading import load
from gongji.service.messages import note_refusal
from gongji.service.platform import Platform
from gongji.service.settle import decide_settlement


async def presettle(platform: Platform, command: Settle) -> Settlement | Refusal:
    """What ``command`` would settle if it were sent now; the settlement has no id."""
    outcome = await preview(platform, command)
    return outcome if isinstance(outcome, Refusal) else outcome.settlement


async def preview(platform: Platform, command: Settle) -> Done | Refusal:
    """The same as :func:`presettle`, with the patient as the decision saw him."""
    async with platform.pool.connection() as conn:
        await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with conn.transaction():
                snapshot = await load(conn, platform.book, [command], platform.clock(), lock=False)
        finally:
            await conn.set_isolation_level(None)
    outcome = decide_settlement(snapshot, command)
    if isinstance(outcome, Refusal):
        await note_refusal(platform, command.sender, command.person_no, outcome)
    return outcome
