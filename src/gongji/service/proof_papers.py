"""Papers that prove a binding: uploaded, attached to an application, looked at by whoever reviews it (证明材料)."""

import hashlib
import secrets
from collections.abc import Collection, Sequence
from datetime import datetime
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.codes import PaperKind
from gongji.core.papers import Signature, paper_fault, paper_type
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform

MOST_LOOSE: Final = 20
"""Papers a person may have uploaded that go with no application yet; they are thrown away after a week."""
SIGNATURE: Final = "signature"
_LONGEST_NAME: Final = 100


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper of an application, without its content; ``seen_by`` is the clerk who saw the original."""

    id: str
    kind: str
    name: str
    media_type: str | None
    size: int
    sha256: str
    seen_by: str | None
    at: datetime

    @property
    def label(self) -> str:
        """Its kind in Chinese."""
        return "签名" if self.kind == SIGNATURE else PaperKind(self.kind).label


async def upload(platform: Platform, owner: str, kind: PaperKind, name: str, content: bytes) -> str | Refusal:
    """Keep a paper for an application that is to come; returns its number."""
    fault = paper_fault(content)
    if fault:
        return fault
    async with platform.pool.connection() as conn, conn.transaction():
        await store.lock_accounts(conn, [owner])
        cursor = await store.run(conn, "count_loose_papers", owner=owner)
        (loose,) = await cursor.fetchone() or (0,)
        if loose >= MOST_LOOSE:
            what = f"已上传 {MOST_LOOSE} 份还没有提交的材料，请先提交申请"
            return refuse(Code.PAPER_INVALID, field="content", what=what)
        return await _add(conn, owner, kind.value, platform.clock(), name=name, content=content)


async def _add(
    conn: AsyncConnection,
    owner: str,
    kind: str,
    now: datetime,
    *,
    name: str = "",
    content: bytes | None = None,
    media_type: str | None = None,
    seen_by: str | None = None,
    binding: str | None = None,
) -> str:
    number = secrets.token_urlsafe(12)
    await store.run(
        conn,
        "add_paper",
        id=number,
        owner=owner,
        kind=kind,
        name=name[:_LONGEST_NAME],
        media_type=media_type or (paper_type(content) if content else None),
        content=content,
        sha256=hashlib.sha256(content).digest() if content is not None else None,
        seen_by=seen_by,
        binding=binding,
        now=now,
    )
    return number


async def kinds_uploaded(conn: AsyncConnection, owner: str, ids: Sequence[str]) -> set[PaperKind] | Refusal:
    """Kinds of a person's papers that go with no application yet; other people's are unknown."""
    cursor = await store.run(conn, "loose_papers", owner=owner, ids=list(ids))
    found = {row[0]: PaperKind(row[1]) for row in await cursor.fetchall()}
    if len(found) < len(set(ids)):
        return refuse(Code.PAPER_INVALID, field="papers", what="没有这份材料，或已用于别的申请")
    return set(found.values())


async def keep_with(
    conn: AsyncConnection,
    binding: str,
    owner: str,
    now: datetime,
    *,
    uploaded: Sequence[str] = (),
    seen: Collection[PaperKind] = (),
    seen_by: str = "",
    signature: Signature | None = None,
) -> None:
    """Keep what proves a binding with it: what was uploaded, what a clerk has seen, the picture of a signature."""
    if uploaded:
        await store.run(conn, "attach_papers", binding=binding, owner=owner, ids=list(uploaded))
    for kind in seen:
        await _add(conn, owner, kind.value, now, seen_by=seen_by, binding=binding)
    if signature and signature.drawn:
        await _add(
            conn,
            owner,
            SIGNATURE,
            now,
            content=signature.content,
            media_type=signature.media_type,
            binding=binding,
        )


async def papers_of(conn: AsyncConnection, binding: str) -> list[Paper]:
    """Papers of an application, oldest first."""
    cursor = await store.run(conn, "papers_of_binding", binding=binding)
    return [
        Paper(
            id=row[0],
            kind=row[1],
            name=row[2],
            media_type=row[3],
            size=row[4],
            sha256=bytes(row[5]).hex() if row[5] else "",
            seen_by=row[6],
            at=row[7],
        )
        for row in await cursor.fetchall()
    ]


async def content_of(conn: AsyncConnection, binding: str, paper: str) -> tuple[str, bytes] | None:
    """Media type and content of a paper of an application."""
    cursor = await store.run(conn, "paper", id=paper, binding=binding)
    row = await cursor.fetchone()
    return (row[2], bytes(row[3])) if row else None
