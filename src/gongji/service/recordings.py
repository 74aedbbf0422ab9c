"""Read the message pairs that the sandbox has kept (通信记录查询)."""

from datetime import datetime
from typing import Any, Final

import msgspec

from gongji.ledger import store
from gongji.service.platform import Platform

MOST_LISTED: Final = 100


class Recording(msgspec.Struct, frozen=True, kw_only=True):
    """A kept pair without its bodies; sizes are in bytes."""

    id: int
    at: datetime
    microseconds: int
    institution: str
    institution_name: str
    transaction: str
    message_id: str
    outcome: str
    reason: str | None
    fault: str
    answered: bool
    status: int
    request_size: int
    answer_size: int
    replays: int | None


class Bodies(msgspec.Struct, frozen=True):
    """What was sent and answered, to the byte; None where it was too long to be kept."""

    content_type: str
    request: bytes | None
    answer: bytes | None


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which recordings are looked for; None is all of them."""

    institution: str | None = None
    transaction: str | None = None
    outcome: str | None = None
    message_id: str | None = None


class RecordingPage(msgspec.Struct, frozen=True, kw_only=True):
    """Recordings, newest first; ``next`` is where the following page begins, or None."""

    recordings: list[Recording]
    next: int | None


async def recordings(platform: Platform, wanted: Wanted, before: int | None = None, most: int = 50) -> RecordingPage:
    """Recordings that are wanted, from before one of them, or the newest."""
    most = max(1, min(most, MOST_LISTED))
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "recordings",
            before=2**63 - 1 if before is None else before,
            most=most + 1,
            **msgspec.structs.asdict(wanted),
        )
        found = [_recording(row) for row in await cursor.fetchall()]
    return RecordingPage(recordings=found[:most], next=found[most - 1].id if len(found) > most else None)


async def recording(platform: Platform, number: int) -> tuple[Recording, Bodies] | None:
    """One recording with its bodies; None when it is not kept, or not any more."""
    if not 0 < number < 2**62:
        return None
    page = await recordings(platform, Wanted(), number + 1, 1)
    if not page.recordings or page.recordings[0].id != number:
        return None
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "recorded_bodies", id=number)
        row = await cursor.fetchone()
    if row is None:
        return None
    request, answer = (None if body is None else bytes(body) for body in row[1:])
    return page.recordings[0], Bodies(row[0], request, answer)


async def recorded_institutions(platform: Platform) -> list[tuple[str, str]]:
    """Institutions that recordings name, with their names; a name is empty where there is no such institution."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "recorded_institutions")
        return [(code, name) for code, name in await cursor.fetchall()]


async def clear_recordings(platform: Platform) -> int:
    """Forget every pair; how many there were."""
    async with platform.pool.connection() as conn:
        return (await store.run(conn, "clear_recordings")).rowcount


def _recording(row: tuple[Any, ...]) -> Recording:
    return Recording(
        id=row[0],
        at=row[1],
        microseconds=row[2],
        institution=row[3],
        transaction=row[4],
        message_id=row[5],
        outcome=row[6],
        reason=row[7],
        fault=row[8],
        answered=row[9],
        status=row[10],
        request_size=row[11],
        answer_size=row[12],
        replays=row[13],
        institution_name=row[14],
    )
