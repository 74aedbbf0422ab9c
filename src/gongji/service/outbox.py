"""The outbox: what is to be told to the world outside, written with the business, delivered afterwards (发件箱).

Generic: a letter has a kind, which says who handles it, and a payload. Whoever has something to send calls ``post``
inside its own transaction and gives the deliverer a handler for the kind.
"""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, Final
from uuid import UUID

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.ledger import store

KEPT: Final = timedelta(days=30)
"""How long a delivered letter stays in the outbox."""


class Letter(msgspec.Struct, frozen=True, kw_only=True):
    """Something to send (待投递消息).

    Attributes:
        kind: who handles it.
        channel: by which way, in the handler's words.
        recipient: whose it is: a person number, a merchant; never a telephone number.
        payload: JSON; the handler knows its shape. No telephone or certificate numbers.
        expires_at: after it the letter is worthless: it is not sent, and its payload is forgotten.
    """

    kind: str
    channel: str
    recipient: str
    payload: dict[str, Any]
    expires_at: datetime | None = None


class Taken(msgspec.Struct, frozen=True, kw_only=True):
    """A letter that this process may deliver until its lease ends; ``attempt`` counts from 1."""

    id: UUID
    letter: Letter
    attempt: int
    created_at: datetime


async def post(conn: AsyncConnection, letters: Sequence[Letter], at: datetime) -> list[UUID]:
    """Put letters into the outbox, as part of the caller's transaction; returns their delivery ids, in no order."""
    if not letters:
        return []
    cursor = await store.run(
        conn,
        "add_letters",
        at=at,
        kinds=[letter.kind for letter in letters],
        channels=[letter.channel for letter in letters],
        recipients=[letter.recipient for letter in letters],
        payloads=[Jsonb(letter.payload) for letter in letters],
        expiries=[letter.expires_at for letter in letters],
    )
    return [row[0] for row in await cursor.fetchall()]


async def take(
    conn: AsyncConnection, kinds: Sequence[str], now: datetime, *, lease: timedelta, most: int
) -> list[Taken]:
    """Take letters that are due; nobody else takes them before the lease ends."""
    cursor = await store.run(conn, "claim_letters", kinds=list(kinds), now=now, lease=now + lease, most=most)
    return [
        Taken(
            id=id_,
            letter=Letter(kind=kind, channel=channel, recipient=recipient, payload=payload, expires_at=expires),
            attempt=attempt,
            created_at=created,
        )
        for id_, kind, channel, recipient, payload, attempt, created, expires in await cursor.fetchall()
    ]
