"""A third party's channel: asks the person for consent and shows what he allowed (第三方渠道).

It stands outside the platform and gets no more than any other: it sends the person to ``/oauth/authorize`` with PKCE,
exchanges the code, and reads with the token through the same check that REST makes, which writes each look down.
"""

import hmac
import secrets
from typing import Any, Final
from urllib.parse import urlencode

import msgspec
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from litestar import Request, get, post
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.refusal import Refusal
from gongji.core.skins import Entry, PortalService, Skin, SkinAccess, Skins
from gongji.service.oauth.clients import Client, client_of
from gongji.service.oauth.exchange import answer_token_request
from gongji.service.oauth.granted import Principal, admit, principal_of
from gongji.service.oauth.protocol import ACCESS_SECONDS
from gongji.service.origin import Origin
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.faults import NoSuchPageError
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.skins import data, menus
from gongji.web.visitor import Visitor

ASKED_COOKIE: Final = "gongji_asked"
"""What the channel remembers while the person is asked: state, verifier, and where he came from."""

TOKEN_COOKIE: Final = "gongji_allowed"  # noqa: S105 - the name of a cookie
"""The channel's access token. A real channel keeps it on its own server."""

_ASKING_SECONDS: Final = 900


class _Asked(msgspec.Struct, frozen=True):
    state: str
    verifier: str
    path: tuple[str, ...]


async def shown(
    request: Request[Any, Any, Any],
    platform: Platform,
    skin: Skin,
    entry: Entry,
    service: PortalService,
    guest: Visitor | None,
) -> Response[Any]:
    """What the person allowed the channel to see; before that nothing but the question."""
    principal = await _allowed(request, platform, skin, guest)
    if principal is None or guest is None or service.scope is None:
        return await _question(request, platform, skin, entry, guest)
    refusal = await admit(platform, principal, service.scope, f"GET /c/{skin.key}")
    if isinstance(refusal, Refusal):
        return await _question(request, platform, skin, entry, guest, refusal.text)
    return await data.shown(request, platform, skin, entry, guest)


async def _allowed(
    request: Request[Any, Any, Any], platform: Platform, skin: Skin, guest: Visitor | None
) -> Principal | None:
    """For whom the channel holds a token, if that is who is here: one phone may have had several people."""
    token = request.cookies.get(TOKEN_COOKIE)
    principal = await principal_of(platform, token) if token else None
    if principal is None or guest is None or principal.client != skin.client_id:
        return None
    return principal if principal.person_no == guest.person_no else None


async def _question(
    request: Request[Any, Any, Any],
    platform: Platform,
    skin: Skin,
    entry: Entry,
    guest: Visitor | None,
    problem: str = "",
) -> Template:
    client = await client_of(platform, skin.client_id)
    ready = client is not None and _back(request, skin) in client.redirect_uris
    return page(
        "skin_allow.html",
        visitor=guest,
        entered=skin,
        entry=entry,
        scopes=skin.scopes,
        problem=problem,
        trail="/".join(entry.path),
        registered=[] if ready or client is None else [uri.removesuffix("/back") for uri in client.redirect_uris],
        ready=ready,
    )


def _back(request: Request[Any, Any, Any], skin: Skin) -> str:
    """Where the person comes back to, at the address by which he opened the channel."""
    return f"{str(request.base_url).rstrip('/')}/c/{skin.key}/back"


@post("/{key:str}/allow", status_code=HTTP_200_OK)
async def allow(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    skins: NamedDependency[Skins],
    key: FromPath[str],
) -> Redirect:
    """Send the person to the platform, to be asked there."""
    skin, client = await _third_party(platform, skins, key)
    path = menus.trail_of((await read_form(request)).text("trail"))
    if skin.entry(path) is None:
        raise NoSuchPageError
    asked = _Asked(state=secrets.token_urlsafe(18), verifier=secrets.token_urlsafe(48), path=path)
    question = {
        "response_type": "code",
        "client_id": client.id,
        "redirect_uri": _back(request, skin),
        "scope": " ".join(skin.scopes),
        "state": asked.state,
        "code_challenge": create_s256_code_challenge(asked.verifier),
        "code_challenge_method": "S256",
    }
    answer = Redirect(f"/oauth/authorize?{urlencode(question)}", status_code=HTTP_303_SEE_OTHER)
    kept = msgspec.json.encode(asked).hex()
    answer.set_cookie(_cookie(ASKED_COOKIE, kept, skin, settings, _ASKING_SECONDS))
    return answer


async def _third_party(platform: Platform, skins: Skins, key: str) -> tuple[Skin, Client]:
    """A third party's channel with its registration.

    Raises:
        NoSuchPageError: it is none, or nobody registered it.
    """
    skin = menus.skin_named(skins, key)
    client = await client_of(platform, skin.client_id) if skin.access is SkinAccess.THIRD_PARTY else None
    if client is None:
        raise NoSuchPageError
    return skin, client


def _cookie(name: str, value: str, skin: Skin, settings: Settings, seconds: int) -> Cookie:
    """A cookie of the channel's own, which the portal's pages never get."""
    return Cookie(
        key=name,
        value=value,
        path=f"/c/{skin.key}",
        httponly=True,
        samesite="lax",
        secure=settings.production,
        max_age=seconds,
    )


@get("/{key:str}/back")
async def back(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    skins: NamedDependency[Skins],
    guest: NamedDependency[Visitor | None],
    visitor_origin: NamedDependency[Origin],
    key: FromPath[str],
) -> Response[Any]:
    """The person comes back: exchange the code for a token, and go on to where he wanted to be."""
    skin, client = await _third_party(platform, skins, key)
    asked, told = _asked(request), request.query_params
    entry = skin.entry(asked.path) if asked else None
    if asked is None or entry is None or not hmac.compare_digest(told.get("state", "").encode(), asked.state.encode()):
        return page("skin_refused.html", status=400, visitor=guest, entered=skin, declined=False)
    token = None
    if "code" in told:
        token = await _exchange(platform, client, asked, told["code"], _back(request, skin), visitor_origin)
    answer: Response[Any]
    if token is None:
        answer = page("skin_refused.html", visitor=guest, entered=skin, declined="code" not in told)
    else:
        answer = Redirect(menus.address(skin, entry.path), status_code=HTTP_303_SEE_OTHER)
        answer.set_cookie(_cookie(TOKEN_COOKIE, token, skin, settings, ACCESS_SECONDS))
    answer.delete_cookie(ASKED_COOKIE, path=f"/c/{skin.key}")
    return answer


async def _exchange(
    platform: Platform, client: Client, asked: _Asked, code: str, back_to: str, origin: Origin
) -> str | None:
    """The access token for a code, or None when the platform gives none."""
    form = {
        "grant_type": "authorization_code",
        "client_id": client.id,
        "code": code,
        "redirect_uri": back_to,
        "code_verifier": asked.verifier,
    }
    reply = await answer_token_request(platform, form, {}, origin.address)
    if isinstance(reply, Refusal) or reply.status != HTTP_200_OK:
        return None
    return str(reply.body["access_token"])


def _asked(request: Request[Any, Any, Any]) -> _Asked | None:
    try:
        return msgspec.json.decode(bytes.fromhex(request.cookies.get(ASKED_COOKIE, "")), type=_Asked)
    except (ValueError, msgspec.MsgspecError):
        return None
