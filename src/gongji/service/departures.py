"""Where messages are not as the specification has them (不符合规范之处), counted by place for vendors."""

from collections.abc import Sequence
from datetime import datetime
from typing import Final

import msgspec

from gongji.ledger import store
from gongji.service.platform import Platform

KEPT: Final = 1000
"""Places kept for each institution; the latest ones."""


class Place(msgspec.Struct, frozen=True, kw_only=True):
    """One place of a transaction's messages, and in which way it is not as it should be.

    Attributes:
        node: name of the node; empty for the envelope.
        field: name of the field; empty for the node itself.
        kind: in which way, for programs.
        label: the Chinese name.
        problem: what is wrong; expected: what is right (both Chinese).
        received: what came, nothing personal.
    """

    node: str
    field: str
    kind: str
    label: str
    problem: str
    expected: str
    received: str


class Counted(msgspec.Struct, frozen=True, kw_only=True):
    """A place with how often and when it was wrong."""

    transaction: str
    place: Place
    times: int
    first_at: datetime
    last_at: datetime
    last_message: str


async def count(
    platform: Platform, institution: str, transaction: str, message_id: str, places: Sequence[Place]
) -> None:
    """Count what is wrong in a message of an institution."""
    times: dict[tuple[str, str, str], int] = {}
    latest: dict[tuple[str, str, str], Place] = {}
    for place in places:
        key = (place.node, place.field, place.kind)
        times[key] = times.get(key, 0) + 1
        latest[key] = place
    ordered = sorted(latest)
    async with platform.pool.connection() as conn, conn.transaction():
        await store.run(
            conn,
            "count_departures",
            institution=institution,
            transaction=transaction,
            message_id=message_id,
            now=platform.clock(),
            nodes=[key[0] for key in ordered],
            fields=[key[1] for key in ordered],
            kinds=[key[2] for key in ordered],
            labels=[latest[key].label for key in ordered],
            problems=[latest[key].problem for key in ordered],
            expecteds=[latest[key].expected for key in ordered],
            receiveds=[latest[key].received for key in ordered],
            times=[times[key] for key in ordered],
        )
        await store.run(conn, "forget_departures", institution=institution, kept=KEPT)


async def counted(platform: Platform, institution: str) -> list[Counted]:
    """What was counted for an institution, by transaction and place."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "departures", institution=institution)
        return [
            Counted(
                transaction=row[0],
                place=Place(
                    node=row[1],
                    field=row[2],
                    kind=row[3],
                    label=row[4],
                    problem=row[5],
                    expected=row[6],
                    received=row[7],
                ),
                times=row[8],
                first_at=row[9],
                last_at=row[10],
                last_message=row[11],
            )
            for row in await cursor.fetchall()
        ]
