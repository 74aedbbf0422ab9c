"""What account money of a place may be spent on: no sign-in, nothing about anybody (个人账户用途)."""

from datetime import date
from typing import Annotated

import msgspec
from litestar import get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from gongji.channels.rest.callers import public
from gongji.channels.rest.problems import invalid
from gongji.core.codes import Purpose
from gongji.core.purposes import CategoryState, PurposeState, purpose_catalogue
from gongji.service.platform import Platform

LONGEST = 100


class PurposeOut(msgspec.Struct, frozen=True, kw_only=True):
    """A purpose: whether own money and relatives' money may pay it, and who says so."""

    purpose: Purpose
    name: str
    own: bool
    shared: bool
    source: str | None
    file: str | None


class CategoryOut(msgspec.Struct, frozen=True, kw_only=True):
    """One of the eight classes of spending; ``source`` says why it is one of them."""

    key: str
    name: str
    enabled: bool
    source: str
    purposes: list[PurposeOut]


@get("/purposes", tags=["问答"], **public())
async def purposes(
    platform: NamedDependency[Platform],
    region: Annotated[str, QueryParameter(max_length=LONGEST, description="参保地，区划代码或名称")],
    on: Annotated[str, QueryParameter(max_length=LONGEST, description="日期，默认今天")] = "",
) -> list[CategoryOut]:
    """The eight classes of spending (八大类支出), with what a place opens of them on a day."""
    found = platform.book.find(region)
    if found is None:
        raise invalid(f"没有收录参保地 {region}，请写区划代码或完整名称", "region")
    try:
        day = date.fromisoformat(on) if on else platform.clock().date()
    except ValueError:
        raise invalid(f"on {on} 不是日期，例如 2026-01-31", "on") from None
    return [_category(state) for state in purpose_catalogue(platform.book, found.code, day)]


def _category(state: CategoryState) -> CategoryOut:
    return CategoryOut(
        key=state.key,
        name=state.name,
        enabled=state.enabled,
        source=state.source,
        purposes=[_purpose(each) for each in state.purposes],
    )


def _purpose(state: PurposeState) -> PurposeOut:
    return PurposeOut(
        purpose=state.purpose,
        name=state.purpose.label,
        own=state.own,
        shared=state.shared,
        source=state.cite.source if state.cite else None,
        file=state.cite.file if state.cite else None,
    )
