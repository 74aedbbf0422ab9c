"""A person's money month by month (收支统计): what came in, and what went to whom."""

from collections import defaultdict
from collections.abc import Sequence
from datetime import date, datetime, timedelta

import msgspec
from psycopg import AsyncConnection

from gongji.core.codes import Business
from gongji.core.money import Fen
from gongji.core.times import CHINA
from gongji.ledger import store
from gongji.ledger.rows import Row
from gongji.ledger.store import Question
from gongji.service.platform import Platform
from gongji.service.records import Movement, MovementKey, ask_movements, movement_from
from gongji.service.settle import POSTED_AS

CHUNK = 500
"""Movements read at once when all are wanted."""


class Month(msgspec.Struct, frozen=True, kw_only=True):
    """One month, in fen: what was credited, and what was spent on own bills, relatives' bills and premiums.

    ``other`` is what went out (positive) or in (negative) by transfers and corrections.
    """

    first: date
    credited: Fen
    own: Fen
    shared: Fen
    premium: Fen
    other: Fen

    @property
    def spent(self) -> Fen:
        """All that went out for care and premiums, less what came back."""
        return self.own + self.shared + self.premium


def month_before(first: date, months: int) -> date:
    """The first day of the month that lies some months before."""
    count = first.year * 12 + first.month - 1 - months
    return date(count // 12, count % 12 + 1, 1)


async def month_and_year(
    platform: Platform, person_no: str, first: date, business: Business | None, months: int
) -> tuple[list[Movement], list[Month]]:
    """Every movement of the month that begins on a day, newest first, and the latest months, oldest first.

    Args:
        platform: the open platform.
        person_no: whose they are.
        first: first day of the month.
        business: one kind of business, or None for the movements of all.
        months: how many months, the current one included.
    """
    this = platform.clock().date().replace(day=1)
    firsts = [month_before(this, back) for back in reversed(range(months))]
    asked = _Span(person_no, *month_days(first), business)
    async with platform.pool.connection() as conn:
        movements, sums = await store.together(
            conn, asked.question(), ("movement_months", {"owner": person_no, "since": firsts[0]})
        )
        return await _whole(conn, asked, movements), _months(firsts, sums)


def _months(firsts: list[date], rows: Sequence[Row]) -> list[Month]:
    sums: dict[date, dict[str, Fen]] = defaultdict(lambda: defaultdict(int))
    for first, kind, purpose, amount in rows:
        sums[first][_heading(kind, purpose)] += amount
    return [_month(first, sums.get(first, {})) for first in firsts]


def _heading(kind: str, purpose: str) -> str:
    business = Business.of(kind)
    if business is Business.CARE:
        return "shared" if purpose in POSTED_AS.values() else "own"
    return {Business.CREDIT: "credited", Business.PREMIUM: "premium"}.get(business, "other")


def _month(first: date, found: dict[str, Fen]) -> Month:
    return Month(
        first=first,
        credited=found.get("credited", 0),
        own=-found.get("own", 0),
        shared=-found.get("shared", 0),
        premium=-found.get("premium", 0),
        other=-found.get("other", 0),
    )


class _Span(msgspec.Struct, frozen=True):
    """Movements between two days, both included, of one kind of business or of all."""

    person_no: str
    first: date
    last: date
    business: Business | None

    def question(self, before: MovementKey | None = None) -> Question:
        """What to ask for the newest of them, or for those after ``before``."""
        end = datetime.combine(self.last + timedelta(days=1), datetime.min.time(), CHINA)
        return ask_movements(self.person_no, CHUNK, before or (end, 0, 0), self.business, self.first)


async def movements_between(
    platform: Platform, person_no: str, first: date, last: date, business: Business | None = None
) -> list[Movement]:
    """Every movement between two days, both included, newest first."""
    asked = _Span(person_no, first, last, business)
    async with platform.pool.connection() as conn:
        (newest,) = await store.together(conn, asked.question())
        return await _whole(conn, asked, newest)


async def _whole(conn: AsyncConnection, asked: _Span, newest: Sequence[Row]) -> list[Movement]:
    """All movements of a span, of which the newest have been read."""
    chunk = found = [movement_from(row) for row in newest]
    while len(chunk) == CHUNK:
        (rows,) = await store.together(conn, asked.question(chunk[-1].key))
        chunk = [movement_from(row) for row in rows]
        found = found + chunk
    return found


def month_days(first: date) -> tuple[date, date]:
    """First and last day of a month."""
    return first, month_before(first, -1) - timedelta(days=1)
