"""Connections of the program: one place for time zone, commit mode and how lists are sent."""

from typing import Any, Final

from psycopg import AsyncConnection

from gongji.ledger.arrays import use_array_literals

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


async def connect(dsn: str, name: str) -> AsyncConnection:
    """A connection outside the pool; ``name`` is what DBAs see it as."""
    conn = await AsyncConnection.connect(dsn, application_name=name, **OPTIONS)
    use_array_literals(conn)
    return conn
