"""Those who work at the agency: accounts with a role, a password and a code that changes (经办人员)."""

import asyncio
import re
from datetime import timedelta
from enum import StrEnum
from typing import Final

import msgspec
import pyotp
from psycopg import AsyncConnection

from gongji.core.policy import ancestry
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.platform import Platform
from gongji.service.secret import hash_password, hash_token, new_token, password_matches

STAFF_SESSION_LIFE: Final = timedelta(hours=8)
STEP_SECONDS: Final = 30
LOGIN: Final = re.compile(r"[a-z][a-z0-9_.-]{1,30}", re.ASCII)


class Role(StrEnum):
    """What a member of staff may do."""

    CLERK = "clerk"
    REVIEWER = "reviewer"
    AUDITOR = "auditor"
    ADMIN = "admin"

    @property
    def label(self) -> str:
        """Name in Chinese."""
        return {"clerk": "经办", "reviewer": "复核", "auditor": "稽核", "admin": "系统管理"}[self.value]


class Staff(msgspec.Struct, frozen=True, kw_only=True):
    """A member of staff; ``region`` is the only one he works for, None all."""

    login: str
    name: str
    role: Role
    region: str | None
    disabled: bool = False

    @property
    def actor(self) -> str:
        """What is written down as whose act it was."""
        return f"staff/{self.login}"

    def covers(self, region: str) -> bool:
        """Whether he works for a region: his own, or one below it."""
        return self.region is None or self.region in ancestry(region)

    @property
    def regions_like(self) -> str | None:
        """The codes of the regions he works for as a pattern of SQL, or None for all."""
        if self.region is None:
            return None
        return f"{self.region.removesuffix('00').removesuffix('00')}%"


async def add_staff(
    conn: AsyncConnection, platform: Platform, staff: Staff, password: str, totp_secret: str
) -> Refusal | None:
    """Add an account. Password and secret are told to their owner once and cannot be read again."""
    if not LOGIN.fullmatch(staff.login):
        return refuse(Code.INPUT_INVALID, field="login", what="工号是 2 到 31 个小写字母、数字或 _ . -，以字母开头")
    digest = await asyncio.to_thread(hash_password, password)
    cursor = await store.run(
        conn,
        "add_staff",
        login=staff.login,
        name=staff.name,
        role=staff.role.value,
        region=staff.region,
        password_hash=digest,
        totp_secret=totp_secret,
        now=platform.clock(),
    )
    return None if await cursor.fetchone() else refuse(Code.STAFF_EXISTS, field="login", login=staff.login)


def new_totp_secret() -> str:
    """A secret for an authenticator program."""
    return pyotp.random_base32()


def totp_address(staff: Staff, secret: str) -> str:
    """What an authenticator program reads as a picture or a link."""
    return pyotp.TOTP(secret).provisioning_uri(name=staff.login, issuer_name="gongji")


async def sign_in_staff(platform: Platform, login: str, password: str, code: str) -> str | Refusal:
    """Start a session of a member of staff; returns its token. Password and code fail in the same words."""
    subject = f"staff/{login}"
    refusal = await throttle.count_once(platform, throttle.SIGN_IN, subject)
    if refusal:
        return refuse(Code.LOGIN_LOCKED)
    now = platform.clock()
    async with platform.pool.connection() as conn, conn.transaction():
        cursor = await store.run(conn, "staff_secrets", login=login)
        row = await cursor.fetchone()
        matches = await password_matches(row[4] if row else None, password)
        step = _step(row[5], code, int(now.timestamp())) if row else None
        if row is None or not matches or step is None:
            return refuse(Code.LOGIN_FAILED)
        cursor = await store.run(conn, "use_totp", login=login, step=step)
        if await cursor.fetchone() is None:
            return refuse(Code.LOGIN_FAILED)
        token = new_token()
        await store.run(
            conn,
            "add_staff_session",
            token_hash=hash_token(token),
            login=login,
            now=now,
            expires=now + STAFF_SESSION_LIFE,
        )
        await throttle.forget(conn, throttle.SIGN_IN, subject)
        return token


def _step(secret: str, code: str, seconds: int) -> int | None:
    """The step of time a code belongs to: now, or one beside it for clocks that differ (RFC 6238)."""
    maker, now = pyotp.TOTP(secret, interval=STEP_SECONDS), seconds // STEP_SECONDS
    for step in (now, now - 1, now + 1):
        if pyotp.utils.strings_equal(maker.generate_otp(step), code.strip()):
            return step
    return None


async def staff_of_session(platform: Platform, token: str) -> Staff | None:
    """Whose session it is, or None."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "staff_session", token_hash=hash_token(token), now=platform.clock())
        row = await cursor.fetchone()
        return Staff(login=row[0], name=row[1], role=Role(row[2]), region=row[3]) if row else None


async def staff_named(conn: AsyncConnection, login: str) -> Staff | None:
    """A member of staff whose account is open, for the command line."""
    cursor = await store.run(conn, "staff_by_login", login=login)
    row = await cursor.fetchone()
    return Staff(login=row[0], name=row[1], role=Role(row[2]), region=row[3]) if row else None


async def sign_out_staff(platform: Platform, token: str) -> None:
    """End a session."""
    async with platform.pool.connection() as conn:
        await store.run(conn, "end_staff_session", token_hash=hash_token(token))


async def all_staff(conn: AsyncConnection) -> list[Staff]:
    """Every account."""
    cursor = await store.run(conn, "staff")
    return [
        Staff(login=row[0], name=row[1], role=Role(row[2]), region=row[3], disabled=row[5] is not None)
        for row in await cursor.fetchall()
    ]


async def disable_staff(platform: Platform, login: str) -> bool:
    """Close an account and all it has open; whether there was one."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "disable_staff", login=login, now=platform.clock())
        return await cursor.fetchone() is not None
