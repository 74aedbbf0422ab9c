"""Deliver the outbox: a loop in every server process, each letter at least once (投递).

A letter is taken by a lease, so a process that dies leaves it to be taken again when the lease ends. Whoever receives
it sees the same delivery id with every attempt.
"""

import asyncio
import random
from collections.abc import Mapping
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final, Protocol

import psycopg
import structlog
from prometheus_client import Counter

from gongji.ledger import store
from gongji.service import outbox
from gongji.service.outbox import Taken
from gongji.service.platform import Platform

log = structlog.get_logger()

DELIVERIES = Counter("gongji_deliveries_total", "Attempts to deliver a letter", ["kind", "channel", "outcome"])

ATTEMPTS: Final = 10
FIRST_WAIT: Final = timedelta(seconds=5)
LONGEST_WAIT: Final = timedelta(hours=1)
LEASE: Final = timedelta(seconds=60)
AT_ONCE: Final = 8
IDLE_SECONDS: Final = 1.0
MORNING_SPREAD: Final = timedelta(minutes=10)
"""What waited for a moment, such as the morning, is spread over some time."""


class DeliveryError(Exception):
    """An attempt failed; ``final`` when another one cannot succeed. The reason is short and says nothing of content."""

    def __init__(self, reason: str, *, final: bool = False) -> None:
        super().__init__(reason)
        self.reason = reason
        self.final = final


class NotNowError(Exception):
    """The letter must wait until a moment; that is no failed attempt."""

    def __init__(self, until: datetime) -> None:
        super().__init__(until.isoformat())
        self.until = until


class Handler(Protocol):
    """Delivers letters of one kind."""

    async def deliver(self, taken: Taken) -> None:
        """Deliver a letter.

        Raises:
            DeliveryError: it was not delivered.
            NotNowError: it must wait.
        """


def wait_after(attempt: int, chance: float) -> timedelta:
    """How long to wait after a failed attempt: twice as long each time, up to an hour, less up to half by chance."""
    longest = min(LONGEST_WAIT, FIRST_WAIT * (1 << min(attempt - 1, 20)))
    return longest * (1 - chance / 2)


class Deliverer:
    """One delivering loop; as many processes as there are may run one."""

    def __init__(self, platform: Platform, handlers: Mapping[str, Handler], *, lease: timedelta = LEASE) -> None:
        self._platform = platform
        self._handlers = handlers
        self._lease = lease
        self._stopping = asyncio.Event()

    async def run(self) -> None:
        """Deliver until told to stop; what is being delivered then is finished."""
        next_cleaning = self._platform.clock()
        while not self._stopping.is_set():
            busy = False
            try:
                if self._platform.clock() >= next_cleaning:
                    await self._forget_old()
                    next_cleaning = self._platform.clock() + timedelta(hours=1)
                busy = await self.round() > 0
            except Exception as fault:  # noqa: BLE001 - the loop outlives whatever happens; mostly the database is away
                log.warning("outbox cannot be read", fault=type(fault).__name__)
                busy = False
            if not busy:
                with suppress(TimeoutError):
                    await asyncio.wait_for(self._stopping.wait(), IDLE_SECONDS)

    def stop(self) -> None:
        """Take no more letters."""
        self._stopping.set()

    async def round(self) -> int:
        """Deliver what is due, up to some letters at once; returns how many were taken."""
        now = self._platform.clock()
        async with self._platform.pool.connection() as conn:
            taken = await outbox.take(conn, list(self._handlers), now, lease=self._lease, most=AT_ONCE)
        ended = await asyncio.gather(*map(self._deliver, taken), return_exceptions=True)
        for fault in ended:
            if fault is not None:
                raise fault
        return len(taken)

    async def _deliver(self, taken: Taken) -> None:
        if taken.attempt > ATTEMPTS:
            # Whoever took it before never came back to say what became of it.
            await self._note(taken, "dead", "letter_dead", attempts=taken.attempt, error="never finished")
            return
        expires = taken.letter.expires_at
        if expires is not None and expires <= self._platform.clock():
            await self._note(taken, "dead", "letter_dead", attempts=taken.attempt, error="expired")
            return
        try:
            await self._handlers[taken.letter.kind].deliver(taken)
        except NotNowError as wait:
            due = wait.until + MORNING_SPREAD * random.random()  # noqa: S311 - nothing secret
            await self._note(taken, "postponed", "letter_postponed", attempts=taken.attempt, due=due)
        except DeliveryError as fault:
            await self._failed(taken, fault)
        except psycopg.Error:
            # The database is away; the letter is taken again when its lease ends.
            raise
        except Exception as fault:  # noqa: BLE001 - one bad letter must not stop the others
            # The fault's own words may hold content, so they stay out of the log.
            log.warning("letter cannot be handled", delivery=str(taken.id), fault=type(fault).__name__)
            await self._failed(taken, DeliveryError(f"fault {type(fault).__name__}"))
        else:
            await self._note(taken, "delivered", "letter_delivered")

    async def _failed(self, taken: Taken, fault: DeliveryError) -> None:
        if fault.final or taken.attempt >= ATTEMPTS:
            log.warning("letter is dead", delivery=str(taken.id), attempts=taken.attempt, reason=fault.reason)
            await self._note(taken, "dead", "letter_dead", attempts=taken.attempt, error=fault.reason)
            return
        due = self._platform.clock() + wait_after(taken.attempt, random.random())  # noqa: S311 - nothing secret
        await self._note(taken, "failed", "letter_failed", attempts=taken.attempt, due=due, error=fault.reason)

    async def _note(self, taken: Taken, outcome: str, statement: str, **values: object) -> None:
        """Write what became of an attempt; a letter that another process took over is left to that one."""
        DELIVERIES.labels(taken.letter.kind, taken.letter.channel, outcome).inc()
        async with self._platform.pool.connection() as conn:
            await store.run(conn, statement, id=taken.id, at=self._platform.clock(), **values)

    async def _forget_old(self) -> None:
        before = self._platform.clock() - outbox.KEPT
        async with self._platform.pool.connection() as conn:
            while (await store.run(conn, "forget_letters", before=before)).rowcount:
                pass
