"""Read what one was told, and choose where else to be told (收件箱与通知偏好)."""

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.notices import Channel, Kind, Side, text_of
from gongji.ledger import store
from gongji.ledger.rows import Row
from gongji.ledger.store import Question
from gongji.service.platform import Platform

MOST_LISTED: Final = 100

_NEWEST: Final = 2**63 - 1


class NoticeView(msgspec.Struct, frozen=True, kw_only=True):
    """A notice as its reader sees it (消息)."""

    id: int
    kind: Kind
    at: datetime
    text: str
    about: str
    read_at: datetime | None


class Inbox(msgspec.Struct, frozen=True, kw_only=True):
    """A page of notices, newest first; ``next`` is where the following page begins, or None."""

    notices: list[NoticeView]
    next: int | None
    unread: int


async def inbox(platform: Platform, person_no: str, before: int | None = None, most: int = 20) -> Inbox:
    """Notices of a person that stand before one of his notices, or the newest."""
    most = max(1, min(most, MOST_LISTED))
    async with platform.pool.connection() as conn:
        notices, unread = await store.together(conn, *ask_inbox(person_no, before, most))
    return inbox_from(notices, unread, most)


def ask_inbox(person_no: str, before: int | None = None, most: int = 20) -> list[Question]:
    """What to ask for :func:`inbox_from`; one notice more tells whether there is a further page."""
    start = _NEWEST if before is None else before
    return [
        ("notices_of", {"person_no": person_no, "before": start, "most": most + 1}),
        ("unread_notices", {"person_no": person_no}),
    ]


def inbox_from(notices: Sequence[Row], unread: Sequence[Row], most: int) -> Inbox:
    """A page of notices, of the rows of its statements."""
    found = [_view(row) for row in notices]
    more = len(found) > most
    return Inbox(notices=found[:most], next=found[most - 1].id if more else None, unread=unread[0][0])


def _view(row: Sequence[Any]) -> NoticeView:
    id_, kind, side, at, about, facts, read_at = row
    text = text_of(Kind(kind), Side(side), facts)
    return NoticeView(id=id_, kind=Kind(kind), at=at, text=text, about=about, read_at=read_at)


async def unread_count(platform: Platform, person_no: str) -> int:
    """How many notices a person has not read."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "unread_notices", person_no=person_no)
        (count,) = await cursor.fetchone() or (0,)
    return int(count)


async def mark_read(platform: Platform, person_no: str, ids: Sequence[int]) -> int:
    """Note that a person has read some of his notices; other people's are left alone. Returns how many are unread."""
    async with platform.pool.connection() as conn, conn.transaction():
        await store.run(conn, "read_notices", person_no=person_no, ids=list(ids), at=platform.clock())
        cursor = await store.run(conn, "unread_notices", person_no=person_no)
        (count,) = await cursor.fetchone() or (0,)
    return int(count)


Chosen = dict[Channel, list[Kind]]


async def preferences(platform: Platform, person_no: str) -> Chosen:
    """The kinds that a person wants by each channel besides the inbox."""
    async with platform.pool.connection() as conn:
        return await _chosen(conn, person_no)


async def choose(platform: Platform, person_no: str, wanted: Mapping[Channel, Sequence[Kind]], through: str) -> Chosen:
    """Agree to exactly these kinds by these channels; what was agreed to before and is not wanted is withdrawn.

    Args:
        platform: the open platform.
        person_no: whose choice it is.
        wanted: kinds by channel, from ``core.notices.CHOSEN``.
        through: where he said so.
    """
    pairs = sorted({(channel.value, kind.value) for channel, kinds in wanted.items() for kind in kinds})
    columns = {"channels": [channel for channel, _ in pairs], "kinds": [kind for _, kind in pairs]}
    async with platform.pool.connection() as conn, conn.transaction():
        # Two choices at once must not become a mixture of both.
        await store.run(conn, "lock_person", person_no=person_no)
        now = platform.clock()
        await store.run(conn, "withdraw_notice_consents", person_no=person_no, at=now, **columns)
        await store.run(conn, "give_notice_consents", person_no=person_no, at=now, through=through, **columns)
        return await _chosen(conn, person_no)


async def _chosen(conn: AsyncConnection, person_no: str) -> Chosen:
    cursor = await store.run(conn, "notice_consents", person_no=person_no)
    chosen: Chosen = {channel: [] for channel in Channel}
    for channel, kind, _ in await cursor.fetchall():
        chosen[Channel(channel)].append(Kind(kind))
    return chosen
