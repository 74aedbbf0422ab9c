"""Movements read page by page are those of the whole history, each with the balance that was there after it."""

import random
from collections.abc import Sequence
from datetime import date, datetime, timedelta
from itertools import accumulate
from typing import NamedTuple

import psycopg
import pytest

from gongji.core.codes import Business
from gongji.core.times import CHINA
from gongji.ledger.sql import numbered, queries
from gongji.service.monthly import month_and_year, month_days, movements_between
from gongji.service.platform import Platform
from gongji.service.records import Movement, MovementKey, movements_of

OWNER, OTHER = "610100000000000000000000000077", 10**9
REGION = "610100"
FIRST = datetime(2026, 7, 1, tzinfo=CHINA)
DAYS = 150
KINDS = ("settlement", "credit", "reversal", "premium", "transfer", "correction")


class Booked(NamedTuple):
    """A posting as it stands in the books; the amount has its sign."""

    at: datetime
    journal: int
    line: int
    account: int
    amount: int
    kind: str


class Told(NamedTuple):
    """What a person is told of it."""

    key: MovementKey
    amount: int
    after: int
    kind: str


def invented(accounts: Sequence[int]) -> list[Booked]:
    """A history in order: busy days, quiet months, several journals at one instant, journals of several lines."""
    chance = random.Random(20261129)  # noqa: S311 - it only has to be the same each time
    busy = [FIRST + timedelta(days=chance.randrange(DAYS), hours=chance.randrange(24)) for _ in range(30)]
    found: list[Booked] = []
    for journal in range(1, 301):
        at = chance.choice(busy) + timedelta(minutes=chance.choice((0, 0, 0, 7, 90)))
        kind = chance.choice(KINDS)
        for line in range(chance.choice((1, 1, 2, 4))):
            amount = chance.choice((1, -1)) * chance.randrange(1, 500)
            found.append(Booked(at, journal, line, chance.choice(accounts), amount, kind))
    return sorted(found)


