"""What an institution's own service does: say what it holds, see what differs, fetch its month (机构接口)."""

from datetime import datetime, timedelta
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from gongji.channels.rest.callers import institution_caller, public
from gongji.channels.rest.desk import FormQuery, day_of
from gongji.channels.rest.papers import paper_response
from gongji.channels.rest.problems import invalid
from gongji.channels.rest.values import clean
from gongji.core.money import MoneyError, format_yuan, parse_yuan
from gongji.core.reconciliation import Difference, Held
from gongji.core.scopes import Scope
from gongji.service.papers.paper import Form
from gongji.service.platform import Platform
from gongji.service.reconciliation import LIVE, Live, live, report
from gongji.service.statements import file_name, write_institution

TAGS: Final = ["机构"]
MOST_ROWS: Final = 10_000
LONGEST: Final = timedelta(days=31)

Apikey = Annotated[str | None, HeaderParameter(description="机构的 apikey；沙箱里可以不带")]
Amount = Annotated[str, Meta(description="元，最多两位小数", max_length=20, examples=["12.50"])]
Id = Annotated[str, Meta(max_length=30)]


class HeldIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One settlement or refund in the institution's own books; amounts of a refund may have either sign."""

    settlement: Annotated[str, Meta(min_length=1, max_length=30)]
    total: Amount
    fund: Amount
    account: Amount
    visit: Id = ""
    person: Id = ""
    refund: bool = False


class HoldingsIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an institution holds of a time.

    ``whole`` says that the list has everything of that time: what it leaves out is then known to be missing.
    """

    since: Annotated[datetime, Meta(tz=True)]
    until: Annotated[datetime, Meta(tz=True)]
    rows: Annotated[list[HeldIn], Meta(max_length=MOST_ROWS)]
    whole: bool = False


class DifferenceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A row on one side only, or on which the sides differ; amounts in yuan, null on the side that has none."""

    kind: str
    text: str
    settlement: str
    message_id: str | None
    settled_at: datetime | None
    total_here: str | None
    total_there: str | None
    undelivered: bool


class LostOut(msgspec.Struct, frozen=True, kw_only=True):
    """A message that was done and whose answer found the connection gone; ``settlement`` where it made one."""

    message_id: str
    transaction: str
    settlement: str | None
    at: datetime


class ClaimOut(msgspec.Struct, frozen=True, kw_only=True):
    """A message of the institution about something that the books do not have."""

    message_id: str
    transaction: str
    code: str
    at: datetime


class LiveOut(msgspec.Struct, frozen=True, kw_only=True):
    """What differs for certain, what the institution has not confirmed, what answers it lost, what it named in vain."""

    since: datetime
    at: datetime
    settlements: int
    differences: list[DifferenceOut]
    unconfirmed: list[DifferenceOut]
    undelivered: list[LostOut]
    claims: list[ClaimOut]


@get("/institutions/{institution:str}/differences", tags=TAGS, **public(scope=Scope.RECONCILE))
async def institution_differences(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    since: Annotated[datetime | None, QueryParameter(name="since", description="从什么时候起，默认两天")] = None,
    apikey: Apikey = None,
) -> LiveOut:
    """What is on one side only, now; a settlement is looked at a minute after it was made, a lost answer at once."""
    code = await institution_caller(request, platform, institution, apikey, Scope.RECONCILE)
    start = _since(platform, since) if since else None
    return _live_out(await live(platform, code, start))


@post(
    "/institutions/{institution:str}/holdings",
    status_code=HTTP_200_OK,
    tags=TAGS,
    **public(writes=True, scope=Scope.RECONCILE),
)
async def institution_holdings(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    data: JSONBody[HoldingsIn],
    apikey: Apikey = None,
) -> LiveOut:
    """Say what the institution holds of a time; answers the live list from then. Saying it again changes nothing."""
    code = await institution_caller(request, platform, institution, apikey, Scope.RECONCILE)
    since = _since(platform, data.since)
    if not timedelta(0) < data.until - since <= LONGEST:
        raise invalid("until 要晚于 since，最多相差 31 天", "until")
    held = [_held(row) for row in data.rows]
    return _live_out(await report(platform, code, (since, data.until), held, whole=data.whole))


@get(
    "/institutions/{institution:str}/statements/{month:str}",
    tags=TAGS,
    media_type="application/octet-stream",
    **public(scope=Scope.RECONCILE),
)
async def institution_statement(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    month: FromPath[str],
    form: FormQuery = Form.XLSX,
    apikey: Apikey = None,
) -> Response[bytes]:
    """The institution's month with every line, as a spreadsheet or as pages to print."""
    code = await institution_caller(request, platform, institution, apikey, Scope.RECONCILE)
    day = day_of(month)
    name = file_name(day, (code,), form)
    return await paper_response(form, name, lambda target: write_institution(platform, target, form, day, code))


def _since(platform: Platform, since: datetime) -> datetime:
    """A moment that is not too far back to look at each settlement since."""
    if since.tzinfo is None:
        raise invalid("时间要带时区，例如 2026-11-28T08:00:00+08:00", "since")
    if since < platform.clock() - LONGEST - LIVE:
        raise invalid("最多往回看 31 天，更早的请用 3202 对账", "since")
    return since


def _held(row: HeldIn) -> Held:
    try:
        total, fund, account = parse_yuan(row.total), parse_yuan(row.fund), parse_yuan(row.account)
    except MoneyError as error:
        raise invalid(str(error), "rows") from None
    return Held(
        settlement=clean(row.settlement, "settlement"),
        visit=clean(row.visit, "visit"),
        person_no=clean(row.person, "person"),
        total=total,
        fund=fund,
        account=account,
        refund=row.refund,
    )


def _live_out(found: Live) -> LiveOut:
    lost = {one.message_id for one in found.undelivered}
    return LiveOut(
        since=found.since,
        at=found.at,
        settlements=found.settlements,
        differences=[_difference_out(one, lost) for one in found.differences],
        unconfirmed=[_difference_out(one, lost) for one in found.unconfirmed],
        undelivered=[LostOut(**msgspec.structs.asdict(one)) for one in found.undelivered],
        claims=[ClaimOut(**msgspec.structs.asdict(one)) for one in found.claims],
    )


def _difference_out(one: Difference, lost: set[str]) -> DifferenceOut:
    ours, theirs = one.ours, one.theirs
    return DifferenceOut(
        kind=one.kind.value,
        text=one.memo,
        settlement=ours.settlement if ours else theirs.settlement if theirs else "",
        message_id=ours.message_id if ours else None,
        settled_at=ours.settled_at if ours else None,
        total_here=format_yuan(ours.total) if ours else None,
        total_there=format_yuan(theirs.total) if theirs else None,
        undelivered=ours is not None and ours.message_id in lost,
    )
