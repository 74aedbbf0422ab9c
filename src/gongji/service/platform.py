"""What every channel works with: the rules, the database, the settlement engine and the clock."""

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime

import psycopg
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.times import CHINA
from gongji.ledger.connection import OPTIONS, check, configure
from gongji.service.batcher import Batcher
from gongji.service.previews import Previews
from gongji.service.recorder import Recorder

HEALTH_SECONDS = 2.0

Clock = Callable[[], datetime]

CodeSender = Callable[[AsyncConnection, Person, str], Awaitable[None]]
"""Sends a code to a person's phone, as part of the caller's transaction."""


def china_now() -> datetime:
    """The time in China, to the microsecond, which is what the database keeps."""
    return datetime.now(CHINA)


class Platform:
    """The open platform of one process."""

    def __init__(self, dsn: str, book: PolicyBook, *, clock: Clock = china_now, sandbox: bool = True) -> None:
        self.dsn = dsn
        self.book = book
        self.clock = clock
        self.sandbox = sandbox
        self.send_code: CodeSender | None = None
        self.batcher = Batcher(dsn, book, clock)
        self.previews = Previews(dsn, book, clock)
        self.pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            dsn,
            min_size=2,
            max_size=16,
            open=False,
            kwargs={**OPTIONS, "application_name": "gongji"},
            configure=configure,
            check=check,
        )
        self.recorder = Recorder(self.pool)

    async def open(self) -> None:
        """Connect; raises when the database cannot be reached."""
        await self.pool.open(wait=True, timeout=30)
        await self.batcher.start()
        self.previews.start()
        self.recorder.start()

    async def answers(self) -> bool:
        """Whether the database answers in time; a slower answer is as good as none to a load balancer."""
        try:
            async with asyncio.timeout(HEALTH_SECONDS), self.pool.connection(timeout=HEALTH_SECONDS) as conn:
                await conn.execute("select 1")
        except (psycopg.Error, TimeoutError):
            return False
        return True

    async def close(self) -> None:
        """Finish what was accepted and disconnect."""
        await self.previews.stop()
        await self.recorder.stop()
        await self.batcher.stop()
        await self.pool.close()
