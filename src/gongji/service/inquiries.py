"""What institutions ask about patients of theirs (就诊、费用、累计查询); their own visits decide what they see."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec

from gongji.core.case import YearToDate
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Care
from gongji.core.lines import LineSplit
from gongji.core.person import Institution, Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.catalogue import shelf_for
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.visits import own_visit

MOST: Final = 1000
"""Rows of one answer at most; a shorter period tells the others."""


class PastVisit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit with what the institution told about it."""

    id: str
    number: str
    care: Care
    began_on: date
    state: str
    details: dict[str, Any]
    created_at: datetime
    ended_on: date | None


class PastLine(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a bill as it is kept; quantity, price and the rest stand in ``details``."""

    line_no: str
    item: str
    split: LineSplit
    details: dict[str, Any]
    institution: str = ""
    institution_name: str = ""


class YearFigures(msgspec.Struct, frozen=True, kw_only=True):
    """Yearly figures of a person for one benefit."""

    year: int
    benefit: str
    figures: YearToDate


async def visits_of(
    platform: Platform,
    institution: str,
    person_no: str,
    period: tuple[date, date],
    cares: Sequence[Care],
    visit: str | None = None,
) -> tuple[Person, list[PastVisit]] | Refusal:
    """The visits of a person at this institution in a period."""
    async with platform.pool.connection() as conn:
        people = await people_by_number(conn, [person_no])
        if person_no not in people:
            return refuse(Code.PERSON_UNKNOWN, field="psn_no")
        cursor = await store.run(
            conn,
            "visits_of_person",
            institution=institution,
            person_no=person_no,
            first=period[0],
            last=period[1],
            cares=[care.value for care in cares],
            visit=visit,
            limit=MOST,
        )
        found = [_visit(row) for row in await cursor.fetchall()]
    return people[person_no], found


async def visit_details(
    platform: Platform, institution: str, person_no: str, visit: str
) -> tuple[dict[str, Any], datetime] | Refusal:
    """What the institution told about an open visit of its own, and when the visit was registered."""
    async with platform.pool.connection() as conn:
        own = await own_visit(conn, institution, person_no, visit)
        if isinstance(own, Refusal):
            return own
        cursor = await store.run(conn, "visit_details", visit=visit)
        details, at = await cursor.fetchone() or ({}, platform.clock())
    return details, at


async def told_at_registration(platform: Platform, visit: str) -> dict[str, Any]:
    """What the institution told about a visit, in its own words; nothing for a visit that is not known."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "visit_details", visit=visit)
        row = await cursor.fetchone()
    told: dict[str, Any] = (row[0].get("mdtrtinfo") or {}) if row else {}
    return told


class Inpatient(msgspec.Struct, frozen=True, kw_only=True):
    """A patient in hospital, with the visit."""

    patient: Person
    visit: PastVisit


async def in_hospital(
    platform: Platform, institution: str, period: tuple[date, date], person_no: str | None
) -> list[Inpatient]:
    """Who was admitted to this institution in a period and is still there."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "patients_in_hospital",
            institution=institution,
            first=period[0],
            last=period[1],
            person_no=person_no,
            limit=MOST,
        )
        found = [(row[8], _visit(row)) for row in await cursor.fetchall()]
        people = await people_by_number(conn, list({number for number, _ in found}))
    return [Inpatient(patient=people[number], visit=visit) for number, visit in found]


def _visit(row: tuple[Any, ...]) -> PastVisit:
    return PastVisit(
        id=row[0],
        number=row[1],
        care=Care(row[2]),
        began_on=row[3],
        state=row[4],
        details=row[5],
        created_at=row[6],
        ended_on=row[7],
    )


async def lines_of_batch(platform: Platform, visit: str, batch: str) -> list[PastLine]:
    """The lines of a batch; the caller decides who may see them."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "fee_lines_of_batch", visit=visit, batch=batch)
        return [_line(row) for row in await cursor.fetchall()]


async def items_of(
    platform: Platform, person_no: str, institution: str, lines: Sequence[PastLine], day: date
) -> dict[str, CatalogueItem]:
    """The items of lines by code, as the catalogue that split them had them on a day, without those it lacks."""
    async with platform.pool.connection() as conn:
        shelf = await shelf_for(conn, platform.book, person_no, institution, [line.item for line in lines])
    found = {line.item: shelf.find(line.item, day) for line in lines}
    return {code: item for code, item in found.items() if not isinstance(item, Refusal)}


async def special_disease_lines(
    platform: Platform, institution: str, person_no: str, period: tuple[date, date]
) -> list[PastLine] | Refusal:
    """What a person was given for special diseases anywhere, for an institution that treats or treated him."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "knows_person", person_no=person_no, institution=institution)
        if await cursor.fetchone() != (True,):
            return refuse(Code.RECORD_UNKNOWN, field="psn_no", what="该参保人在本机构的就诊记录")
        cursor = await store.run(
            conn, "fee_lines_of_person", person_no=person_no, first=period[0], last=period[1], limit=MOST
        )
        return [
            msgspec.structs.replace(_line(row), institution=row[7], institution_name=row[8])
            for row in await cursor.fetchall()
        ]


async def year_figures(platform: Platform, person_no: str) -> tuple[Person, list[YearFigures]] | Refusal:
    """The yearly figures of a person in the region he is insured in."""
    async with platform.pool.connection() as conn:
        people = await people_by_number(conn, [person_no])
        if person_no not in people:
            return refuse(Code.PERSON_UNKNOWN, field="psn_no")
        person = people[person_no]
        cursor = await store.run(conn, "year_totals", person_nos=[person_no])
        found = [
            YearFigures(
                year=row[1],
                benefit=row[2],
                figures=YearToDate(deductible=row[3], eligible=row[4], pool=row[5], events=row[6]),
            )
            for row in await cursor.fetchall()
            if row[7] == person.region
        ]
    return person, sorted(found, key=lambda one: (one.year, one.benefit))


async def institutions_named(platform: Platform, name: str) -> list[Institution]:
    """Institutions of exactly this name: at most two, which is enough to know that a name is not one of a kind."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "institutions_named", name=name)
        return [rows.institution(row) for row in await cursor.fetchall()]


def _line(row: tuple[Any, ...]) -> PastLine:
    split = LineSplit(amount=row[2], full_self_pay=row[3], over_limit=row[4], first_self_pay=row[5])
    return PastLine(line_no=row[0], item=row[1], split=split, details=row[6])
