"""Seals: a hash over each batch's journals and the seal before it, one chain for each writer."""

import hashlib
from datetime import datetime

import msgspec
from psycopg import AsyncConnection

from gongji.ledger.sql import queries

_LANE_CLASS = 0x676A  # "gj": first key of the advisory locks that keep a lane to one writer
MAX_LANES = 256
COUNTER_LANE = 0
"""The lane of everything that is booked outside batches; its writers take turns."""
GENESIS = bytes(32)
"""What stands before the first seal of a lane."""


class PostingRow(msgspec.Struct, frozen=True):
    """A posting as it stands in the books."""

    line: int
    from_account: int
    to_account: int
    amount: int
    purpose: str


class JournalRow(msgspec.Struct, frozen=True, kw_only=True):
    """A journal as it stands in the books, with its postings in line order."""

    booked_at: datetime
    region: str
    id: int
    kind: str
    sender: str
    message_id: str
    reverses: int | None
    document_hash: bytes
    postings: tuple[PostingRow, ...]


def seal_hash(previous: bytes, journals: list[JournalRow]) -> bytes:
    """SHA-256 over the previous seal and every column of the journals and postings, in order."""
    digest = hashlib.sha256(previous)
    for j in journals:
        stamp = int(j.booked_at.timestamp()) * 1_000_000 + j.booked_at.microsecond
        digest.update(f"{stamp}|{j.region}|{j.id}|{j.kind}|{j.sender}|{j.message_id}|{j.reverses or ''}|".encode())
        digest.update(j.document_hash)
        for p in j.postings:
            digest.update(f"{p.line},{p.from_account},{p.to_account},{p.amount},{p.purpose};".encode())
    return digest.digest()


class Lane:
    """The chain of seals that one writer extends; nobody else can while its connection lives."""

    def __init__(self, number: int, head_no: int, head_hash: bytes) -> None:
        self.number = number
        self.head_no = head_no
        self.head_hash = head_hash

    def advanced(self, journals: list[JournalRow]) -> "Lane":
        """The lane after one more batch."""
        return Lane(self.number, self.head_no + 1, seal_hash(self.head_hash, journals))


class NoFreeLaneError(RuntimeError):
    """Every lane is held by another writer."""


async def take_lane(conn: AsyncConnection) -> Lane:
    """Take the first free lane for as long as the connection lives.

    Raises:
        NoFreeLaneError: all lanes are taken.
    """
    for number in range(1, MAX_LANES + 1):
        cursor = await conn.execute("select pg_try_advisory_lock(%s, %s)", (_LANE_CLASS, number))
        row = await cursor.fetchone()
        if row and row[0]:
            return await read_lane(conn, number)
    raise NoFreeLaneError(f"all {MAX_LANES} lanes are taken")


async def hold_counter_lane(conn: AsyncConnection) -> Lane:
    """The counter lane as it stands, held until the transaction ends."""
    await conn.execute("select pg_advisory_xact_lock(%s, %s)", (_LANE_CLASS, COUNTER_LANE))
    return await read_lane(conn, COUNTER_LANE)


async def read_lane(conn: AsyncConnection, number: int) -> Lane:
    """A lane as it stands in the books."""
    cursor = await conn.execute(queries["last_seal"], {"lane": number})
    row = await cursor.fetchone()
    return Lane(number, row[0], bytes(row[1])) if row else Lane(number, 0, GENESIS)
