"""Decide several previews on one snapshot of the database."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Refusal
from gongji.ledger.connection import connect
from gongji.ledger.pipeline import BooksConnection, Pipeline
from gongji.service.collector import Collector
from gongji.service.commands import Done, Settle
from gongji.service.loading import load
from gongji.service.settle import decide_settlement

RECONNECT_SECONDS: Final = 0.2
SNAPSHOT: Final = "begin isolation level repeatable read read only"


class Previews:
    """The previews of a process, on a connection of their own."""

    def __init__(self, dsn: str, book: PolicyBook, clock: Callable[[], datetime]) -> None:
        self._dsn = dsn
        self._book = book
        self._clock = clock
        self._collector: Collector[Settle, Done | Refusal] = Collector("previews", self._run, recover=self._recover)
        self._conn: BooksConnection | None = None

    def start(self) -> None:
        """Begin to work."""
        self._collector.start()

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        await self._collector.stop()
        await self._close()

    async def submit(self, command: Settle) -> Done | Refusal:
        """What the command would do if it were sent now.

        Raises:
            FullError: too many wait already.
            OutcomeUnknownError: the database failed.
        """
        return await self._collector.submit(command)

    async def _run(self, commands: Sequence[Settle]) -> list[Done | Refusal]:
        """None sees another's effect, since none has any."""
        if self._conn is None:
            self._conn = await connect(self._dsn, "gongji-previews")
        async with Pipeline(self._conn, SNAPSHOT) as books:
            snapshot = await load(books, self._book, commands, self._clock(), lock=False)
        return [decide_settlement(snapshot, command) for command in commands]

    async def _recover(self) -> None:
        await self._close()
        await asyncio.sleep(RECONNECT_SECONDS)

    async def _close(self) -> None:
        if self._conn:
            with suppress(psycopg.Error):
                await self._conn.close()
        self._conn = None
