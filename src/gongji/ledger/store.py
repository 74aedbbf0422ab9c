"""Read and write the books: typed functions over the named statements."""

from collections.abc import AsyncIterator, Iterable, Sequence
from datetime import date, datetime
from typing import Any, TypeAlias, overload

import msgspec
from psycopg import AsyncConnection, AsyncCursor
from psycopg.errors import SerializationFailure
from psycopg.types.json import Jsonb

from gongji.core.account import AccountKind, AccountRef, PersonalAccount
from gongji.ledger import rows
from gongji.ledger.pipeline import Books, Pipeline, Result
from gongji.ledger.sealing import JournalRow, Lane
from gongji.ledger.sql import queries

Cursor = AsyncCursor[tuple[Any, ...]]
Question = tuple[str, dict[str, Any]]
"""A named statement with its parameters, for :func:`together`."""


@overload
async def run(conn: Pipeline, statement: str, /, **parameters: Any) -> Result: ...
@overload
async def run(conn: AsyncConnection, statement: str, /, **parameters: Any) -> Cursor: ...
@overload
async def run(conn: Books, statement: str, /, **parameters: Any) -> Cursor | Result: ...
async def run(conn: Books, statement: str, /, **parameters: Any) -> Cursor | Result:
    """Run a named statement, or let it wait in the pipeline."""
    return await conn.execute(queries[statement], parameters)


async def together(conn: AsyncConnection, *asked: Question) -> list[list[tuple[Any, ...]]]:
    """The rows of several named statements, for which the server is asked once.

    What a page shows comes from many tables. Where each statement waited for the one before, a busy process came back
    to the page as often, behind everything else that it had to do.
    """
    async with conn.pipeline():
        cursors = [await run(conn, statement, **parameters) for statement, parameters in asked]
        return [await cursor.fetchall() for cursor in cursors]


async def stream(
    conn: AsyncConnection, statement: str, size: int, /, **parameters: Any
) -> AsyncIterator[list[tuple[Any, ...]]]:
    """Rows of a named statement, ``size`` at a time, however many there are; inside a transaction."""
    async with conn.cursor(name=statement) as cursor:
        await cursor.execute(queries[statement], parameters)
        while found := await cursor.fetchmany(size):
            yield found


async def lock_accounts(conn: AsyncConnection, owners: Sequence[str]) -> list[PersonalAccount]:
    """Lock people's accounts in id order and read them as they are then, without what they left behind in a move.

    The accounts of somebody who moved while this waited are not in what was locked. They are guarded by those he left.
    """
    cursor = await run(conn, "lock_accounts", owners=list(owners))
    locked = [rows.account(row) for row in await cursor.fetchall()]
    return await read_accounts(conn, owners) if any(account.left_behind for account in locked) else locked


async def read_accounts(conn: AsyncConnection, owners: Sequence[str]) -> list[PersonalAccount]:
    """People's accounts in id order, without what they left behind in a move."""
    found = await read_all_accounts(conn, owners)
    return [account for account in found if not account.left_behind]


async def read_all_accounts(conn: AsyncConnection, owners: Sequence[str]) -> list[PersonalAccount]:
    """Everything that is or was people's account, in id order."""
    cursor = await run(conn, "read_accounts", owners=list(owners))
    return [rows.account(row) for row in await cursor.fetchall()]


async def account_ids(conn: Books, refs: Iterable[AccountRef]) -> dict[AccountRef, int]:
    """Ids of accounts that are not personal; those that do not exist yet are opened."""
    wanted = sorted(set(refs), key=lambda r: (r.region, r.kind, r.owner))
    if not wanted:
        return {}
    keys = {
        "regions": [r.region for r in wanted],
        "kinds": [r.kind.value for r in wanted],
        "owners": [r.owner for r in wanted],
    }
    found = await _find(conn, keys)
    if len(found) < len(wanted):
        await run(conn, "ensure_accounts", **keys)
        found = await _find(conn, keys)
    return found


