"""Notices over REST: the inbox, what goes outside it, and the sandbox's outbox (消息通知接口)."""

from datetime import datetime
from typing import Annotated, Final

import msgspec
from litestar import get, post, put
from litestar.di import NamedDependency
from litestar.exceptions import NotFoundException
from litestar.params import JSONBody, QueryParameter
from litestar.status_codes import HTTP_200_OK

from gongji.channels.rest.callers import Caller, open_to, own_only, public
from gongji.channels.rest.problems import invalid
from gongji.core.notices import CHOSEN, Channel, Kind
from gongji.core.scopes import Scope
from gongji.service import inbox
from gongji.service.platform import Platform
from gongji.service.sandbox import SandboxPage, sandbox_messages
from gongji.settings import Settings

MOST_AT_ONCE: Final = inbox.MOST_LISTED
TAGS: Final = ["通知"]
LARGEST_ID: Final = 2**63 - 1

Before = Annotated[int | None, QueryParameter(name="before", ge=1, le=LARGEST_ID, description="上一页的 next")]
Limit = Annotated[int, QueryParameter(name="limit", ge=1, le=MOST_AT_ONCE, description="每页条数")]


class NoticeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A notice. ``about`` is the id of the settlement or binding it tells of."""

    id: int
    kind: Kind
    title: str
    text: str
    at: datetime
    about: str
    read: bool


class NoticesOut(msgspec.Struct, frozen=True, kw_only=True):
    """A page of notices, newest first; ``next`` goes into ``before`` for the following page."""

    notices: list[NoticeOut]
    next: int | None
    unread: int


class ReadIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Ids of notices that were shown."""

    ids: list[int]


class UnreadOut(msgspec.Struct, frozen=True, kw_only=True):
    """How many notices are unread."""

    unread: int


class ChoiceOut(msgspec.Struct, frozen=True, kw_only=True):
    """A kind of notice and where it goes besides the inbox."""

    kind: Kind
    title: str
    sms: bool
    mini_program: bool


class PreferencesIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The kinds wanted by each channel; a kind that is not named is not sent. The inbox always has all of them."""

    sms: list[Kind]
    mini_program: list[Kind]


@get("/me/notices", tags=TAGS, **open_to(Scope.NOTICES_READ))
async def my_notices(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], before: Before = None, limit: Limit = 20
) -> NoticesOut:
    """What one was told, newest first."""
    page = await inbox.inbox(platform, caller.person_no, before, limit)
    return NoticesOut(
        notices=[
            NoticeOut(
                id=notice.id,
                kind=notice.kind,
                title=notice.kind.label,
                text=notice.text,
                at=notice.at,
                about=notice.about,
                read=notice.read_at is not None,
            )
            for notice in page.notices
        ],
        next=page.next,
        unread=page.unread,
    )


@post("/me/notices/read", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def read_notices(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], data: JSONBody[ReadIn]
) -> UnreadOut:
    """Note that notices were read; ids that are not one's own change nothing."""
    if not 1 <= len(data.ids) <= MOST_AT_ONCE or not all(1 <= number <= LARGEST_ID for number in data.ids):
        raise invalid(f"ids 是 1 到 {MOST_AT_ONCE} 个消息编号", "ids")
    return UnreadOut(unread=await inbox.mark_read(platform, caller.person_no, data.ids))


@get("/me/notices/preferences", tags=TAGS, **open_to(Scope.NOTICES_READ))
async def my_preferences(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[ChoiceOut]:
    """Where each kind goes besides the inbox."""
    return _choices(await inbox.preferences(platform, caller.person_no))


@put("/me/notices/preferences", tags=TAGS, **own_only())
async def put_preferences(
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    caller: NamedDependency[Caller],
    data: JSONBody[PreferencesIn],
) -> list[ChoiceOut]:
    """Agree to exactly these kinds; everything else by text message or mini program ends."""
    wanted = {Channel.SMS: data.sms, Channel.MINI_PROGRAM: data.mini_program}
    outlets = {Channel.SMS: settings.sms, Channel.MINI_PROGRAM: settings.mini_program}
    for channel, kinds in wanted.items():
        if kinds and outlets[channel].adapter == "off":
            raise invalid(f"本平台没有开通{channel.label}，请查看收件箱", channel.value)
        if not set(kinds) <= set(CHOSEN):
            raise invalid(f"{Kind.SIGN_IN_CODE.label}不能选择：索取时才会发送", channel.value)
    return _choices(await inbox.choose(platform, caller.person_no, wanted, caller.channel))


def _choices(chosen: inbox.Chosen) -> list[ChoiceOut]:
    return [
        ChoiceOut(
            kind=kind,
            title=kind.label,
            sms=kind in chosen[Channel.SMS],
            mini_program=kind in chosen[Channel.MINI_PROGRAM],
        )
        for kind in CHOSEN
    ]


@get("/sandbox/outbox", tags=TAGS, **public())
async def sandbox_outbox(platform: NamedDependency[Platform], before: Before = None, limit: Limit = 20) -> SandboxPage:
    """What would have been sent, with masked addresses; in the sandbox only, where everybody is fictitious."""
    if not platform.sandbox:
        raise NotFoundException
    return await sandbox_messages(platform, before, limit)
