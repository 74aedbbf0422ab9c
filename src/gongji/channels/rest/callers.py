"""Who asks, and what he may: a person by his session, or a channel he has allowed something (访问者与授权范围)."""

import hmac
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.di import NamedDependency
from litestar.openapi.datastructures import ResponseSpec

from gongji.channels.rest.problems import PROBLEM_JSON, Problem, RefusedError
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope
from gongji.service import throttle
from gongji.service.oauth.granted import Principal, admit, principal_of
from gongji.service.oauth.protocol import ACCESS_PREFIX
from gongji.service.origin import Origin, origin_of
from gongji.service.people import registered_institution
from gongji.service.platform import Platform
from gongji.service.sessions import session_of
from gongji.service.staff import Role, Staff, staff_of_session
from gongji.settings import Settings

CHANNEL: Final = "rest"

LONGEST: Final = 30
"""Institution codes and message ids of the national interface are not longer."""
_LOOKING: Final = ("GET", "HEAD")


class NotSignedInError(Exception):
    """No token, or one that is not valid any more."""


class Caller(msgspec.Struct, frozen=True, kw_only=True):
    """The person of the token.

    Attributes:
        person_no: his number.
        session: id of his own session, or None when a channel acts for him.
        client: id of the channel that acts for him, or None.
    """

    person_no: str
    session: str | None = None
    client: str | None = None

    @property
    def channel(self) -> str:
        """What is written down as the way his business came."""
        return CHANNEL if self.client is None else f"{CHANNEL}/{self.client}"


def _answers(*statuses: tuple[int, str]) -> dict[int, ResponseSpec]:
    return {
        status: ResponseSpec(Problem, description=what, media_type=PROBLEM_JSON, generate_examples=False)
        for status, what in statuses
    }


_COMMON: Final = ((422, "内容不合规"), (429, "太频繁，按 Retry-After 等待"), (500, "系统出了问题"), (503, "系统繁忙"))
_SIGNED_IN: Final = (
    (401, "没有登录，或令牌已失效"),
    (403, "不是本人，或没有这个授权范围"),
    (404, "没有这条记录"),
    *_COMMON,
)
_WRITES: Final = ((409, "与规则或现状不符，没有办理"), (413, "请求内容太大"), (415, "不是 JSON"))


def public(*, writes: bool = False, scope: Scope | None = None) -> dict[str, Any]:
    """Arguments of a route that is open to everybody; ``scope`` opens it to an institution's own service as well."""
    answers = ((401, "核对不通过"), (403, "不能办理"), (404, "没有这条记录"), *_COMMON, *(_WRITES if writes else ()))
    security: list[dict[str, list[str]]] = [{}] if scope is None else [{}, {"oauth2": [scope.value]}]
    return {"security": security, "responses": _answers(*answers), "opt": {"scope": scope}}


def open_to(scope: Scope) -> dict[str, Any]:
    """Arguments of a route for the person himself, and for channels to which he gave this scope."""
    return {
        "security": [{"session": []}, {"oauth2": [scope.value]}],
        "responses": _answers(*_SIGNED_IN, *_WRITES),
        "opt": {"scope": scope},
    }


def own_only() -> dict[str, Any]:
    """Arguments of a route for the person himself: no channel may do this for him."""
    return {"security": [{"session": []}], "responses": _answers(*_SIGNED_IN, *_WRITES), "opt": {"scope": None}}


def own_before_password() -> dict[str, Any]:
    """The same, and open also while the person has yet to choose a password of his own."""
    answer = own_only()
    return answer | {"opt": {"scope": None, "before_password": True}}


def desk(*roles: Role) -> dict[str, Any]:
    """Arguments of a route for staff of the agency with one of these roles."""
    return {
        "security": [{"session": []}],
        "responses": _answers(*_SIGNED_IN, *_WRITES),
        "opt": {"scope": None, "roles": roles},
    }


def bearer(request: Request[Any, Any, Any]) -> str | None:
    """The token of the request; cookies are not looked at."""
    scheme, _, token = request.headers.get("authorization", "").partition(" ")
    return token.strip() if scheme.lower() == "bearer" else None


