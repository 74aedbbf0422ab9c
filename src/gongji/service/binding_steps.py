"""One step in the life of a binding: both sides' accounts locked, the new state, an event that stays, a notice.

Every use case that changes a binding goes through here.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.family import Binding, BindingState
from gongji.core.notices import of_binding
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.notices import tell
from gongji.service.platform import Platform
from gongji.service.staff_acts import Desk
from gongji.service.transact import all_or_nothing


class By(msgspec.Struct, frozen=True, kw_only=True):
    """Whose step it is, and through what it came (办理人与渠道).

    Attributes:
        actor: a person's number, ``staff/`` and a login, or ``system``.
        channel: where it came from.
        clerk: login of whoever did it for the actor at a counter, or empty.
        place: the hall or window, or empty.
    """

    actor: str
    channel: str
    clerk: str = ""
    place: str = ""

    @classmethod
    def of(cls, actor: str, channel: str, desk: Desk | None = None) -> "By":
        """A person's own step, or one that a clerk does for him at a desk."""
        if desk is None:
            return cls(actor=actor, channel=channel)
        return cls(actor=actor, channel=channel, clerk=desk.staff.login, place=desk.place)


Change = Callable[[AsyncConnection, Binding], Awaitable[Binding | Refusal]]


async def changing(platform: Platform, binding_id: str, work: Change) -> Binding | Refusal:
    """Run a change of a binding that has not ended, in one transaction with both sides' accounts locked."""

    async def transaction(conn: AsyncConnection) -> Binding | Refusal:
        binding = await locked(conn, binding_id)
        if isinstance(binding, Refusal):
            return binding
        if binding.state is BindingState.ENDED:
            return refuse(Code.BINDING_ENDED)
        return await work(conn, binding)

    return await all_or_nothing(platform, transaction)


async def locked(conn: AsyncConnection, binding_id: str) -> Binding | Refusal:
    """A binding as it is once both sides' accounts are locked: no settlement runs beside what follows."""
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    if row is None:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    await store.lock_accounts(conn, [row[1], row[2]])
    cursor = await store.run(conn, "binding", id=binding_id)
    row = await cursor.fetchone()
    return rows.binding(row) if row else refuse(Code.BINDING_UNKNOWN, field="id")


async def enter(
    conn: AsyncConnection,
    binding: Binding,
    state: BindingState,
    what: str,
    by: By,
    now: datetime,
    **facts: str,
) -> Binding:
    """Put a binding into a state, note why, and tell both sides; ``facts`` go with the event and the notice."""
    reason = what if state is BindingState.ENDED else None
    await store.run(conn, "change_binding", id=binding.id, state=state.value, reason=reason, at=now)
    await note_event(conn, now, binding.id, what, by, dict(facts))
    entered = msgspec.structs.replace(binding, state=state, ended_reason=reason or "")
    await tell(conn, of_binding(entered, what, now, **facts), now)
    return entered


async def note_event(
    conn: AsyncConnection, at: datetime, binding_id: str, what: str, by: By, details: dict[str, Any]
) -> None:
    """Note a step in the life of a binding; it is never changed."""
    await store.run(
        conn,
        "add_binding_event",
        binding=binding_id,
        at=at,
        what=what,
        actor=by.actor,
        channel=by.channel,
        clerk=by.clerk,
        place=by.place,
        details=Jsonb(details),
    )
