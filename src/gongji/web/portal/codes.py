"""Sign in, or choose a new password, with a code sent to the phone (短信验证码登录、忘记密码)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.passwords import SHORTEST
from gongji.core.refusal import Refusal
from gongji.service.origin import Origin
from gongji.service.passwords import reset_password
from gongji.service.phone_codes import SENT, Purpose, send_code, sign_in_with_code
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.form import Form, read_form
from gongji.web.rendering import page
from gongji.web.visitor import session_cookie

SIGN_IN: Final = "/login/code"
RESET: Final = "/login/forgot"


def _page(
    platform: Platform, path: str, form: Form, *, sent: str = "", problem: str = "", status: int = 200
) -> Template:
    return page(
        "code.html",
        status=status,
        title="用短信验证码登录" if path == SIGN_IN else "忘记密码",
        path=path,
        reset=path == RESET,
        open=platform.send_code is not None,
        form=form,
        sent=sent,
        problem=problem,
        shortest=SHORTEST,
    )


@get(SIGN_IN)
async def sign_in_page(platform: NamedDependency[Platform]) -> Template:
    """Whose phone."""
    return _page(platform, SIGN_IN, Form(values={}))


@get(RESET)
async def reset_page(platform: NamedDependency[Platform]) -> Template:
    """Whose phone."""
    return _page(platform, RESET, Form(values={}))


async def _send(
    request: Request[Any, Any, Any], platform: Platform, origin: Origin, path: str, purpose: Purpose
) -> Template:
    form = await read_form(request)
    login = form.need("login", "请填写证件号码、社保卡号或人员编号")
    if form.faults:
        return _page(platform, path, form, status=422)
    refusal = await send_code(platform, login, purpose, origin)
    if refusal:
        return _page(platform, path, form, problem=refusal.text, status=429)
    return _page(platform, path, form, sent=SENT)


@post(f"{SIGN_IN}/send", status_code=HTTP_200_OK)
async def send_to_sign_in(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor_origin: NamedDependency[Origin]
) -> Template:
    """Send it."""
    return await _send(request, platform, visitor_origin, SIGN_IN, "sign_in")


@post(f"{RESET}/send", status_code=HTTP_200_OK)
async def send_to_reset(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor_origin: NamedDependency[Origin]
) -> Template:
    """Send it."""
    return await _send(request, platform, visitor_origin, RESET, "reset_password")


@post(SIGN_IN, status_code=HTTP_200_OK)
async def sign_in_by_code(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    visitor_origin: NamedDependency[Origin],
) -> Response[Any]:
    """Check the code."""
    form = await read_form(request)
    token = await sign_in_with_code(platform, form.text("login"), form.text("code"), visitor_origin)
    if isinstance(token, Refusal):
        return _refused(platform, SIGN_IN, form, token)
    answer = Redirect("/", status_code=HTTP_303_SEE_OTHER)
    answer.set_cookie(session_cookie(token, settings))
    return answer


@post(RESET, status_code=HTTP_200_OK)
async def reset_by_code(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor_origin: NamedDependency[Origin]
) -> Response[Any]:
    """Check the code and take the new password."""
    form = await read_form(request)
    new = form.long_text("new_password")
    refusal = await reset_password(platform, form.text("login"), form.text("code"), new, visitor_origin)
    if refusal:
        return _refused(platform, RESET, form, refusal)
    return Redirect("/login?done=password", status_code=HTTP_303_SEE_OTHER)


def _refused(platform: Platform, path: str, form: Form, refusal: Refusal) -> Template:
    if refusal.field:
        form.fault(refusal.field, refusal.text)
    return _page(platform, path, form, sent=SENT, problem="" if refusal.field else refusal.text, status=422)
