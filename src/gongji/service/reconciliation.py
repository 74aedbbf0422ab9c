"""Compare what an institution holds with the books: totals, row by row, and live (对账)."""

from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from datetime import date, datetime, timedelta
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.clearing import Totals
from gongji.core.codes import Care, Scheme
from gongji.core.reconciliation import Booked, Difference, Held, Kind, compare
from gongji.core.record import parse_settlement_id, settlement_id
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.ledger import store
from gongji.ledger.rows import Row
from gongji.service.commands import Sender
from gongji.service.files import file_of, put_file
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.undelivered import Lost, lost_answers

UNDO: Final = "2601"
"""Transaction by which an institution undoes a message whose answer it never had (冲正交易)."""

IN_FLIGHT: Final = timedelta(seconds=60)
"""How long an answer may be on its way before its settlement is listed as not confirmed."""

LIVE: Final = timedelta(days=2)
"""How far the live list looks back, unless it is told."""

MOST_CLAIMS: Final = 100

_ONLY_HERE: Final = (Kind.MISSING_THERE, Kind.REVERSED_HERE, Kind.RETURNED_HERE)
"""Rows of the books of which an institution has said nothing."""

_CLAIMS: Final = (Code.SETTLEMENT_UNKNOWN, Code.VISIT_UNKNOWN)
"""Refusals that say: the institution holds something that the books do not have."""


class Range(msgspec.Struct, frozen=True, kw_only=True):
    """Which settlements are meant: whole days, an insured region, kinds of care, a scheme; None is all of them."""

    first: date
    last: date
    region: str | None = None
    cares: tuple[Care, ...] | None = None
    scheme: Scheme | None = None


class Claim(msgspec.Struct, frozen=True, kw_only=True):
    """A message about a settlement or visit that the books do not have; it was refused."""

    message_id: str
    transaction: str
    code: str
    at: datetime


class Live(msgspec.Struct, frozen=True, kw_only=True):
    """The live list of an institution (实时差异清单).

    Attributes:
        since: from when, and ``at`` of which moment.
        settlements: rows of the books that were looked at.
        differences: rows that are known to be on one side only, or that differ.
        unconfirmed: settlements of which nobody knows whether the institution has them: it has not said so.
        undelivered: messages that were done and whose answer found the connection gone, from the moment it did.
        claims: messages about what the books do not have.
    """

    since: datetime
    at: datetime
    settlements: int
    differences: tuple[Difference, ...]
    unconfirmed: tuple[Difference, ...]
    undelivered: tuple[Lost, ...]
    claims: tuple[Claim, ...]


async def booked(platform: Platform, institution: str, wanted: Range) -> list[Booked]:
    """An institution's settlements and reversals in the order of time, without what it undid for lack of an answer."""
    async with platform.pool.connection() as conn:
        return await _booked(conn, institution, wanted)


async def _booked(
    conn: AsyncConnection, institution: str, wanted: Range, span: tuple[datetime, datetime] | None = None
) -> list[Booked]:
    from_at, until_at = span or days_as_times(wanted.first, wanted.last)
    cursor = await store.run(
        conn,
        "institution_bills",
        institution=institution,
        first=wanted.first,
        last=wanted.last,
        from_at=from_at,
        until_at=until_at,
        region=wanted.region,
        cares=[care.value for care in wanted.cares] if wanted.cares is not None else None,
        scheme=wanted.scheme.value if wanted.scheme else None,
        undo=UNDO,
    )
    return [one for row in await cursor.fetchall() for one in _rows(row)]


def _rows(row: Row) -> tuple[Booked, ...]:
    """What a settlement is to whom it is told: one row, or for a return the whole taken back and the rest settled."""
    booked, replaces = _row(row), row[14]
    if replaces is None:
        return (booked,)
    total, fund, account, cash = row[15:]
    back = msgspec.structs.replace(
        booked,
        total=-total,
        fund=-fund,
        account=-account,
        cash=-cash,
        reverses=replaces,
        standing=False,
        returned=True,
    )
    rest = msgspec.structs.replace(
        booked,
        total=total + booked.total,
        fund=fund + booked.fund,
        account=account + booked.account,
        cash=cash + booked.cash,
    )
    return back, rest


def _row(row: Row) -> Booked:
    return Booked(
        settlement=settlement_id(row[0], row[1], row[2]),
        visit=row[3],
        person_no=row[4],
        total=row[5],
        fund=row[6],
        account=row[7],
        cash=row[8],
        message_id=row[9],
        settled_at=row[10],
        reverses=row[11],
        standing=row[12],
        care=Care(row[13]),
    )


