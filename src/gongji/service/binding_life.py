"""The life of a binding after it was asked for: confirmed, declined, changed, frozen, ended (绑定的确认、变更、解除).

Each change locks both sides' accounts, so that no settlement runs beside it, and leaves an event that stays.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.codes import SharingMode
from gongji.core.eligibility import limits_fault
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.notices import limits_in_words, of_binding
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.commands import Sender
from gongji.service.notices import tell
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.set_aside import release, set_quota
from gongji.service.transact import all_or_nothing


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


async def confirm(platform: Platform, binding_id: str, actor: str, channel: str) -> Binding | Refusal:
    """The relative's own consent, where the region asks for both."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        if actor != binding.user:
            return refuse(Code.NOT_YOURS)
        if binding.state is not BindingState.PENDING:
            return binding
        people = await people_by_number(conn, [binding.authoriser])
        now = platform.clock()
        refusal = await begin(conn, platform.book, people[binding.authoriser], binding, channel, now)
        return refusal or await _enter(conn, binding, BindingState.ACTIVE, "confirmed", actor, channel, now)

    return await _changing(platform, binding_id, work)


async def end(platform: Platform, binding_id: str, actor: str, channel: str) -> Binding | Refusal:
    """Either side may end a binding; what was paid stays paid, and reversals still give each payer his part back."""

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        if actor not in (binding.authoriser, binding.user):
            return refuse(Code.NOT_YOURS)
        reason = "ended_by_authoriser" if actor == binding.authoriser else "ended_by_user"
        return await end_in(conn, binding, reason, actor, channel, platform.clock())

    return await _changing(platform, binding_id, work)


async def end_in(
    conn: AsyncConnection, binding: Binding, reason: str, actor: str, channel: str, now: datetime
) -> Binding:
    """End a binding as part of the caller's transaction, in which the authoriser's accounts are locked."""
    ended = await _enter(conn, binding, BindingState.ENDED, reason, actor, channel, now)
    if binding.mode is not SharingMode.LIVE_CALL:
        cursor = await store.run(conn, "others_in_mode", authoriser=binding.authoriser, mode=binding.mode.value)
        (others,) = await cursor.fetchone() or (0,)
        await release(conn, binding, others, _by(channel, binding, now), now)
    return ended


async def amend(platform: Platform, binding_id: str, actor: str, limits: Limits, channel: str) -> Binding | Refusal:
    """Change what the authoriser allows; it holds for the next settlement.

    A quota that is named is what is frozen from now on; one that is not named stays as it is.
    """

    async def work(conn: AsyncConnection, binding: Binding) -> Binding | Refusal:
        if actor != binding.authoriser:
            return refuse(Code.NOT_YOURS)
        now = platform.clock()
        refusal = limits_fault(limits)
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
        await note_event(conn, now, binding.id, "amended", actor, channel, {"before": before, "after": kept})
        changed = msgspec.structs.replace(binding, limits=wanted)
        await tell(conn, of_binding(changed, "amended", now, changes=limits_in_words(wanted)), now)
        return changed

    return await _changing(platform, binding_id, work)


Change = Callable[[AsyncConnection, Binding], Awaitable[Binding | Refusal]]


async def _changing(platform: Platform, binding_id: str, work: Change) -> Binding | Refusal:
    """Run a change of a binding that has not ended, in one transaction with both sides' accounts locked."""

    async def transaction(conn: AsyncConnection) -> Binding | Refusal:
        binding = await _locked(conn, binding_id)
        if isinstance(binding, Refusal):
            return binding
        if binding.state is BindingState.ENDED:
            return refuse(Code.BINDING_ENDED)
        return await work(conn, binding)

    return await all_or_nothing(platform, transaction)


async def _locked(conn: AsyncConnection, binding_id: str) -> Binding | Refusal:
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    if row is None:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    await store.lock_accounts(conn, [row[1], row[2]])
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    return rows.binding(row) if row else refuse(Code.BINDING_UNKNOWN, field="id")


async def _enter(
    conn: AsyncConnection,
    binding: Binding,
    state: BindingState,
    what: str,
    actor: str,
    channel: str,
    now: datetime,
) -> Binding:
    """Put a binding into a state and note why."""
    reason = what if state is BindingState.ENDED else None
    await store.run(conn, "change_binding", id=binding.id, state=state.value, reason=reason, at=now)
    await note_event(conn, now, binding.id, what, actor, channel, {})
    entered = msgspec.structs.replace(binding, state=state)
    await tell(conn, of_binding(entered, what, now), now)
    return entered


async def note_event(
    conn: AsyncConnection,
    at: datetime,
    binding_id: str,
    what: str,
    actor: str,
    channel: str,
    details: dict[str, Any],
) -> None:
    """Note a step in the life of a binding; it is never changed."""
    await store.run(
        conn,
        "add_binding_event",
        binding=binding_id,
        at=at,
        what=what,
        actor=actor,
        channel=channel,
        details=Jsonb(details),
    )
