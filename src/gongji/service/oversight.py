"""What those see who watch over the accounts and funds: statistics of use, and every posting (统计、记账流水).

Postings are only ever added to, and sealed; what is shown here cannot be changed by anybody.
"""

from datetime import date, datetime
from typing import Final

import msgspec

from gongji.core.account import AccountKind
from gongji.core.codes import Business, Care, PremiumKind
from gongji.core.money import WHOLE, Fen
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.records import Serial
from gongji.service.settle import POSTED_AS
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may, note_act

MOST_DAYS: Final = 366
"""The longest time that is looked at at once."""

JOURNAL_KINDS: Final = tuple(kind for business in Business for kind in business.kinds)
"""Kinds of journals that there are."""


class SharedUse(msgspec.Struct, frozen=True, kw_only=True):
    """What relatives spent for one use, in fen, without what was taken back, and how often."""

    use: str
    amount: Fen
    times: int

    @property
    def label(self) -> str:
        """The use in words."""
        return Care(self.use).label if self.use in set(Care) else PremiumKind(self.use).label


class RegionStatistics(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts of a region did in a time, in fen (个人账户使用统计).

    Attributes:
        region: whose books the money is in.
        holders: people with an account there now.
        before, after: what stood on their accounts, with what they set aside, at the beginning and at the end.
        credited: what came in.
        own: what owners spent on their own care and premiums.
        shared: what relatives spent.
        idle_holders, idle: people who spent nothing of what they had, and what they had at the end.
        uses: what relatives spent by use.
    """

    region: str
    holders: int
    before: Fen
    credited: Fen
    own: Fen
    shared: Fen
    after: Fen
    idle_holders: int
    idle: Fen
    uses: tuple[SharedUse, ...]

    @property
    def shared_part(self) -> int | None:
        """What relatives spent of what there was, in basis points; None where there was nothing."""
        there = self.before + self.credited
        return self.shared * WHOLE // there if there > 0 else None


async def account_statistics(
    platform: Platform, staff: Staff, first: date, last: date
) -> list[RegionStatistics] | Refusal:
    """How the accounts of one's regions were used between two days, both included."""
    refusal = _span_fault(first, last)
    if refusal:
        return refusal
    span = {"region": staff.regions_like, "first": first, "last": last, "shared": list(POSTED_AS.values())}
    async with platform.pool.connection() as conn, conn.transaction():
        await conn.execute("set transaction isolation level repeatable read, read only")
        cursor = await store.run(conn, "account_statistics", **span)
        found = await cursor.fetchall()
        cursor = await store.run(conn, "shared_by_use", **span)
        uses = await cursor.fetchall()
    return [
        RegionStatistics(
            region=row[0],
            holders=row[1],
            before=row[2],
            credited=row[3],
            own=row[4],
            shared=row[5],
            after=row[6],
            idle_holders=row[7],
            idle=row[8],
            uses=tuple(SharedUse(use=use[1], amount=use[2], times=use[3]) for use in uses if use[0] == row[0]),
        )
        for row in found
    ]


PostingKey = tuple[datetime, Serial, Serial]
"""By which postings are sorted, newest first: time of booking, journal, line."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """Which postings are wanted; what is None does not matter.

    Attributes:
        first, last: days of booking, both included.
        person_no: only business that concerns this person.
        institution: only business with this institution.
        kind: only this kind of journal.
        account: only from or to this kind of account.
        at_least: smallest amount in fen.
    """

    first: date
    last: date
    person_no: str | None = None
    institution: str | None = None
    kind: str | None = None
    account: AccountKind | None = None
    at_least: Fen = 0


class Side(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a posting: its kind, whose it is, and in the books of which region."""

    kind: AccountKind
    owner: str
    region: str


class PostingView(msgspec.Struct, frozen=True, kw_only=True):
    """One posting as it was booked, with the seal that holds it (记账流水).

    ``reverses`` is the journal that is taken back; ``person_no`` and ``institution`` are those of a settled bill.
    """

    key: PostingKey
    booked_on: date
    region: str
    kind: str
    sender: str
    message_id: str
    reverses: int | None
    from_: Side
    to: Side
    amount: Fen
    purpose: str
    person_no: str | None
    institution: str | None
    seal: str


async def postings(
    platform: Platform, staff: Staff, wanted: Wanted, limit: int, before: PostingKey | None = None
) -> list[PostingView] | Refusal:
    """Postings of one's regions for an auditor, newest first; looking at a person's leaves an audit line."""
    refusal = _span_fault(wanted.first, wanted.last)
    if staff.role is not Role.AUDITOR:
        refusal = refuse(Code.ROLE_MISSING, roles=Role.AUDITOR.label)
    if wanted.kind is not None and wanted.kind not in JOURNAL_KINDS:
        refusal = refuse(Code.INPUT_INVALID, field="kind", what=f"凭证类别是：{'、'.join(JOURNAL_KINDS)}")
    if refusal:
        return refusal
    at, journal, line = before or (None, 0, 0)
    async with platform.pool.connection() as conn, conn.transaction():
        if wanted.person_no is not None:
            person = (await people_by_number(conn, [wanted.person_no])).get(wanted.person_no)
            refusal = may(staff, (Role.AUDITOR,), person.region) if person else refuse(Code.PERSON_UNKNOWN)
            if refusal or person is None:
                return refusal or refuse(Code.PERSON_UNKNOWN)
            about = {"region": person.region, "person_no": person.person_no}
            await note_act(conn, staff, "postings.read", platform.clock(), **about)
        cursor = await store.run(
            conn,
            "postings",
            **msgspec.structs.asdict(wanted),
            region=staff.regions_like,
            before=at,
            before_journal=journal,
            before_line=line,
            limit=limit,
        )
        return [
            PostingView(
                key=(row[4], row[2], row[3]),
                booked_on=row[0],
                region=row[1],
                kind=row[5],
                sender=row[6],
                message_id=row[7],
                reverses=row[8],
                from_=Side(kind=AccountKind(row[9]), owner=row[10], region=row[11]),
                to=Side(kind=AccountKind(row[12]), owner=row[13], region=row[14]),
                amount=row[15],
                purpose=row[16],
                person_no=row[17],
                institution=row[18],
                seal=f"{row[19]}/{row[20]}",
            )
            for row in await cursor.fetchall()
        ]


def _span_fault(first: date, last: date) -> Refusal | None:
    if last < first:
        return refuse(Code.INPUT_INVALID, field="last", what="结束日期早于开始日期")
    if (last - first).days >= MOST_DAYS:
        return refuse(Code.INPUT_INVALID, field="last", what=f"一次最多查询 {MOST_DAYS} 天")
    return None
