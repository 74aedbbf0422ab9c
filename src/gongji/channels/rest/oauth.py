"""OAuth2 endpoints for programs: tokens, their return, and where everything is (RFC 6749, 7009, 8414)."""

from typing import Any, Final

from litestar import Request, Response, Router, get, post
from litestar.di import NamedDependency, Provide

from gongji.channels.rest.callers import origin
from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.service.oauth.exchange import answer_token_request, give_back
from gongji.service.oauth.protocol import Reply
from gongji.service.origin import Origin
from gongji.service.platform import Platform
from gongji.settings import Settings

FOR_PROGRAMS: Final = ("/oauth/token", "/oauth/revoke", "/.well-known/")
"""Addresses whose errors are problem details, not pages."""

_METHODS: Final = ["client_secret_basic", "client_secret_post", "none"]


async def _form(request: Request[Any, Any, Any]) -> dict[str, str]:
    """The fields of the form; a field that stands twice is left out, and so is missed."""
    fields = await request.form()
    return {k: v for k in fields if isinstance(v := fields[k], str) and len(fields.getall(k)) == 1 and "\x00" not in v}


def _response(reply: Reply) -> Response[Any]:
    return Response(reply.body, status_code=reply.status, headers={**reply.headers, "pragma": "no-cache"})


@post("/oauth/token", status_code=200, include_in_schema=False)
async def token(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], origin: NamedDependency[Origin]
) -> Response[Any]:
    """Exchange a code, renew, or let an institution's service in."""
    reply = await answer_token_request(platform, await _form(request), dict(request.headers), origin.address)
    if isinstance(reply, Refusal):
        raise RefusedError(reply)
    return _response(reply)


@post("/oauth/revoke", status_code=200, include_in_schema=False)
async def revoke(request: Request[Any, Any, Any], platform: NamedDependency[Platform]) -> Response[Any]:
    """Give a token back."""
    return _response(await give_back(platform, await _form(request), dict(request.headers)))


@get("/.well-known/oauth-authorization-server", include_in_schema=False)
async def metadata(request: Request[Any, Any, Any], settings: NamedDependency[Settings]) -> dict[str, Any]:
    """Where everything is, for programs that find it themselves."""
    issuer = settings.public_url or str(request.base_url).rstrip("/")
    return {
        "issuer": issuer,
        "authorization_endpoint": f"{issuer}/oauth/authorize",
        "token_endpoint": f"{issuer}/oauth/token",
        "revocation_endpoint": f"{issuer}/oauth/revoke",
        "scopes_supported": [scope.value for scope in Scope],
        "response_types_supported": ["code"],
        "response_modes_supported": ["query"],
        "grant_types_supported": ["authorization_code", "refresh_token", "client_credentials"],
        "token_endpoint_auth_methods_supported": _METHODS,
        "revocation_endpoint_auth_methods_supported": _METHODS,
        "code_challenge_methods_supported": ["S256"],
        "ui_locales_supported": ["zh-CN"],
    }


def oauth_routes() -> Router:
    """The endpoints, at the root."""
    return Router(
        path="/",
        dependencies={"origin": Provide(origin, sync_to_thread=False)},
        route_handlers=[token, revoke, metadata],
    )
