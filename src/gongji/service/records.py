"""What a person sees of his money: balances, movements, settlements with their reasons (账户与结算记录)."""

from collections.abc import Sequence
from datetime import date, datetime
from typing import Annotated

import msgspec
from psycopg import AsyncConnection

from gongji.core.case import YearToDate
from gongji.core.codes import Business, Care, PremiumKind
from gongji.core.money import Fen
from gongji.core.person import Institution, Person
from gongji.core.policy import MedicalYear
from gongji.core.record import Settlement, parse_settlement_id, settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.ledger.documents import restore
from gongji.ledger.rows import Row
from gongji.ledger.store import Question
from gongji.service.people import Holding, holding_from, people_by_number
from gongji.service.platform import Platform

PAGE = 50

Serial = Annotated[int, msgspec.Meta(ge=0, le=2**62)]
MovementKey = tuple[datetime, Serial, Serial]
"""By which movements are sorted, newest first: time, journal, line."""
SettlementKey = tuple[datetime, Serial]
"""By which settlements are sorted, newest first: time, journal."""


class Movement(msgspec.Struct, frozen=True, kw_only=True):
    """Money that went into (positive) or out of (negative) a person's personal account, in fen.

    What is set aside for the family leaves it once; what the family draws of it is no movement of this account.

    Attributes:
        purpose: what it was for, such as ``own``, ``shared``, ``credit`` or ``set_aside``.
        after: the balance after it.
        person_no: whose bill or premium it paid.
        premium: id of the premium, with its kind and year.
    """

    key: MovementKey
    at: datetime
    amount: Fen
    after: Fen
    purpose: str
    kind: str
    settlement: str | None
    person_no: str | None
    person_name: str
    institution: str
    care: Care | None
    premium: str | None = None
    premium_kind: PremiumKind | None = None
    premium_year: int | None = None

    @property
    def business(self) -> Business:
        """Which business it was (业务类型)."""
        return Business.of(self.kind)


class AccountPage(msgspec.Struct, frozen=True, kw_only=True):
    """A person's account as he sees it."""

    holding: Holding
    year: int
    year_to_date: YearToDate
    movements: list[Movement]


class SettlementView(msgspec.Struct, frozen=True, kw_only=True):
    """A settlement with the people it concerns.

    ``reversed_by`` names what took it back; ``returned`` says that this was a return, after which the rest stands.
    """

    settlement: Settlement
    patient: Person
    institution: Institution
    authorisers: dict[str, Person]
    """By binding id."""
    reversed_by: str | None
    returned: bool = False


async def account_page(platform: Platform, person_no: str) -> AccountPage | Refusal:
    """Balance, yearly figures and latest movements of a person."""
    async with platform.pool.connection() as conn:
        found = await store.together(conn, *ask_account_page(person_no, PAGE))
    return account_page_from(platform, found)


def ask_account_page(person_no: str, most: int) -> list[Question]:
    """What to ask for :func:`account_page_from`, with the ``most`` latest movements."""
    return [
        ("people", {"person_nos": [person_no]}),
        ("read_accounts", {"owners": [person_no]}),
        ("year_totals", {"person_nos": [person_no]}),
        ask_movements(person_no, most),
    ]


def account_page_from(platform: Platform, answers: Sequence[Sequence[Row]]) -> AccountPage | Refusal:
    """What the answers say, in the order in which they were asked for."""
    people, accounts, totals, movements = answers
    if not people:
        return refuse(Code.PERSON_UNKNOWN, field="psn_no")
    holding = holding_from(people[0], accounts)
    today = platform.clock().date()
    rule = platform.book.rule(MedicalYear, holding.person.region, "account.medical_year", today)
    year = rule.year_of(today) if rule else today.year
    this = (year, Care.OUTPATIENT.value, holding.person.region)
    to_date = (
        YearToDate(deductible=row[3], eligible=row[4], pool=row[5], events=row[6])
        for row in totals
        if (row[1], row[2], row[7]) == this
    )
    return AccountPage(
        holding=holding,
        year=year,
        year_to_date=next(to_date, YearToDate()),
        movements=[movement_from(row) for row in movements],
    )


async def movements_of(
    platform: Platform,
    person_no: str,
    limit: int,
    before: MovementKey | None = None,
    business: Business | None = None,
) -> list[Movement]:
    """Movements of a person's account, newest first, from after ``before`` on; of one kind of business, or of all."""
    async with platform.pool.connection() as conn:
        (found,) = await store.together(conn, ask_movements(person_no, limit, before, business))
    return [movement_from(row) for row in found]


def ask_movements(
    person_no: str,
    limit: int,
    before: MovementKey | None = None,
    business: Business | None = None,
    since: date = date.min,
) -> Question:
    """What to ask for movements of a person's account, as in :func:`movements_of`, not older than a day."""
    at, journal, line = before or (None, 0, 0)
    kinds = list(business.kinds) if business else None
    place = {"before": at, "before_journal": journal, "before_line": line}
    return "movements", {"owner": person_no, "limit": limit, "kinds": kinds, "since": since, **place}


