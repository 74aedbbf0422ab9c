"""Sign in with certificate or card number and password; sessions are kept as hashes of their tokens (登录)."""

import asyncio
import hashlib
import secrets
from collections import deque
from datetime import datetime, timedelta
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform

SESSION_LIFE = timedelta(hours=12)
TRIES = 8
TRY_WINDOW = timedelta(minutes=10)

MOST_REMEMBERED = 10_000

_failures: dict[str, deque[datetime]] = {}
"""Times of failed tries by login, oldest login first; the oldest are forgotten when there are too many."""


@cache
def _hasher() -> PasswordHasher:
    return PasswordHasher()


@cache
def _decoy() -> str:
    """Checked when nobody has the number, so that the answer takes as long."""
    return _hasher().hash(secrets.token_hex(16))


def hash_password(password: str) -> str:
    """A salted argon2id hash."""
    return _hasher().hash(password)


async def sign_in(platform: Platform, login: str, password: str) -> str | Refusal:
    """Start a session; returns its token, which is not kept anywhere."""
    number, now = login.strip().upper(), platform.clock()
    if _recent_failures(number, now) >= TRIES:
        return refuse(Code.LOGIN_LOCKED)
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "password_of", login=number)
        row = await cursor.fetchone()
        # Hashing takes a while on purpose; settlements go on meanwhile.
        matches = await asyncio.to_thread(_matches, row[1] if row else None, password)
        if not matches or row is None:
            _remember_failure(number, now)
            return refuse(Code.LOGIN_FAILED)
        _failures.pop(number, None)
        token = secrets.token_urlsafe(32)
        await store.run(
            conn,
            "add_session",
            token_hash=_hash(token),
            person_no=row[0],
            now=now,
            expires=now + SESSION_LIFE,
        )
    return token


def _recent_failures(number: str, now: datetime) -> int:
    tried = _failures.get(number, deque())
    while tried and tried[0] < now - TRY_WINDOW:
        tried.popleft()
    return len(tried)


def _remember_failure(number: str, now: datetime) -> None:
    _failures.setdefault(number, deque(maxlen=TRIES)).append(now)
    if len(_failures) > MOST_REMEMBERED:
        _failures.pop(next(iter(_failures)))


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher().verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def _hash(token: str) -> bytes:
    return hashlib.sha256(token.encode()).digest()


async def person_of_session(platform: Platform, token: str) -> str | None:
    """Number of the person whose session it is, or None."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "session", token_hash=_hash(token), now=platform.clock())
        row = await cursor.fetchone()
        return row[0] if row else None


async def sign_out(platform: Platform, token: str) -> None:
    """End a session."""
    async with platform.pool.connection() as conn:
        await store.run(conn, "end_session", token_hash=_hash(token))
