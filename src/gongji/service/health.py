"""Whether the platform can work (健康检查)."""

import asyncio

import psycopg
from psycopg_pool import PoolTimeout

from gongji.service.platform import Platform

PATIENCE_SECONDS = 2.0
"""A load balancer asks every few seconds; a slower answer than this is as good as none."""


async def database_answers(platform: Platform) -> bool:
    """Whether the database answers in time."""
    try:
        async with asyncio.timeout(PATIENCE_SECONDS), platform.pool.connection(timeout=PATIENCE_SECONDS) as conn:
            await conn.execute("select 1")
    except (psycopg.Error, PoolTimeout, TimeoutError):
        return False
    return True
