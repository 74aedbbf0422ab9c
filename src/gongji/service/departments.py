"""Departments and staff of institutions (科室、医务人员)."""

from collections.abc import Sequence
from datetime import date
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform


class Department(msgspec.Struct, frozen=True, kw_only=True):
    """A department (科室) as the institution tells it; ``details`` are all its fields in the channel's words."""

    code: str
    name: str
    begins_on: date
    details: dict[str, Any]


class Practitioner(msgspec.Struct, frozen=True, kw_only=True):
    """A doctor, nurse, pharmacist or technician (医执人员); ``kind`` is 1 to 4 in that order."""

    code: str
    kind: str
    name: str
    certificate_type: str
    certificate_no: str
    insurance_doctor: bool
    begins_on: date
    ends_on: date | None = None


async def add_departments(platform: Platform, sender: Sender, departments: Sequence[Department]) -> Answer | Refusal:
    """Add departments, all of them or none; one that was revoked may come again."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        for department in departments:
            cursor = await store.run(conn, "add_department", **_columns(platform, sender, department))
            if await cursor.fetchone() is None:
                what = f"科室 {department.code} "
                remedy = "信息有变请用 3402 科室信息变更"
                return refuse(Code.RECORD_EXISTS, field="hosp_dept_codg", what=what, remedy=remedy)
        return {}

    return await once(platform, sender, None, work)


async def change_department(platform: Platform, sender: Sender, department: Department) -> Answer | Refusal:
    """Replace what is known of a department."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(conn, "change_department", **_columns(platform, sender, department))
        return {} if cursor.rowcount else _unknown(department.code)

    return await once(platform, sender, None, work)


async def revoke_department(platform: Platform, sender: Sender, code: str) -> Answer | Refusal:
    """Take a department back; it is kept, and told no more."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(
            conn, "revoke_department", institution=sender.institution, code=code, now=platform.clock()
        )
        return {} if cursor.rowcount else _unknown(code)

    return await once(platform, sender, None, work)


async def departments_of(platform: Platform, institution: str) -> list[dict[str, Any]]:
    """The departments of an institution, in the words they were told in."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "departments", institution=institution)
        return [row[0] for row in await cursor.fetchall()]


async def add_practitioners(conn: AsyncConnection, institution: str, staff: Sequence[Practitioner]) -> None:
    """Register the staff of an institution; who is registered stays as he is."""
    for one in staff:
        await store.run(conn, "add_practitioner", **msgspec.structs.asdict(one), institution=institution)


async def practitioners_of(
    platform: Platform,
    institution: str,
    kind: str,
    *,
    code: str | None = None,
    name: str | None = None,
    certificate_no: str | None = None,
) -> list[Practitioner]:
    """The staff of one kind of an institution; what is given besides must agree."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "practitioners",
            institution=institution,
            kind=kind,
            code=code,
            name=name,
            certificate_no=certificate_no,
        )
        return [
            Practitioner(
                code=row[0],
                kind=row[1],
                name=row[2],
                certificate_type=row[3],
                certificate_no=row[4],
                insurance_doctor=row[5],
                begins_on=row[6],
                ends_on=row[7],
            )
            for row in await cursor.fetchall()
        ]


def _columns(platform: Platform, sender: Sender, department: Department) -> dict[str, Any]:
    return {
        "institution": sender.institution,
        "code": department.code,
        "name": department.name,
        "begins_on": department.begins_on,
        "details": Jsonb(department.details),
        "now": platform.clock(),
    }


def _unknown(code: str) -> Refusal:
    return refuse(Code.RECORD_UNKNOWN, field="hosp_dept_codg", what=f"科室 {code}")
