"""Put concurrent commands together: natural batching, bounded queue, replay one by one after a fault (合批)."""

import asyncio
from collections.abc import Callable, Sequence
from contextlib import suppress
from datetime import datetime
from typing import Final

import psycopg
import structlog
from prometheus_client import Counter, Gauge, Histogram
from psycopg import AsyncConnection

from gongji.core.account import AccountRef
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger.connection import connect
from gongji.ledger.sealing import Lane, NoFreeLaneError, read_lane, take_lane
from gongji.service.batch import Outcome, run_batch
from gongji.service.commands import Command

MAX_BATCH: Final = 200
MAX_QUEUE: Final = 4000
RECONNECT_SECONDS: Final = 0.2

log = structlog.get_logger()

BATCH_SIZE = Histogram("gongji_batch_size", "Commands in a batch", buckets=(1, 2, 5, 10, 20, 50, 100, 200))
BATCH_SECONDS = Histogram("gongji_batch_seconds", "Time of one batch from first read to commit")
QUEUED = Gauge("gongji_queue_length", "Commands that wait for a batch")
REFUSED = Counter("gongji_refusals_total", "Refused commands by code", ["code"])
SETTLED = Counter("gongji_settlements_total", "Settlements and reversals written", ["transaction"])


class OutcomeUnknownError(RuntimeError):
    """The database did not say whether the command was written: ask again with the same message id."""


Waiting = tuple[Command, "asyncio.Future[Outcome]"]


def _answer(future: "asyncio.Future[Outcome]", answer: Outcome | OutcomeUnknownError) -> None:
    """Answer whoever still waits: he may have hung up, or have been answered before."""
    if future.done():
        return
    if isinstance(answer, OutcomeUnknownError):
        future.set_exception(answer)
    else:
        future.set_result(answer)


class Batcher:
    """Runs commands in batches on one connection. One writer a process; processes do not know each other."""

    def __init__(self, dsn: str, book: PolicyBook, clock: Callable[[], datetime]) -> None:
        self._dsn = dsn
        self._book = book
        self._clock = clock
        self._queue: asyncio.Queue[Waiting] = asyncio.Queue(MAX_QUEUE)
        self._accounts: dict[AccountRef, int] = {}
        self._conn: AsyncConnection | None = None
        self._lane: Lane | None = None
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    async def start(self) -> None:
        """Connect, take a lane and begin to work."""
        await self._connect()
        self._task = asyncio.create_task(self._work(), name="batcher")

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        self._closing = True
        await self._queue.join()
        if self._task:
            self._task.cancel()
            with suppress(asyncio.CancelledError):
                await self._task
        if self._conn:
            await self._conn.close()

    async def submit(self, command: Command) -> Outcome:
        """Have a command decided and written.

        Raises:
            OutcomeUnknownError: the database failed; the same message may be sent again.
        """
        if self._closing or self._queue.full():
            return refuse(Code.BUSY)
        future: asyncio.Future[Outcome] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((command, future))
        outcome = await future
        if isinstance(outcome, Refusal):
            REFUSED.labels(outcome.code.value).inc()
        elif not outcome.repeated:
            SETTLED.labels(command.sender.transaction).inc()
        return outcome

    async def _work(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < MAX_BATCH and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            QUEUED.set(self._queue.qsize())
            BATCH_SIZE.observe(len(waiting))
            try:
                with BATCH_SECONDS.time():
                    await self._settle(waiting)
            finally:
                for _, future in waiting:
                    _answer(future, OutcomeUnknownError("the writer stopped"))
                    self._queue.task_done()

    async def _settle(self, waiting: Sequence[Waiting]) -> None:
        """Run a batch; when it meets an unexpected error, run its commands one by one."""
        try:
            outcomes = await self._run([command for command, _ in waiting])
        except Exception as error:  # noqa: BLE001 - whatever it is, it may harm only the command that caused it
            log.warning("batch failed", size=len(waiting), error=type(error).__name__, detail=str(error)[:300])
            await self._recover()
            if len(waiting) == 1:
                _answer(waiting[0][1], OutcomeUnknownError(type(error).__name__))
                return
            for one in waiting:
                await self._settle([one])
            return
        for (_, future), outcome in zip(waiting, outcomes, strict=True):
            _answer(future, outcome)

    async def _run(self, commands: list[Command]) -> list[Outcome]:
        if self._conn is None or self._lane is None:
            await self._connect()
        if self._conn is None or self._lane is None:
            raise OutcomeUnknownError("no connection")
        outcomes, self._lane = await run_batch(
            self._conn, self._lane, self._book, self._accounts, commands, self._clock()
        )
        return outcomes

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
        self._conn = conn
