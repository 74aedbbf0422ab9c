"""The writer of a process: settlements and reversals in batches, on one connection that holds one lane."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg
from prometheus_client import Counter, Gauge, Histogram

from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger.connection import check, connect
from gongji.ledger.pipeline import BooksConnection
from gongji.ledger.sealing import Lane, NoFreeLaneError, read_lane, take_lane
from gongji.service.batch import Outcome, run_batch
from gongji.service.collector import Collector, FullError, OutcomeUnknownError
from gongji.service.commands import Command
from gongji.service.writing import Known

RECONNECT_SECONDS: Final = 0.2

BATCH_SIZE = Histogram("gongji_batch_size", "Commands in a batch", buckets=(1, 2, 5, 10, 20, 50, 100, 200))
BATCH_SECONDS = Histogram("gongji_batch_seconds", "Time of one batch from first read to commit")
QUEUED = Gauge("gongji_queue_length", "Commands that wait for a batch")
REFUSED = Counter("gongji_refusals_total", "Refused commands by code", ["code"])
SETTLED = Counter("gongji_settlements_total", "Settlements and reversals written", ["transaction"])


class Batcher:
    """One writer a process; processes do not know each other, and need not."""

    def __init__(self, dsn: str, book: PolicyBook, clock: Callable[[], datetime]) -> None:
        self._dsn = dsn
        self._book = book
        self._clock = clock
        self._collector: Collector[Command, Outcome] = Collector(
            "writer", self._run, recover=self._recover, observe=_observe
        )
        self._known = Known()
        self._conn: BooksConnection | None = None
        self._lane: Lane | None = None

    async def start(self) -> None:
        """Connect, take a lane and begin to work."""
        await self._connect()
        self._collector.start()

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        await self._collector.stop()
        if self._conn:
            await self._conn.close()

    async def submit(self, command: Command) -> Outcome:
        """Have a command decided and written.

        Raises:
            OutcomeUnknownError: the database failed; the same message may be sent again.
        """
        try:
            outcome = await self._collector.submit(command)
        except FullError:
            outcome = refuse(Code.BUSY)
        if isinstance(outcome, Refusal):
            REFUSED.labels(outcome.code.value).inc()
        elif not outcome.repeated:
            SETTLED.labels(command.sender.transaction).inc()
        return outcome

    @BATCH_SECONDS.time()
    async def _run(self, commands: Sequence[Command]) -> list[Outcome]:
        if self._conn:
            await self._look_after(self._conn)
        if self._conn is None or self._lane is None:
            await self._connect()
        if self._conn is None or self._lane is None:
            raise OutcomeUnknownError("no connection")
        outcomes, self._lane = await run_batch(self._conn, self._lane, self._book, self._known, commands, self._clock())
        return outcomes

    async def _look_after(self, conn: BooksConnection) -> None:
        """An answer lost to a database that was started again in the meantime would be an unknown one for nothing."""
        try:
            await check(conn)
        except psycopg.Error:
            self._conn = self._lane = None
            await conn.close()

    async def _recover(self) -> None:
        """After a fault the end of the chain is read again: the commit may have happened."""
        try:
            if self._conn and not self._conn.closed and self._lane:
                self._lane = await read_lane(self._conn, self._lane.number)
                return
        except psycopg.Error:
            pass
        if self._conn:
            with suppress(psycopg.Error):
                await self._conn.close()
        self._conn = self._lane = None
        await asyncio.sleep(RECONNECT_SECONDS)

    async def _connect(self) -> None:
        conn = await connect(self._dsn, "gongji-writer")
        try:
            self._lane = await take_lane(conn)
        except (psycopg.Error, NoFreeLaneError):
            await conn.close()
            raise
        # What the last connection knew may be of books that are no more.
        self._known = Known()
        self._conn = conn


def _observe(size: int, left: int) -> None:
    BATCH_SIZE.observe(size)
    QUEUED.set(left)
