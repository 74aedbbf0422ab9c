"""E-voucher codes (医保码): shown by the person or by a relative's phone, read once at an institution.

A code identifies a patient and is worth no money. An institution that reads it gets a token, with which it names the
patient in its further messages.
"""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

from gongji.core.person import Person
from gongji.core.policy import PolicyBook, VoucherLife
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.vouchers import Sealed, Sort, seal, unseal
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.code_accounts import shown_through
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.voucher_keys import new_id, signing_key


class Shown(msgspec.Struct, frozen=True, kw_only=True):
    """A code as a phone shows it, and whose it is."""

    code: str
    person: Person
    expires_at: datetime
    seconds: int
    """How long it is good from the moment it was made."""


class Token(msgspec.Struct, frozen=True, kw_only=True):
    """What an institution gets for a code."""

    token: str
    person: Person
    serial: str
    """授权流水号: number of this reading."""
    shown_by_relative: bool


async def show(platform: Platform, viewer: str, channel: str, code_account: str | None = None) -> Shown | Refusal:
    """Make a code of the viewer, or of the relative whose code account he names."""
    # One transaction, so that the disk is waited for once. A refusal undoes nothing: the try is counted.
    async with platform.pool.connection() as conn, conn.pipeline(), conn.transaction():
        refusal = await throttle.count(conn, platform, throttle.SHOWN, viewer)
        if refusal:
            return refusal
        now = platform.clock()
        whose = viewer if code_account is None else await shown_through(conn, viewer, code_account, now)
        if isinstance(whose, Refusal):
            return whose
        person = (await people_by_number(conn, [whose])).get(whose)
        if person is None:
            return refuse(Code.PERSON_UNKNOWN)
        life = life_of(platform.book, person.region, now.date())
        if isinstance(life, Refusal):
            return life
        key, id_, expires = await signing_key(conn, now), new_id(), now + timedelta(seconds=life.seconds)
        await store.run(
            conn,
            "add_voucher_code",
            id=id_,
            key_no=key.no,
            person_no=person.person_no,
            shown_by=viewer,
            code_account=code_account,
            channel=channel,
            at=now,
            expires=expires,
        )
        text = key.seal(Sort.CODE, id_, _about(person.person_no, expires))
        return Shown(code=text, person=person, expires_at=expires, seconds=life.seconds)


def life_of(book: PolicyBook, region: str, on: date) -> VoucherLife | Refusal:
    """How long a code and its token are good, by the rules of the place where its person is insured."""
    rule = book.rule(VoucherLife, region, "account.voucher", on)
    return rule or refuse(Code.RULE_UNKNOWN, region=book.name(region), what="医保码有效期")


