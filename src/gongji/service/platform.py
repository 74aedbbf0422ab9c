"""What every channel works with: the rules, the database, the settlement engine and the clock."""

from collections.abc import Callable
from datetime import datetime
from zoneinfo import ZoneInfo

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.core.policy import PolicyBook
from gongji.service.batcher import Batcher

CHINA = ZoneInfo("Asia/Shanghai")

Clock = Callable[[], datetime]


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
        self.batcher = Batcher(dsn, book, clock)
        self.pool: AsyncConnectionPool[AsyncConnection] = AsyncConnectionPool(
            dsn,
            min_size=2,
            max_size=16,
            open=False,
            kwargs={"autocommit": True, "application_name": "gongji"},
            check=AsyncConnectionPool.check_connection,
        )

    async def open(self) -> None:
        """Connect; raises when the database cannot be reached."""
        await self.pool.open(wait=True, timeout=30)
        await self.batcher.start()

    async def close(self) -> None:
        """Finish what was accepted and disconnect."""
        await self.batcher.stop()
        await self.pool.close()
