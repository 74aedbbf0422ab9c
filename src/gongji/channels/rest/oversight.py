"""Statistics of accounts and every posting, for those who watch over them (统计与稽核)."""

from datetime import date, datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from gongji.channels.rest.callers import desk
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import expect
from gongji.channels.rest.staff_values import fen_in
from gongji.channels.rest.values import clean
from gongji.core.account import AccountKind
from gongji.core.money import format_percent, format_yuan
from gongji.service import oversight
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff

TAGS: Final = ["稽核"]
MONTH: Final = timedelta(days=30)

First = Annotated[date | None, QueryParameter(description="从这一天起，默认是止日前 30 天")]
Last = Annotated[date | None, QueryParameter(description="到这一天止，默认今天；最多 366 天")]


class SharedUseOut(msgspec.Struct, frozen=True, kw_only=True):
    """What relatives spent for one use, in yuan, and how often."""

    use: str
    label: str
    amount: str
    times: int


class RegionStatisticsOut(msgspec.Struct, frozen=True, kw_only=True):
    """What the accounts of a region did in a time, in yuan.

    ``shared_part`` is what relatives spent of what stood there at first and was credited, ``idle`` what belongs to
    people who spent nothing.
    """

    region: str
    name: str
    holders: int
    before: str
    credited: str
    own: str
    shared: str
    shared_part: str | None
    after: str
    idle_holders: int
    idle: str
    uses: list[SharedUseOut]


class SideOut(msgspec.Struct, frozen=True, kw_only=True):
    """One account of a posting: kind, whose, in the books of which region."""

    kind: AccountKind
    owner: str
    region: str


class PostingOut(msgspec.Struct, frozen=True, kw_only=True):
    """One posting as it was booked, in yuan; ``seal`` is the link of the chain of seals that holds it."""

    booked_at: datetime
    journal_id: int
    line: int
    region: str
    kind: str
    sender: str
    message_id: str
    reverses: int | None
    source: SideOut
    target: SideOut
    amount: str
    purpose: str
    psn_no: str | None
    institution: str | None
    seal: str


@get("/staff/statistics", tags=TAGS, **desk(*Role))
async def account_statistics(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], first: First = None, last: Last = None
) -> list[RegionStatisticsOut]:
    """How the accounts of one's regions were used between two days: idle money, what relatives spent, and its part."""
    found = expect(await oversight.account_statistics(platform, staff, *_span(platform, first, last)))
    return [_statistics_out(platform, one) for one in found]


def _span(platform: Platform, first: date | None, last: date | None) -> tuple[date, date]:
    end = last or platform.clock().date()
    return first or end - MONTH, end


def _statistics_out(platform: Platform, one: oversight.RegionStatistics) -> RegionStatisticsOut:
    return RegionStatisticsOut(
        region=one.region,
        name=platform.book.name(one.region),
        holders=one.holders,
        before=format_yuan(one.before),
        credited=format_yuan(one.credited),
        own=format_yuan(one.own),
        shared=format_yuan(one.shared),
        shared_part=None if one.shared_part is None else format_percent(one.shared_part),
        after=format_yuan(one.after),
        idle_holders=one.idle_holders,
        idle=format_yuan(one.idle),
        uses=[
            SharedUseOut(use=use.use, label=use.label, amount=format_yuan(use.amount), times=use.times)
            for use in one.uses
        ],
    )


@get("/staff/postings", tags=TAGS, **desk(Role.AUDITOR))
async def list_postings(
    *,
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    first: First = None,
    last: Last = None,
    psn_no: Annotated[str, QueryParameter(max_length=40, description="只看涉及这个人的")] = "",
    institution: Annotated[str, QueryParameter(max_length=40, description="只看涉及这家机构的")] = "",
    kind: Annotated[str, QueryParameter(max_length=30, description="凭证类别")] = "",
    account: Annotated[AccountKind | None, QueryParameter(description="账户类别，收付任一方")] = None,
    at_least: Annotated[str, QueryParameter(max_length=20, description="最小金额，元")] = "",
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[PostingOut]]:
    """Every posting of funds and accounts in one's regions, newest first. Nobody can change one."""
    begin, end = _span(platform, first, last)
    wanted = oversight.Wanted(
        first=begin,
        last=end,
        person_no=clean(psn_no, "psn_no") or None,
        institution=clean(institution, "institution") or None,
        kind=clean(kind, "kind") or None,
        account=account,
        at_least=fen_in(at_least or None, "at_least") or 0,
    )
    before = position(cursor, oversight.PostingKey)
    found = expect(await oversight.postings(platform, staff, wanted, limit + 1, before))
    return page(request, found, limit, _posting_out, lambda posting: posting.key)


def _posting_out(posting: oversight.PostingView) -> PostingOut:
    booked_at, journal, line = posting.key
    return PostingOut(
        booked_at=booked_at,
        journal_id=journal,
        line=line,
        region=posting.region,
        kind=posting.kind,
        sender=posting.sender,
        message_id=posting.message_id,
        reverses=posting.reverses,
        source=SideOut(**msgspec.structs.asdict(posting.from_)),
        target=SideOut(**msgspec.structs.asdict(posting.to)),
        amount=format_yuan(posting.amount),
        purpose=posting.purpose,
        psn_no=posting.person_no,
        institution=posting.institution,
        seal=posting.seal,
    )


ROUTES: Final = (account_statistics, list_postings)
