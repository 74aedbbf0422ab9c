"""Take people into the books and credit their accounts (参保登记、个人账户划入)."""

import hashlib
from collections import Counter
from collections.abc import AsyncIterator, Sequence
from contextlib import asynccontextmanager
from datetime import date, datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountKind, AccountRef
from gongji.core.codes import AccountState, Scheme, Segment
from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.policy import PolicyBook, Segments
from gongji.ledger import rows, store
from gongji.ledger.connection import connect
from gongji.ledger.sealing import JournalRow, Lane, PostingRow, take_lane
from gongji.service.platform import Platform


class Enrolment(msgspec.Struct, frozen=True, kw_only=True):
    """A person to take into the books, with the hash of his first password."""

    person: Person
    password_hash: str | None = None
    fictitious: bool = False
    account_state: AccountState = AccountState.OPEN


class Credit(msgspec.Struct, frozen=True, kw_only=True):
    """Money for a personal account, in fen (划入)."""

    person_no: str
    amount: Fen
    segment: Segment = Segment.WHOLE
    reference: str


async def enrol(conn: AsyncConnection, book: PolicyBook, enrolment: Enrolment, on: date) -> None:
    """Add a person and open the account rows his region keeps; residents get one that stays empty."""
    person = enrolment.person
    await store.run(
        conn,
        "add_person",
        **msgspec.structs.asdict(person),
        password_hash=enrolment.password_hash,
        fictitious=enrolment.fictitious,
    )
    state = enrolment.account_state if person.scheme is Scheme.EMPLOYEE else AccountState.NONE
    for segment in _segments(book, person, on):
        await store.run(
            conn,
            "open_account",
            region=person.region,
            kind=AccountKind.PERSONAL.value,
            binding="",
            owner=person.person_no,
            segment=segment.value,
            state=state.value,
        )


def _segments(book: PolicyBook, person: Person, on: date) -> tuple[Segment, ...]:
    rule = book.rule(Segments, person.region, "account.segments", on)
    if person.scheme is Scheme.EMPLOYEE and rule and rule.kept:
        return (Segment.CURRENT_YEAR, Segment.HISTORICAL)
    return (Segment.WHOLE,)


@asynccontextmanager
async def own_lane(platform: Platform) -> AsyncIterator[tuple[AsyncConnection, Lane]]:
    """A transaction on a connection and lane of its own."""
    async with await connect(platform.dsn, "gongji-credit") as conn:
        lane = await take_lane(conn)
        async with conn.transaction():
            yield conn, lane


async def credit(platform: Platform, credits_: Sequence[Credit]) -> None:
    """Credit accounts in one sealed batch, in a transaction of its own."""
    async with own_lane(platform) as (conn, lane):
        await credit_in(conn, lane, credits_, platform.clock())


async def credit_in(conn: AsyncConnection, lane: Lane, credits_: Sequence[Credit], now: datetime) -> None:
    """Credit accounts in one sealed batch, as part of the caller's transaction; a lane takes one batch of it."""
    locked = await store.lock_accounts(conn, list({c.person_no for c in credits_}))
    accounts = {(a.owner, a.segment): a for a in locked if a.kind is AccountKind.PERSONAL}
    targets = [accounts[c.person_no, c.segment] for c in credits_]
    income = {a.region: AccountRef(AccountKind.PREMIUM_INCOME, a.region, a.region) for a in targets}
    sources = await store.account_ids(conn, income.values())
    cursor = await store.run(conn, "next_journal_ids", count=len(credits_))
    numbers = [row[0] for row in await cursor.fetchall()]
    journals = [
        JournalRow(
            booked_at=now,
            region=account.region,
            id=number,
            kind="credit",
            sender="agency",
            message_id=one.reference,
            reverses=None,
            document_hash=hashlib.sha256(rows.encode(one)).digest(),
            postings=(PostingRow(1, sources[income[account.region]], account.id, one.amount, "credit"),),
        )
        for one, account, number in zip(credits_, targets, numbers, strict=True)
    ]
    sums: Counter[int] = Counter()
    for one, account in zip(credits_, targets, strict=True):
        sums[account.id] += one.amount
    after = lane.advanced(journals)
    await store.run(conn, "move_balances", ids=list(sums), deltas=list(sums.values()))
    await store.write_journals(conn, journals, after, now)
    await store.write_seal(conn, lane, after, len(journals), now)
