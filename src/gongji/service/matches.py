"""How an institution's own items match the catalogue (目录对照)."""

from datetime import date
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.ledger.rows import Row
from gongji.service.catalogue_query import Page, PageAsked
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform


class Match(msgspec.Struct, frozen=True, kw_only=True):
    """One own item and the item of the catalogue that it is."""

    own_code: str
    own_name: str
    list_type: str
    item: str
    begins_on: date
    ends_on: date | None
    details: dict[str, Any]


class MatchesAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which matches a page is about, beside the catalogue's code; None asks for all. A name may be a part of one."""

    own_code: str | None = None
    own_name: str | None = None
    list_type: str | None = None


class MatchRow(msgspec.Struct, frozen=True, kw_only=True):
    """A match as it stands today."""

    match: Match
    valid: bool
    changed_on: date


async def put_match(platform: Platform, sender: Sender, match: Match) -> Answer | Refusal:
    """Match an item; sent again, it replaces what was told before."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(conn, "catalogue_items_of", codes=[match.item])
        if await cursor.fetchone() is None:
            return refuse(Code.ITEM_UNKNOWN, field="med_list_codg", item=match.item)
        if match.ends_on is not None and match.ends_on < match.begins_on:
            what = "enddate（结束日期）早于 begndate（开始日期）"
            return refuse(Code.INPUT_INVALID, field="enddate", what=what)
        await store.run(
            conn,
            "put_match",
            institution=sender.institution,
            own_code=match.own_code,
            list_type=match.list_type,
            item=match.item,
            own_name=match.own_name,
            begins_on=match.begins_on,
            ends_on=match.ends_on,
            details=Jsonb(match.details),
            now=platform.clock(),
        )
        return {}

    return await once(platform, sender, None, work)


async def drop_match(platform: Platform, sender: Sender, own_code: str, list_type: str, item: str) -> Answer | Refusal:
    """Take a match back."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(
            conn, "drop_match", institution=sender.institution, own_code=own_code, list_type=list_type, item=item
        )
        if cursor.rowcount == 0:
            return refuse(Code.RECORD_UNKNOWN, field="fixmedins_hilist_id", what=f"目录 {own_code} 与 {item} 的对照")
        return {}

    return await once(platform, sender, None, work)


async def matches_page(platform: Platform, institution: str, asked: PageAsked, wanted: MatchesAsked) -> Page[MatchRow]:
    """A page of an institution's matches, in the order of its own codes."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "match_page",
            institution=institution,
            today=platform.clock().date(),
            **asked.parameters(),
            **msgspec.structs.asdict(wanted),
        )
        found = await cursor.fetchall()
    rows = tuple(_match_row(row) for row in found)
    return Page(rows=rows, number=asked.number, size=asked.size, total=found[0][-1] if found else 0)


def _match_row(row: Row) -> MatchRow:
    match = Match(
        own_code=row[0],
        own_name=row[1],
        list_type=row[2],
        item=row[3],
        begins_on=row[4],
        ends_on=row[5],
        details=row[6],
    )
    return MatchRow(match=match, valid=row[7], changed_on=row[8])
