"""Sign in and out (登录、退出)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Code, Refusal
from gongji.service.origin import Origin
from gongji.service.platform import Platform
from gongji.service.sessions import sign_in, sign_out
from gongji.settings import Settings
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.visitor import COOKIE, Visitor, own_path, session_cookie

_AFTER: Final = "/"
"""Where one goes after signing in, unless one came from a page."""

_STATUS = {Code.LOGIN_LOCKED: 429, Code.LOGIN_FAILED: 401}


@get("/login")
async def login_page(request: Request[Any, Any, Any], guest: NamedDependency[Visitor | None]) -> Response[Any]:
    """The form."""
    target = own_path(request.query_params.get("next", ""), _AFTER)
    if guest and not guest.password_issued:
        return Redirect(target, status_code=HTTP_303_SEE_OTHER)
    done = request.query_params.get("done") == "password"
    return page("login.html", target=target, login="", problem="", done=done)


@post("/login", status_code=HTTP_200_OK)
async def login(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    visitor_origin: NamedDependency[Origin],
) -> Response[Any]:
    """Check number and password."""
    form = await read_form(request)
    target = own_path(form.long_text("next"), _AFTER)
    number, password = form.text("login"), form.long_text("password")
    if not number or not password:
        return _again(target, number, "请填写证件号码（或社保卡号、人员编号）和密码", 422)
    token = await sign_in(platform, number, password, visitor_origin)
    if isinstance(token, Refusal):
        return _again(target, number, token.text, _STATUS.get(token.code, 422))
    answer = Redirect(target, status_code=HTTP_303_SEE_OTHER)
    answer.set_cookie(session_cookie(token, settings))
    return answer


def _again(target: str, number: str, problem: str, status: int) -> Template:
    return page("login.html", status=status, target=target, login=number, problem=problem, done=False)


@post("/logout", status_code=HTTP_200_OK)
async def logout(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Response[Any]:
    """End the session."""
    token = request.cookies.get(COOKIE)
    if token:
        await sign_out(platform, token)
    answer = Redirect("/", status_code=HTTP_303_SEE_OTHER)
    answer.delete_cookie(COOKIE)
    return answer
