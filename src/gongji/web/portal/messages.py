"""What one was told, and where else one wants to be told (消息)."""

from typing import Annotated, Any, Final

from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import QueryParameter
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER

from gongji.core.notices import CHOSEN, Channel, Kind
from gongji.service.inbox import choose, inbox, mark_read, preferences
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_PAGE: Final = 20
_ABOUT: Final = (
    ("家庭共济绑定", ("binding",)),
    ("共济资金和额度", ("shared", "limit", "quota", "money")),
    ("亲情账户", ("code",)),
    ("医保钱包", ("transfer",)),
    ("缴费", ("premium",)),
)
"""Headings, and how the kinds of notices that stand under each begin."""
_REST: Final = "账户、登录和授权"
_LARGEST_ID: Final = 2**63 - 1

Before = Annotated[int | None, QueryParameter(name="before", ge=1, le=_LARGEST_ID)]


@get("/messages")
async def messages(
    platform: NamedDependency[Platform], visitor: NamedDependency[Visitor], before: Before = None
) -> Template:
    """What one was told, newest first. Whoever sees a message has read it."""
    found = await inbox(platform, visitor.person_no, before, _PAGE)
    unread = [notice.id for notice in found.notices if notice.read_at is None]
    if unread:
        await mark_read(platform, visitor.person_no, unread)
    return page("messages.html", visitor=visitor, notices=found.notices, next=found.next)


@get("/messages/settings")
async def message_settings(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    visitor: NamedDependency[Visitor],
) -> Template:
    """Which kinds one also gets by text message or mini program."""
    return page(
        "message_settings.html",
        visitor=visitor,
        groups=_groups(),
        channels=_open(settings),
        chosen=await preferences(platform, visitor.person_no),
        done="done" in request.query_params,
    )


@post("/messages/settings", status_code=HTTP_200_OK)
async def choose_messages(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    visitor: NamedDependency[Visitor],
) -> Redirect:
    """Agree to what is ticked; what is not ticked ends."""
    form = await read_form(request)
    wanted = {
        channel: [kind for kind in CHOSEN if form.ticked(f"{channel.value}-{kind.value}")]
        for channel in _open(settings)
    }
    await choose(platform, visitor.person_no, wanted, visitor.channel)
    return Redirect("/messages/settings?done", status_code=HTTP_303_SEE_OTHER)


def _groups() -> list[tuple[str, list[Kind]]]:
    """The kinds that may be chosen, by what they are about."""
    groups: dict[str, list[Kind]] = {heading: [] for heading in (*dict(_ABOUT), _REST)}
    for kind in CHOSEN:
        first = kind.value.split("_")[0]
        groups[next((heading for heading, starts in _ABOUT if first in starts), _REST)].append(kind)
    return list(groups.items())


def _open(settings: Settings) -> list[Channel]:
    """The channels that this platform offers."""
    outlets = {Channel.SMS: settings.sms, Channel.MINI_PROGRAM: settings.mini_program}
    return [channel for channel, outlet in outlets.items() if outlet.adapter != "off"]
