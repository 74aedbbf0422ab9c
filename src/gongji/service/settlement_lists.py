"""Settlement lists (医疗保障基金结算清单): upload, state, quality check, count."""

from collections.abc import Callable, Sequence
from datetime import date, datetime
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.codes import Care
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.records import SettlementView, settlement_view

DRAFT, SUBMITTED, PASSED, REJECTED = "0", "1", "2", "3"
"""States of a list (暂存、已提交、审核通过、审核不通过)."""

STATES: Final = {DRAFT: "暂存", SUBMITTED: "已提交", PASSED: "已审核通过", REJECTED: "审核不通过"}

_STEPS: Final = frozenset({(DRAFT, SUBMITTED), (REJECTED, DRAFT), (REJECTED, SUBMITTED)})
"""What the institution may do; passing and rejecting is the agency's affair."""


class QualityFinding(msgspec.Struct, frozen=True, kw_only=True):
    """What the quality check (质控) found in a list.

    ``level`` is 1 for an error, for which the list is returned, and 2 for a hint.
    """

    field: str
    problem: str
    level: str
    value: str


class ListView(msgspec.Struct, frozen=True, kw_only=True):
    """A list with its settlement."""

    serial: str
    state: str
    document: dict[str, Any]
    findings: list[QualityFinding]
    uploaded_at: datetime
    settlement: SettlementView


class Checked(msgspec.Struct, frozen=True, kw_only=True):
    """The quality check's result for one list."""

    settlement: str
    person_no: str
    findings: list[QualityFinding]
    at: datetime


Check = Callable[[SettlementView], Sequence[QualityFinding]]


async def upload(
    platform: Platform,
    sender: Sender,
    settlement: tuple[str, str, str],
    state: str,
    document: dict[str, Any],
    check: Check,
) -> Answer | Refusal:
    """Keep the list of a settlement; the answer holds its ``serial``.

    Args:
        platform: the open platform.
        sender: the institution that settled.
        settlement: ids of settlement, visit and person, which must belong together.
        state: draft or submitted; a list that was submitted can only be sent again when it was rejected.
        document: the list as it came.
        check: the quality check of the channel's words.
    """
    setl_id, visit, person_no = settlement
    view = await own_settlement(platform, sender.institution, setl_id, person_no, visit)
    if isinstance(view, Refusal):
        return view
    if view.reversed_by:
        return refuse(Code.ALREADY_REVERSED, field="setl_id", settlement=setl_id)
    findings = check(view)

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        known = await _row(conn, setl_id)
        if known and known[3] in (SUBMITTED, PASSED):
            return _closed(known[3], "重新上传")
        if known:
            serial = known[0]
        else:
            cursor = await store.run(conn, "next_settlement_list")
            (serial,) = await cursor.fetchone() or ("",)
        await store.run(
            conn,
            "put_settlement_list",
            settlement=setl_id,
            serial=serial,
            institution=sender.institution,
            person_no=person_no,
            state=state,
            settled_on=view.settlement.booked_on,
            document=Jsonb(document),
            findings=Jsonb(msgspec.to_builtins(findings)),
            now=platform.clock(),
        )
        return {"serial": serial}

    return await once(platform, sender, person_no, work)


async def set_state(platform: Platform, sender: Sender, setl_id: str, person_no: str, state: str) -> Answer | Refusal:
    """Submit a draft, or take a rejected list back to the draft."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        known = await _row(conn, setl_id)
        if known is None or (known[1], known[2]) != (sender.institution, person_no):
            return _unknown(setl_id)
        if (known[3], state) not in _STEPS:
            return _closed(known[3], f"改为{STATES.get(state, state)}")
        await store.run(conn, "set_settlement_list_state", settlement=setl_id, state=state)
        return {}

    return await once(platform, sender, person_no, work)


async def list_view(platform: Platform, institution: str, setl_id: str, person_no: str) -> ListView | Refusal:
    """A list of the institution, with its settlement."""
    async with platform.pool.connection() as conn:
        known = await _row(conn, setl_id)
    if known is None or (known[1], known[2]) != (institution, person_no):
        return _unknown(setl_id)
    view = await settlement_view(platform, setl_id)
    if isinstance(view, Refusal):
        return view
    return ListView(
        serial=known[0],
        state=known[3],
        document=known[4],
        findings=msgspec.convert(known[5], list[QualityFinding]),
        uploaded_at=known[6],
        settlement=view,
    )


async def checked_lists(
    platform: Platform,
    institution: str,
    months: tuple[date, date],
    *,
    settlement: str | None,
    person_no: str | None,
    level: str | None,
    page: tuple[int, int],
) -> tuple[list[Checked], int]:
    """Results of the quality check for lists settled from the first day to before the second, and how many there are.

    ``page`` is the number of the page, from 1, and its size.
    """
    number, size = page
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "checked_settlement_lists",
            institution=institution,
            first=months[0],
            after=months[1],
            settlement=settlement,
            person_no=person_no,
            level=level,
            limit=size,
            offset=(number - 1) * size,
        )
        found = await cursor.fetchall()
    lists = [
        Checked(settlement=row[0], person_no=row[1], findings=msgspec.convert(row[2], list[QualityFinding]), at=row[3])
        for row in found
    ]
    return lists, found[0][4] if found else 0


async def count_lists(
    platform: Platform, institution: str, begin: datetime, end: datetime, cares: Sequence[Care]
) -> tuple[int, int]:
    """Settlements of a period that still stand, and how many of them have their list."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn,
            "count_settlement_lists",
            institution=institution,
            first=begin.date(),
            last=end.date(),
            begin=begin,
            end=end,
            cares=[care.value for care in cares],
        )
        needed, uploaded = await cursor.fetchone() or (0, 0)
    return needed, uploaded


async def own_settlement(
    platform: Platform, institution: str, setl_id: str, person_no: str, visit: str | None = None
) -> SettlementView | Refusal:
    """A settlement of this institution and person, and of this visit if one is named."""
    view = await settlement_view(platform, setl_id)
    if isinstance(view, Refusal):
        return view
    settlement = view.settlement
    named = (institution, person_no, settlement.visit_id if visit is None else visit)
    if named != (settlement.institution, settlement.person_no, settlement.visit_id):
        return refuse(Code.SETTLEMENT_ELSEWHERE, field="setl_id", settlement=setl_id)
    return view


async def _row(conn: AsyncConnection, setl_id: str) -> tuple[Any, ...] | None:
    cursor = await store.run(conn, "settlement_list", settlement=setl_id)
    return await cursor.fetchone()


def _unknown(setl_id: str) -> Refusal:
    return refuse(Code.RECORD_UNKNOWN, field="setl_id", what=f"结算[{setl_id}]的结算清单")


def _closed(state: str, act: str) -> Refusal:
    return refuse(Code.RECORD_CLOSED, field="stas_type", what="结算清单", state=STATES[state], act=act)
