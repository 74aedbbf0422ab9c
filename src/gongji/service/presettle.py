"""Preview a settlement: the same reading and deciding on one snapshot, with nothing locked or written (预结算)."""

from psycopg import IsolationLevel

from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.commands import Settle
from gongji.service.loading import load
from gongji.service.platform import Platform
from gongji.service.settle import decide_settlement


async def presettle(platform: Platform, command: Settle) -> Settlement | Refusal:
    """What ``command`` would settle if it were sent now; the settlement has no id."""
    async with platform.pool.connection() as conn:
        await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with conn.transaction():
                snapshot = await load(conn, platform.book, [command], platform.clock(), lock=False)
        finally:
            await conn.set_isolation_level(None)
    outcome = decide_settlement(snapshot, command)
    return outcome if isinstance(outcome, Refusal) else outcome.settlement
