"""Decide several previews on one snapshot of the database."""

from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.ledger.pipeline import Pipeline
from gongji.service.commands import Done, Settle
from gongji.service.loading import load
from gongji.service.settle import decide_settlement


async def preview_together(
    pool: AsyncConnectionPool[AsyncConnection], book: PolicyBook, commands: Sequence[Settle], now: datetime
) -> list[Done | Refusal]:
    """What each command would do if it were sent now; none sees another's effect, since none has any."""
    async with pool.connection() as conn, Pipeline(conn, "begin isolation level repeatable read read only") as books:
        snapshot = await load(books, book, commands, now, lock=False)
    return [decide_settlement(snapshot, command) for command in commands]
