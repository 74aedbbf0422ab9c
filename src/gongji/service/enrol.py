"""Take people into the books and credit their accounts (参保登记、个人账户划入)."""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountKind, AccountRef
from gongji.core.codes import AccountState, Scheme, Segment
from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.policy import PolicyBook, Segments
from gongji.core.posting import Posting
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
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
    for segment in segments_of(book, person, person.region, on):
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


def segments_of(book: PolicyBook, person: Person, region: str, on: date) -> tuple[Segment, ...]:
    """Which segments a region keeps of a person's account."""
    rule = book.rule(Segments, region, "account.segments", on)
    if person.scheme is Scheme.EMPLOYEE and rule and rule.kept:
        return (Segment.CURRENT_YEAR, Segment.HISTORICAL)
    return (Segment.WHOLE,)


async def credit(platform: Platform, credits_: Sequence[Credit]) -> None:
    """Credit accounts in one sealed batch, in a transaction of its own."""
    async with platform.pool.connection() as conn, conn.transaction():
        await credit_in(conn, credits_, platform.clock())


async def credit_in(conn: AsyncConnection, credits_: Sequence[Credit], now: datetime) -> None:
    """Credit accounts in one sealed batch, as part of the caller's transaction."""
    locked = await store.lock_accounts(conn, list({c.person_no for c in credits_}))
    accounts = {(a.owner, a.segment): a for a in locked if a.kind is AccountKind.PERSONAL}
    entries = []
    for one in credits_:
        account = accounts[one.person_no, one.segment]
        income = AccountRef(AccountKind.PREMIUM_INCOME, account.region, account.region)
        entries.append(
            Entry(
                kind="credit",
                region=account.region,
                sender="agency",
                message_id=one.reference,
                postings=(Posting(from_=income, to=account.id, amount=one.amount, purpose="credit"),),
                document=rows.encode(one),
            )
        )
    await book(conn, entries, now)
