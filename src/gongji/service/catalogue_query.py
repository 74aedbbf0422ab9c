"""Pages of the catalogue, for institutions that read it a part at a time (目录分页查询)."""

from datetime import date
from typing import Any, Final, Generic, TypeVar

import msgspec

from gongji.core.codes import ItemKind
from gongji.core.money import BasisPoints, Fen
from gongji.core.policy import NATION, ancestry
from gongji.ledger import store
from gongji.ledger.rows import Row
from gongji.service.platform import Platform

T = TypeVar("T")

LAST: Final = "\U0010ffff"
"""Stands behind every code."""


class Page(msgspec.Struct, Generic[T], frozen=True, kw_only=True):
    """One page; ``total`` counts the rows of all pages (of terms only where the page has any)."""

    rows: tuple[T, ...]
    number: int
    size: int
    total: int


class PageAsked(msgspec.Struct, frozen=True, kw_only=True):
    """What every page may be asked for; None asks for everything.

    Attributes:
        region: whose decisions count; the places around it count too.
        on: only what holds on that day.
        begins: only what begins then or later.
        updated: only what changed then or later.
        number: page, from 1.
        size: rows of a page.
    """

    region: str
    code: str | None = None
    on: date | None = None
    begins: date | None = None
    valid: bool | None = None
    updated: date
    number: int
    size: int

    def parameters(self) -> dict[str, Any]:
        """As the statements take them."""
        return {
            "regions": list(ancestry(self.region)),
            # A range, so that one plan serves a question about one item and about all of them.
            "low": self.code or "",
            "high": self.code or LAST,
            "on": self.on,
            "begins": self.begins,
            "valid": self.valid,
            "updated": self.updated,
            "skip": (self.number - 1) * self.size,
            "size": self.size,
        }


class ItemsAsked(msgspec.Struct, frozen=True, kw_only=True):
    """Which items a page is about; None asks for all."""

    file: str | None = None
    name: str | None = None
    kinds: tuple[ItemKind, ...] | None = None
    level: str | None = None
    restricted: bool | None = None
    after: str | None = None


class ItemRow(msgspec.Struct, frozen=True, kw_only=True):
    """An item with the level that the region gives it."""

    code: str
    name: str
    kind: ItemKind
    level: str
    restriction: str
    begins_on: date
    ends_on: date | None
    valid: bool
    updated_on: date
    version: str
    unit: str
    dosage_form: str
    specification: str


class TermRow(msgspec.Struct, frozen=True, kw_only=True):
    """A price limit or first self-pay share; ``part`` is the level of the institution, or the scheme."""

    code: str
    region: str
    part: str
    begins_on: date
    ends_on: date | None
    amount: Fen | BasisPoints
    valid: bool
    updated_on: date


async def items_page(platform: Platform, asked: PageAsked, items: ItemsAsked) -> Page[ItemRow]:
    """A page of the items that can be charged."""
    parameters = asked.parameters() | msgspec.structs.asdict(items) | {"today": platform.clock().date()}
    parameters["kinds"] = None if items.kinds is None else [kind.value for kind in items.kinds]
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "catalogue_page", **parameters)
        found = tuple(_item_row(row) for row in await cursor.fetchall())
        cursor = await store.run(conn, "catalogue_page_total", **parameters)
        (total,) = await cursor.fetchone() or (0,)
    return Page(rows=found, number=asked.number, size=asked.size, total=total)


async def price_limits_page(
    platform: Platform, asked: PageAsked, level: str | None, ends: date | None
) -> Page[TermRow]:
    """A page of price limits, by level of institution."""
    parameters = asked.parameters() | {"part": level, "ends": ends, "nation": NATION}
    return await _terms_page(platform, "price_limit_page", parameters, asked)


async def first_self_pay_page(
    platform: Platform, asked: PageAsked, scheme: str | None, ends: date | None
) -> Page[TermRow]:
    """A page of shares that are borne first, by scheme."""
    parameters = asked.parameters() | {"part": scheme, "ends": ends, "nation": NATION}
    return await _terms_page(platform, "first_self_pay_page", parameters, asked)


async def _terms_page(
    platform: Platform, statement: str, parameters: dict[str, Any], asked: PageAsked
) -> Page[TermRow]:
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, statement, **parameters)
        found = await cursor.fetchall()
    total = found[0][-1] if found else 0
    return Page(rows=tuple(_term_row(row) for row in found), number=asked.number, size=asked.size, total=total)


def _item_row(row: Row) -> ItemRow:
    return ItemRow(
        code=row[0],
        name=row[1],
        kind=ItemKind(row[2]),
        level=row[3],
        restriction=row[4],
        begins_on=row[5],
        ends_on=row[6],
        valid=row[7],
        updated_on=row[8],
        version=row[9],
        unit=row[10],
        dosage_form=row[11],
        specification=row[12],
    )


def _term_row(row: Row) -> TermRow:
    return TermRow(
        code=row[0],
        region=row[1],
        part=row[2],
        begins_on=row[3],
        ends_on=row[4],
        amount=row[5],
        valid=row[6],
        updated_on=row[7],
    )
