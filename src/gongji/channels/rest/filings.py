"""A person's own filing for care away from home over REST (异地就医备案)."""

from datetime import date
from typing import Literal

import msgspec
from litestar import delete, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath, JSONBody
from litestar.status_codes import HTTP_200_OK, HTTP_201_CREATED

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, own_only
from gongji.channels.rest.idempotency import IdempotencyKey, sender_of
from gongji.channels.rest.problems import RefusedError
from gongji.core.codes import Filing
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingRequest, FilingView, file_away, revoke, views_of
from gongji.service.platform import Platform

TAGS = ["备案"]


class FilingIn(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Why and where care is to be given: ``place`` is a division code; ``notice_accepted`` says the notice was read."""

    kind: Literal["long_term", "emergency", "temporary"]
    place: str
    begins_on: date
    ends_on: date | None = None
    notice_accepted: bool = False


class FilingOut(msgspec.Struct, frozen=True, kw_only=True):
    """A filing: what it is about, where and when it holds."""

    id: str
    subject: str
    kind: str
    place: str
    place_name: str
    begins_on: date
    ends_on: date | None
    reviewed: bool


class FilingRevoked(msgspec.Struct, frozen=True, kw_only=True):
    """The filing that was taken back."""

    id: str


@get("/me/filings", tags=TAGS, **own_only())
async def my_filings(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[FilingOut]:
    """What was filed for oneself by any channel, and not taken back."""
    found = await views_of(platform, caller.person_no)
    if isinstance(found, Refusal):
        raise RefusedError(found)
    return [_out(platform, view) for view in found[1]]


@post("/me/filings", status_code=HTTP_201_CREATED, tags=TAGS, **own_only())
async def add_filing(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    data: JSONBody[FilingIn],
    key: IdempotencyKey = None,
) -> FilingOut:
    """File care away from home for oneself."""
    request = FilingRequest(
        person_no=caller.person_no,
        subject=Subject.AWAY,
        kind=Filing(data.kind),
        place=values.clean(data.place, "place"),
        begins_on=data.begins_on,
        ends_on=data.ends_on,
    )
    sender = sender_of(caller, key, "file", data)
    answer = await file_away(platform, sender, request, notice_accepted=data.notice_accepted)
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    found = await views_of(platform, caller.person_no)
    if isinstance(found, Refusal):
        raise RefusedError(found)
    return next(_out(platform, view) for view in found[1] if view.filed.id == answer["filing"])


@delete("/me/filings/{filing:str}", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def revoke_filing(
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    filing: FromPath[str],
    key: IdempotencyKey = None,
) -> FilingRevoked:
    """Take back what one filed oneself, until the agency has reviewed it."""
    named = values.clean(filing, "filing")
    sender = sender_of(caller, key, "revoke_filing", named)
    answer = await revoke(platform, sender, caller.person_no, named, Subject.AWAY, "本人撤销")
    if isinstance(answer, Refusal):
        raise RefusedError(answer)
    return FilingRevoked(id=named)


def _out(platform: Platform, view: FilingView) -> FilingOut:
    filed = view.filed
    return FilingOut(
        id=filed.id,
        subject=filed.subject.value,
        kind=filed.kind.value,
        place=filed.place,
        place_name=platform.book.name(filed.place) if filed.place else "",
        begins_on=filed.begins_on,
        ends_on=filed.ends_on,
        reviewed=view.reviewed,
    )


ROUTES = (my_filings, add_filing, revoke_filing)
