"""Keep the latest message pairs of the sandbox for vendors to look at (通信记录). Production keeps none."""

from collections.abc import Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Final

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.ledger import store
from gongji.service.collector import Collector, FullError, OutcomeUnknownError

log = structlog.get_logger()

KEPT: Final = 1000
"""Pairs kept, the latest ones."""

PAUSE_SECONDS: Final = 0.2
"""Under load the page may be this late, so that writing pairs down takes little from settling."""

KEPT_FOR: Final = timedelta(days=7)
PATIENCE_SECONDS: Final = 2.0
BODY_BYTES_MAX: Final = 262_144
"""A longer request or answer is not kept, only its size; it cannot be replayed."""


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A message and its answer as the gateway saw them.

    Attributes:
        at: when the request came.
        microseconds: from there to the answer; what was slow on purpose included.
        institution, transaction, message_id: as the message names them; empty where it could not be read.
        outcome: ``done``, ``refused``, ``unknown`` or ``rejected`` (not taken as a message).
        reason: why not, for programs.
        fault: what was made to go wrong, or empty.
        answered: whether the answer left the house.
        replays: the recording whose bytes these are.
    """

    at: datetime
    microseconds: int
    institution: str
    transaction: str
    message_id: str
    outcome: str
    reason: str | None
    fault: str
    answered: bool
    status: int
    content_type: str
    request: bytes
    answer: bytes
    replays: int | None = None


class Recorder:
    """Writes pairs; concurrent ones together. What cannot be written is given up: it is worth less than an answer."""

    def __init__(self, pool: AsyncConnectionPool[AsyncConnection]) -> None:
        self._pool = pool
        self._collector: Collector[Taken, int | None] = Collector(
            "recorder", self._keep, most=KEPT, pause=PAUSE_SECONDS
        )

    def start(self) -> None:
        """Begin to work."""
        self._collector.start()

    async def stop(self) -> None:
        """Write what was taken, then stop."""
        await self._collector.stop()

    async def keep(self, taken: Taken) -> int | None:
        """Keep a pair; its number, or None when it could not be kept."""
        with suppress(FullError, OutcomeUnknownError):
            return await self._collector.submit(taken)
        return None

    async def _keep(self, pairs: Sequence[Taken]) -> Sequence[int | None]:
        try:
            return await self._write(pairs)
        except psycopg.Error as error:
            log.warning("messages not recorded", count=len(pairs), error=type(error).__name__)
            return [None] * len(pairs)

    async def _write(self, pairs: Sequence[Taken]) -> list[int]:
        async with self._pool.connection(PATIENCE_SECONDS) as conn, conn.transaction():
            # A pair lost in a power cut is no loss: nobody waits for the disk.
            await conn.execute("set local synchronous_commit = off")
            cursor = await store.run(
                conn,
                "add_recordings",
                at=[p.at for p in pairs],
                microseconds=[p.microseconds for p in pairs],
                institutions=[p.institution for p in pairs],
                transactions=[p.transaction for p in pairs],
                message_ids=[p.message_id for p in pairs],
                outcomes=[p.outcome for p in pairs],
                reasons=[p.reason for p in pairs],
                faults=[p.fault for p in pairs],
                answered=[p.answered for p in pairs],
                statuses=[p.status for p in pairs],
                content_types=[p.content_type for p in pairs],
                requests=[_short(p.request) for p in pairs],
                request_sizes=[len(p.request) for p in pairs],
                answers=[_short(p.answer) for p in pairs],
                answer_sizes=[len(p.answer) for p in pairs],
                replays=[p.replays for p in pairs],
            )
            numbers = [row[0] for row in await cursor.fetchall()]
            await store.run(conn, "forget_recordings", kept=KEPT, before=pairs[-1].at - KEPT_FOR)
        return numbers


def _short(body: bytes) -> bytes | None:
    return body if len(body) <= BODY_BYTES_MAX else None
