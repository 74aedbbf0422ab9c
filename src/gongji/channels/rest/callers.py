"""Who asks: the person of the bearer token (访问者)."""

from typing import Any

import msgspec
from litestar import Request
from litestar.di import NamedDependency

from gongji.service.platform import Platform
from gongji.service.sessions import person_of_session


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
