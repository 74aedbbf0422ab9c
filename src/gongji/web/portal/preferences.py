"""How pages look on this device, and where one's settings are (显示方式、我的)."""

from typing import Any, Final

from litestar import Request, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.service.inbox import unread_count
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.form import Form, read_form
from gongji.web.rendering import page
from gongji.web.visitor import LANGUAGE_COOKIE, Visitor, own_path

VIEW_COOKIE: Final = "gongji_view"
"""``elder`` for larger type and fewer things; says nothing about the person."""

_YEAR_SECONDS: Final = 365 * 24 * 3600


@post("/view", status_code=HTTP_200_OK)
async def choose_view(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Redirect:
    """Switch between the plain pages and the large ones, and come back to where one was."""
    form = await read_form(request)
    return _chosen(form, VIEW_COOKIE, "elder" if form.ticked("elder") else "", settings)


@post("/language", status_code=HTTP_200_OK)
async def choose_language(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Redirect:
    """Switch between Chinese and English, and come back to where one was."""
    form = await read_form(request)
    return _chosen(form, LANGUAGE_COOKIE, "en" if form.text("language") == "en" else "", settings)


def _chosen(form: Form, cookie: str, value: str, settings: Settings) -> Redirect:
    """Back to where one was, with what one chose kept on this device; nothing is kept for the usual choice."""
    target = form.long_text("next")
    # With what was asked there, unless that holds what no address of ours does.
    answer = Redirect(own_path(target, own_path(target.partition("?")[0])), status_code=HTTP_303_SEE_OTHER)
    if value:
        secure = settings.production
        answer.set_cookie(
            Cookie(key=cookie, value=value, max_age=_YEAR_SECONDS, httponly=True, samesite="lax", secure=secure)
        )
    else:
        answer.delete_cookie(cookie)
    return answer


@get("/me")
async def me(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Template:
    """Everything about oneself that can be set."""
    return page("me.html", visitor=visitor, unread=await unread_count(platform, visitor.person_no))


@get("/privacy")
async def privacy(guest: NamedDependency[Visitor | None]) -> Template:
    """What is kept, who sees it, and what one can do about it."""
    return page("privacy.html", visitor=guest)
