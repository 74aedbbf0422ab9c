"""Register the sandbox's third-party channels, so that they may ask people for consent (演示用第三方渠道)."""

from collections.abc import Sequence
from typing import Final

from psycopg import AsyncConnection

from gongji.core.skins import SkinAccess
from gongji.ledger import store
from gongji.policyfiles import load_skins, locate_channels
from gongji.service.oauth.clients import keep_client
from gongji.service.platform import Platform

ADDRESSES: Final = "channels_at"
"""Key of the setting that holds the addresses at which people open the channels; it outlives a reset."""


class BrokenChannelError(RuntimeError):
    """A channel of the sandbox cannot be registered."""


async def register(platform: Platform, addresses: Sequence[str]) -> None:
    """Register them with the addresses at which this server is opened, now and after each reset.

    Raises:
        BrokenChannelError: an address is none to which people may be sent back.
    """
    async with platform.pool.connection() as conn, conn.transaction():
        await store.run(conn, "put_setting", key=ADDRESSES, value=" ".join(addresses))
        await register_in(conn, platform)


async def register_in(conn: AsyncConnection, platform: Platform) -> None:
    """The same with the addresses that were noted, as part of the caller's transaction."""
    cursor = await store.run(conn, "setting", key=ADDRESSES)
    row = await cursor.fetchone()
    addresses = row[0].split() if row else []
    if not addresses:
        return
    for skin in load_skins(locate_channels(), platform.book).values():
        if skin.access is SkinAccess.THIRD_PARTY:
            uris = [f"{address}/c/{skin.key}/back" for address in addresses]
            wrong = await keep_client(conn, skin.client_id, skin.name, skin.scopes, uris, platform.clock())
            if wrong:
                raise BrokenChannelError(f"{skin.name}：{wrong}")
