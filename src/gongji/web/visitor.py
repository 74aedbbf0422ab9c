"""Who is looking: the session cookie and the person behind it (登录状态)."""

import re
from typing import Any, Final

import msgspec
from litestar import Request
from litestar.datastructures import Cookie
from litestar.di import NamedDependency

from gongji.core.skins import PORTAL, Skin, Skins
from gongji.service.origin import Origin, origin_of
from gongji.service.platform import Platform
from gongji.service.sessions import SESSION_LIFE, session_of
from gongji.settings import Settings

COOKIE: Final = "gongji_session"
CHANNEL_COOKIE: Final = "gongji_channel"
"""Through which channel one came; says nothing about the person."""
LANGUAGE_COOKIE: Final = "gongji_language"
"""``en`` for pages in English; says nothing about the person."""
PASSWORD_PAGE: Final = "/password"  # noqa: S105 - an address


_OWN_PATH: Final = re.compile(r"/(?!/|log(?:in|out)\b)[A-Za-z0-9_.~%/?&=:+,@-]{0,2000}", re.ASCII)
"""An address on this site: no host, no backslash, nothing that a browser could read as another
site; and not in or out again."""


class Visitor(msgspec.Struct, frozen=True, kw_only=True):
    """A person who has signed in; ``channel`` is by which way his business comes."""

    person_no: str
    name: str
    region: str
    real_name_verified: bool
    session: str
    password_issued: bool
    channel: str = PORTAL


class PasswordChangeNeededError(Exception):
    """The password was given to the person; he chooses his own before anything else."""


class SignInNeededError(Exception):
    """The page is for signed-in people; ``path`` is where to come back to, with its query."""

    def __init__(self, path: str) -> None:
        super().__init__(path)
        self.path = path


def skin_of(request: Request[Any, Any, Any], skins: Skins) -> Skin | None:
    """The channel through which one came, or None for the portal itself."""
    return skins.get(request.cookies.get(CHANNEL_COOKIE, ""))


async def find_visitor(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], skins: NamedDependency[Skins]
) -> Visitor | None:
    """The person of the session cookie, or None."""
    token = request.cookies.get(COOKIE)
    session = await session_of(platform, token) if token else None
    if session is None:
        return None
    skin = skin_of(request, skins)
    return Visitor(
        person_no=session.person_no,
        name=session.name,
        region=session.region,
        real_name_verified=session.real_name_verified,
        session=session.id,
        password_issued=session.password_issued,
        channel=skin.channel if skin else PORTAL,
    )


async def need_visitor(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], skins: NamedDependency[Skins]
) -> Visitor:
    """The person of the session cookie.

    Raises:
        SignInNeededError: nobody is signed in.
        PasswordChangeNeededError: he must choose a password first.
    """
    visitor = await find_visitor(request, platform, skins)
    if visitor is None:
        query = request.url.query
        raise SignInNeededError(f"{request.url.path}?{query}" if query else request.url.path)
    if visitor.password_issued and request.url.path != PASSWORD_PAGE:
        raise PasswordChangeNeededError
    return visitor


def visitor_origin(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> Origin:
    """Where the request comes from."""
    return origin_of(
        request.client.host if request.client else "",
        request.headers.get("x-forwarded-for", ""),
        request.headers.get("user-agent", ""),
        settings.proxies,
    )


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


def own_path(target: str, otherwise: str = "/") -> str:
    """Where to send the visitor next: ``target`` if it is a page of this site, else ``otherwise``."""
    return target if _OWN_PATH.fullmatch(target) else otherwise
