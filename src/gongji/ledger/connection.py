"""Connections of the program: one place for time zone, commit mode and how lists are sent."""

import select
from typing import Any, Final

from psycopg import AsyncConnection
from psycopg_pool import AsyncConnectionPool

from gongji.ledger.arrays import use_array_literals
from gongji.ledger.pipeline import BooksConnection

OPTIONS: Final[dict[str, Any]] = {
    "autocommit": True,
    # The database answers times of day in China. Every statement is planned once a connection: they differ in values,
    # never in shape, and planning again for each batch costs more than running it.
    "options": "-c TimeZone=Asia/Shanghai -c plan_cache_mode=force_generic_plan -c jit=off",
    "prepare_threshold": 1,
}


async def configure(conn: AsyncConnection) -> None:
    """Make a connection of the pool ready for use."""
    use_array_literals(conn)


async def check(conn: AsyncConnection) -> None:
    """Whether a connection of the pool still leads anywhere; asking the server before each use would cost a round trip.

    A server that ended has closed its side, which is there to be read; what else is there to be read is looked at by
    asking. Raises when the connection is dead.
    """
    waiting = select.poll()
    waiting.register(conn.fileno(), select.POLLIN)
    if waiting.poll(0):
        await AsyncConnectionPool.check_connection(conn)


async def connect(dsn: str, name: str) -> BooksConnection:
    """A connection outside the pool; ``name`` is what DBAs see it as."""
    conn = await BooksConnection.connect(dsn, application_name=name, **OPTIONS)
    use_array_literals(conn)
    return conn
