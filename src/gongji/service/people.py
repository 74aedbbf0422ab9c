"""Find people and read what they have (参保人与个人账户查询)."""

from collections.abc import Iterable, Sequence
from typing import Any

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import SEGMENT_ORDER, AccountKind, PersonalAccount
from gongji.core.codes import AccountState, Segment
from gongji.core.money import Fen
from gongji.core.person import Institution, Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.commands import Claimed, Credential, Sender
from gongji.service.impersonation import BY_CREDENTIAL
from gongji.service.messages import note_refusal
from gongji.service.platform import Platform
from gongji.service.settle import check_identity


class Holding(msgspec.Struct, frozen=True, kw_only=True):
    """A person with his accounts, current-year money first."""

    person: Person
    accounts: tuple[PersonalAccount, ...]

    @property
    def personal(self) -> tuple[PersonalAccount, ...]:
        """The personal account, without what was set aside."""
        return tuple(account for account in self.accounts if account.kind is AccountKind.PERSONAL)

    @property
    def balance(self) -> Fen:
        """Balance of all segments of the personal account, without what is frozen as quotas."""
        return sum(account.balance for account in self.personal)

    @property
    def available(self) -> Fen:
        """What may be spent now."""
        return sum(account.available for account in self.personal)

    @property
    def state(self) -> AccountState:
        """State of the account; a person without one has none."""
        return self.personal[0].state if self.personal else AccountState.NONE

    def of(self, segment: Segment) -> Fen:
        """Balance of one segment."""
        return sum(account.balance for account in self.personal if account.segment is segment)

    def set_aside(self, kind: AccountKind) -> Fen:
        """Balance of what was set aside: quotas, the family account, the wallet."""
        return sum(account.balance for account in self.accounts if account.kind is kind)


async def person_shown(platform: Platform, credential: Credential) -> Holding | Refusal:
    """The person a credential belongs to, with his accounts."""
    async with platform.pool.connection() as conn:
        if credential.kind not in BY_CREDENTIAL:
            found = await people_by_number(conn, [credential.owner])
            person = found.get(credential.owner)
        else:
            cursor = await store.run(conn, BY_CREDENTIAL[credential.kind], number=credential.number.upper())
            row = await cursor.fetchone()
            person = rows.person(row) if row else None
        if person is None:
            return refuse(Code.PERSON_UNKNOWN, field="mdtrt_cert_no")
        return await _with_accounts(conn, person)


async def person_claimed(platform: Platform, sender: Sender, claimed: Claimed) -> Holding | Refusal:
    """The person whose credential was shown, if what else is stated about him agrees with his record.

    Whether he is insured is not asked: the answer tells it.
    """
    if claimed.credential is None:
        return refuse(Code.CREDENTIAL_UNKNOWN, field="mdtrt_cert_no")
    holding = await person_shown(platform, claimed.credential)
    if isinstance(holding, Refusal):
        return holding
    refusal = check_identity(holding.person, claimed)
    if refusal:
        await note_refusal(platform, sender, holding.person.person_no, refusal, claimed)
        return refusal
    return holding


async def holding_of(platform: Platform, person_no: str) -> Holding | Refusal:
    """A person by number, with his accounts."""
    async with platform.pool.connection() as conn:
        found = await people_by_number(conn, [person_no])
        if person_no not in found:
            return refuse(Code.PERSON_UNKNOWN, field="psn_no")
        return await _with_accounts(conn, found[person_no])


async def persons(platform: Platform, person_nos: Sequence[str]) -> dict[str, Person]:
    """People by their numbers, for a caller without a connection."""
    async with platform.pool.connection() as conn:
        return await people_by_number(conn, person_nos)


async def people_by_number(conn: AsyncConnection, person_nos: Sequence[str]) -> dict[str, Person]:
    """People by their numbers."""
    cursor = await store.run(conn, "people", person_nos=list(person_nos))
    return {row[0]: rows.person(row) for row in await cursor.fetchall()}


async def person_named(conn: AsyncConnection, certificate_no: str, name: str) -> Person | None:
    """The person whose certificate and name both agree with the record."""
    cursor = await store.run(conn, "person_by_certificate", number=certificate_no.strip().upper())
    row = await cursor.fetchone()
    person = rows.person(row) if row else None
    return person if person and person.name == name.strip() else None


async def read_accounts(conn: AsyncConnection, person_no: str) -> tuple[PersonalAccount, ...]:
    """A person's accounts, current-year money first."""
    return _in_order(await store.read_accounts(conn, [person_no]))


async def account_history(conn: AsyncConnection, person_no: str) -> list[PersonalAccount]:
    """The same with the accounts that he left behind in moves, whose postings are his too."""
    return await store.read_all_accounts(conn, [person_no])


def holding_from(person: Sequence[Any], accounts: Sequence[Sequence[Any]]) -> Holding:
    """A person with his accounts, of the rows that ``people`` and ``read_accounts`` answer."""
    found = [rows.account(row) for row in accounts]
    return Holding(person=rows.person(person), accounts=_in_order(a for a in found if not a.left_behind))


def _in_order(accounts: Iterable[PersonalAccount]) -> tuple[PersonalAccount, ...]:
    return tuple(sorted(accounts, key=lambda a: SEGMENT_ORDER[a.segment]))


async def _with_accounts(conn: AsyncConnection, person: Person) -> Holding:
    return Holding(person=person, accounts=await read_accounts(conn, person.person_no))


async def institution_of(platform: Platform, code: str) -> Institution | None:
    """An institution by its code."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "institutions", codes=[code])
        row = await cursor.fetchone()
        return rows.institution(row) if row else None


async def registered_institution(platform: Platform, code: str) -> tuple[Institution, dict[str, Any]] | None:
    """An institution by its code, with the keys it may sign with."""
    return (await registered_institutions(platform, [code])).get(code)


async def registered_institutions(
    platform: Platform, codes: Sequence[str]
) -> dict[str, tuple[Institution, dict[str, Any]]]:
    """Institutions by code, each with the keys it may sign with; codes that are not known are left out."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "registered_institutions", codes=list(codes))
        return {row[0]: (rows.institution(row), row[11]) for row in await cursor.fetchall()}


async def all_institutions(platform: Platform) -> list[Institution]:
    """Every institution, by region."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "all_institutions")
        return [rows.institution(row) for row in await cursor.fetchall()]


async def institution_names(platform: Platform, codes: Sequence[str]) -> dict[str, str]:
    """Names of institutions by code; codes that are not known are left out."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "institutions", codes=list(codes))
        return {row[0]: row[2] for row in await cursor.fetchall()}
