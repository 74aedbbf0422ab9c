"""What became of a message: for an institution that lost the answer (报文状态查询)."""

from typing import Annotated, Any

from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath, HeaderParameter

from gongji.channels.rest.callers import LONGEST, institution_caller, public
from gongji.core.scopes import Scope
from gongji.service.messages import MessageState, message_state
from gongji.service.platform import Platform
from gongji.service.undelivered import asked


@get("/messages/{institution:str}/{message_id:str}", tags=["机构"], **public(scope=Scope.MESSAGES_READ))
async def message(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    institution: FromPath[str],
    message_id: FromPath[str],
    apikey: Annotated[str | None, HeaderParameter(description="机构的 apikey；沙箱里可以不带")] = None,
) -> MessageState:
    """Done, refused, void or never seen. Outside the sandbox the institution shows its own key or token."""
    await institution_caller(request, platform, institution, apikey, Scope.MESSAGES_READ)
    if "\x00" in message_id or len(message_id) > LONGEST:
        return MessageState(state="never_seen")
    state = await message_state(platform, institution, message_id)
    if state.state == "done":
        await asked(platform, institution, message_id)
    return state
