"""Throw away what is over: sessions, codes, tokens, counters, papers without an application (清理过期数据)."""

from datetime import timedelta
from typing import Final

from gongji.ledger import store
from gongji.service.platform import Platform
from gongji.service.voucher_keys import KEYS_KEPT

KEPT: Final = timedelta(days=7)
"""How long codes and tokens stay after their end, so that a late repeat is still known as one; and how long an uploaded
paper waits for its application."""

COMPARED: Final = timedelta(days=62)
"""How long what institutions said they hold, and that they lost an answer, can be asked for: longer than any comparison
looks back."""


async def sweep(platform: Platform) -> None:
    """Delete what has expired. Grants and the log of accesses stay."""
    now = platform.clock()
    async with platform.pool.connection() as conn:
        for statement in ("sweep_sessions", "sweep_staff_sessions", "sweep_codes", "sweep_throttle", "sweep_nonces"):
            await store.run(conn, statement, now=now)
        for statement in ("sweep_oauth_codes", "sweep_oauth_tokens"):
            await store.run(conn, statement, long_ago=now - KEPT)
        await store.run(conn, "sweep_papers", long_ago=now - KEPT)
        await store.run(conn, "sweep_voucher_codes", before=now - KEPT)
        await store.run(conn, "sweep_voucher_keys", before=now - KEYS_KEPT)
        for statement in ("sweep_undelivered", "sweep_holdings", "sweep_holding_lists"):
            await store.run(conn, statement, long_ago=now - COMPARED)