async def _find(conn: Books, keys: dict[str, list[str]]) -> dict[AccountRef, int]:
    cursor = await run(conn, "find_accounts", **keys)
    return {AccountRef(AccountKind(kind), owner, region): id_ for id_, kind, owner, region in await cursor.fetchall()}


async def write_journals(conn: Books, journals: list[JournalRow], lane: Lane, booked_at: datetime) -> None:
    """Write the journals of a batch with their postings; ``lane`` is the lane after the batch."""
    day = booked_at.date()
    await run(
        conn,
        "add_journals",
        day=day,
        booked_at=booked_at,
        lane=lane.number,
        seal=lane.head_no,
        regions=[j.region for j in journals],
        ids=[j.id for j in journals],
        kinds=[j.kind for j in journals],
        senders=[j.sender for j in journals],
        message_ids=[j.message_id for j in journals],
        reverses=[j.reverses for j in journals],
        hashes=[j.document_hash for j in journals],
    )
    lines = [(j.region, j.id, p) for j in journals for p in j.postings]
    if lines:
        await run(
            conn,
            "add_postings",
            day=day,
            regions=[region for region, _, _ in lines],
            journals=[number for _, number, _ in lines],
            lines=[p.line for _, _, p in lines],
            from_accounts=[p.from_account for _, _, p in lines],
            to_accounts=[p.to_account for _, _, p in lines],
            amounts=[p.amount for _, _, p in lines],
            purposes=[p.purpose for _, _, p in lines],
        )


async def write_seal(conn: Books, before: Lane, after: Lane, journals: int, sealed_at: datetime) -> None:
    """Write the seal that ends a batch."""
    await run(
        conn,
        "add_seal",
        lane=after.number,
        no=after.head_no,
        journals=journals,
        previous=before.head_hash,
        hash=after.head_hash,
        sealed_at=sealed_at,
    )


class MessageRow(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message."""

    sender: str
    message_id: str
    transaction: str
    input_hash: bytes
    outcome: str
    settlement_id: str | None
    answer: bytes
    unknown: dict[str, Any]


DuplicateMessageError: TypeAlias = SerializationFailure
"""Another transaction answered the message in the meantime; repeating the work finds its answer."""


async def write_messages(
    conn: Books, messages: Sequence[MessageRow], received_at: datetime, *, expect_all: bool = True
) -> None:
    """Remember what became of messages; what is done already stays as it is.

    Raises:
        DuplicateMessageError: one was done already, and all were expected to be written.
    """
    ordered = sorted(messages, key=lambda m: (m.sender, m.message_id))
    await run(
        conn,
        "add_messages",
        senders=[m.sender for m in ordered],
        message_ids=[m.message_id for m in ordered],
        transactions=[m.transaction for m in ordered],
        hashes=[m.input_hash for m in ordered],
        outcomes=[m.outcome for m in ordered],
        settlements=[m.settlement_id for m in ordered],
        answers=[m.answer for m in ordered],
        unknowns=[Jsonb(m.unknown) if m.unknown else None for m in ordered],
        received_at=received_at,
        expected=len(ordered) if expect_all else None,
    )


async def forget_undelivered(conn: Books, messages: Sequence[tuple[str, str]]) -> None:
    """Forget that answers were lost: their senders are being told now. If that is lost too, it is noted anew.

    Args:
        conn: the transaction that answers.
        messages: sender and message id of each.
    """
    await run(
        conn,
        "forget_undelivered",
        institutions=[sender for sender, _ in messages],
        messages=[message for _, message in messages],
    )


def month_span(today: date) -> tuple[date, date]:
    """The months kept ready for booking: the last one, this one and a year ahead."""
    first = date(today.year - (today.month == 1), (today.month - 2) % 12 + 1, 1)
    return first, date(today.year + 1, today.month, 1)
