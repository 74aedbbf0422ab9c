"""Files that institutions upload and download (文件上传、下载), kept with the hash of their content."""

import hashlib
import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform

PUBLIC: Final = "plc"
"""Owner of the files that every institution may fetch, such as catalogues; the national word for it."""

KEPT: Final = timedelta(days=30)
"""How long a file can be fetched."""

_NUMBER_BYTES: Final = 8


class StoredFile(msgspec.Struct, frozen=True, kw_only=True):
    """A file as it is kept.

    Attributes:
        number: what it is fetched by (文件查询号): time of upload, then a part that cannot be guessed.
        owner: the institution it belongs to, or :data:`PUBLIC`.
        expires_at: until when it can be fetched (下载截止时间).
    """

    number: str
    owner: str
    name: str
    sha256: bytes
    expires_at: datetime
    content: bytes


class Upload(msgspec.Struct, frozen=True, kw_only=True):
    """A file that comes with other business, and how long it can be fetched."""

    name: str
    content: bytes
    kept: timedelta


async def put_file(
    conn: AsyncConnection, *, owner: str, name: str, content: bytes, now: datetime, kept: timedelta = KEPT
) -> StoredFile:
    """Keep a file, within the caller's transaction.

    Args:
        conn: an open connection; the file is there once its transaction is committed.
        owner: code of the institution, or :data:`PUBLIC`. The same public file is kept once: as long as it still has
            half of its time, the number it got first is given again.
        name: file name as it is shown to whoever fetches it.
        content: its bytes.
        now: the present moment.
        kept: how long it can be fetched.
    """
    sha256 = hashlib.sha256(content).digest()
    await store.run(conn, "drop_expired_files", now=now)
    if owner == PUBLIC:
        cursor = await store.run(conn, "public_file", name=name, sha256=sha256, until=now + kept / 2)
        known = await cursor.fetchone()
        if known:
            found = await _read(conn, known[0])
            if found:
                return found
    number = f"{now:%Y%m%d%H%M%S}{secrets.token_hex(_NUMBER_BYTES)}"
    await store.run(
        conn,
        "add_file",
        number=number,
        owner=owner,
        name=name,
        content=content,
        sha256=sha256,
        now=now,
        expires=now + kept,
    )
    return StoredFile(number=number, owner=owner, name=name, sha256=sha256, expires_at=now + kept, content=content)


async def upload(platform: Platform, sender: Sender, name: str, content: bytes) -> Answer | Refusal:
    """Keep a file of an institution; the answer holds its ``number`` and ``until`` when it can be fetched."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        kept = await put_file(conn, owner=sender.institution, name=name, content=content, now=platform.clock())
        return {"number": kept.number, "until": f"{kept.expires_at:%Y-%m-%d %H:%M:%S}"}

    return await once(platform, sender, None, work)


async def get_file(platform: Platform, institution: str, number: str) -> StoredFile | Refusal:
    """A file by its number, for the institution it belongs to, or for anyone when it is public.

    A file of somebody else is refused in the same words as one that does not exist.
    """
    async with platform.pool.connection() as conn:
        return await file_of(conn, institution, number, platform.clock())


async def file_of(conn: AsyncConnection, institution: str, number: str, now: datetime) -> StoredFile | Refusal:
    """The same, as part of the caller's transaction."""
    found = await _read(conn, number)
    if found is None or found.owner not in (institution, PUBLIC) or found.expires_at <= now:
        return refuse(Code.FILE_UNKNOWN, field="file_qury_no", number=number[:30])
    return found


async def _read(conn: AsyncConnection, number: str) -> StoredFile | None:
    cursor = await store.run(conn, "file", number=number)
    row = await cursor.fetchone()
    if row is None:
        return None
    return StoredFile(
        number=row[0], owner=row[1], name=row[2], content=bytes(row[3]), sha256=bytes(row[4]), expires_at=row[5]
    )
