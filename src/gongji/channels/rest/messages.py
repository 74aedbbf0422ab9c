"""What became of a message: for an institution that lost the answer (报文状态查询)."""

import hmac
from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from gongji.channels.rest.callers import bearer, institution_by_token, public
from gongji.channels.rest.problems import RefusedError
from gongji.core.refusal import Code, refuse
from gongji.core.scopes import Scope
from gongji.service.messages import MessageState, message_state
from gongji.service.people import registered_institution
from gongji.service.platform import Platform

LONGEST = 30
"""Institution codes and message ids of the national interface are not longer."""


async def keys_of(platform: Platform, institution: str) -> dict[str, Any]:
    """The keys of an institution that is registered.

    Raises:
        RefusedError: it is not.
    """
    found = await registered_institution(platform, institution[:LONGEST]) if "\x00" not in institution else None
    if found is None:
        raise RefusedError(refuse(Code.INSTITUTION_UNKNOWN, field="institution", institution=institution[:LONGEST]))
    return found[1]


def knows_key(platform: Platform, keys: dict[str, Any], apikey: str | None) -> bool:
    """Whether a caller may speak for the institution; in the sandbox nobody needs a key, but a wrong one is wrong."""
    return platform.sandbox if apikey is None else hmac.compare_digest(apikey, str(keys.get("apikey", "")))


@get("/messages/{institution:str}/{message_id:str}", tags=["机构"], **public(scope=Scope.MESSAGES_READ))
async def message(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    message_id: FromPath[str],
    apikey: Annotated[str | None, HeaderParameter(description="机构的 apikey；沙箱里可以不带")] = None,
) -> MessageState:
    """Done, refused, void or never seen. Outside the sandbox the institution shows its own key or token."""
    known = await keys_of(platform, institution)
    token = bearer(request)
    if token is not None:
        principal = await institution_by_token(platform, token)
        allowed = principal is not None and principal.institution == institution
    else:
        allowed = knows_key(platform, known, apikey)
    if not allowed:
        raise RefusedError(refuse(Code.NOT_YOURS, field="apikey"))
    if "\x00" in message_id or len(message_id) > LONGEST:
        return MessageState(state="never_seen")
    return await message_state(platform, institution, message_id)
