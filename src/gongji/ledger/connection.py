"""Connections of the program: one place for time zone, commit mode and how lists are sent."""

import time
from typing import Any, Final
from weakref import WeakKeyDictionary

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.ledger.arrays import use_array_literals

OPTIONS: Final[dict[str, Any]] = {
    "autocommit": True,
    # The database answers times of day in China. Every statement is planned once a connection: they differ in values,
    # never in shape, and planning again for each batch costs more than running it.
    "options": "-c TimeZone=Asia/Shanghai -c plan_cache_mode=force_generic_plan -c jit=off",
    "prepare_threshold": 1,
}


IDLE_SECONDS: Final = 0.2
"""After so long without work it is asked whether a connection still stands: the database may have been started again
in the meantime. Asking before each use would cost as much as a short query."""

_rested: WeakKeyDictionary[AsyncConnection, float] = WeakKeyDictionary()
"""When each connection of the pool came back to it."""


async def note_rest(conn: AsyncConnection) -> None:
    """A connection comes back to the pool."""
    _rested[conn] = time.monotonic()


async def check_rested(conn: AsyncConnection) -> None:
    """See whether a connection that lay idle still stands; raises when it does not, and the pool takes another."""
    if time.monotonic() - _rested.get(conn, 0.0) > IDLE_SECONDS:
        await AsyncConnectionPool.check_connection(conn)


async def configure(conn: AsyncConnection) -> None:
    """Make a connection of the pool ready for use."""
    use_array_literals(conn)


async def connect(dsn: str, name: str) -> AsyncConnection:
    """A connection outside the pool; ``name`` is what DBAs see it as."""
    conn = await AsyncConnection.connect(dsn, application_name=name, **OPTIONS)
    use_array_literals(conn)
    return conn
