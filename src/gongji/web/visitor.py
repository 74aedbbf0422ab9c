"""Who is looking: the session cookie and the person behind it (登录状态)."""

from typing import Any, Final

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from gongji.core.refusal import Refusal
from gongji.service.people import holding_of
from gongji.service.platform import Platform
from gongji.service.sessions import SESSION_LIFE, person_of_session
from gongji.settings import Settings

COOKIE: Final = "gongji_session"


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A person who has signed in."""

    person_no: str
    name: str
    region: str
    real_name_verified: bool


class SignInNeededError(Exception):
    """The page is for signed-in people; ``path`` is where to come back to."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


async def find_visitor(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Visitor | None:
    """The person of the session cookie, or None."""
    token = request.cookies.get(COOKIE)
    person_no = await person_of_session(platform, token) if token else None
    if person_no is None:
        return None
    holding = await holding_of(platform, person_no)
    if isinstance(holding, Refusal):
        return None
    person = holding.person
    return Visitor(
        person_no=person.person_no,
        name=person.name,
        region=person.region,
        real_name_verified=person.real_name_verified,
    )


async def need_visitor(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Visitor:
    """The person of the session cookie.

    Raises:
        SignInNeededError: nobody is signed in.
    """
    visitor = await find_visitor(request, platform)
    if visitor is None:
        raise SignInNeededError(request.url.path)
    return visitor


def session_cookie(token: str, settings: Settings) -> Cookie:
    """The cookie that carries a session; scripts cannot read it and other sites cannot send it with a form."""
    return Cookie(
        key=COOKIE,
        value=token,
        httponly=True,
        samesite="lax",
        secure=settings.production,
        max_age=int(SESSION_LIFE.total_seconds()),
    )
