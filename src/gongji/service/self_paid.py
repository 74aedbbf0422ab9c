"""Care that people paid for themselves (自费病人费用): kept, and compared with the total the institution states."""

from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.money import Fen
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform


class SelfPaidCare(msgspec.Struct, frozen=True, kw_only=True):
    """One visit that was paid for in full by the patient; ``total`` of its lines in fen."""

    visit: str
    certificate_no: str
    total: Fen
    document: dict[str, Any]


class Difference(msgspec.Struct, frozen=True, kw_only=True):
    """A visit whose uploaded total is not what the institution stated."""

    visit: str
    uploaded: Fen
    stated: Fen
    checked_at: datetime


async def upload(platform: Platform, sender: Sender, care: SelfPaidCare) -> Answer | Refusal:
    """Keep a visit with its lines; sent again, it replaces what came before."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        await store.run(
            conn,
            "put_self_paid_care",
            institution=sender.institution,
            visit=care.visit,
            document=Jsonb(care.document),
            certificate_no=care.certificate_no,
            total=care.total,
            now=platform.clock(),
        )
        return {}

    return await once(platform, sender, None, work)


async def compare(platform: Platform, sender: Sender, visit: str, stated: Fen) -> Answer | Refusal:
    """Compare the institution's total of a visit with what it uploaded; the answer holds ``uploaded`` in fen."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(
            conn,
            "check_self_paid_care",
            institution=sender.institution,
            visit=visit,
            stated=stated,
            now=platform.clock(),
        )
        row = await cursor.fetchone()
        if row is None:
            return refuse(Code.RECORD_UNKNOWN, field="mdtrtId", what=f"自费就诊 {visit} 的费用明细")
        return {"uploaded": row[0]}

    return await once(platform, sender, None, work)


async def differences(
    platform: Platform, institution: str, visit: str | None, certificate_no: str | None, page: tuple[int, int]
) -> tuple[list[Difference], int]:
    """Visits whose totals differ, a page of them (number from 1, size), and how many there are."""
    number, size = page
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "differing_self_paid_care",
            institution=institution,
            visit=visit,
            certificate_no=certificate_no,
            limit=size,
            offset=(number - 1) * size,
        )
        found = await cursor.fetchall()
    rows = [Difference(visit=row[0], uploaded=row[1], stated=row[2], checked_at=row[3]) for row in found]
    return rows, found[0][4] if found else 0
