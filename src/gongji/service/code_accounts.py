"""Family code accounts (亲情账户): who may show whose e-voucher code on his own phone.

It is another object than a binding (家庭共济绑定) and gives no money: a code shown for a relative is his own code.
An adult consents himself; for a minor a parent answers, and only until he comes of age.
"""

import secrets
from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Literal

import msgspec
from psycopg import AsyncConnection

from gongji.core.codes import Relation
from gongji.core.notices import Kind, Side, told_of
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.vouchers import ADULT_AGE
from gongji.ledger import rows, store
from gongji.service.notices import tell
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing

State = Literal["pending", "active", "ended"]
Basis = Literal["consent", "guardian"]


class CodeAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A family code account.

    Attributes:
        holder: number of the person whose phone shows the code.
        person_no: whose code it is.
        relation: what that person is to the holder.
        basis: ``consent`` of the person himself, or ``guardian`` for a minor.
    """

    id: str
    holder: str
    person_no: str
    relation: Relation
    basis: Basis
    state: State
    asked_at: datetime
    changed_at: datetime


class CodeAccountView(msgspec.Struct, frozen=True, kw_only=True):
    """The same with both people."""

    account: CodeAccount
    holder: Person
    person: Person


class CodeAccountRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What a holder fills in to add a relative.

    Attributes:
        certificate_no, name: identify the relative; both must agree with his record.
        relation: what the relative is to the holder.
        guardian: the holder declares that he is the minor's parent and guardian (监护承诺).
    """

    holder: str
    certificate_no: str
    name: str
    relation: Relation
    guardian: bool = False
    channel: str = "portal"


async def add(platform: Platform, request: CodeAccountRequest) -> CodeAccount | Refusal:
    """Add a relative; for an adult it waits for his consent."""

    async def work(conn: AsyncConnection) -> CodeAccount | Refusal:
        now = platform.clock()
        holder = (await people_by_number(conn, [request.holder])).get(request.holder)
        cursor = await store.run(conn, "person_by_certificate", number=request.certificate_no.strip().upper())
        row = await cursor.fetchone()
        person = rows.person(row) if row else None
        if holder is None:
            return refuse(Code.PERSON_UNKNOWN)
        # Which of the two is wrong is not told: numbers could be tried out.
        if person is None or person.name != request.name.strip():
            return refuse(Code.PERSON_DETAILS_MISMATCH, field="name")
        minor = person.age_on(now.date()) < ADULT_AGE
        refusal = _may_add(holder, person, request, now, minor=minor)
        return refusal or await _add(conn, request, person, now, minor=minor)

    return await all_or_nothing(platform, work)


def _may_add(
    holder: Person, person: Person, request: CodeAccountRequest, now: datetime, *, minor: bool
) -> Refusal | None:
    if holder.person_no == person.person_no:
        return refuse(Code.INPUT_INVALID, field="certificate_no", what="本人的医保码可以直接出示，不需要添加")
    if not holder.real_name_verified:
        return refuse(Code.NOT_REAL_NAME)
    guardian = request.guardian and request.relation is Relation.CHILD and holder.age_on(now.date()) >= ADULT_AGE
    if minor and not guardian:
        return refuse(Code.GUARDIAN_ONLY, field="guardian")
    return None


async def _add(
    conn: AsyncConnection, request: CodeAccountRequest, person: Person, now: datetime, *, minor: bool
) -> CodeAccount | Refusal:
    account = CodeAccount(
        id=f"Q{now:%Y%m%d}{secrets.token_hex(6).upper()}",
        holder=request.holder,
        person_no=person.person_no,
        relation=request.relation,
        basis="guardian" if minor else "consent",
        state="active" if minor else "pending",
        asked_at=now,
        changed_at=now,
    )
    cursor = await store.run(
        conn,
        "add_code_account",
        id=account.id,
        holder=account.holder,
        person_no=account.person_no,
        relation=account.relation.value,
        basis=account.basis,
        state=account.state,
        at=now,
    )
    if await cursor.fetchone() is None:
        return refuse(Code.CODE_ACCOUNT_EXISTS, field="certificate_no")
    what = "added_by_guardian" if minor else "asked"
    await _note(conn, account, what, request.holder, request.channel, now)
    await _tell(conn, account, Kind.CODE_ALLOWED if minor else Kind.CODE_TO_ALLOW, now)
    return account


