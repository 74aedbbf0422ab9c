"""Read what is kept about the installation itself, by key (系统参数)."""

from gongji.ledger import store
from gongji.service.platform import Platform


async def read_setting(platform: Platform, key: str) -> str | None:
    """The value kept under a key, or None."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "setting", key=key)
        row = await cursor.fetchone()
        return row[0] if row else None
