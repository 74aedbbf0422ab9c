"""Sign in with a number and a password; sessions are kept as hashes of their tokens (登录)."""

import secrets
from datetime import datetime, timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.origin import UNKNOWN, Origin
from gongji.service.platform import Platform
from gongji.service.secret import hash_token, new_token, password_matches

SESSION_LIFE: Final = timedelta(hours=12)
SEEN_EVERY: Final = timedelta(minutes=5)
"""How exactly one is told when a device was last seen; noting each request would be a write for each read."""


class Session(msgspec.Struct, frozen=True):
    """A live session with whose it is; until the person has chosen a password of his own it opens nothing else."""

    person_no: str
    id: str
    password_issued: bool
    name: str
    region: str
    real_name_verified: bool


class Device(msgspec.Struct, frozen=True, kw_only=True):
    """A sign-in as its person sees it."""

    id: str
    device: str
    signed_in_at: datetime
    seen_at: datetime
    expires_at: datetime


async def sign_in(platform: Platform, login: str, password: str, origin: Origin = UNKNOWN) -> str | Refusal:
    """Start a session with the number of certificate, card or medical account; returns its token, kept nowhere."""
    number = login.strip().upper()
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "password_of", login=number)
        row = await cursor.fetchone()
        # By person, so that three numbers are not three times as many tries.
        subject = row[0] if row else number
        locked = await count_try(conn, platform, subject, origin)
        if locked:
            return locked
        if not await password_matches(row[1] if row else None, password) or row is None:
            await throttle.count(conn, platform, throttle.SIGN_IN_ADDRESS, origin.address)
            return refuse(Code.LOGIN_FAILED)
        await throttle.forget(conn, throttle.SIGN_IN, subject)
        return await start_session(conn, platform, row[0], origin)


async def count_try(conn: AsyncConnection, platform: Platform, subject: str, origin: Origin) -> Refusal | None:
    """Count a try before it is checked, so that many at one time are not more tries."""
    if origin.address and await throttle.is_spent(conn, platform, throttle.SIGN_IN_ADDRESS, origin.address):
        return refuse(Code.LOGIN_LOCKED)
    if await throttle.count(conn, platform, throttle.SIGN_IN, subject):
        return refuse(Code.LOGIN_LOCKED)
    return None


async def start_session(conn: AsyncConnection, platform: Platform, person_no: str, origin: Origin) -> str:
    """Start a session of somebody who has been checked; returns its token."""
    token, now = new_token(), platform.clock()
    await store.run(
        conn,
        "add_session",
        token_hash=hash_token(token),
        id=secrets.token_hex(8),
        person_no=person_no,
        device=origin.device,
        now=now,
        expires=now + SESSION_LIFE,
    )
    return token


async def session_of(platform: Platform, token: str) -> Session | None:
    """The live session of a token, or None."""
    now = platform.clock()
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "session", token_hash=hash_token(token), now=now)
        row = await cursor.fetchone()
        if row is None:
            return None
        if row[2] < now - SEEN_EVERY:
            await store.run(conn, "session_seen", token_hash=hash_token(token), now=now)
        return Session(row[0], row[1], *row[3:])


async def sign_out(platform: Platform, token: str) -> None:
    """End a session."""
    async with platform.pool.connection() as conn:
        await store.run(conn, "end_session", token_hash=hash_token(token))


async def devices_of(platform: Platform, person_no: str) -> list[Device]:
    """Everywhere a person is signed in, the latest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "sessions_of_person", person_no=person_no, now=platform.clock())
        return [
            Device(id=row[0], device=row[1], signed_in_at=row[2], seen_at=row[3], expires_at=row[4])
            for row in await cursor.fetchall()
        ]


async def sign_out_device(platform: Platform, person_no: str, session_id: str) -> Refusal | None:
    """End one of a person's sessions."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "end_session_of_person", person_no=person_no, id=session_id)
        return None if await cursor.fetchone() else refuse(Code.SESSION_UNKNOWN, field="id")


async def sign_out_everywhere(platform: Platform, person_no: str, but: str = "") -> int:
    """End all sessions of a person, except the one whose id is given; returns how many."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "end_sessions_of_person", person_no=person_no, but=but)
        return len(await cursor.fetchall())
