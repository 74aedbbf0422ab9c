"""The keys an institution may sign and encrypt with (机构密钥登记)."""

from collections.abc import Mapping
from typing import Any

from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform


async def put_credentials(platform: Platform, institution: str, keys: Mapping[str, Any]) -> Refusal | None:
    """Register an institution's keys in place of those it had; the channel has looked at their form."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "put_credentials", code=institution, credentials=Jsonb(dict(keys)))
        if await cursor.fetchone() is None:
            return refuse(Code.INSTITUTION_UNKNOWN, institution=institution)
    return None