def days_as_times(first: date, last: date) -> tuple[datetime, datetime]:
    """From the midnight before the first day to the midnight after the last, in China."""
    midnight = datetime.min.time()
    return datetime.combine(first, midnight, CHINA), datetime.combine(last + timedelta(days=1), midnight, CHINA)


def totals_of(rows: Iterable[Booked], *, refunds: bool) -> Totals:
    """Sums over rows: with reversals, which count negative, or only over settlements that stand."""
    counted = [row for row in rows if refunds or row.standing]
    return Totals(
        rows=len(counted),
        total=sum(row.total for row in counted),
        fund=sum(row.fund for row in counted),
        account=sum(row.account for row in counted),
        cash=sum(row.cash for row in counted),
    )


async def compare_list(
    conn: AsyncConnection, institution: str, wanted: Range, held: Sequence[Held], now: datetime
) -> list[Difference]:
    """Compare an institution's whole list of some days with the books and keep it for the live list.

    Rows that the books have outside the range are told apart from rows they do not have.
    """
    span = days_as_times(wanted.first, wanted.last)
    ours = await _booked(conn, institution, wanted)
    found = await _place_outside(conn, institution, compare(ours, held))
    await keep_list(conn, institution, span, held, now, whole=True, wanted=wanted)
    return found


