"""Look after the outbox: what waits, what could not be delivered, and trying it again (发件箱管理)."""

from collections.abc import Sequence
from datetime import datetime
from enum import StrEnum
from typing import Final
from uuid import UUID

import msgspec

from gongji.ledger import store
from gongji.service.platform import Platform

MOST_LISTED: Final = 200


class LetterState(StrEnum):
    """State of a letter (投递状态)."""

    WAITING = "waiting"
    """待投递"""
    DELIVERED = "delivered"
    """已投递"""
    DEAD = "dead"
    """投递失败，等待人工处理"""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A letter as operators see it: no payload."""

    id: UUID
    kind: str
    channel: str
    recipient: str
    state: LetterState
    attempts: int
    due_at: datetime
    created_at: datetime
    finished_at: datetime | None
    error: str | None


async def letters(platform: Platform, states: Sequence[LetterState], most: int = MOST_LISTED) -> list[Listed]:
    """Letters in some states, newest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "letters", states=[state.value for state in states], most=most)
        return [
            Listed(
                id=row[0],
                kind=row[1],
                channel=row[2],
                recipient=row[3],
                state=LetterState(row[4]),
                attempts=row[5],
                due_at=row[6],
                created_at=row[7],
                finished_at=row[8],
                error=row[9],
            )
            for row in await cursor.fetchall()
        ]


async def count_letters(platform: Platform) -> dict[LetterState, int]:
    """How many letters are in each state."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "letters_by_state")
        found = {LetterState(state): count for state, count in await cursor.fetchall()}
    return {state: found.get(state, 0) for state in LetterState}


async def retry(platform: Platform, ids: Sequence[UUID] | None) -> int:
    """Let dead letters be tried again from the beginning: those named, or all; what has expired stays dead."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "retry_letters",
            at=platform.clock(),
            every=ids is None,
            ids=[str(id_) for id_ in ids or ()],
        )
        return len(await cursor.fetchall())
