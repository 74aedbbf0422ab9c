"""What a person has allowed third-party channels, and what they looked at (授权的第三方渠道)."""

from typing import Any

from litestar import Request, Response, delete, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_204_NO_CONTENT

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, own_only
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import RefusedError
from gongji.service.oauth.granted import Access, accesses_of, end_grant, grants_of
from gongji.service.platform import Platform

TAGS = ["第三方渠道"]


@get("/me/channels", tags=TAGS, **own_only())
async def my_channels(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[values.GrantOut]:
    """Every consent, newest first; ended ones stay in the list."""
    return [values.grant_out(grant) for grant in await grants_of(platform, caller.person_no)]


@delete("/me/channels/{grant_id:str}", status_code=HTTP_204_NO_CONTENT, tags=TAGS, **own_only())
async def end_channel(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], grant_id: FromPath[str]
) -> None:
    """Take a consent back; the channel can do nothing more from this moment."""
    refusal = await end_grant(platform, caller.person_no, values.clean(grant_id, "grant_id"))
    if refusal:
        raise RefusedError(refusal)


@get("/me/channels/accesses", tags=TAGS, **own_only())
async def my_accesses(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    cursor: Cursor = "",
    limit: Limit = 50,
) -> Response[list[values.AccessOut]]:
    """Which channel looked at what and when, newest first, refused tries included."""
    found = await accesses_of(platform, caller.person_no, limit + 1, position(cursor, values.Number))
    return page(request, found, limit, values.access_out, _key)


def _key(access: Access) -> int:
    return access.no
