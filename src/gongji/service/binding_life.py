"""What the two sides do with a binding after it was asked for: confirm, decline, change, end (绑定的确认、变更、解除).

Each change locks both sides' accounts, so that no settlement runs beside it, and leaves an event that stays.
"""

from datetime import datetime

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.codes import AccountState, Relation, SharingMode
from gongji.core.consent import Consent, guardianship, second_consent
from gongji.core.eligibility import Counts, limits_fault, may_bind
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.notices import Kind, Side, limits_in_words, of_binding, told_of
from gongji.core.person import Person
from gongji.core.policy import Guardianship, PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.binding_steps import By, changing, enter, note_event
from gongji.service.commands import Sender
from gongji.service.notices import tell
from gongji.service.people import people_by_number, read_accounts
from gongji.service.platform import Platform
from gongji.service.set_aside import release, set_quota
from gongji.service.staff_acts import Desk, note_act


async def begin(
    conn: AsyncConnection, rules: PolicyBook, authoriser: Person, binding: Binding, channel: str, now: datetime
) -> Refusal | None:
    """What happens when a binding becomes active: its quota is frozen."""
    quota = binding.limits.quota
    if not quota:
        return None
    return await set_quota(conn, rules, authoriser, binding, quota, _by(channel, binding, now), now)


def _by(channel: str, binding: Binding, now: datetime) -> Sender:
    """Whose business a change of a binding is, for the journals it makes."""
    number = f"{binding.id}-{now:%Y%m%d%H%M%S%f}"
    return Sender(institution=channel, message_id=number, transaction="binding", input_hash=b"")


async def activate(
    conn: AsyncConnection, rules: PolicyBook, binding: Binding, what: str, by: By, now: datetime
) -> Binding | Refusal:
    """Let a binding become active, if the two are still fit for it by the rules of today."""
    if binding.over_on(now.date()):
        return refuse(Code.BINDING_ENDED)
    people = await people_by_number(conn, [binding.authoriser, binding.user])
    authoriser, user = people[binding.authoriser], people[binding.user]
    unfit = await still_fit(conn, rules, binding, authoriser, user, now)
    if unfit:
        return unfit
    refusal = await begin(conn, rules, authoriser, binding, by.channel, now)
    return refusal or await enter(conn, binding, BindingState.ACTIVE, what, by, now)


async def still_fit(
    conn: AsyncConnection, rules: PolicyBook, binding: Binding, authoriser: Person, user: Person, now: datetime
) -> Refusal | None:
    """Whether what was asked for some time ago may still begin; the binding itself does not count against it."""
    accounts = await read_accounts(conn, authoriser.person_no)
    state = accounts[0].state if accounts else AccountState.NONE
    cursor = await store.run(
        conn,
        "binding_counts",
        authoriser=authoriser.person_no,
        user=user.person_no,
        mode=binding.mode.value,
        today=now.date(),
    )
    giving, taking, _ = await cursor.fetchone() or (0, 0, 0)
    others = Counts(users_of_authoriser=giving, authorisers_of_user=taking, between_them=0)
    return may_bind(rules, authoriser, state, user, binding.relation, others, now.date())


async def confirm(
    platform: Platform, binding_id: str, actor: str, channel: str, desk: Desk | None = None
) -> Binding | Refusal:
    """The relative's own consent, where the place asks for it; for a minor his guardian gives it."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        refusal = await _speaks_for(conn, platform.book, binding, actor, platform.clock())
        if refusal:
            return refusal
        if binding.state in (BindingState.ACTIVE, BindingState.FROZEN):
            return binding
        if binding.state is not BindingState.PENDING:
            return refuse(Code.BINDING_STATE, state=binding.label, act="确认")
        now = platform.clock()
        await _note_desk(conn, binding, desk, "binding.confirmed", now)
        return await activate(conn, platform.book, binding, "confirmed", By.of(actor, channel, desk), now)

    return await changing(platform, binding_id, work)


async def decline(
    platform: Platform, binding_id: str, actor: str, channel: str, reason: str = "", desk: Desk | None = None
) -> Binding | Refusal:
    """The relative, or his guardian, does not want what waits for his consent."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        now = platform.clock()
        refusal = await _speaks_for(conn, platform.book, binding, actor, now)
        if refusal:
            return refusal
        if binding.state not in (BindingState.PENDING, BindingState.REVIEW):
            return refuse(Code.BINDING_STATE, state=binding.label, act="拒绝")
        facts = {"reason": reason.strip()[:_LONGEST_REASON]} if reason.strip() else {}
        await _note_desk(conn, binding, desk, "binding.declined", now)
        return await enter(conn, binding, BindingState.ENDED, "declined", By.of(actor, channel, desk), now, **facts)

    return await changing(platform, binding_id, work)


_LONGEST_REASON = 200


async def _speaks_for(
    conn: AsyncConnection, book: PolicyBook, binding: Binding, actor: str, now: datetime
) -> Refusal | None:
    """Whether somebody may give or refuse the second consent."""
    people = await people_by_number(conn, [binding.authoriser, binding.user])
    authoriser, user = people[binding.authoriser], people[binding.user]
    rule = guardianship(book, user, now.date())
    if rule is None:
        return None if actor == binding.user else refuse(Code.NOT_YOURS)
    if second_consent(book, authoriser, user, binding.relation, now.date()) is Consent.NOBODY:
        return None if actor == binding.authoriser else refuse(Code.NOT_YOURS)
    if actor in await guardians_of(conn, user, rule, now):
        return None
    if actor != binding.user:
        return refuse(Code.NOT_YOURS)
    who = "、".join(relation.label for relation in rule.relations)
    return refuse(Code.GUARDIAN_NEEDED, age=str(rule.minor_under), who=who)


