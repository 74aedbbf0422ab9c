"""Look items up in the insurance catalogue, as they hold for a patient at an institution (目录查询).

Every look-up asks the database, so that a catalogue loaded a moment ago holds for the next message.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.catalogue import ALWAYS, Asked, CatalogueItem, CatalogueTerm, Listed, as_there, in_force
from gongji.core.codes import ItemKind
from gongji.core.policy import NATION, PolicyBook, ancestry
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.platform import Platform

ON_THE_SHELF: Final = 1000
"""Most items that the sandbox's cashier offers."""


class Shelf(msgspec.Struct, frozen=True, kw_only=True):
    """Everything known about some codes, for one patient at one institution.

    ``area`` names the place of care where its catalogue is asked and not that of home; it is empty at home.
    """

    asked: Asked
    area: str
    items: dict[str, list[CatalogueItem]]
    terms: dict[str, list[CatalogueTerm]]

    def find(self, code: str, day: date) -> CatalogueItem | Refusal:
        """The item of a code on the day of the fee, as the region has it whose catalogue is asked."""
        known = self.items.get(code, [])
        item = in_force(known, day)
        if item is None:
            return _not_in_force(known, day) if known else refuse(Code.ITEM_UNKNOWN, field="med_list_codg", item=code)
        return as_there(item, self.terms.get(code, []), self.asked, day)


async def shelf_for(
    conn: AsyncConnection, book: PolicyBook, person_no: str, institution: str, codes: Iterable[str]
) -> Shelf:
    """Read what is known about codes; somebody unknown gets what holds in the whole country.

    Away from home the catalogue is that of the place of care.
    """
    wanted = sorted(set(codes))
    cursor = await store.run(conn, "people", person_nos=[person_no])
    person = await cursor.fetchone()
    patient = rows.person(person) if person else None
    cursor = await store.run(conn, "institutions", codes=[institution])
    found = await cursor.fetchone()
    place = rows.institution(found) if found else None
    home = patient.region if patient else NATION
    region = book.catalogue_of(home, place.region) if patient and place else home
    asked = Asked(
        regions=ancestry(region),
        scheme=patient.scheme if patient else None,
        hospital_level=place.level if place else None,
    )
    items: dict[str, list[CatalogueItem]] = {}
    cursor = await store.run(conn, "catalogue_items_of", codes=wanted)
    for row in await cursor.fetchall():
        item = rows.catalogue_item(row)
        items.setdefault(item.code, []).append(item)
    terms: dict[str, list[CatalogueTerm]] = {}
    cursor = await store.run(conn, "catalogue_terms_of", codes=wanted, regions=list(asked.regions))
    for row in await cursor.fetchall():
        term = rows.catalogue_term(row)
        terms.setdefault(term.code, []).append(term)
    return Shelf(asked=asked, area="" if region == home else book.name(region), items=items, terms=terms)


def _not_in_force(known: Sequence[CatalogueItem], day: date) -> Refusal:
    item = max(known, key=lambda one: (one.begins_on, one.version))
    begins = "" if item.begins_on == ALWAYS else f"自 {item.begins_on} "
    ends = f"至 {item.ends_on} " if item.ends_on else ""
    why = f"{begins}{ends}有效" if item.valid else "已停用"
    return refuse(
        Code.ITEM_NOT_IN_FORCE, field="med_list_codg", item=item.code, name=item.name, on=day.isoformat(), why=why
    )


async def priced_items(platform: Platform) -> dict[str, CatalogueItem]:
    """What the sandbox's cashier sells today, by code."""
    async with platform.pool.connection() as conn:
        return {item.code: item for item in await priced_on(conn, platform.clock().date())}


async def priced_on(conn: AsyncConnection, day: date) -> list[CatalogueItem]:
    """Items with a customary price, in the order of kind and code."""
    cursor = await store.run(conn, "catalogue_items_priced", on=day, most=ON_THE_SHELF)
    return [rows.catalogue_item(row) for row in await cursor.fetchall()]


async def add_items(conn: AsyncConnection, items: Sequence[CatalogueItem], today: date) -> None:
    """Enter items; what stands in the catalogue already stays as it is."""
    names = CatalogueItem.__struct_fields__
    columns: dict[str, list[Any]] = {name: [getattr(item, name) for item in items] for name in names}
    columns["kind"] = [item.kind.value for item in items]
    await store.run(conn, "add_catalogue_items", **columns, updated_on=[today] * len(items))


async def add_listed(conn: AsyncConnection, listed: Sequence[Listed], today: date) -> None:
    """Enter diagnoses, operations and diseases."""
    empty = CatalogueItem(code="-", name="-", kind=ItemKind.SERVICE, level="丙")
    columns: dict[str, list[Any]] = {
        name: [getattr(row, name, getattr(empty, name)) for row in listed] for name in CatalogueItem.__struct_fields__
    }
    columns["kind"] = [None] * len(listed)
    await store.run(conn, "add_catalogue_items", **columns, updated_on=[today] * len(listed))


async def add_terms(conn: AsyncConnection, terms: Sequence[CatalogueTerm], today: date) -> None:
    """Enter what regions decide about items; what stands there already stays as it is."""
    columns: dict[str, list[Any]] = {
        name: [getattr(term, name) for term in terms] for name in CatalogueTerm.__struct_fields__
    }
    columns["kind"] = [term.kind.value if term.kind else None for term in terms]
    columns["scheme"] = [term.scheme.value if term.scheme else "" for term in terms]
    columns["hospital_level"] = [term.hospital_level.value if term.hospital_level else "" for term in terms]
    await store.run(conn, "add_catalogue_terms", **columns, updated_on=[today] * len(terms))