async def caller_of(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Caller:
    """The person of the bearer token, if it may be used for this route. One that names no scope is his alone.

    Raises:
        NotSignedInError: there is nobody.
        RefusedError: it may not, or too often.
    """
    token = bearer(request)
    if token is None:
        raise NotSignedInError
    scope: Scope | None = request.route_handler.opt.get("scope")
    if token.startswith(ACCESS_PREFIX):
        caller = await _by_channel(platform, request, token, scope)
    else:
        caller = await _by_session(platform, request, token)
    if request.method not in _LOOKING:
        refusal = await throttle.count_once(platform, throttle.WRITES, caller.person_no)
        if refusal:
            raise RefusedError(refusal)
    return caller


async def _by_session(platform: Platform, request: Request[Any, Any, Any], token: str) -> Caller:
    session = await session_of(platform, token)
    if session is None:
        raise NotSignedInError
    if session.password_issued and not request.route_handler.opt.get("before_password"):
        raise RefusedError(refuse(Code.PASSWORD_CHANGE_NEEDED))
    return Caller(person_no=session.person_no, session=session.id)


async def _by_channel(platform: Platform, request: Request[Any, Any, Any], token: str, scope: Scope | None) -> Caller:
    principal = await principal_of(platform, token)
    if principal is None:
        raise NotSignedInError
    if principal.person_no is None:
        raise RefusedError(refuse(Code.NOT_YOURS))
    what = f"{request.method} {request.scope['path_template']}"
    refusal = await admit(platform, principal, scope, what)
    if refusal:
        raise RefusedError(refusal)
    return Caller(person_no=principal.person_no, client=principal.client)


async def staff_of_request(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Staff:
    """The member of staff of the bearer token, if his role may use this route.

    Raises:
        NotSignedInError: there is nobody.
        RefusedError: it is somebody else's business.
    """
    token = bearer(request)
    if token is None:
        raise NotSignedInError
    staff = await staff_of_session(platform, token)
    if staff is None:
        if token.startswith(ACCESS_PREFIX) or await session_of(platform, token):
            raise RefusedError(refuse(Code.NOT_YOURS))
        raise NotSignedInError
    if staff.role not in request.route_handler.opt["roles"]:
        raise RefusedError(refuse(Code.NOT_YOURS))
    return staff


async def institution_caller(
    request: Request[Any, Any, Any], platform: Platform, institution: str, apikey: str | None, scope: Scope
) -> str:
    """The code of an institution, once its own service has shown its key or a token with the scope.

    In the sandbox neither is needed.

    Raises:
        RefusedError: no such institution, or not its own service.
    """
    found = await registered_institution(platform, institution[:LONGEST]) if "\x00" not in institution else None
    if found is None:
        raise RefusedError(refuse(Code.INSTITUTION_UNKNOWN, field="institution", institution=institution[:LONGEST]))
    token = bearer(request)
    if token is not None:
        principal = await _institution_by_token(platform, token, scope)
        allowed = principal is not None and principal.institution == institution
    else:
        allowed = platform.sandbox if apikey is None else hmac.compare_digest(apikey, str(found[1].get("apikey", "")))
    if not allowed:
        raise RefusedError(refuse(Code.NOT_YOURS, field="apikey"))
    return institution


async def _institution_by_token(platform: Platform, token: str, scope: Scope) -> Principal | None:
    """The institution whose own service calls, if the token has the scope."""
    principal = await principal_of(platform, token)
    if principal is None or principal.institution is None or scope.value not in principal.scopes:
        return None
    refused = await admit(platform, principal, scope, scope.value)
    if isinstance(refused, Refusal):
        raise RefusedError(refused)
    return principal


def origin(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Origin:
    """Where the request comes from."""
    return origin_of(
        request.client.host if request.client else "",
        request.headers.get("x-forwarded-for", ""),
        request.headers.get("user-agent", ""),
        settings.proxies,
    )
