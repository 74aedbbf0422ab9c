"""File, take back and look up: care away from home, special diseases, accidents, chosen institutions (备案)."""

import re
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.codes import Filing, Insurance, Place
from gongji.core.filing import Filed, Subject
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.commands import Claimed, Sender
from gongji.service.messages import Answer, once
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.settle import check_identity

TEMPORARY_MONTHS: Final = 6
"""How long a filing for a time holds where no end was told (不少于 6 个月，医保发〔2022〕22号)."""

_MONTHS: Final = 12
_DIVISION: Final = re.compile(r"[0-9]{6}")


class FilingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What to file; ``ends_on`` None is open for the long term, and half a year for a time."""

    person_no: str
    subject: Subject
    kind: Filing = Filing.NONE
    place: str = ""
    begins_on: date
    ends_on: date | None = None
    claimed: Claimed = Claimed()
    details: dict[str, Any] = {}


class FilingView(msgspec.Struct, frozen=True, kw_only=True):
    """A filing with what was told about it."""

    filed: Filed
    reviewed: bool
    filed_by: str
    details: dict[str, Any]
    created_at: datetime


async def file(platform: Platform, sender: Sender, request: FilingRequest) -> Answer | Refusal:
    """File for a person; the answer holds ``filing``."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        found = await people_by_number(conn, [request.person_no])
        person = found.get(request.person_no)
        if person is None:
            return refuse(Code.PERSON_UNKNOWN, field="psn_no")
        refusal = check_identity(person, request.claimed) or _check(person, request)
        if refusal:
            return refusal
        new = await _add(conn, platform, sender, person, request)
        return new if isinstance(new, Refusal) else {"filing": new}

    return await once(platform, sender, request.person_no, work)


async def _add(
    conn: AsyncConnection, platform: Platform, sender: Sender, person: Person, request: FilingRequest
) -> str | Refusal:
    ends = request.ends_on or _end_of(request)
    for view in await views_in(conn, [person.person_no]):
        same = (view.filed.subject, view.filed.kind, view.filed.place) == (request.subject, request.kind, request.place)
        other = view.details.get("about") != request.details.get("about")
        apart = view.filed.ends_on is not None and view.filed.ends_on < request.begins_on
        if same and not other and not apart and (ends is None or view.filed.begins_on <= ends):
            what = f"{request.subject.label}[{view.filed.id}]"
            return refuse(Code.RECORD_EXISTS, field="begndate", what=what, remedy="需要更改时请先撤销")
    cursor = await store.run(conn, "next_filing_no")
    (number,) = await cursor.fetchone() or (0,)
    now = platform.clock()
    filing = f"{person.region}{now:%Y%m%d}{number:016d}"
    await store.run(
        conn,
        "add_filing",
        id=filing,
        region=person.region,
        person_no=person.person_no,
        subject=request.subject.value,
        kind=request.kind.value,
        place=request.place,
        begins_on=request.begins_on,
        ends_on=ends,
        filed_by=sender.institution,
        details=Jsonb(request.details),
        at=now,
    )
    return filing


def _check(person: Person, request: FilingRequest) -> Refusal | None:
    if person.insurance is not Insurance.INSURED:
        return refuse(Code.NOT_INSURED, state=person.insurance.label)
    if request.ends_on is not None and request.ends_on < request.begins_on:
        return refuse(Code.FILING_INVALID, field="enddate", what="结束日期早于开始日期")
    if request.place and not _DIVISION.fullmatch(request.place):
        what = f"就医地区划 {request.place[:20]} 不是六位数字"
        return refuse(Code.FILING_INVALID, field="mdtrtarea_admdvs", what=what)
    return None


def _end_of(request: FilingRequest) -> date | None:
    """The last day where none was told."""
    if request.subject is not Subject.AWAY or request.kind is Filing.LONG_TERM:
        return None
    start = request.begins_on
    month = start.month - 1 + TEMPORARY_MONTHS
    # The last day of a short month, where the month has no such day.
    for day in range(start.day, 0, -1):
        try:
            return date(start.year + month // _MONTHS, month % _MONTHS + 1, day)
        except ValueError:
            continue
    raise AssertionError(f"no day six months after {start}")


async def file_away(
    platform: Platform, sender: Sender, request: FilingRequest, *, notice_accepted: bool
) -> Answer | Refusal:
    """A person files for himself: by whichever channel, it is the same record.

    Refused when the notice was not read, when care there is care at home, and for the past but in an emergency.
    """
    if not notice_accepted:
        return refuse(Code.NOTICE_NOT_ACCEPTED, field="notice_accepted")
    async with platform.pool.connection() as conn:
        person = (await people_by_number(conn, [request.person_no])).get(request.person_no)
    if person and platform.book.place_of(person.region, request.place) is Place.HOME:
        what = f"{platform.book.name(request.place)}在参保统筹区内，就医不需要备案"
        return refuse(Code.FILING_INVALID, field="place", what=what)
    if request.begins_on < platform.clock().date() and request.kind is not Filing.EMERGENCY:
        return refuse(Code.FILING_INVALID, field="begins_on", what="备案从今天或以后的日期开始")
    return await file(platform, sender, request)


async def revoke(
    platform: Platform, sender: Sender, person_no: str, filing: str, subject: Subject, memo: str
) -> Answer | Refusal:
    """Take a filing back: whoever filed it, until the agency has reviewed it."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        cursor = await store.run(conn, "filing", id=filing)
        row = await cursor.fetchone()
        if row is None or (row[0], row[1]) != (person_no, subject.value) or row[4] != sender.institution:
            return refuse(Code.RECORD_UNKNOWN, field="trt_dcla_detl_sn", what=f"本处办理的{subject.label}[{filing}]")
        if row[2] != "open" or row[3] is not None:
            state = "已撤销" if row[2] != "open" else "已由经办机构审核"
            return refuse(
                Code.RECORD_CLOSED, field="trt_dcla_detl_sn", what=f"{subject.label}[{filing}]", state=state, act="撤销"
            )
        details = Jsonb({"revoked": memo})
        await store.run(conn, "revoke_filing", id=filing, at=platform.clock(), details=details)
        return {}

    return await once(platform, sender, person_no, work)


async def review(platform: Platform, filing: str) -> Refusal | None:
    """The agency has looked at a filing: from now on the institution cannot take it back."""
    async with platform.pool.connection() as conn, conn.transaction():
        cursor = await store.run(conn, "review_filing", id=filing, at=platform.clock())
        if await cursor.fetchone() is None:
            return refuse(Code.RECORD_UNKNOWN, what=f"待审核的备案[{filing}]")
    return None


async def views_of(platform: Platform, person_no: str) -> tuple[Person, list[FilingView]] | Refusal:
    """Everything that was filed for a person and not taken back."""
    async with platform.pool.connection() as conn:
        person = (await people_by_number(conn, [person_no])).get(person_no)
        if person is None:
            return refuse(Code.PERSON_UNKNOWN, field="psn_no")
        return person, await views_in(conn, [person_no])


async def views_in(conn: AsyncConnection, person_nos: Sequence[str]) -> list[FilingView]:
    """The same for several people in the caller's transaction."""
    cursor = await store.run(conn, "filings_of", person_nos=list(person_nos))
    return [
        FilingView(
            filed=rows.filed(row),
            reviewed=row[7] is not None,
            filed_by=row[8],
            details=row[9],
            created_at=row[10],
        )
        for row in await cursor.fetchall()
    ]
