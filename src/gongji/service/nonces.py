"""Nonces of signed requests, remembered for all processes together (随机数防重放)."""

import hashlib
from datetime import timedelta

from gongji.ledger import store
from gongji.service.platform import Platform


async def nonce_is_new(platform: Platform, nonce: str, life: timedelta) -> bool:
    """Remember a nonce, and say whether it was unknown; of several processes that ask at once one hears yes.

    The commit is not waited for: a crash of the database may forget the nonces of its last second, and the messages
    themselves are still known by their ids.
    """
    now = platform.clock()
    key = hashlib.sha256(nonce.encode("utf-8", "surrogatepass")).digest()
    async with platform.pool.connection() as conn, conn.transaction():
        await store.run(conn, "commit_without_waiting")
        cursor = await store.run(conn, "remember_nonce", key=key, now=now, until=now + life)
        return await cursor.fetchone() is not None