@pytest.fixture(scope="module")
def history(dsn: str) -> list[Booked]:
    """A history in the books, with balances that fit it."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("select ensure_months(%s, %s)", [FIRST.date(), FIRST.date() + timedelta(days=DAYS + 31)])
        added = [
            conn.execute(
                "insert into account (region, kind, owner, segment) values (%s, 'personal', %s, %s) returning id",
                [REGION, OWNER, segment],
            ).fetchone()
            for segment in ("current_year", "historical")
        ]
        accounts = [row[0] for row in added if row]
        found = invented(accounts)
        # What there was before the first of them, so that no balance is below nothing.
        opening = [Booked(FIRST, 0, line, account, 10**6, "credit") for line, account in enumerate(accounts)]
        found = [*opening, *found]
        journals = {(one.at, one.journal, one.kind) for one in found}
        with conn.cursor() as cursor:
            cursor.executemany(
                "insert into journal (booked_on, region, id, kind, booked_at, sender, message_id, document_hash, lane,"
                " seal_no) values (%s, %s, %s, %s, %s, 't', %s, '', 9, 1)",
                [(at.date(), REGION, journal, kind, at, str(journal)) for at, journal, kind in journals],
            )
            cursor.executemany(
                "insert into posting values (%s, %s, %s, %s, %s, %s, %s, 'own')",
                [
                    (one.at.date(), REGION, one.journal, one.line)
                    + ((OTHER, one.account) if one.amount > 0 else (one.account, OTHER))
                    + (abs(one.amount),)
                    for one in found
                ],
            )
            cursor.executemany(
                "update account set balance = %s where id = %s",
                [(sum(one.amount for one in found if one.account == account), account) for account in accounts],
            )
    return found


def told(history: Sequence[Booked], business: Business | None = None) -> list[Told]:
    """What the whole history says, newest first: each movement with the sum of all until then."""
    sums = accumulate(one.amount for one in history)
    every = [
        Told((one.at, one.journal, one.line), one.amount, after, one.kind)
        for one, after in zip(history, sums, strict=True)
    ]
    return [one for one in reversed(every) if business is None or one.kind in business.kinds]


def as_told(found: Sequence[Movement]) -> list[Told]:
    return [Told(one.key, one.amount, one.after, one.kind) for one in found]


@pytest.mark.parametrize("business", [None, *Business], ids=lambda one: one.value if one else "all")
@pytest.mark.parametrize("limit", [7, 50, 1000])
async def test_page_by_page_it_is_the_whole_history(
    platform: Platform, history: list[Booked], limit: int, business: Business | None
) -> None:
    found: list[Movement] = []
    before: MovementKey | None = None
    while chunk := await movements_of(platform, OWNER, limit, before, business):
        assert len(chunk) <= limit
        found += chunk
        before = chunk[-1].key
    assert as_told(found) == told(history, business)


async def test_between_two_days_nothing_is_missing(
    platform: Platform, history: list[Booked], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("gongji.service.monthly.CHUNK", 20)
    first, last = date(2026, 8, 3), date(2026, 10, 9)
    found = await movements_between(platform, OWNER, first, last)
    expected = [one for one in told(history) if first <= one.key[0].astimezone(CHINA).date() <= last]
    assert len(expected) > 60
    assert as_told(found) == expected


async def test_a_month_and_the_year_agree_with_the_history(dsn: str, history: list[Booked], platform: Platform) -> None:
    platform.clock = lambda: datetime(2026, 12, 5, 9, tzinfo=CHINA)
    first = date(2026, 9, 1)
    found, months = await month_and_year(platform, OWNER, first, Business.CREDIT, 12)
    expected = [one for one in told(history, Business.CREDIT) if first <= one.key[0].date() <= month_days(first)[1]]
    assert as_told(found) == expected
    assert [month.first for month in months][-1] == date(2026, 12, 1)
    for month in months:
        of_month = [one for one in history if one.at.date().replace(day=1) == month.first]
        credited = sum(one.amount for one in of_month if one.kind in Business.CREDIT.kinds)
        assert month.credited == credited
        assert month.credited - month.spent - month.other == sum(one.amount for one in of_month)


async def test_nobody_elses_journals_are_read(dsn: str, history: list[Booked]) -> None:
    """With the books of a whole region beside it, a page looks its own journals up one by one."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(
            "insert into journal (booked_on, region, id, kind, booked_at, sender, message_id, document_hash, lane,"
            " seal_no) select '2026-11-20', %s, n, 'settlement', '2026-11-20', 'x', n, '', 9, 2"
            " from generate_series(1000, 21000) n",
            [REGION],
        )
        conn.execute(
            "insert into posting select booked_on, region, id, 0, id, id + 1, 1, 'own' from journal where id >= 1000"
        )
        conn.execute("analyze journal, posting, account")
        conn.execute("set plan_cache_mode = force_generic_plan")
        text, names = numbered(queries["movements"])
        asked = {"owner": OWNER, "limit": 50, "since": date.min, "kinds": None, "before": None}
        asked |= {"before_journal": 0, "before_line": 0}
        conn.execute(b"prepare looked as " + text)
        values = ", ".join(psycopg.sql.Literal(asked[name]).as_string(conn) for name in names)
        plan = conn.execute(f"explain (analyze, timing off, format json) execute looked ({values})".encode()).fetchone()
    assert plan
    read = _rows_read(plan[0][0]["Plan"], "journal")
    assert 0 < read < len(history)


def _rows_read(node: dict[str, object], table: str) -> float:
    """How many rows of a table, or of its months, a plan looked at."""
    below = node.get("Plans", [])
    assert isinstance(below, list)
    own = 0.0
    if str(node.get("Relation Name", "")).startswith(table):
        rows, out, loops = (node.get(key, 0) for key in ("Actual Rows", "Rows Removed by Filter", "Actual Loops"))
        assert isinstance(rows, int | float)
        assert isinstance(out, int | float)
        assert isinstance(loops, int | float)
        own = (rows + out) * loops
    return own + sum(_rows_read(one, table) for one in below)
