"""Decide several previews on one snapshot of the database."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection, IsolationLevel
from psycopg_pool import AsyncConnectionPool

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.service.commands import Done, Settle
from gongji.service.loading import load
from gongji.service.settle import decide_settlement


async def preview_together(
    pool: AsyncConnectionPool[AsyncConnection], book: PolicyBook, commands: Sequence[Settle], now: datetime
) -> list[Done | Refusal]:
    """What each command would do if it were sent now; none sees another's effect, since none has any."""
    async with pool.connection() as conn:
        await conn.set_isolation_level(IsolationLevel.REPEATABLE_READ)
        try:
            async with conn.pipeline(), conn.transaction():
                snapshot = await load(conn, book, commands, now, lock=False)
        finally:
            await conn.set_isolation_level(None)
    return [decide_settlement(snapshot, command) for command in commands]
