"""Operators of institutions sign in and out (签到、签退)."""

import secrets

from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform

NUMBERS = 10**6


async def sign_in(platform: Platform, sender: Sender, operator: str) -> Answer | Refusal:
    """Sign an operator in; the answer holds ``number`` and the time ``at``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now = platform.clock()
        number = f"{now:%Y%m%d%H%M%S%f}{secrets.randbelow(NUMBERS):06d}"
        await store.run(conn, "add_sign_in", sign_no=number, institution=sender.institution, operator=operator, at=now)
        return {"number": number, "at": now.isoformat()}

    return await once(platform, sender, None, work)


async def sign_out(platform: Platform, sender: Sender, number: str) -> Answer | Refusal:
    """End a sign-in of the institution; the answer holds the time ``at``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now = platform.clock()
        cursor = await store.run(conn, "sign_out", sign_no=number, institution=sender.institution, at=now)
        if cursor.rowcount == 0:
            what = f"签到编号 {number} 不存在或已签退，请先签到"
            return refuse(Code.INPUT_INVALID, field="sign_no", what=what)
        return {"at": now.isoformat()}

    return await once(platform, sender, None, work)
