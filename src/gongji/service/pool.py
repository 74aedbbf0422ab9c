"""The pool of connections of a process (连接池)."""

import time
from typing import Final
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.ledger.connection import OPTIONS, configure

IDLE_SECONDS: Final = 0.2
"""After so long without work it is asked whether a connection still stands: the database may have been started again
in the meantime. Asking before each use would cost as much as a short query."""

_rested: WeakKeyDictionary[AsyncConnection, float] = WeakKeyDictionary()
"""When each connection came back to its pool."""


def closed_pool(dsn: str) -> AsyncConnectionPool[AsyncConnection]:
    """A pool that has yet to be opened."""
    return AsyncConnectionPool(
        dsn,
        min_size=2,
        max_size=16,
        open=False,
        kwargs={**OPTIONS, "application_name": "gongji"},
        configure=configure,
        check=_check,
        reset=_note_rest,
    )


async def _note_rest(conn: AsyncConnection) -> None:
    _rested[conn] = time.monotonic()


async def _check(conn: AsyncConnection) -> None:
    """Raise when a connection that lay idle stands no more; the pool takes another."""
    if time.monotonic() - _rested.get(conn, 0.0) > IDLE_SECONDS:
        await AsyncConnectionPool.check_connection(conn)
