"""What institutions mark visits with, each mark by its number (就医特殊属性)."""

import secrets

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Refusal
from gongji.ledger import store
from gongji.service.commands import Claimed, Sender
from gongji.service.messages import Answer, once
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.settle import check_person
from gongji.service.visits import own_visit


class Mark(msgspec.Struct, frozen=True, kw_only=True):
    """A mark of a visit; its values are agreed locally."""

    id: str
    visit_id: str
    person_no: str
    number: str
    kind: str
    value: str
    memo: str


class MarkRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to mark a visit with, and whose visit it is."""

    person_no: str
    claimed: Claimed
    visit_id: str
    kind: str
    value: str
    memo: str


async def mark(platform: Platform, sender: Sender, request: MarkRequest) -> Answer | Refusal:
    """Mark a visit; the answer holds ``mark``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        person_no = request.person_no
        found = await people_by_number(conn, [person_no])
        _, refusal = check_person(found.get(person_no), request.claimed, platform.clock().date())
        visit = refusal or await own_visit(conn, sender.institution, person_no, request.visit_id)
        if isinstance(visit, Refusal):
            return visit
        number = f"{visit.id[:14]}{secrets.randbelow(10**16):016d}"
        what = {"kind": request.kind, "value": request.value, "memo": request.memo}
        await store.run(conn, "add_visit_mark", id=number, visit=visit.id, at=platform.clock(), **what)
        return {"mark": number}

    return await once(platform, sender, request.person_no, work)


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """Which marks; None asks for any."""

    id: str | None = None
    visit: str | None = None
    person_no: str | None = None
    number: str | None = None
    kind: str | None = None
    value: str | None = None


async def marks(platform: Platform, institution: str, asked: Asked, page: tuple[int, int]) -> list[Mark]:
    """A page of an institution's marks: its number from 1, and its size."""
    number, size = page
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "visit_marks",
            institution=institution,
            **msgspec.structs.asdict(asked),
            limit=size,
            offset=(number - 1) * size,
        )
        return [
            Mark(id=row[0], visit_id=row[1], person_no=row[2], number=row[3], kind=row[4], value=row[5], memo=row[6])
            for row in await cursor.fetchall()
        ]
