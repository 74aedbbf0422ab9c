"""Answers that found nobody any more (未送达的应答): whose sender may not know what was done, until he asks for it."""

from datetime import datetime

import msgspec
import psycopg
import structlog

from gongji.ledger import store
from gongji.ledger.pipeline import Books
from gongji.service.platform import Platform

log = structlog.get_logger()


class Lost(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was done and whose answer found the connection gone.

    Attributes:
        message_id: the institution's own.
        transaction: which business it was.
        settlement: id of the settlement or reversal it made; None for an upload, an admission and the like.
        at: when the answer was given up.
    """

    message_id: str
    transaction: str
    settlement: str | None
    at: datetime


async def note_undelivered(platform: Platform, institution: str, message_id: str) -> None:
    """Remember that an answer found the connection gone, if its message did anything.

    It is worth less than what was done: a database that fails now changes nothing.
    """
    try:
        async with platform.pool.connection() as conn:
            await store.run(conn, "note_undelivered", institution=institution, message=message_id, now=platform.clock())
    except psycopg.Error as error:
        log.warning("lost answer not noted", error=type(error).__name__)


async def asked(platform: Platform, institution: str, message_id: str) -> None:
    """The institution asked what became of a message, or took back what it did."""
    async with platform.pool.connection() as conn:
        await store.forget_undelivered(conn, [(institution, message_id)])


async def lost_answers(conn: Books, institution: str, since: datetime) -> tuple[Lost, ...]:
    """Answers of an institution that were lost since then and not asked for, the oldest first."""
    cursor = await store.run(conn, "undelivered", institution=institution, from_at=since)
    return tuple(
        Lost(message_id=row[0], transaction=row[1], settlement=row[2], at=row[3]) for row in await cursor.fetchall()
    )
