"""What every answer carries and every form must bring: security headers, CSRF, limits (安全边界)."""

from typing import Final

from litestar.config.csrf import CSRFConfig
from litestar.datastructures import MutableScopeHeaders
from litestar.status_codes import HTTP_200_OK
from litestar.types import Message, Scope

from gongji.settings import Settings

BODY_LIMIT: Final = 1_000_000
"""Bytes of a request; the largest honest one is a form with a drawn signature."""

HEADERS: Final = {
    # Nothing inline and nothing from elsewhere: a text that slipped through escaping could not run.
    "content-security-policy": (
        "default-src 'none'; style-src 'self'; script-src 'self'; img-src 'self'; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    ),
    "x-content-type-options": "nosniff",
    "referrer-policy": "same-origin",
    "cross-origin-opener-policy": "same-origin",
    "permissions-policy": "camera=(), microphone=(), geolocation=()",
}


async def add_headers(message: Message, scope: Scope) -> None:
    """Put the headers on every answer, error pages included; what concerns a person is kept by no cache."""
    if message["type"] != "http.response.start":
        return
    headers = MutableScopeHeaders.from_message(message)
    for name, value in HEADERS.items():
        # A page that sends people on to a channel names that channel's address in its own policy.
        headers.setdefault(name, value)
    lasting = message["status"] == HTTP_200_OK and scope["path"].startswith("/static/")
    headers["cache-control"] = "max-age=3600" if lasting else "no-store"


def csrf(settings: Settings) -> CSRFConfig:
    """Protection of forms. REST and the OAuth2 endpoints know no cookie and are left out."""
    return CSRFConfig(
        secret=settings.secret,
        cookie_name="gongji_csrf",
        cookie_secure=settings.production,
        cookie_httponly=True,
        cookie_samesite="lax",
        exclude=["^/api/", "^/oauth/(?:token|revoke)$"],
    )
