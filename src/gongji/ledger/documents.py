"""Settlements as they are kept: the whole record as JSON, with each citation kept once for all settlements."""

import hashlib
from collections.abc import Iterable
from functools import lru_cache

import msgspec
from psycopg import AsyncConnection

from gongji.core.policy import Citation
from gongji.core.record import Settlement
from gongji.ledger import rows, store

KEY_LENGTH = 20


@lru_cache(maxsize=4096)
def citation_key(cite: Citation) -> str:
    """Names a citation by what it says."""
    return hashlib.sha256(rows.encode(cite)).hexdigest()[:KEY_LENGTH]


def kept(settlement: Settlement) -> Settlement:
    """The settlement in the shape that is kept: its steps name their citations by key."""
    if settlement.cites:
        return settlement
    steps = settlement.split.steps
    bare = tuple([msgspec.structs.replace(step, cite=None) if step.cite else step for step in steps])
    return msgspec.structs.replace(
        settlement,
        split=msgspec.structs.replace(settlement.split, steps=bare),
        cites=tuple([citation_key(step.cite) if step.cite else None for step in steps]),
    )


def citations_of(settlements: Iterable[Settlement]) -> dict[str, Citation]:
    """Every citation that settlements in their full shape name, by key."""
    cites = {step.cite for settlement in settlements for step in settlement.split.steps if step.cite}
    return {citation_key(cite): cite for cite in cites}


async def restore(conn: AsyncConnection, settlement: Settlement) -> Settlement:
    """The full shape of a settlement that was read from the books."""
    keys = [key for key in settlement.cites if key]
    cursor = await store.run(conn, "citations", keys=keys)
    known = {key: msgspec.convert(body, Citation) for key, body in await cursor.fetchall()}
    steps = tuple(
        msgspec.structs.replace(step, cite=known[key]) if key else step
        for step, key in zip(settlement.split.steps, settlement.cites, strict=True)
    )
    return msgspec.structs.replace(settlement, split=msgspec.structs.replace(settlement.split, steps=steps), cites=())
