"""Book money that moves outside settlements: credits, quotas, transfers, premiums (记账).

The caller's transaction has locked the accounts of the people concerned. Everything that is booked here goes into one
chain of seals, the counter lane, which is held from the booking to the end of the transaction: book last.
"""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountRef
from gongji.core.posting import Party, Posting
from gongji.ledger import store
from gongji.ledger.sealing import JournalRow, PostingRow, hold_counter_lane


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """One journal to book (凭证).

    Attributes:
        kind: what it is, one of the kinds of the table ``journal``.
        region: region in whose books it stands.
        sender, message_id: whose business it was, and his number for it.
        postings: what moves.
        document: what it was about, as JSON; kept, hashed and sealed with the journal.
        reverses: number of the journal that it takes back.
    """

    kind: str
    region: str
    sender: str
    message_id: str
    postings: tuple[Posting, ...]
    document: bytes
    reverses: int | None = None


async def book(conn: AsyncConnection, entries: Sequence[Entry], now: datetime) -> list[int]:
    """Write journals with their postings in one sealed batch; returns their numbers, in the order of the entries."""
    if not entries:
        return []
    refs = {party for e in entries for p in e.postings for party in (p.from_, p.to) if isinstance(party, AccountRef)}
    known = await store.account_ids(conn, refs)

    def number(party: Party) -> int:
        return party if isinstance(party, int) else known[party]

    lane = await hold_counter_lane(conn)
    cursor = await store.run(conn, "next_journal_ids", count=len(entries))
    numbers = sorted(row[0] for row in await cursor.fetchall())
    journals = [
        JournalRow(
            booked_at=now,
            region=entry.region,
            id=journal,
            kind=entry.kind,
            sender=entry.sender,
            message_id=entry.message_id,
            reverses=entry.reverses,
            document_hash=hashlib.sha256(entry.document).digest(),
            postings=tuple(
                PostingRow(line, number(p.from_), number(p.to), p.amount, p.purpose)
                for line, p in enumerate(entry.postings, start=1)
            ),
        )
        for entry, journal in zip(entries, numbers, strict=True)
    ]
    after = lane.advanced(journals)
    moved = _moved(entries)
    await store.run(conn, "move_balances", ids=list(moved), deltas=list(moved.values()))
    await store.write_journals(conn, journals, after, now)
    await store.run(
        conn,
        "add_journal_documents",
        day=now.date(),
        regions=[entry.region for entry in entries],
        journals=numbers,
        documents=[entry.document for entry in entries],
    )
    await store.write_seal(conn, lane, after, len(journals), now)
    return numbers


def _moved(entries: Sequence[Entry]) -> dict[int, int]:
    """What each account of a person gains or loses, by its id."""
    moved: Counter[int] = Counter()
    for posting in (posting for entry in entries for posting in entry.postings):
        if isinstance(posting.from_, int):
            moved[posting.from_] -= posting.amount
        if isinstance(posting.to, int):
            moved[posting.to] += posting.amount
    return {account: delta for account, delta in moved.items() if delta}
