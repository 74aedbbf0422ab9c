"""What the sandbox would have sent, for everybody to look at (沙箱发件箱)."""

from datetime import datetime
from typing import Final
from uuid import UUID

import msgspec

from gongji.core.notices import masked_phone
from gongji.ledger import store
from gongji.service.platform import Platform

MOST_LISTED: Final = 100


class SandboxMessage(msgspec.Struct, frozen=True, kw_only=True):
    """A message that stayed in the sandbox; the address is masked."""

    id: int
    delivery_id: UUID
    channel: str
    kind: str
    to: str
    text: str
    at: datetime


class SandboxPage(msgspec.Struct, frozen=True, kw_only=True):
    """A page of messages, newest first; ``next`` is where the following page begins, or None."""

    messages: list[SandboxMessage]
    next: int | None


async def sandbox_messages(platform: Platform, before: int | None = None, most: int = 20) -> SandboxPage:
    """Messages that stand before one of them, or the newest."""
    most = max(1, min(most, MOST_LISTED))
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "sandbox_messages", before=2**63 - 1 if before is None else before, most=most + 1
        )
        found = [
            SandboxMessage(
                id=id_, delivery_id=delivery, channel=channel, kind=kind, to=masked_phone(address), text=text, at=at
            )
            for id_, delivery, channel, kind, address, text, at in await cursor.fetchall()
        ]
    return SandboxPage(messages=found[:most], next=found[most - 1].id if len(found) > most else None)
