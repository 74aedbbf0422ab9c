"""The REST routes, under /api."""

import hashlib
import re
import secrets
from typing import Annotated, Any, Final

import msgspec
from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide
from litestar.params import FromPath, HeaderParameter, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from gongji.channels.rest import values
from gongji.channels.rest.ask import ask
from gongji.channels.rest.messages import message
from gongji.channels.rest.problems import NOT_SIGNED_IN, Problem, RefusedError, answer, invalid, of_fault
from gongji.core.family import Limits
from gongji.core.money import Fen, MoneyError, format_yuan, parse_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.binding_life import confirm, end
from gongji.service.bindings import BindingRequest, BindingView, bind_once, bindings_of
from gongji.service.commands import Sender
from gongji.service.people import holding_of, institution_names
from gongji.service.platform import Platform
from gongji.service.records import account_page, paid_by, settlement_view, settlements_of
from gongji.service.sessions import person_of_session, sign_in

CHANNEL: Final = "rest"

MOST_POSITIONS: Final = 9

_KEY: Final = re.compile(r"[!-~]{1,64}", re.ASCII)


class NotSignedInError(Exception):
    """No token, or one that is not valid any more."""


class Caller(msgspec.Struct, frozen=True):
    """The person of the token."""

    person_no: str


async def caller_of(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Caller:
    """The person of the bearer token; cookies are not looked at.

    Raises:
        NotSignedInError: there is nobody.
    """
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    person_no = await person_of_session(platform, token.strip()) if scheme.lower() == "bearer" else None
    if person_no is None:
        raise NotSignedInError
    return Caller(person_no)


def _clean(text: str, field: str) -> str:
    """A text that can be kept and looked up."""
    if "\x00" in text or len(text) > values.LONGEST_TEXT:
        raise invalid(f"字段 {field} 的值不正确", field)
    return text


@post("/sessions", status_code=HTTP_201_CREATED)
async def open_session(platform: NamedDependency[Platform], data: JSONBody[values.SignIn]) -> values.Token:
    """Sign in."""
    token = await sign_in(platform, _clean(data.login, "login"), data.password)
    if isinstance(token, Refusal):
        raise RefusedError(token)
    return values.Token(token=token)


@get("/me")
async def me(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> values.Me:
    """Who the token belongs to."""
    holding = await holding_of(platform, caller.person_no)
    if isinstance(holding, Refusal):
        raise RefusedError(holding)
    person = holding.person
    return values.Me(
        psn_no=person.person_no,
        name=person.name,
        region=person.region,
        region_name=platform.book.name(person.region),
        scheme=person.scheme.value,
        status=person.status.value,
        insurance=person.insurance.value,
        real_name_verified=person.real_name_verified,
    )


@get("/me/account")
async def my_account(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> values.Account:
    """Balance, yearly figures, latest movements."""
    page = await account_page(platform, caller.person_no)
    if isinstance(page, Refusal):
        raise RefusedError(page)
    return values.account_out(page)


@get("/me/settlements")
async def my_settlements(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller]
) -> list[values.SettlementLine]:
    """Bills of one's own and their reversals, newest first."""
    found = await settlements_of(platform, caller.person_no)
    places = await institution_names(platform, list({s.institution for s in found}))
    return [
        values.SettlementLine(
            id=s.id,
            at=s.settled_at,
            institution=places.get(s.institution, s.institution),
            care=s.care.value,
            total=format_yuan(s.sign * s.split.total),
            fund=format_yuan(s.sign * s.split.fund),
            own=format_yuan(s.sign * s.split.own_total),
            shared=format_yuan(s.sign * s.split.shared_total),
            cash=format_yuan(s.sign * s.split.cash),
            reverses=s.reverses,
        )
        for s in found
    ]


@get("/settlements/{settlement_id:str}")
async def settlement(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], settlement_id: FromPath[str]
) -> values.SettlementOut:
    """A settlement: whole for the patient, his own part for a relative who paid, unknown to anybody else."""
    view = await settlement_view(platform, settlement_id)
    if isinstance(view, Refusal):
        raise RefusedError(view)
    if view.patient.person_no == caller.person_no:
        return values.patient_view(view)
    part = paid_by(view, caller.person_no)
    if part == 0:
        raise RefusedError(refuse(Code.SETTLEMENT_UNKNOWN, settlement=settlement_id))
    return values.part_view(view, part)


@get("/bindings")
async def my_bindings(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[values.BindingOut]:
    """Bindings in which one is either side, newest first."""
    return [values.binding_out(view, caller.person_no) for view in await bindings_of(platform, caller.person_no)]


@post("/bindings", status_code=HTTP_201_CREATED)
async def add_binding(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[values.BindingIn],
    key: Annotated[str | None, HeaderParameter(name="Idempotency-Key", description="同一个键只办理一次")] = None,
) -> values.BindingOut:
    """Bind a relative."""
    if key is not None and not _KEY.fullmatch(key):
        raise invalid("Idempotency-Key 是 1 到 64 个可见的 ASCII 字符", "Idempotency-Key")
    wanted = _wanted(data, caller)
    sender = Sender(
        institution=f"{CHANNEL}/{caller.person_no}",
        message_id=key or secrets.token_urlsafe(18),
        transaction="bind",
        input_hash=hashlib.sha256(msgspec.json.encode(wanted)).digest(),
    )
    made = await bind_once(platform, sender, wanted)
    if isinstance(made, Refusal):
        raise RefusedError(made)
    return values.binding_out(await _mine(platform, caller, made.id), caller.person_no)


def _wanted(data: values.BindingIn, caller: Caller) -> BindingRequest:
    if data.position is not None and not 1 <= data.position <= MOST_POSITIONS:
        raise invalid(f"position 是 1 到 {MOST_POSITIONS} 的整数", "position")
    return BindingRequest(
        authoriser=caller.person_no,
        user_certificate_no=_clean(data.user_certificate_no, "user_certificate_no"),
        user_name=_clean(data.user_name, "user_name"),
        user_region=_clean(data.user_region, "user_region"),
        relation=data.relation,
        position=data.position,
        starts_on=data.starts_on,
        ends_on=data.ends_on,
        limits=Limits(per_transaction=_cap(data.cap_per_transaction)),
        notice_accepted=data.notice_accepted,
        signature=data.signature,
        channel=CHANNEL,
    )


def _cap(text: str | None) -> Fen | None:
    if text is None:
        return None
    try:
        amount = parse_yuan(text)
    except MoneyError:
        amount = 0
    if amount <= 0:
        raise invalid("cap_per_transaction 是大于零、最多两位小数的金额，例如 200.00", "cap_per_transaction")
    return amount


async def _mine(platform: Platform, caller: Caller, binding_id: str) -> BindingView:
    """A binding of the caller's; other people's are unknown to him."""
    for view in await bindings_of(platform, caller.person_no):
        if view.binding.id == binding_id:
            return view
    raise RefusedError(refuse(Code.BINDING_UNKNOWN, field="id"))


@post("/bindings/{binding_id:str}/confirm", status_code=HTTP_200_OK)
async def confirm_binding(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> values.BindingOut:
    """The relative's own consent, where the region asks for it."""
    await _mine(platform, caller, binding_id)
    confirmed = await confirm(platform, binding_id, caller.person_no, CHANNEL)
    if isinstance(confirmed, Refusal):
        raise RefusedError(confirmed)
    return values.binding_out(await _mine(platform, caller, binding_id), caller.person_no)


@post("/bindings/{binding_id:str}/end", status_code=HTTP_200_OK)
async def end_binding(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], binding_id: FromPath[str]
) -> values.BindingOut:
    """End a binding, from either side."""
    await _mine(platform, caller, binding_id)
    ended = await end(platform, binding_id, caller.person_no, CHANNEL)
    if isinstance(ended, Refusal):
        raise RefusedError(ended)
    return values.binding_out(await _mine(platform, caller, binding_id), caller.person_no)


def answer_fault(_request: Request[Any, Any, Any], fault: Exception) -> Response[Problem]:
    """Any exception as problem details."""
    return answer(NOT_SIGNED_IN if isinstance(fault, NotSignedInError) else of_fault(fault))


def rest_routes() -> Router:
    """REST, under /api."""
    return Router(
        path="/api",
        tags=["gongji"],
        dependencies={"caller": Provide(caller_of)},
        route_handlers=[
            ask,
            message,
            open_session,
            me,
            my_account,
            my_settlements,
            settlement,
            my_bindings,
            add_binding,
            confirm_binding,
            end_binding,
        ],
    )
