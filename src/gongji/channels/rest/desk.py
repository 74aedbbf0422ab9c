"""What staff of the agency do over REST: sign in, clear months, decide on applications (经办接口)."""

from datetime import date, datetime
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED, HTTP_204_NO_CONTENT
from msgspec import Meta

from gongji.channels.rest.callers import NotSignedInError, bearer, desk, public
from gongji.channels.rest.papers import paper_response
from gongji.channels.rest.problems import RefusedError, invalid
from gongji.channels.rest.values import Token, clean
from gongji.core.clearing import parse_month
from gongji.core.money import format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service import applications, clearing
from gongji.service.clearing import Paid
from gongji.service.papers.paper import Form
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff, sign_in_staff, sign_out_staff
from gongji.service.statements import file_name, write_pair

SEEING: Final = tuple(Role)
CLERKS: Final = (Role.CLERK,)
REVIEWERS: Final = (Role.REVIEWER,)
TAGS: Final = ["清算"]

MonthPath = FromPath[str]
FormQuery = Annotated[Form, QueryParameter(name="form", description="格式")]


class StaffSignIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Login, password and the code of the moment."""

    login: Annotated[str, Meta(max_length=40)]
    password: Annotated[str, Meta(max_length=200)]
    code: Annotated[str, Meta(max_length=10)]


class PaymentIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Which statement was paid: the region that owes, the region that is owed, the bank's number."""

    debtor: Annotated[str, Meta(max_length=6)]
    creditor: Annotated[str, Meta(max_length=6)]
    reference: Annotated[str, Meta(min_length=1, max_length=60)]


class ReferenceIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The bank's number of the transfer."""

    reference: Annotated[str, Meta(min_length=1, max_length=60)]


class DecisionIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Approved, or sent back with a reason."""

    approved: bool
    reason: Annotated[str, Meta(max_length=200)] = ""


class PaidOut(msgspec.Struct, frozen=True, kw_only=True):
    """How something was paid."""

    journal_id: int
    booked_on: date
    reference: str
    at: datetime
    by: str


class PairOut(msgspec.Struct, frozen=True, kw_only=True):
    """What one region owes another for a month, in yuan."""

    debtor: str
    creditor: str
    owed: str
    returned: str
    amount: str
    lines: int
    paid: PaidOut | None


class MonthOut(msgspec.Struct, frozen=True, kw_only=True):
    """A month between regions; ``closed_at`` is null as long as it may still change."""

    month: date
    closed_at: datetime | None
    closed_by: str | None
    pairs: list[PairOut]


class ApplicationOut(msgspec.Struct, frozen=True, kw_only=True):
    """An institution's application, amounts in yuan."""

    id: str
    institution: str
    payer: str
    category: str
    month: str
    begins_on: date
    ends_on: date
    total: str
    fund: str
    account: str
    cash: str
    amount: str
    state: str
    reason: str
    applied_at: datetime
    decided_by: str | None
    paid: PaidOut | None


@post("/staff/sessions", status_code=HTTP_201_CREATED, tags=["经办登录"], **public(writes=True))
async def staff_sign_in(platform: NamedDependency[Platform], data: JSONBody[StaffSignIn]) -> Token:
    """Sign in as a member of staff."""
    login, code = clean(data.login, "login"), clean(data.code, "code")
    return Token(token=_done(await sign_in_staff(platform, login, clean(data.password, "password"), code)))


@delete("/staff/sessions/current", status_code=HTTP_204_NO_CONTENT, tags=["经办登录"], **desk(*SEEING))
async def staff_sign_out(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], staff: NamedDependency[Staff]
) -> None:
    """Sign out."""
    token = bearer(request)
    if token is None or not staff.login:
        raise NotSignedInError
    await sign_out_staff(platform, token)


@get("/clearing/months/{month:str}", tags=TAGS, **desk(*SEEING))
async def clearing_month(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], month: MonthPath
) -> MonthOut:
    """What regions owe each other for a month; of his own region, for staff of one region."""
    return _month_out(await clearing.month_of(platform, day_of(month), staff.region))


@post("/clearing/months/{month:str}/close", status_code=HTTP_200_OK, tags=TAGS, **desk(*REVIEWERS))
async def close_clearing_month(
    platform: NamedDependency[Platform], staff: NamedDependency[Staff], month: MonthPath
) -> MonthOut:
    """Close a month; closing it again changes nothing. For staff of all regions."""
    if staff.region is not None:
        raise RefusedError(refuse(Code.NOT_YOURS))
    return _month_out(_done(await clearing.close_month(platform, day_of(month), staff.login)))