async def guardians_of(conn: AsyncConnection, ward: Person, rule: Guardianship, now: datetime) -> set[str]:
    """Those who speak for a minor, by what was declared."""
    if Relation.PARENT not in rule.relations:
        return set()
    cursor = await store.run(conn, "parents_of", person_no=ward.person_no, today=now.date())
    return {row[0] for row in await cursor.fetchall()}


async def tell_guardians(conn: AsyncConnection, binding: Binding, now: datetime) -> None:
    """Ask the parents of a minor for their consent."""
    cursor = await store.run(conn, "parents_of", person_no=binding.user, today=now.date())
    for (parent,) in await cursor.fetchall():
        await tell(conn, told_of(Kind.BINDING_FOR_WARD, now, {Side.SELF: parent}, about=binding.id), now)


async def for_wards(platform: Platform, person_no: str) -> list[Binding]:
    """Bindings that wait for a person's consent as a guardian."""
    now = platform.clock()
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "wards_of", person_no=person_no, parents=[Relation.PARENT.value], today=now.date()
        )
        wards = [row[0] for row in await cursor.fetchall()]
        if not wards:
            return []
        cursor = await store.run(conn, "bindings_of_wards", wards=wards)
        waiting = [rows.binding(row) for row in await cursor.fetchall()]
        people = await people_by_number(conn, wards)
    minors = {w for w, ward in people.items() if guardianship(platform.book, ward, now.date())}
    return [binding for binding in waiting if binding.user in minors and binding.authoriser != person_no]


async def end(
    platform: Platform, binding_id: str, actor: str, channel: str, desk: Desk | None = None
) -> Binding | Refusal:
    """Either side may end a binding; what was paid stays paid, and reversals still give each payer his part back."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        if actor not in (binding.authoriser, binding.user):
            return refuse(Code.NOT_YOURS)
        reason = "ended_by_authoriser" if actor == binding.authoriser else "ended_by_user"
        now = platform.clock()
        await _note_desk(conn, binding, desk, "binding.ended", now)
        return await end_in(conn, binding, reason, By.of(actor, channel, desk), now)

    return await changing(platform, binding_id, work)


async def _note_desk(conn: AsyncConnection, binding: Binding, desk: Desk | None, what: str, now: datetime) -> None:
    """What a clerk does for somebody leaves an audit line with both names."""
    if desk is None:
        return
    people = await people_by_number(conn, [binding.authoriser])
    region = people[binding.authoriser].region
    about = {"person_no": binding.authoriser, "about": binding.id, "place": desk.place}
    await note_act(conn, desk.staff, what, now, region=region, **about)


async def end_in(conn: AsyncConnection, binding: Binding, reason: str, by: By, now: datetime, **facts: str) -> Binding:
    """End a binding as part of the caller's transaction, in which the authoriser's accounts are locked."""
    ended = await enter(conn, binding, BindingState.ENDED, reason, by, now, **facts)
    if binding.mode is not SharingMode.LIVE_CALL:
        cursor = await store.run(conn, "others_in_mode", authoriser=binding.authoriser, mode=binding.mode.value)
        (others,) = await cursor.fetchone() or (0,)
        await release(conn, binding, others, _by(by.channel, binding, now), now)
    return ended


async def end_expired(platform: Platform) -> int:
    """End what has run out, and give back what was set aside for it; returns how many bindings ended.

    This may run at any time, in several processes.
    """
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "expired_bindings", today=platform.clock().date())
        found = [row[0] for row in await cursor.fetchall()]

    async def work(conn: AsyncConnection, binding: Binding) -> Binding:
        return await end_in(conn, binding, "expired", By(actor="system", channel="system"), platform.clock())

    outcomes = [await changing(platform, binding_id, work) for binding_id in found]
    return sum(isinstance(outcome, Binding) for outcome in outcomes)


async def amend(platform: Platform, binding_id: str, actor: str, limits: Limits, channel: str) -> Binding | Refusal:
    """Change what the authoriser allows; it holds for the next settlement.

    A quota that is named is what is frozen from now on; one that is not named stays as it is.
    """

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        if actor != binding.authoriser:
            return refuse(Code.NOT_YOURS)
        now = platform.clock()
        refusal = refuse(Code.BINDING_ENDED) if binding.over_on(now.date()) else limits_fault(limits)
        wanted = limits if limits.quota is not None else msgspec.structs.replace(limits, quota=binding.limits.quota)
        if refusal is None and binding.state is BindingState.ACTIVE and limits.quota is not None:
            people = await people_by_number(conn, [actor])
            by = _by(channel, binding, now)
            refusal = await set_quota(conn, platform.book, people[actor], binding, limits.quota, by, now)
        if refusal:
            return refusal
        kept = msgspec.to_builtins(wanted)
        await store.run(conn, "amend_binding", id=binding.id, limits=Jsonb(kept), at=now)
        before = msgspec.to_builtins(binding.limits)
        by_actor = By(actor=actor, channel=channel)
        await note_event(conn, now, binding.id, "amended", by_actor, {"before": before, "after": kept})
        changed = msgspec.structs.replace(binding, limits=wanted)
        await tell(conn, of_binding(changed, "amended", now, changes=limits_in_words(wanted)), now)
        return changed

    return await changing(platform, binding_id, work)
