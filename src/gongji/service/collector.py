"""Put concurrent requests together without making anyone wait: natural batching over a bounded queue (合批)."""

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from contextlib import suppress
from typing import Final, Generic, TypeVar

import structlog

MAX_BATCH: Final = 200
MAX_QUEUE: Final = 4000

log = structlog.get_logger()

Item = TypeVar("Item")
Answer = TypeVar("Answer")


class OutcomeUnknownError(RuntimeError):
    """The database did not say whether the work was done: ask again with the same message id."""


class FullError(RuntimeError):
    """Too many wait already, or the collector is stopping: nothing was accepted."""


class Collector(Generic[Item, Answer]):
    """Runs items in batches, one batch at a time; while one runs, the next gathers.

    When a batch meets an unexpected error its items are run one by one, so that a poisonous one harms only itself.
    """

    def __init__(
        self,
        name: str,
        run: Callable[[Sequence[Item]], Awaitable[Sequence[Answer]]],
        *,
        recover: Callable[[], Awaitable[None]] | None = None,
        observe: Callable[[int, int], None] = lambda _size, _left: None,
        most: int = MAX_BATCH,
        pause: float = 0.0,
    ) -> None:
        """Prepare to collect.

        Args:
            name: what is collected, for the log.
            run: does a batch and gives an answer an item, in order.
            recover: called after a batch met an unexpected error, before its items are run one by one.
            observe: told the size of each batch and how many wait behind it.
            most: items in a batch.
            pause: seconds to rest after a batch of several, where cheap is better than soon.
        """
        self._name = name
        self._run = run
        self._recover = recover
        self._observe = observe
        self._most = most
        self._pause = pause
        self._queue: asyncio.Queue[tuple[Item, asyncio.Future[Answer]]] = asyncio.Queue(MAX_QUEUE)
        self._task: asyncio.Task[None] | None = None
        self._closing = False

    def start(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._work(), name=self._name)

    async def stop(self) -> None:
        """Finish what was accepted, then stop."""
        self._closing = True
        if self._task is None:
            return
        await self._queue.join()
        self._task.cancel()
        with suppress(asyncio.CancelledError):
            await self._task
        self._task = None

    async def submit(self, item: Item) -> Answer:
        """Have an item run.

        Raises:
            FullError: it was not accepted.
            OutcomeUnknownError: it met an unexpected error; whether it was done must be asked.
        """
        if self._closing or self._queue.full():
            raise FullError(self._name)
        future: asyncio.Future[Answer] = asyncio.get_running_loop().create_future()
        self._queue.put_nowait((item, future))
        return await future

    async def _work(self) -> None:
        while True:
            waiting = [await self._queue.get()]
            while len(waiting) < self._most and not self._queue.empty():
                waiting.append(self._queue.get_nowait())
            self._observe(len(waiting), self._queue.qsize())
            try:
                await self._answer(waiting)
            finally:
                for _, future in waiting:
                    if not future.done():
                        future.set_exception(OutcomeUnknownError(f"{self._name} stopped"))
                    self._queue.task_done()
            if self._pause and len(waiting) > 1 and not self._closing:
                await asyncio.sleep(self._pause)

    async def _answer(self, waiting: Sequence[tuple[Item, "asyncio.Future[Answer]"]]) -> None:
        try:
            answers = await self._run([item for item, _ in waiting])
        except Exception as error:  # noqa: BLE001 - whatever it is, it may harm only the item that caused it
            kind = type(error).__name__
            log.warning("batch failed", of=self._name, size=len(waiting), error=kind, detail=str(error)[:300])
            if self._recover:
                await self._recover()
            if len(waiting) > 1:
                for one in waiting:
                    await self._answer([one])
            elif not waiting[0][1].done():
                waiting[0][1].set_exception(OutcomeUnknownError(kind))
            return
        for (_, future), answer in zip(waiting, answers, strict=True):
            # Whoever asked may have hung up.
            if not future.done():
                future.set_result(answer)
