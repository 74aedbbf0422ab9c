"""Make and compare secrets: passwords slowly, tokens by their hash (密码与令牌)."""

import asyncio
import hashlib
import secrets
from functools import cache

from argon2 import PasswordHasher
from argon2.exceptions import InvalidHashError, VerificationError


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


async def password_matches(stored: str | None, password: str) -> bool:
    """Whether a password is the one of a hash; without a hash it takes as long and is not."""
    # Hashing takes a while on purpose; settlements go on meanwhile.
    return await asyncio.to_thread(_matches, stored, password)


def _matches(stored: str | None, password: str) -> bool:
    try:
        _hasher().verify(stored or _decoy(), password)
    except (VerificationError, InvalidHashError):
        return False
    return stored is not None


def new_token(prefix: str = "") -> str:
    """A token of 256 bits; long random secrets need no slow hash."""
    return prefix + secrets.token_urlsafe(32)


def hash_token(token: str) -> bytes:
    """What is kept of a token."""
    return hashlib.sha256(token.encode("utf-8", "surrogatepass")).digest()