@post("/clearing/months/{month:str}/payments", status_code=HTTP_201_CREATED, tags=TAGS, **desk(*CLERKS))
async def pay_clearing_statement(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    month: MonthPath,
    data: JSONBody[PaymentIn],
) -> PaidOut:
    """Register that a statement was paid; what is registered already is answered again."""
    debtor, creditor = clean(data.debtor, "debtor"), clean(data.creditor, "creditor")
    if staff.region not in (None, debtor):
        raise RefusedError(refuse(Code.NOT_YOURS))
    reference = clean(data.reference, "reference")
    paid = await clearing.pay(platform, day_of(month), debtor, creditor, reference, staff.login)
    return _paid_out(_done(paid))


@get(
    "/clearing/months/{month:str}/statements/{debtor:str}/{creditor:str}",
    tags=TAGS,
    media_type="application/octet-stream",
    **desk(*SEEING),
)
async def clearing_statement(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    month: MonthPath,
    debtor: FromPath[str],
    creditor: FromPath[str],
    form: FormQuery = Form.XLSX,
) -> Response[bytes]:
    """A statement with every line, as a spreadsheet or as pages to print."""
    pair = clean(debtor, "debtor"), clean(creditor, "creditor")
    if staff.region is not None and staff.region not in pair:
        raise RefusedError(refuse(Code.NOT_YOURS))
    day = day_of(month)
    return await paper_response(
        form, file_name(day, pair, form), lambda target: write_pair(platform, target, form, day, pair)
    )


@get("/clearing/applications", tags=TAGS, **desk(*SEEING))
async def clearing_applications(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    institution: Annotated[str | None, QueryParameter(name="institution", max_length=30)] = None,
    month: Annotated[str | None, QueryParameter(name="month", description="清算月份", max_length=7)] = None,
) -> list[ApplicationOut]:
    """Applications of institutions, newest first."""
    wanted = f"{day_of(month):%Y%m}" if month else None
    code = clean(institution, "institution") if institution else None
    found = await applications.applications(platform, institution=code, payer=staff.region, month=wanted)
    return [_application_out(one) for one in found]


@post("/clearing/applications/{number:str}/decision", status_code=HTTP_200_OK, tags=TAGS, **desk(*REVIEWERS))
async def decide_clearing_application(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    number: FromPath[str],
    data: JSONBody[DecisionIn],
) -> ApplicationOut:
    """Approve an application, or send it back; deciding the same again changes nothing."""
    reason = clean(data.reason, "reason").strip()
    if not data.approved and not reason:
        raise invalid("退回要写原因", "reason")
    decided = await applications.review(
        platform, clean(number, "number"), staff.login, None if data.approved else reason, payer=staff.region
    )
    return _application_out(_done(decided))


@post("/clearing/applications/{number:str}/payment", status_code=HTTP_201_CREATED, tags=TAGS, **desk(*CLERKS))
async def pay_clearing_application(
    platform: NamedDependency[Platform],
    staff: NamedDependency[Staff],
    number: FromPath[str],
    data: JSONBody[ReferenceIn],
) -> ApplicationOut:
    """Register that an approved application was paid; what is registered already is answered again."""
    reference = clean(data.reference, "reference")
    paid = await applications.pay_application(
        platform, clean(number, "number"), reference, staff.login, payer=staff.region
    )
    return _application_out(_done(paid))


def day_of(month: str) -> date:
    """First day of a month in an address."""
    found = parse_month(month)
    if found is None:
        raise invalid("月份应为 2026-11", "month")
    return found


def _done(answer: Any) -> Any:
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    return answer


def _month_out(found: clearing.Month) -> MonthOut:
    pairs = [
        PairOut(
            debtor=pair.statement.debtor,
            creditor=pair.statement.creditor,
            owed=format_yuan(pair.statement.owed),
            returned=format_yuan(pair.statement.returned),
            amount=format_yuan(pair.statement.amount),
            lines=pair.statement.lines,
            paid=_paid_out(pair.paid) if pair.paid else None,
        )
        for pair in found.pairs
    ]
    return MonthOut(month=found.month, closed_at=found.closed_at, closed_by=found.closed_by, pairs=pairs)


def _paid_out(paid: Paid) -> PaidOut:
    return PaidOut(**msgspec.structs.asdict(paid))


def _application_out(one: applications.Application) -> ApplicationOut:
    return ApplicationOut(
        id=one.id,
        institution=one.institution,
        payer=one.payer,
        category=one.category,
        month=one.month,
        begins_on=one.begins_on,
        ends_on=one.ends_on,
        total=format_yuan(one.totals.total),
        fund=format_yuan(one.totals.fund),
        account=format_yuan(one.totals.account),
        cash=format_yuan(one.totals.cash),
        amount=format_yuan(one.amount),
        state=one.state.value,
        reason=one.reason,
        applied_at=one.applied_at,
        decided_by=one.decided_by,
        paid=_paid_out(one.paid) if one.paid else None,
    )
