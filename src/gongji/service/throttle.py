"""How often something may happen, counted in the database and so for all processes together (频次限制)."""

import hashlib
from datetime import timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform


class Limit(msgspec.Struct, frozen=True):
    """At most ``most`` times in a window; the window begins with the first time."""

    name: str
    most: int
    window: timedelta


SIGN_IN: Final = Limit("sign_in", 8, timedelta(minutes=10))
"""Tries for one person."""
SIGN_IN_ADDRESS: Final = Limit("sign_in_address", 100, timedelta(minutes=10))
"""Failed tries from one address; behind it may be a whole village."""
CODES: Final = Limit("codes", 5, timedelta(hours=1))
"""Codes sent to one person."""
CODES_ADDRESS: Final = Limit("codes_address", 60, timedelta(hours=1))
SHOWN: Final = Limit("shown", 60, timedelta(minutes=10))
"""E-voucher codes that one person shows; a page asks for one a minute."""
CARD: Final = Limit("card", 5, timedelta(minutes=10))
"""Tries to bind the card to a channel."""
WRITES: Final = Limit("writes", 120, timedelta(minutes=1))
"""Pieces of business of one person over REST."""
CLIENT: Final = Limit("client", 6000, timedelta(minutes=1))
"""Requests of one third-party channel for all its people."""
TOKEN_FAILURES: Final = Limit("token_failures", 60, timedelta(minutes=10))
"""Refused token requests from one address."""


def _key(limit: Limit, subject: str) -> bytes:
    return hashlib.sha256(f"{limit.name}\x00{subject}".encode()).digest()


async def count(conn: AsyncConnection, platform: Platform, limit: Limit, subject: str) -> Refusal | None:
    """Count one more; a refusal when it is one too many."""
    now = platform.clock()
    cursor = await store.run(conn, "count_try", key=_key(limit, subject), now=now, until=now + limit.window)
    row = await cursor.fetchone()
    if row is None or row[0] <= limit.most:
        return None
    seconds = max(1, round((row[1] - now).total_seconds()))
    return refuse(Code.TOO_MANY_REQUESTS, seconds=str(seconds))


async def is_spent(conn: AsyncConnection, platform: Platform, limit: Limit, subject: str) -> bool:
    """Whether no more is allowed now; counts nothing."""
    cursor = await store.run(conn, "tries", key=_key(limit, subject), now=platform.clock())
    row = await cursor.fetchone()
    return row is not None and row[0] >= limit.most


async def forget(conn: AsyncConnection, limit: Limit, subject: str) -> None:
    """Begin again, after a success."""
    await store.run(conn, "forget_tries", key=_key(limit, subject))


async def count_once(platform: Platform, limit: Limit, subject: str) -> Refusal | None:
    """The same as ``count``, on a connection of its own, so that it holds whatever becomes of the request."""
    async with platform.pool.connection() as conn:
        return await count(conn, platform, limit, subject)
