"""Look over what has been committed for patterns of misuse (线索扫描): from time to time, beside the settlements.

A look reads and adds incidents; it locks nothing and stops nobody. Looking twice finds nothing new.
"""

from datetime import date, datetime, timedelta
from typing import Final

from psycopg import AsyncConnection

from gongji.core.abuse import Bought, Made, look_at_bindings, look_at_settlements
from gongji.core.codes import BindingTerm, Care
from gongji.core.incidents import Finding
from gongji.core.policy import Pattern, PolicyBook
from gongji.ledger import rows, store
from gongji.service.incidents import open_incident
from gongji.service.platform import Platform

MARK: Final = "abuse_scanned_at"
OVERLAP: Final = timedelta(minutes=10)
"""Looked at again each time: what was being committed while the last look began."""


async def scan(platform: Platform) -> list[Finding]:
    """Look at what came since the last look, with as much of the time before as the rules need; returns what is new."""
    now = platform.clock()
    async with platform.pool.connection() as conn, conn.transaction():
        new = await _last_look(conn) - OVERLAP
        findings = look_at_bindings(platform.book, await _made(conn, platform.book, new, now))
        findings += look_at_settlements(platform.book, await _bought(conn, platform.book, new, now))
        opened = [finding for finding in findings if await open_incident(conn, finding) is not None]
        await store.run(conn, "put_setting", key=MARK, value=now.isoformat())
    return opened


async def _last_look(conn: AsyncConnection) -> datetime:
    cursor = await store.run(conn, "setting", key=MARK)
    row = await cursor.fetchone()
    return datetime.fromisoformat(row[0]) if row else _LONG_AGO


_LONG_AGO = datetime.fromisoformat("2000-01-01T00:00:00+08:00")


def _widest(book: PolicyBook, names: tuple[str, ...], on: date) -> tuple[timedelta, int]:
    """The longest window and the lowest threshold of all regions, so that no region's pattern is missed."""
    found = [
        rule
        for region in book.regions
        for name in names
        if (rule := book.rule(Pattern, region, f"abuse.{name}", on)) is not None
    ]
    longest = max((rule.minutes for rule in found), default=0)
    return timedelta(minutes=longest), min((rule.most for rule in found), default=2)


async def _made(conn: AsyncConnection, book: PolicyBook, new: datetime, now: datetime) -> list[Made]:
    window, least = _widest(book, ("broker", "ping_pong", "single_use"), now.date())
    since = max(new, now - window) - window
    cursor = await store.run(conn, "patterns_of_bindings", since=since, new=new, least=least)
    return [
        Made(
            id=row[0],
            authoriser=row[1],
            user=row[2],
            at=row[3],
            term=BindingTerm(row[4]),
            region=row[5],
            phone=row[6],
            device=row[7],
        )
        for row in await cursor.fetchall()
    ]


async def _bought(conn: AsyncConnection, book: PolicyBook, new: datetime, now: datetime) -> list[Bought]:
    window, _ = _widest(book, ("quick_series", "two_places"), now.date())
    first = max(new, now - MOST_BACK) - window
    days = [first.date() + timedelta(days=n) for n in range((now.date() - first.date()).days + 1)]
    cursor = await store.run(conn, "patterns_of_settlements", regions=list(book.regions), days=days, new=new)
    return [_settled(book, row) for row in await cursor.fetchall()]


MOST_BACK: Final = timedelta(days=7)
"""Settlements older than this are looked at by nobody, were the program down so long."""


def _settled(book: PolicyBook, row: rows.Row) -> Bought:
    return Bought(
        id=row[0],
        person_no=row[1],
        region=row[2],
        institution=row[3],
        place=book.pool_of(row[4]),
        care=Care(row[5]),
        at=row[6],
        total=row[7],
        shared=row[8],
    )