async def compare_file(
    platform: Platform,
    sender: Sender,
    number: str,
    wanted: Range,
    read: Callable[[bytes], list[Held] | Refusal],
    write: Callable[[Sequence[Difference]], tuple[str, bytes]],
) -> Answer | Refusal:
    """Compare an uploaded file with the books and keep the differences as a file of the institution's.

    Args:
        platform: the open platform.
        sender: whose file it is.
        number: by which it was uploaded.
        wanted: what it is about.
        read: the rows of a file in the channel's form, or why it cannot be read.
        write: name and content of the file of differences, also when there are none.

    Returns:
        ``number``, ``name``, ``until`` of the file of differences, ``count`` of its rows; or a refusal.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now = platform.clock()
        uploaded = await file_of(conn, sender.institution, number, now)
        held = uploaded if isinstance(uploaded, Refusal) else read(uploaded.content)
        if isinstance(held, Refusal):
            return held
        found = await compare_list(conn, sender.institution, wanted, held, now)
        name, content = write(found)
        kept = await put_file(conn, owner=sender.institution, name=name, content=content, now=now)
        until = f"{kept.expires_at:%Y-%m-%d %H:%M:%S}"
        return {"number": kept.number, "name": name, "until": until, "count": len(found)}

    return await once(platform, sender, None, work)


async def _place_outside(conn: AsyncConnection, institution: str, found: list[Difference]) -> list[Difference]:
    missing = {d.theirs.settlement for d in found if d.kind is Kind.MISSING_HERE and d.theirs}
    parsed = [p for p in (parse_settlement_id(one) for one in missing) if p]
    if not parsed:
        return found
    cursor = await store.run(
        conn,
        "bills_by_id",
        institution=institution,
        days=[p[1] for p in parsed],
        regions=[p[0] for p in parsed],
        journals=[p[2] for p in parsed],
    )
    rows = [one for row in await cursor.fetchall() for one in _rows(row)]
    outside = {(row.settlement, row.reverses is not None): row for row in rows}
    return [_placed(one, outside) for one in found]


def _placed(one: Difference, outside: dict[tuple[str, bool], Booked]) -> Difference:
    """A row that the range does not have, beside what the books have elsewhere."""
    theirs = one.theirs
    if one.kind is not Kind.MISSING_HERE or theirs is None:
        return one
    ours = outside.get((theirs.settlement, theirs.refund)) or outside.get((theirs.settlement, False))
    if ours is None:
        return one
    # A refund may be named by what it takes back: if that stands, nothing took it back.
    kind = Kind.REVERSED_THERE if theirs.refund and ours.standing else Kind.OUT_OF_RANGE
    return msgspec.structs.replace(one, kind=kind, ours=ours)


async def keep_list(
    conn: AsyncConnection,
    institution: str,
    span: tuple[datetime, datetime],
    held: Sequence[Held],
    now: datetime,
    *,
    whole: bool,
    wanted: Range | None = None,
) -> None:
    """Keep what an institution says it holds; a whole list replaces what it said of the same time before."""
    region = wanted.region if wanted else None
    cares = [care.value for care in wanted.cares] if wanted and wanted.cares is not None else None
    times = Counter((row.settlement, row.refund) for row in held)
    latest = {(row.settlement, row.refund): row for row in held}
    rows = [latest[key] for key in sorted(latest)]
    about = {"institution": institution, "from_at": span[0], "until_at": span[1], "region": region, "cares": cares}
    await store.run(conn, "lock_institution", institution=institution)
    if whole:
        await store.run(conn, "drop_holdings", **about)
        await store.run(conn, "add_holding_list", **about, now=now)
    await store.run(
        conn,
        "put_holdings",
        **about,
        now=now,
        settlements=[row.settlement for row in rows],
        refunds=[row.refund for row in rows],
        visits=[row.visit for row in rows],
        persons=[row.person_no for row in rows],
        totals=[row.total for row in rows],
        funds=[row.fund for row in rows],
        accounts=[row.account for row in rows],
        times=[times[row.settlement, row.refund] for row in rows],
    )


async def report(
    platform: Platform, institution: str, span: tuple[datetime, datetime], held: Sequence[Held], *, whole: bool
) -> Live:
    """Take what an institution says it holds of some time, whole or in part, and answer the live list of that time."""
    now = platform.clock()
    async with platform.pool.connection() as conn, conn.transaction():
        await keep_list(conn, institution, span, held, now, whole=whole)
    return await live(platform, institution, span[0])


async def live(platform: Platform, institution: str, since: datetime | None = None) -> Live:
    """What is on one side only, now: from the books, from what the institution said, and from what it asked for."""
    now = platform.clock()
    since = since or now - LIVE
    first, last = since.astimezone(CHINA).date(), now.astimezone(CHINA).date()
    async with platform.pool.connection() as conn, conn.transaction():
        ours = await _booked(conn, institution, Range(first=first, last=last), (since, now - IN_FLIGHT))
        held = await _held(conn, institution, since, now, [row.settlement for row in ours])
        lists = await (await store.run(conn, "holding_lists", institution=institution, from_at=since)).fetchall()
        found = await _place_outside(conn, institution, compare(ours, held))
        claims = await _claims(conn, institution, since)
        lost = await lost_answers(conn, institution, since)
    sure, unsure = _told_apart(found, lists)
    return Live(
        since=since,
        at=now,
        settlements=len(ours),
        differences=tuple(sure),
        unconfirmed=tuple(unsure),
        undelivered=_not_confirmed(lost, held),
        claims=claims,
    )


async def _held(
    conn: AsyncConnection, institution: str, since: datetime, now: datetime, ours: Sequence[str]
) -> list[Held]:
    """What the institution said of the time, and of settlements of that time in other lists; doubles as often as told.

    A row of the last minute is in the books already, but its settlement is not looked at yet.
    """
    cursor = await store.run(conn, "holdings", institution=institution, from_at=since, until_at=now)
    found = await cursor.fetchall()
    cursor = await store.run(conn, "holdings_by_id", institution=institution, ids=list(ours))
    rows = {(row[0], row[6]): row for row in (*found, *await cursor.fetchall())}
    return [
        Held(
            settlement=row[0],
            visit=row[1],
            person_no=row[2],
            total=row[3],
            fund=row[4],
            account=row[5],
            refund=row[6],
        )
        for row in rows.values()
        for _ in range(row[7])
    ]


def _told_apart(found: Sequence[Difference], lists: Sequence[Row]) -> tuple[list[Difference], list[Difference]]:
    """Differences that are certain, and settlements of which the institution has said nothing yet."""
    sure: list[Difference] = []
    unsure: list[Difference] = []
    for one in found:
        if one.kind is Kind.OUT_OF_RANGE:
            continue
        ours = one.ours
        if one.kind in _ONLY_HERE and ours and not _covered(ours, lists):
            unsure.append(msgspec.structs.replace(one, kind=Kind.UNCONFIRMED))
        else:
            sure.append(one)
    return sure, unsure


def _covered(row: Booked, lists: Sequence[Row]) -> bool:
    """Whether a whole list that was made after a settlement should have had it."""
    return any(
        from_at <= row.settled_at < until_at
        and stated_at > row.settled_at
        and (region is None or row.settlement.startswith(region))
        and (cares is None or row.care.value in cares)
        for from_at, until_at, region, cares, stated_at in lists
    )


def _not_confirmed(lost: Iterable[Lost], held: Iterable[Held]) -> tuple[Lost, ...]:
    """Lost answers about what the institution has not said since that it has."""
    confirmed = {row.settlement for row in held}
    return tuple(one for one in lost if one.settlement not in confirmed)


async def _claims(conn: AsyncConnection, institution: str, since: datetime) -> tuple[Claim, ...]:
    cursor = await store.run(
        conn,
        "refused_claims",
        institution=institution,
        from_at=since,
        codes=[code.value for code in _CLAIMS],
        limit=MOST_CLAIMS,
    )
    return tuple(
        Claim(message_id=row[0], transaction=row[1], code=row[2], at=row[3]) for row in await cursor.fetchall()
    )
