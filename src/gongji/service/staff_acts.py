"""What staff did, for whom, where and why: an audit line for each act, and who may do what (经办留痕)."""

from datetime import datetime
from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff

LONGEST_REASON: Final = 500
READERS: Final = (Role.AUDITOR, Role.REVIEWER)
"""Who may look at what staff did."""


class Desk(msgspec.Struct, frozen=True, kw_only=True):
    """Where a member of staff does something for somebody who stands before him (窗口代办): who, and which hall."""

    staff: Staff
    place: str


class Act(msgspec.Struct, frozen=True, kw_only=True):
    """An act of staff as it is kept."""

    id: int
    at: datetime
    staff: str
    what: str
    region: str
    person_no: str | None
    about: str
    place: str
    reason: str


def may(staff: Staff, roles: tuple[Role, ...], region: str) -> Refusal | None:
    """Whether a member of staff may do something that needs one of the roles, for a region."""
    if staff.role not in roles:
        return refuse(Code.ROLE_MISSING, roles="、".join(role.label for role in roles))
    return None if staff.covers(region) else refuse(Code.ELSEWHERE)


def reason_fault(reason: str) -> Refusal | None:
    """Acts that take something away name their reason."""
    if not reason.strip():
        return refuse(Code.REASON_MISSING, field="reason")
    if len(reason) > LONGEST_REASON:
        return refuse(Code.INPUT_INVALID, field="reason", what=f"原因最多 {LONGEST_REASON} 个字")
    return None


async def note_act(
    conn: AsyncConnection,
    staff: Staff,
    what: str,
    at: datetime,
    *,
    region: str,
    person_no: str | None = None,
    about: str = "",
    place: str = "",
    reason: str = "",
) -> None:
    """Write an audit line as part of the caller's transaction."""
    await store.run(
        conn,
        "add_staff_act",
        at=at,
        staff=staff.login,
        what=what,
        region=region,
        person_no=person_no,
        about=about,
        place=place,
        reason=reason.strip(),
    )


async def acts(
    platform: Platform, staff: Staff, *, person_no: str | None = None, before: int | None = None, limit: int = 50
) -> list[Act]:
    """Acts in the regions of a member of staff, newest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "staff_acts", region=staff.regions_like, person_no=person_no, before=before, limit=limit
        )
        return [
            Act(
                id=row[0],
                at=row[1],
                staff=row[2],
                what=row[3],
                region=row[4],
                person_no=row[5],
                about=row[6],
                place=row[7],
                reason=row[8],
            )
            for row in await cursor.fetchall()
        ]
