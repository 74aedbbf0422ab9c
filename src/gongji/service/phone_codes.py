"""Codes sent to the phone a person has registered: made, sent, checked, each good once (短信验证码)."""

import hashlib
import hmac
import secrets
from datetime import timedelta
from typing import Final, Literal

from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.origin import Origin
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.sessions import count_try, start_session

Purpose = Literal["sign_in", "reset_password"]

CODE_LIFE: Final = timedelta(minutes=5)
CODE_TRIES: Final = 5

SENT: Final = (
    "如果该号码登记了手机号，验证码已经发出，5 分钟内有效。"
    "没有收到，可能是没有登记手机号：请带身份证到制卡银行网点或社保（医保）经办机构办理。"
)
"""Said to everybody in the same words: whether a number is known, and has a phone, is nobody else's business."""


async def send_code(platform: Platform, login: str, purpose: Purpose, origin: Origin) -> Refusal | None:
    """Send a code to the phone of whoever has the number, if anybody has it."""
    if platform.send_code is None:
        return refuse(Code.CODES_NOT_OPEN)
    number = login.strip().upper()
    async with platform.pool.connection() as conn:
        person_no = await _person_of(conn, number)
        for limit, subject in ((throttle.CODES_ADDRESS, origin.address), (throttle.CODES, person_no or number)):
            refusal = await throttle.count(conn, platform, limit, subject)
            if refusal:
                return refusal
        if person_no is None:
            return None
        person = (await people_by_number(conn, [person_no]))[person_no]
        if not person.phone:
            return None
        code = f"{secrets.randbelow(1_000_000):06d}"
        async with conn.transaction():
            await store.run(
                conn,
                "put_code",
                person_no=person_no,
                purpose=purpose,
                code_hash=_digest(person_no, purpose, code),
                expires=platform.clock() + CODE_LIFE,
            )
            await platform.send_code(conn, person, code)
    return None


async def sign_in_with_code(platform: Platform, login: str, code: str, origin: Origin) -> str | Refusal:
    """Start a session with a code instead of a password; returns its token."""
    person_no = await check_code(platform, login, "sign_in", code, origin)
    if isinstance(person_no, Refusal):
        return person_no
    async with platform.pool.connection() as conn, conn.transaction():
        await store.run(conn, "drop_code", person_no=person_no, purpose="sign_in")
        return await start_session(conn, platform, person_no, origin)


async def check_code(platform: Platform, login: str, purpose: Purpose, code: str, origin: Origin) -> str | Refusal:
    """Number of the person whose code it is. Each try counts, also when it never ends in a session."""
    number = login.strip().upper()
    async with platform.pool.connection() as conn:
        person_no = await _person_of(conn, number)
        locked = await count_try(conn, platform, person_no or number, origin)
        if locked:
            return locked
        row = None
        if person_no is not None:
            cursor = await store.run(conn, "try_code", person_no=person_no, purpose=purpose, now=platform.clock())
            row = await cursor.fetchone()
        right = row is not None and row[1] <= CODE_TRIES
        expected = bytes(row[0]) if row else b""
        if not right or not hmac.compare_digest(expected, _digest(person_no or "", purpose, code.strip())):
            await throttle.count(conn, platform, throttle.SIGN_IN_ADDRESS, origin.address)
            return refuse(Code.CODE_WRONG, field="code")
        await throttle.forget(conn, throttle.SIGN_IN, person_no or number)
        return person_no or number


async def _person_of(conn: AsyncConnection, number: str) -> str | None:
    cursor = await store.run(conn, "password_of", login=number)
    row = await cursor.fetchone()
    return row[0] if row else None


def _digest(person_no: str, purpose: str, code: str) -> bytes:
    return hashlib.sha256(f"{person_no}\x00{purpose}\x00{code}".encode("utf-8", "surrogatepass")).digest()
