"""Review orders before and during care, keep what was found, and what institutions did about it (事前、事中审核)."""

from collections.abc import Iterable, Sequence

import msgspec
from psycopg import AsyncConnection

from gongji.core import review as rules
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.review import Finding, Limit, Rule, Visit
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform

BEFORE, DURING = "before", "during"
"""Reviewed before the order is given (事前), or while it is carried out (事中)."""


class Found(msgspec.Struct, frozen=True, kw_only=True):
    """A finding as it is kept: its id, its visit and what was found."""

    id: str
    patient: str
    visit: str
    finding: Finding


class Handled(msgspec.Struct, frozen=True, kw_only=True):
    """What an institution did about a finding: ``continued`` with a reason, or ``changed`` the order."""

    id: str
    handling: str
    reason: str


async def review(
    platform: Platform, sender: Sender, kind: str, visits: Sequence[tuple[str, Visit]], chosen: Iterable[Rule]
) -> list[Found] | Refusal:
    """Review visits, each with the id of its patient, and keep what was found."""
    wanted = list(chosen)

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        items = {order.item for _, visit in visits for order in visit.orders}
        limits = await _limits(conn, sorted(items))
        orders = sum(len(visit.orders) for _, visit in visits)
        cursor = await store.run(
            conn,
            "add_review",
            institution=sender.institution,
            kind=kind,
            message_id=sender.message_id,
            now=platform.clock(),
            orders=orders,
        )
        (number,) = await cursor.fetchone() or (0,)
        findings = [
            (patient, visit.id, finding) for patient, visit in visits for finding in rules.review(visit, limits, wanted)
        ]
        found = [
            Found(id=f"{number:012d}{place:06d}", patient=patient, visit=visit, finding=finding)
            for place, (patient, visit, finding) in enumerate(findings, start=1)
        ]
        await _keep(conn, sender, kind, number, found)
        return {"found": msgspec.to_builtins(found)}

    answer = await once(platform, sender, None, work)
    return answer if isinstance(answer, Refusal) else msgspec.convert(answer["found"], list[Found])


async def handle(platform: Platform, sender: Sender, kind: str, handled: Sequence[Handled]) -> Answer | Refusal:
    """Keep what the institution did about findings of its own, all of them or none."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        for one in handled:
            cursor = await store.run(
                conn,
                "handle_finding",
                id=one.id,
                institution=sender.institution,
                kind=kind,
                handling=one.handling,
                reason=one.reason,
                now=platform.clock(),
            )
            if cursor.rowcount == 0:
                return refuse(Code.RECORD_UNKNOWN, field="warn_rslt_id", what=f"违规标识 {one.id}")
        return {}

    return await once(platform, sender, None, work)


async def put_limits(conn: AsyncConnection, limits: Sequence[Limit]) -> None:
    """Register what holds for items; what was registered before is replaced."""
    for limit in limits:
        columns = msgspec.structs.asdict(limit) | {"diagnoses": list(limit.diagnoses)}
        await store.run(conn, "put_item_limit", **columns)


async def _limits(conn: AsyncConnection, items: list[str]) -> dict[str, Limit]:
    cursor = await store.run(conn, "item_limits", items=items)
    return {
        row[0]: Limit(
            item=row[0],
            max_quantity=row[1],
            gender=row[2],
            min_age=row[3],
            max_age=row[4],
            diagnoses=tuple(row[5]),
            basis=row[6],
        )
        for row in await cursor.fetchall()
    }


async def _keep(conn: AsyncConnection, sender: Sender, kind: str, number: int, found: Sequence[Found]) -> None:
    await store.run(
        conn,
        "add_review_findings",
        review=number,
        institution=sender.institution,
        kind=kind,
        ids=[one.id for one in found],
        rules=[one.finding.rule for one in found],
        severities=[one.finding.severity.value for one in found],
        amounts=[one.finding.amount for one in found],
        contents=[one.finding.content for one in found],
        visits=[one.visit for one in found],
        orders=["\n".join(one.finding.orders) for one in found],
    )
