"""The city as outside programs see it: read from the books, in the published keys (演示城市的公开描述)."""

from collections import Counter
from datetime import date
from typing import Any, Final

from psycopg import AsyncConnection

from gongji.core.catalogue import CatalogueItem
from gongji.core.family import BindingState
from gongji.core.money import Fen, format_percent, format_yuan
from gongji.core.person import Institution, Person
from gongji.demo import offices
from gongji.demo.people import PASSWORD, roles
from gongji.ledger import rows, store
from gongji.service.catalogue import priced_on
from gongji.service.platform import china_now
from gongji.service.staff import all_staff

PORTAL: Final = "http://127.0.0.1:8000"
GATEWAY: Final = "http://127.0.0.1:8001"
"""Addresses until a server has noted its own."""


class NotBuiltError(LookupError):
    """There is no demo city in this database."""


async def describe(conn: AsyncConnection) -> dict[str, Any]:
    """Everybody with his balance, who may draw on whom, institutions, catalogue and addresses, as they are now."""
    people = await _people(conn)
    return {
        "portal": await _setting(conn, "portal", PORTAL),
        "gateway": await _setting(conn, "gateway", GATEWAY),
        "people": people,
        "bindings": await _bindings(conn, {person["psn_no"] for person in people}),
        "institutions": await _institutions(conn),
        "catalogue": await _catalogue(conn, china_now().date()),
        "staff": await _staff(conn),
    }


async def _setting(conn: AsyncConnection, key: str, otherwise: str) -> str:
    cursor = await store.run(conn, "setting", key=key)
    row = await cursor.fetchone()
    return row[0] if row else otherwise


async def _people(conn: AsyncConnection) -> list[dict[str, Any]]:
    cursor = await store.run(conn, "demo_people")
    people = [rows.person(row) for row in await cursor.fetchall()]
    cursor = await store.run(conn, "read_accounts", owners=[person.person_no for person in people])
    balances: Counter[str] = Counter()
    for row in await cursor.fetchall():
        account = rows.account(row)
        balances[account.owner] += account.balance
    place = {number: place for place, number in enumerate(roles())}
    people.sort(key=lambda person: place.get(person.person_no, len(place)))
    return [_person(person, balances[person.person_no]) for person in people]


def _person(person: Person, balance: Fen) -> dict[str, Any]:
    return {
        "name": person.name,
        "psn_no": person.person_no,
        "certno": person.certificate_no,
        "card_no": person.card_no,
        "region": person.region,
        "scheme": person.scheme.value,
        "status": person.status.value,
        "balance": format_yuan(balance),
        "phone": person.phone,
        "login": {"certno": person.certificate_no, "password": PASSWORD},
        "role": roles().get(person.person_no, ""),
    }


async def _bindings(conn: AsyncConnection, numbers: set[str]) -> list[dict[str, str]]:
    cursor = await store.run(conn, "live_bindings")
    bindings = [rows.binding(row) for row in await cursor.fetchall()]
    return [
        {
            "id": binding.id,
            "authoriser": binding.authoriser,
            "user": binding.user,
            "relation": binding.relation.value,
            "mode": binding.mode.value,
        }
        for binding in sorted(bindings, key=lambda b: (b.created_at, b.authoriser, b.position, b.user))
        if binding.state is BindingState.ACTIVE and {binding.authoriser, binding.user} <= numbers
    ]


async def _institutions(conn: AsyncConnection) -> list[dict[str, Any]]:
    cursor = await store.run(conn, "all_institutions")
    institutions = [rows.institution(row) for row in await cursor.fetchall()]
    return [_institution(each, await _credentials(conn, each.code)) for each in institutions]


async def _credentials(conn: AsyncConnection, code: str) -> dict[str, Any]:
    cursor = await store.run(conn, "institution_credentials", code=code)
    row = await cursor.fetchone()
    return row[0] if row else {}


def _institution(institution: Institution, credentials: dict[str, Any]) -> dict[str, Any]:
    return {
        "fixmedins_code": institution.code,
        "name": institution.name,
        "region": institution.region,
        "level": institution.level.value if institution.level else None,
        "type": institution.kind,
        # A sandbox takes unsigned calls as well.
        "auth": {"none": True} | credentials,
    }


async def _staff(conn: AsyncConnection) -> list[dict[str, str]]:
    ours = {one.login for one in offices.staff()}
    return [
        {
            "user": one.login,
            "password": offices.password(),
            "totp_secret": offices.totp_secret(one.login),
            "role": one.role.value,
        }
        for one in await all_staff(conn)
        if one.login in ours and not one.disabled
    ]


async def _catalogue(conn: AsyncConnection, today: date) -> list[dict[str, str]]:
    return [_item(item) for item in sorted(await priced_on(conn, today), key=lambda item: item.code)]


def _item(item: CatalogueItem) -> dict[str, str]:
    return {
        "med_list_codg": item.code,
        "name": item.name,
        "level": item.level,
        "first_self_pay": format_percent(item.first_self_pay),
        "price": format_yuan(item.price),
        "kind": item.kind.value,
    }
