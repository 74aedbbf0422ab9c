"""One transaction for a use case: what it refuses leaves nothing behind."""

from collections.abc import Awaitable, Callable
from typing import TypeVar

from psycopg import AsyncConnection, Rollback

from gongji.core.refusal import Refusal
from gongji.service.platform import Platform

T = TypeVar("T")


async def all_or_nothing(platform: Platform, work: Callable[[AsyncConnection], Awaitable[T | Refusal]]) -> T | Refusal:
    """Run ``work`` in one transaction; a refusal it returns undoes whatever it had written."""
    async with platform.pool.connection() as conn, conn.transaction() as transaction:
        outcome = await work(conn)
        if isinstance(outcome, Refusal):
            raise Rollback(transaction)
    return outcome
