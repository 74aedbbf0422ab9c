"""Move somebody to another pooling area: his record, his filings, his money through the clearing (转移接续).

Every function is part of the transaction that reports the move, in which his accounts are locked.
"""

from collections import Counter
from collections.abc import Sequence
from datetime import datetime

from psycopg import AsyncConnection

from gongji.core.account import AccountKind, AccountRef, PersonalAccount
from gongji.core.codes import AccountState, Segment
from gongji.core.life import LifeEvent
from gongji.core.money import format_yuan
from gongji.core.moving import Moved, kind_there, segment_there
from gongji.core.notices import Kind, Side, told_of
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.posting import Payment, Posting, pay
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.enrol import segments_of
from gongji.service.notices import tell
from gongji.service.people import read_accounts

AGENCY = "agency"


async def change_place(conn: AsyncConnection, person: Person, event: LifeEvent, now: datetime) -> None:
    """Let the record say where he is insured from the day on; what was filed with the old place ends with it."""
    await store.run(conn, "move_person", person_no=person.person_no, to=event.to, on=event.on, left=person.region)
    await store.run(conn, "end_filings_of", person_no=person.person_no, on=event.on, at=now)


async def move_money(
    conn: AsyncConnection, rules: PolicyBook, person: Person, event: LifeEvent, now: datetime
) -> Moved:
    """Open the accounts of the new place and book to them what stands on those of the old one, which stay empty.

    Args:
        conn: the caller's connection.
        rules: which segments the new place keeps.
        person: as he was before.
        event: the move.
        now: time of booking.
    """
    old = [a for a in await read_accounts(conn, person.person_no) if a.state is not AccountState.CLOSED]
    kept = segments_of(rules, person, event.to, event.on)
    new = await _opened(conn, person, event.to, kept, old)
    postings: list[Posting] = []
    sums: Counter[bool] = Counter()
    for account in (account for account in old if account.balance):
        goes = event.takes_balance or account.kind is AccountKind.WALLET
        held = AccountRef(AccountKind.SUSPENSE, person.person_no, account.region)
        target = new[kind_there(account), segment_there(account, kept)] if goes else held
        payment = Payment(payer=account.id, region=account.region, amount=account.balance, purpose="moved")
        postings += pay(payment, target, event.to if goes else account.region)
        sums[goes] += account.balance
    moved = Moved(
        person_no=person.person_no,
        left=person.region,
        to=event.to,
        on=event.on,
        amount=sums[True],
        held=sums[False],
        postings=tuple(postings),
    )
    await _tell(conn, rules, moved, now)
    if postings:
        entry = Entry(
            kind="moved",
            region=person.region,
            sender=AGENCY,
            message_id=f"{person.person_no}-moved-{event.on:%Y%m%d}",
            postings=moved.postings,
            document=rows.encode(moved),
        )
        await book(conn, [entry], now)
    await store.run(conn, "leave_accounts", ids=[account.id for account in old])
    return moved


async def _opened(
    conn: AsyncConnection, person: Person, to: str, kept: Sequence[Segment], old: Sequence[PersonalAccount]
) -> dict[tuple[AccountKind, Segment], int]:
    """The accounts of the new place by kind and segment: his personal account, and what else has money to take over."""
    state = next(a.state for a in old if a.kind is AccountKind.PERSONAL)
    wanted = [(AccountKind.PERSONAL, segment) for segment in kept]
    wanted += [(kind_there(a), segment_there(a, kept)) for a in old if a.balance]
    opened = {}
    for kind, segment in dict.fromkeys(wanted):
        keyed = {"region": to, "kind": kind.value, "owner": person.person_no, "segment": segment.value, "binding": ""}
        own = state if kind is AccountKind.PERSONAL else AccountState.OPEN
        await store.run(conn, "open_account", **keyed, state=own.value)
        # He may have been insured there before.
        cursor = await store.run(conn, "reopen_account", **keyed, state=own.value)
        row = await cursor.fetchone()
        if row is None:
            raise LookupError("an account that was just opened is missing")
        opened[kind, segment] = row[0]
    return opened


async def _tell(conn: AsyncConnection, rules: PolicyBook, moved: Moved, now: datetime) -> None:
    facts = {"before": rules.name(moved.left), "to": rules.name(moved.to), "on": f"{moved.on:%Y年%m月%d日}"}
    if moved.amount:
        facts["amount"] = format_yuan(moved.amount)
    if moved.held:
        facts["held"] = format_yuan(moved.held)
    await tell(conn, told_of(Kind.INSURANCE_MOVED, now, {Side.SELF: moved.person_no}, **facts), now)
