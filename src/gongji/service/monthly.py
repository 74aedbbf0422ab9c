"""A person's money month by month (收支统计): what came in, and what went to whom."""

from collections import defaultdict
from datetime import date, datetime, timedelta

import msgspec

from gongji.core.codes import Business
from gongji.core.money import Fen
from gongji.core.times import CHINA
from gongji.ledger import store
from gongji.service.people import account_history
from gongji.service.platform import Platform
from gongji.service.records import Movement, MovementKey, movements_of
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


async def months_of(platform: Platform, person_no: str, months: int) -> list[Month]:
    """The latest months of a person's accounts, oldest first, the current one last."""
    this = platform.clock().date().replace(day=1)
    since = month_before(this, months - 1)
    async with platform.pool.connection() as conn:
        ids = [account.id for account in await account_history(conn, person_no)]
        cursor = await store.run(conn, "movement_months", ids=ids, since=since)
        sums: dict[date, dict[str, Fen]] = defaultdict(lambda: defaultdict(int))
        for first, kind, purpose, amount in await cursor.fetchall():
            sums[first][_heading(kind, purpose)] += amount
    firsts = [month_before(this, back) for back in reversed(range(months))]
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


def _start(first: date) -> datetime:
    return datetime.combine(first, datetime.min.time(), CHINA)


async def movements_between(
    platform: Platform, person_no: str, first: date, last: date, business: Business | None = None
) -> list[Movement]:
    """Every movement between two days, both included, newest first."""
    found: list[Movement] = []
    before: MovementKey | None = (_start(last + timedelta(days=1)), 0, 0)
    while before:
        chunk = await movements_of(platform, person_no, CHUNK, before, business)
        within = [movement for movement in chunk if movement.at >= _start(first)]
        found += within
        before = chunk[-1].key if len(chunk) == CHUNK == len(within) else None
    return found


def month_days(first: date) -> tuple[date, date]:
    """First and last day of a month."""
    return first, month_before(first, -1) - timedelta(days=1)