def movement_from(row: Row) -> Movement:
    """A movement as the books have it."""
    return Movement(
        key=(row[5], row[2], row[10]),
        at=row[5],
        amount=row[6],
        after=row[14],
        purpose=row[3],
        kind=row[4],
        settlement=settlement_id(row[1], row[0], row[2]) if row[11] else None,
        person_no=row[7],
        person_name=row[15] or "",
        institution=row[8] or "",
        care=Care(row[9]) if row[9] else None,
        premium=settlement_id(row[1], row[0], row[2]) if row[12] else None,
        premium_kind=PremiumKind(row[12]) if row[12] else None,
        premium_year=row[13],
    )


async def settlements_of(
    platform: Platform, person_no: str, limit: int = PAGE, before: SettlementKey | None = None
) -> list[Settlement]:
    """A patient's settlements and reversals, newest first, from after ``before`` on."""
    async with platform.pool.connection() as conn:
        (found,) = await store.together(conn, _ask_settlements(person_no, limit, before))
    return [rows.settlement_decoder.decode(row[0]) for row in found]


def _ask_settlements(person_no: str, limit: int, before: SettlementKey | None = None) -> Question:
    at, journal = before or (None, 0)
    return "settlements_of_person", {
        "person_no": person_no,
        "limit": limit,
        "before": at,
        "before_journal": journal,
    }


async def whole_account(
    platform: Platform, person_no: str
) -> tuple[AccountPage, list[tuple[Settlement, str]]] | Refusal:
    """A person's account and his latest bills, newest first, each with the name of its institution."""
    async with platform.pool.connection() as conn:
        *about, bills = await store.together(
            conn, *ask_account_page(person_no, PAGE), _ask_settlements(person_no, PAGE)
        )
    found = account_page_from(platform, about)
    if isinstance(found, Refusal):
        return found
    return found, [(rows.settlement_decoder.decode(document), name) for document, name in bills]


def settlement_key(settlement: Settlement) -> SettlementKey:
    """By which it is sorted."""
    key = parse_settlement_id(settlement.id)
    return settlement.settled_at, key[2] if key else 0


def paid_by(view: SettlementView, person_no: str) -> Fen:
    """What a relative's account paid of a settlement: all that he may know of its money."""
    bindings = {payer.binding for payer in view.settlement.payers if payer.authoriser == person_no}
    return sum(drawn.amount for drawn in view.settlement.split.shared if drawn.id in bindings)


async def settlement_of_message(platform: Platform, sender: str, message_id: str) -> str | None:
    """Public id of the settlement that a message made, for a sender who lost the answer; None when it made none."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "messages", senders=[sender], message_ids=[message_id])
        row = await cursor.fetchone()
        return row[5] if row and row[4] == "done" else None


async def settlement_view(platform: Platform, public_id: str) -> SettlementView | Refusal:
    """A settlement by its public id. The caller decides who may see it."""
    key = parse_settlement_id(public_id)
    if key is None:
        return refuse(Code.SETTLEMENT_UNKNOWN, field="setl_id", settlement=public_id[:40])
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "settlements", regions=[key[0]], days=[key[1]], journals=[key[2]])
        row = await cursor.fetchone()
        if row is None:
            return refuse(Code.SETTLEMENT_UNKNOWN, field="setl_id", settlement=public_id)
        settlement = await restore(conn, rows.settlement_decoder.decode(row[0]))
        people = await people_by_number(
            conn, [settlement.person_no, *(payer.authoriser for payer in settlement.payers)]
        )
        cursor = await store.run(conn, "institutions", codes=[settlement.institution])
        place = await cursor.fetchone()
        cursor = await store.run(conn, "reversals", ids=[public_id])
        taken_back = await cursor.fetchone()
        returned = taken_back is not None and await _is_return(conn, taken_back[1])
    if place is None:
        return refuse(Code.INSTITUTION_UNKNOWN, institution=settlement.institution)
    return SettlementView(
        settlement=settlement,
        patient=people[settlement.person_no],
        institution=rows.institution(place),
        authorisers={payer.binding: people[payer.authoriser] for payer in settlement.payers},
        reversed_by=taken_back[1] if taken_back else None,
        returned=returned,
    )


async def _is_return(conn: AsyncConnection, settlement: str) -> bool:
    key = parse_settlement_id(settlement) or ("", date.min, 0)
    cursor = await store.run(conn, "is_return", region=key[0], day=key[1], journal=key[2])
    row = await cursor.fetchone()
    return bool(row and row[0])


async def standing_view(platform: Platform, public_id: str) -> SettlementView | Refusal:
    """A settlement, or what stands in its place after returns (部分退费)."""
    view = await settlement_view(platform, public_id)
    while isinstance(view, SettlementView) and view.returned and view.reversed_by:
        view = await settlement_view(platform, view.reversed_by)
    return view
