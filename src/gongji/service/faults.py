"""What goes wrong on purpose in the sandbox, so that a vendor sees what his system does then (故障注入)."""

import time
from contextlib import suppress
from datetime import datetime
from typing import Final

import msgspec
import psycopg

from gongji.core.codes import Term
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform

FRESH_SECONDS: Final = 0.5
"""How long another process may not know of a fault that was set or ended."""

LONGEST_MILLISECONDS: Final = 120_000
PATIENCE_SECONDS: Final = 2.0
MOST_TIMES: Final = 1_000_000


class FaultKind(Term):
    """One way in which an exchange of messages fails. All of them happen in the field."""

    TIMEOUT = "timeout", "办成了，但一直不应答，最后断开"
    SLOW = "slow", "应答迟到"
    ERROR_BEFORE = "error-before", "没有办理，应答 -1“系统异常，结果未知”"
    ERROR_AFTER = "error-after", "办成了，但应答 -1“系统异常，结果未知”"
    CUT_BEFORE = "cut-before", "没有办理，连接断开"
    CUT_AFTER = "cut-after", "办成了，但应答之前连接断开"
    DUPLICATE = "duplicate", "同一报文同时送达两次，应答第二次的结果"

    @property
    def default(self) -> int:
        """Milliseconds where nobody says how many; 0 where time means nothing."""
        return _MILLISECONDS.get(self, 0)


_MILLISECONDS: Final = {FaultKind.TIMEOUT: 60_000, FaultKind.SLOW: 5_000}


class Fault(msgspec.Struct, frozen=True):
    """A fault for one message; ``milliseconds`` is how long a slow answer or a silence lasts."""

    kind: FaultKind
    milliseconds: int

    @property
    def words(self) -> str:
        """As it is written in the header."""
        return f"{self.kind}={self.milliseconds}" if self.kind.default else self.kind.value


class SetFault(msgspec.Struct, frozen=True, kw_only=True):
    """A fault for the next messages of an institution.

    ``transaction`` is empty for every transaction; ``remaining`` is how many messages are left, None until it is ended.
    """

    institution: str
    kind: FaultKind
    milliseconds: int
    transaction: str
    remaining: int | None
    set_at: datetime


def parse_fault(text: str) -> Fault | None:
    """Read ``slow=3000`` or ``cut-after``; None when it says no fault that there is."""
    name, given, number = text.strip().lower().partition("=")
    try:
        kind = FaultKind(name.strip())
    except ValueError:
        return None
    milliseconds = number.strip() if given else str(kind.default)
    if not (milliseconds.isascii() and milliseconds.isdigit() and len(milliseconds) < len(str(10**9))):
        return None
    if int(milliseconds) > LONGEST_MILLISECONDS or (given and not kind.default):
        return None
    return Fault(kind, int(milliseconds))


async def put_fault(
    platform: Platform, institution: str, fault: Fault, transaction: str = "", times: int | None = None
) -> Refusal | None:
    """Let an institution's next messages fail; replaces what was set before."""
    if times is not None and not 1 <= times <= MOST_TIMES:
        return refuse(Code.INPUT_INVALID, field="times", what=f"次数应为 1 到 {MOST_TIMES} 的整数")
    async with platform.pool.connection() as conn, conn.transaction():
        cursor = await store.run(conn, "institutions", codes=[institution])
        if await cursor.fetchone() is None:
            return refuse(Code.INSTITUTION_UNKNOWN, field="institution", institution=institution[:30])
        await store.run(
            conn,
            "put_fault",
            institution=institution,
            kind=fault.kind.value,
            milliseconds=fault.milliseconds,
            transaction=transaction,
            remaining=times,
            at=platform.clock(),
        )
    return None


async def drop_fault(platform: Platform, institution: str) -> bool:
    """End what was set for an institution; whether there was anything."""
    async with platform.pool.connection() as conn:
        return await (await store.run(conn, "drop_fault", institution=institution)).fetchone() is not None


async def set_faults(platform: Platform) -> list[SetFault]:
    """What is set now, by institution."""
    async with platform.pool.connection(PATIENCE_SECONDS) as conn:
        cursor = await store.run(conn, "faults")
        found = await cursor.fetchall()
    return [
        SetFault(
            institution=row[0],
            kind=FaultKind(row[1]),
            milliseconds=row[2],
            transaction=row[3],
            remaining=row[4],
            set_at=row[5],
        )
        for row in found
    ]


class Faults:
    """Knows for which institutions faults are set, so that the messages of the others cost no look at the database."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._institutions: frozenset[str] = frozenset()
        self._until = 0.0

    async def any(self) -> bool:
        """Whether a fault is set for anybody."""
        with suppress(psycopg.Error):
            await self._refresh()
        return bool(self._institutions)

    async def take(self, institution: str, transaction: str) -> Fault | None:
        """The fault of an institution's message; one that was set for a number of messages is used up by them.

        None as well where the database cannot be asked: what is wrong then needs no injecting.
        """
        try:
            return await self._take(institution, transaction)
        except psycopg.Error:
            return None

    async def _take(self, institution: str, transaction: str) -> Fault | None:
        await self._refresh()
        if institution not in self._institutions:
            return None
        async with self._platform.pool.connection(PATIENCE_SECONDS) as conn, conn.transaction():
            cursor = await store.run(conn, "lock_fault", institution=institution, transaction=transaction)
            row = await cursor.fetchone()
            if row is None:
                return None
            kind, milliseconds, remaining = row
            if remaining == 1:
                await store.run(conn, "drop_fault", institution=institution)
            elif remaining:
                await store.run(conn, "use_fault", institution=institution)
        return Fault(FaultKind(kind), milliseconds)

    async def _refresh(self) -> None:
        if self._until >= time.monotonic():
            return
        # One message looks; those that come meanwhile go by what was known.
        self._until = time.monotonic() + FRESH_SECONDS
        self._institutions = frozenset(fault.institution for fault in await set_faults(self._platform))