async def read(platform: Platform, sender: Sender, text: str) -> Token | Refusal:
    """Read a code once for an institution; the same message again gets the same token."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        sealed = unseal(text)
        if sealed is None or sealed.sort != Sort.CODE:
            return refuse(Code.CREDENTIAL_UNKNOWN)
        owner = await _owner_of_code(conn, platform, sender, sealed, use=True)
        if isinstance(owner, Refusal):
            return owner
        cursor = await store.run(conn, "voucher_use_at", code_id=sealed.id, institution=sender.institution)
        (use, *_) = await cursor.fetchone() or (0,)
        return {"use": use}

    answer = await once(platform, sender, None, work)
    if isinstance(answer, Refusal):
        return answer
    async with platform.pool.connection() as conn:
        return await _token(conn, answer["use"])


async def _token(conn: AsyncConnection, use: int) -> Token | Refusal:
    row = await _row(conn, "voucher_token", use)
    if row is None:
        return refuse(Code.VOUCHER_EXPIRED)
    person_no, key_no, expires, institution, _, secret, shown_by = row
    person = (await people_by_number(conn, [person_no]))[person_no]
    about = _about(person_no, expires, institution)
    text = seal(Sort.TOKEN, secret, key_no, use, about)
    return Token(token=text, person=person, serial=f"{use:019d}", shown_by_relative=shown_by != person_no)


async def owner_of(platform: Platform, sender: Sender, text: str, *, use: bool) -> str | Refusal:
    """Whose code or token it is, for a message that names its patient by it.

    Args:
        platform: the open platform.
        sender: the message. One that was done before is let through: its answer is the first one whatever became of
            the code.
        text: the code or the token.
        use: whether the message uses a code up; a message that was refused used nothing up.
    """
    sealed = unseal(text)
    if sealed is None:
        return refuse(Code.CREDENTIAL_UNKNOWN)
    async with platform.pool.connection() as conn, conn.transaction():
        if sealed.sort == Sort.CODE:
            return await _owner_of_code(conn, platform, sender, sealed, use=use)
        return await _owner_of_token(conn, platform, sender, sealed)


async def _owner_of_code(
    conn: AsyncConnection, platform: Platform, sender: Sender, sealed: Sealed, *, use: bool
) -> str | Refusal:
    row = await _row(conn, "voucher_code", sealed.id)
    if row is None:
        return refuse(Code.CREDENTIAL_UNKNOWN)
    person_no, key_no, expires, _, live, secret = row
    if key_no != sealed.key_no or not sealed.fits(Sort.CODE, secret, _about(person_no, expires)):
        return refuse(Code.CREDENTIAL_UNKNOWN)
    now = platform.clock()
    before = await store.run(conn, "voucher_use_at", code_id=sealed.id, institution=sender.institution)
    used = await before.fetchone()
    if used and used[1] == sender.message_id:
        return str(person_no)
    if expires <= now or not live:
        return person_no if await _done(conn, sender) else refuse(Code.VOUCHER_EXPIRED)
    if used and used[2] != "refused":
        return refuse(Code.VOUCHER_USED)
    if not use:
        return str(person_no)
    if used:
        await store.run(conn, "take_over_voucher_use", id=used[0], message_id=sender.message_id)
        return str(person_no)
    return await _use(conn, platform, sender, sealed, person_no)


async def _use(
    conn: AsyncConnection, platform: Platform, sender: Sender, sealed: Sealed, person_no: str
) -> str | Refusal:
    now = platform.clock()
    person = (await people_by_number(conn, [person_no]))[person_no]
    life = life_of(platform.book, person.region, now.date())
    if isinstance(life, Refusal):
        return life
    key = await signing_key(conn, now)
    cursor = await store.run(
        conn,
        "add_voucher_use",
        id=new_id(),
        code_id=sealed.id,
        institution=sender.institution,
        message_id=sender.message_id,
        key_no=key.no,
        at=now,
        expires=now + timedelta(minutes=life.token_minutes),
    )
    return person_no if await cursor.fetchone() else refuse(Code.VOUCHER_USED)


async def _owner_of_token(conn: AsyncConnection, platform: Platform, sender: Sender, sealed: Sealed) -> str | Refusal:
    row = await _row(conn, "voucher_token", sealed.id)
    if row is None:
        return refuse(Code.CREDENTIAL_UNKNOWN)
    person_no, key_no, expires, institution, live, secret, _ = row
    fits = key_no == sealed.key_no and sealed.fits(Sort.TOKEN, secret, _about(person_no, expires, institution))
    if not fits:
        return refuse(Code.CREDENTIAL_UNKNOWN)
    if institution != sender.institution:
        return refuse(Code.VOUCHER_ELSEWHERE)
    if (expires <= platform.clock() or not live) and not await _done(conn, sender):
        return refuse(Code.VOUCHER_EXPIRED)
    return str(person_no)


async def _done(conn: AsyncConnection, sender: Sender) -> bool:
    cursor = await store.run(conn, "messages", senders=[sender.institution], message_ids=[sender.message_id])
    row = await cursor.fetchone()
    return row is not None and row[4] == "done"


async def _row(conn: AsyncConnection, statement: str, id_: int) -> tuple[Any, ...] | None:
    cursor = await store.run(conn, statement, id=id_)
    row = await cursor.fetchone()
    return tuple(bytes(value) if isinstance(value, memoryview) else value for value in row) if row else None


def _about(person_no: str, expires: datetime, institution: str = "") -> str:
    """What a code or token says, as it is signed."""
    return f"{person_no}\n{institution}\n{expires.timestamp():.6f}"
