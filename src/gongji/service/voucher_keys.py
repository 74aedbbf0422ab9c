"""The keys that sign codes and tokens, in the database and so the same for all processes (签名密钥与轮换)."""

import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.vouchers import ID_BITS, KEY_NUMBERS, Sort, seal
from gongji.ledger import store
from gongji.service.platform import Platform

KEY_LIFE: Final = timedelta(days=1)
"""A key signs for a day, then the next one does."""

KEYS_KEPT: Final = timedelta(days=30)
"""How long a key still checks what it signed: longer than any token is good."""

SECRET_BYTES: Final = 32


class Key(msgspec.Struct, frozen=True):
    """A key by which something new is signed."""

    no: int
    secret: bytes

    def seal(self, sort: Sort, id_: int, about: str) -> str:
        """Sign the text of a row."""
        return seal(sort, self.secret, self.no, id_, about)


def new_id() -> int:
    """A random id that nobody can guess and a signed 64-bit column holds."""
    return secrets.randbits(ID_BITS)


async def signing_key(conn: AsyncConnection, now: datetime) -> Key:
    """The key of the day; the first who needs one makes it, and everybody else finds that one."""
    found = await _newest(conn)
    if found is None or found[1] < now - KEY_LIFE:
        await _make(conn, found[0].no if found else None, now)
        found = await _newest(conn)
    if found is None:
        raise LookupError("no voucher key could be made")
    return found[0]


async def secret_of(conn: AsyncConnection, key_no: int) -> bytes | None:
    """The secret of a key that still checks."""
    cursor = await store.run(conn, "voucher_key", no=key_no)
    row = await cursor.fetchone()
    return bytes(row[0]) if row else None


async def rotate(platform: Platform) -> int:
    """Begin a new key now, without waiting for the day to end; returns its number.

    What older keys signed stays good until it expires.
    """
    async with platform.pool.connection() as conn:
        now = platform.clock()
        found = await _newest(conn)
        await _make(conn, found[0].no if found else None, now)
        return (await signing_key(conn, now)).no


async def _newest(conn: AsyncConnection) -> tuple[Key, datetime] | None:
    cursor = await store.run(conn, "newest_voucher_key")
    row = await cursor.fetchone()
    return (Key(row[0], bytes(row[1])), row[2]) if row else None


async def _make(conn: AsyncConnection, last: int | None, now: datetime) -> None:
    number = 0 if last is None else (last + 1) % KEY_NUMBERS
    await store.run(conn, "add_voucher_key", no=number, secret=secrets.token_bytes(SECRET_BYTES), at=now)