async def allow(platform: Platform, id_: str, actor: str, channel: str) -> CodeAccount | Refusal:
    """The person's own consent; given twice it is the same."""

    async def work(conn: AsyncConnection, account: CodeAccount, now: datetime) -> CodeAccount | Refusal:
        if actor != account.person_no:
            return refuse(Code.NOT_YOURS)
        if account.state == "active" and account.basis == "consent":
            return account
        person = (await people_by_number(conn, [actor]))[actor]
        if person.age_on(now.date()) < ADULT_AGE:
            return refuse(Code.GUARDIAN_ONLY)
        allowed = msgspec.structs.replace(account, state="active", basis="consent", changed_at=now)
        await _change(conn, allowed, "allowed", actor, channel, now)
        await _tell(conn, allowed, Kind.CODE_ALLOWED, now)
        return allowed

    return await _changing(platform, id_, work)


async def end(platform: Platform, id_: str, actor: str, channel: str) -> CodeAccount | Refusal:
    """Either side ends it, or declines it, at any time: codes shown and tokens got by it are refused from then on."""

    async def work(conn: AsyncConnection, account: CodeAccount, now: datetime) -> CodeAccount | Refusal:
        if actor not in (account.holder, account.person_no):
            return refuse(Code.CODE_ACCOUNT_UNKNOWN, field="id")
        ended = msgspec.structs.replace(account, state="ended", changed_at=now)
        by = "holder" if actor == account.holder else "person"
        await _change(conn, ended, f"ended_by_{by}", actor, channel, now)
        await _tell(conn, ended, Kind.CODE_ENDED, now)
        return ended

    return await _changing(platform, id_, work)


async def code_accounts_of(platform: Platform, person_no: str) -> list[CodeAccountView]:
    """Code accounts in which a person is either side, newest first, ended ones included."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "code_accounts_of", person_no=person_no)
        accounts = [_account(row) for row in await cursor.fetchall()]
        people = await people_by_number(conn, list({n for a in accounts for n in (a.holder, a.person_no)}))
    return [CodeAccountView(account=a, holder=people[a.holder], person=people[a.person_no]) for a in accounts]


async def shown_through(conn: AsyncConnection, viewer: str, id_: str, now: datetime) -> str | Refusal:
    """Whose code a holder may show by a code account."""
    cursor = await store.run(conn, "code_account", id=id_)
    row = await cursor.fetchone()
    account = _account(row) if row else None
    if account is None or account.holder != viewer or account.state == "ended":
        return refuse(Code.CODE_ACCOUNT_UNKNOWN, field="code_account")
    person = (await people_by_number(conn, [account.person_no]))[account.person_no]
    grown = account.basis == "guardian" and person.age_on(now.date()) >= ADULT_AGE
    if account.state == "pending" or grown:
        return refuse(Code.CODE_ACCOUNT_WAITS, field="code_account", who=account.relation.label)
    return account.person_no


Change = Callable[[AsyncConnection, CodeAccount, datetime], Awaitable[CodeAccount | Refusal]]


async def _changing(platform: Platform, id_: str, work: Change) -> CodeAccount | Refusal:
    """Run a change of a code account that has not ended, with its row locked."""

    async def transaction(conn: AsyncConnection) -> CodeAccount | Refusal:
        cursor = await store.run(conn, "code_account_for_change", id=id_)
        row = await cursor.fetchone()
        account = _account(row) if row else None
        if account is None or account.state == "ended":
            return refuse(Code.CODE_ACCOUNT_UNKNOWN, field="id")
        return await work(conn, account, platform.clock())

    return await all_or_nothing(platform, transaction)


async def _change(
    conn: AsyncConnection, account: CodeAccount, what: str, actor: str, channel: str, now: datetime
) -> None:
    await store.run(
        conn, "change_code_account", id=account.id, state=account.state, basis=account.basis, at=account.changed_at
    )
    await _note(conn, account, what, actor, channel, now)


async def _note(
    conn: AsyncConnection, account: CodeAccount, what: str, actor: str, channel: str, now: datetime
) -> None:
    await store.run(conn, "add_code_account_event", id=account.id, at=now, what=what, actor=actor, channel=channel)


async def _tell(conn: AsyncConnection, account: CodeAccount, kind: Kind, now: datetime) -> None:
    both = {Side.AUTHORISER: account.person_no, Side.USER: account.holder}
    await tell(conn, told_of(kind, now, both, about=account.id), now)


def _account(row: rows.Row) -> CodeAccount:
    return CodeAccount(
        id=row[0],
        holder=row[1],
        person_no=row[2],
        relation=Relation(row[3]),
        basis=row[4],
        state=row[5],
        asked_at=row[6],
        changed_at=row[7],
    )
