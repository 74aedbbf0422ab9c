"""What the agency does with a binding: review papers, freeze, thaw, end (材料审核、绑定冻结与解除)."""

from collections.abc import Awaitable, Callable
from datetime import datetime

from psycopg import AsyncConnection

from gongji.core.consent import Consent, second_consent
from gongji.core.family import Binding, BindingState
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.binding_life import activate, end_in, still_fit, tell_guardians
from gongji.service.binding_steps import By, changing, enter
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.proof_papers import Paper, content_of, papers_of
from gongji.service.staff import Role, Staff
from gongji.service.staff_acts import may, note_act, reason_fault

CHANNEL = "agency"

Step = Callable[[AsyncConnection, Binding, By, datetime], Awaitable[Binding | Refusal]]


async def approve(platform: Platform, binding_id: str, staff: Staff) -> Binding | Refusal:
    """The papers are in order: the binding becomes active, or waits for the relative's consent."""

    async def step(conn: AsyncConnection, binding: Binding, by: By, now: datetime) -> Binding | Refusal:
        if binding.state is not BindingState.REVIEW:
            return refuse(Code.BINDING_STATE, state=binding.label, act="审核")
        people = await people_by_number(conn, [binding.authoriser, binding.user])
        authoriser, user = people[binding.authoriser], people[binding.user]
        consent = second_consent(platform.book, authoriser, user, binding.relation, now.date())
        await store.run(
            conn,
            "declare_kinship",
            person_no=binding.authoriser,
            relative=binding.user,
            relation=binding.relation.value,
            basis="documents",
            actor=staff.actor,
            now=now,
        )
        if consent is Consent.NOBODY:
            return await activate(conn, platform.book, binding, "approved", by, now)
        unfit = await still_fit(conn, platform.book, binding, authoriser, user, now)
        if unfit:
            return unfit
        waiting = await enter(conn, binding, BindingState.PENDING, "approved", by, now)
        if consent is Consent.GUARDIAN:
            await tell_guardians(conn, binding, now)
        return waiting

    return await _act(platform, binding_id, staff, (Role.REVIEWER,), "binding.approved", "", step)


async def reject(platform: Platform, binding_id: str, staff: Staff, reason: str) -> Binding | Refusal:
    """The papers are not in order: the application ends with a reason."""

    async def step(conn: AsyncConnection, binding: Binding, by: By, now: datetime) -> Binding | Refusal:
        if binding.state is not BindingState.REVIEW:
            return refuse(Code.BINDING_STATE, state=binding.label, act="审核")
        return await enter(conn, binding, BindingState.ENDED, "rejected", by, now, reason=reason.strip())

    return reason_fault(reason) or await _act(
        platform, binding_id, staff, (Role.REVIEWER,), "binding.rejected", reason, step
    )


async def freeze(platform: Platform, binding_id: str, staff: Staff, reason: str) -> Binding | Refusal:
    """Nothing may be drawn from the next settlement on, until it is thawed."""

    async def step(conn: AsyncConnection, binding: Binding, by: By, now: datetime) -> Binding | Refusal:
        if binding.state is not BindingState.ACTIVE:
            return refuse(Code.BINDING_STATE, state=binding.label, act="冻结")
        return await enter(conn, binding, BindingState.FROZEN, "frozen", by, now, reason=reason.strip())

    return reason_fault(reason) or await _act(platform, binding_id, staff, FREEZERS, "binding.frozen", reason, step)


async def thaw(platform: Platform, binding_id: str, staff: Staff, reason: str) -> Binding | Refusal:
    """A frozen binding may be used again."""

    async def step(conn: AsyncConnection, binding: Binding, by: By, now: datetime) -> Binding | Refusal:
        if binding.state is not BindingState.FROZEN:
            return refuse(Code.BINDING_STATE, state=binding.label, act="解冻")
        return await enter(conn, binding, BindingState.ACTIVE, "unfrozen", by, now, reason=reason.strip())

    return reason_fault(reason) or await _act(platform, binding_id, staff, FREEZERS, "binding.unfrozen", reason, step)


async def end_by_agency(platform: Platform, binding_id: str, staff: Staff, reason: str) -> Binding | Refusal:
    """The agency ends a binding; the sides are told that it did."""

    async def step(conn: AsyncConnection, binding: Binding, by: By, now: datetime) -> Binding | Refusal:
        return await end_in(conn, binding, "ended_by_agency", by, now)

    return reason_fault(reason) or await _act(platform, binding_id, staff, FREEZERS, "binding.ended", reason, step)


FREEZERS = (Role.REVIEWER, Role.AUDITOR)
"""Who may take the use of something away."""


async def _act(
    platform: Platform, binding_id: str, staff: Staff, roles: tuple[Role, ...], what: str, reason: str, step: Step
) -> Binding | Refusal:
    """Run a step for the binding's region, with its audit line."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        people = await people_by_number(conn, [binding.authoriser])
        region = people[binding.authoriser].region
        refusal = may(staff, roles, region)
        if refusal:
            return refusal
        now = platform.clock()
        about = {"person_no": binding.authoriser, "about": binding.id, "reason": reason}
        await note_act(conn, staff, what, now, region=region, **about)
        return await step(conn, binding, By(actor=staff.actor, channel=CHANNEL), now)

    return await changing(platform, binding_id, work)


async def waiting_for_review(platform: Platform, staff: Staff, limit: int = 50) -> list[Binding]:
    """Applications with papers in the regions of a reviewer, oldest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "bindings_in_review", region=staff.regions_like, limit=limit)
        return [rows.binding(row) for row in await cursor.fetchall()]


async def papers_to_review(platform: Platform, binding_id: str, staff: Staff) -> list[Paper] | Refusal:
    """The papers of an application, for staff of its region."""
    async with platform.pool.connection() as conn:
        refusal = await _may_look(conn, binding_id, staff)
        return refusal or await papers_of(conn, binding_id)


async def paper_to_review(platform: Platform, binding_id: str, paper: str, staff: Staff) -> tuple[str, bytes] | Refusal:
    """Media type and content of one paper; looking at it leaves an audit line."""
    async with platform.pool.connection() as conn, conn.transaction():
        refusal = await _may_look(conn, binding_id, staff)
        if refusal:
            return refusal
        found = await content_of(conn, binding_id, paper)
        if found is None:
            return refuse(Code.RECORD_UNKNOWN, what="这份材料")
        cursor = await store.run(conn, "binding", id=binding_id)
        row = await cursor.fetchone()
        people = await people_by_number(conn, [row[1]]) if row else {}
        for person in people.values():
            about = {"person_no": person.person_no, "about": binding_id}
            await note_act(conn, staff, "paper.read", platform.clock(), region=person.region, **about)
        return found


async def _may_look(conn: AsyncConnection, binding_id: str, staff: Staff) -> Refusal | None:
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    if row is None:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    people = await people_by_number(conn, [row[1]])
    return may(staff, (Role.CLERK, Role.REVIEWER, Role.AUDITOR), people[row[1]].region)
