"""What a person has allowed: list, end, and who looked at what and when (我的授权)."""

from datetime import datetime
from typing import Final

import msgspec

from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.platform import Platform
from gongji.service.secret import hash_token

NEWEST: Final = 2**62


class Principal(msgspec.Struct, frozen=True, kw_only=True):
    """Who a token speaks for: a channel for a person, or a channel for an institution."""

    client: str
    name: str
    institution: str | None
    grant: str | None
    person_no: str | None
    scopes: frozenset[str]


class Granted(msgspec.Struct, frozen=True, kw_only=True):
    """A consent as its person sees it; ``state`` is active, revoked, expired or closed (by the operator)."""

    id: str
    client: str
    name: str
    scopes: tuple[Scope, ...]
    granted_at: datetime
    expires_at: datetime
    state: str
    ended_at: datetime | None
    ended_why: str | None
    last_access: datetime | None


class Access(msgspec.Struct, frozen=True, kw_only=True):
    """One look of a channel at a person's data, or one it was refused."""

    no: int
    at: datetime
    channel: str
    what: str
    scope: str | None
    allowed: bool

    @property
    def told(self) -> str:
        """What it was about, as people are told."""
        return Scope(self.scope).label if self.scope else "只有本人能办的业务"


async def principal_of(platform: Platform, token: str) -> Principal | None:
    """Who an access token speaks for, or None when it is not good (any more)."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "oauth_principal", token_hash=hash_token(token), now=platform.clock())
        row = await cursor.fetchone()
    if row is None:
        return None
    return Principal(
        client=row[0], name=row[1], institution=row[2], grant=row[3], person_no=row[4], scopes=frozenset(row[5])
    )


async def admit(platform: Platform, principal: Principal, scope: Scope | None, what: str) -> Refusal | None:
    """Whether a channel may do this for its person; either way it is written down for him to see.

    Args:
        platform: the open platform.
        principal: whose token it is.
        scope: what the route asks for; None: it is for the person himself only.
        what: method and route, without anybody's number.
    """
    async with platform.pool.connection() as conn:
        refusal = await throttle.count(conn, platform, throttle.CLIENT, principal.client)
        if refusal:
            return refusal
        if scope is None:
            refusal = refuse(Code.NOT_YOURS)
        elif scope.value not in principal.scopes:
            refusal = refuse(Code.SCOPE_MISSING, scope=scope.label)
        if principal.person_no is not None:
            await store.run(
                conn,
                "add_oauth_access",
                now=platform.clock(),
                client=principal.client,
                person_no=principal.person_no,
                grant=principal.grant,
                what=what,
                scope=scope.value if scope else None,
                allowed=refusal is None,
            )
        return refusal


async def grants_of(platform: Platform, person_no: str) -> list[Granted]:
    """All consents of a person, newest first, ended ones included."""
    now = platform.clock()
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "oauth_grants_of_person", person_no=person_no)
        return [
            Granted(
                id=row[0],
                client=row[1],
                name=row[2],
                scopes=tuple(Scope(text) for text in row[3]),
                granted_at=row[4],
                expires_at=row[5],
                state=_state(row[5], row[6], row[8], now),
                ended_at=row[6],
                ended_why=row[7],
                last_access=row[9],
            )
            for row in await cursor.fetchall()
        ]


def _state(expires: datetime, revoked: datetime | None, closed: datetime | None, now: datetime) -> str:
    if revoked is not None:
        return "revoked"
    if closed is not None:
        return "closed"
    return "active" if now < expires else "expired"


async def end_grant(platform: Platform, person_no: str, grant: str) -> Refusal | None:
    """The person takes his consent back: every token of it is dead from now on."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "revoke_oauth_grant_of_person", person_no=person_no, id=grant, now=platform.clock()
        )
        return None if await cursor.fetchone() else refuse(Code.CHANNEL_UNKNOWN, field="id")


async def accesses_of(platform: Platform, person_no: str, limit: int, before: int | None = None) -> list[Access]:
    """What channels looked at, newest first; ``before`` is the number of the last one already seen."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "oauth_accesses_of_person",
            person_no=person_no,
            before=NEWEST if before is None else before,
            limit=limit,
        )
        return [
            Access(no=row[0], at=row[1], channel=row[2], what=row[3], scope=row[4], allowed=row[5])
            for row in await cursor.fetchall()
        ]
