"""What people choose about bindings: the quota that is frozen, the order in which relatives pay (额度、支付顺位)."""

from collections.abc import Sequence

import msgspec
from psycopg import AsyncConnection

from gongji.core.family import Binding, BindingState
from gongji.core.money import Fen
from gongji.core.policy import Draw
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.binding_life import amend
from gongji.service.bindings import BindingView, bindings_of
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing

_PRESCRIBED = {"largest_balance": "按余额从大到小使用", "binding_date": "按绑定先后使用"}


async def change_quota(platform: Platform, binding_id: str, actor: str, amount: Fen, channel: str) -> Binding | Refusal:
    """Freeze exactly ``amount`` fen for a binding from now on, whatever was used before; the other limits stay."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "binding", id=binding_id)
        row = await cursor.fetchone()
    if row is None:
        return refuse(Code.BINDING_UNKNOWN, field="id")
    limits = msgspec.structs.replace(rows.binding(row).limits, quota=amount)
    return await amend(platform, binding_id, actor, limits, channel)


async def choose_order(
    platform: Platform, user: str, wanted: Sequence[str], channel: str
) -> list[BindingView] | Refusal:
    """Choose the order in which a user's relatives pay for him, where his place leaves it to the family.

    Args:
        platform: the open platform.
        user: whose order it is.
        wanted: every binding of his that has not ended, each once, first payer first.
        channel: where it was chosen.
    """

    async def work(conn: AsyncConnection) -> bool | Refusal:
        await store.lock_accounts(conn, [user])
        now = platform.clock()
        person = (await people_by_number(conn, [user])).get(user)
        if person is None:
            return refuse(Code.PERSON_UNKNOWN, field="user")
        draw = platform.book.rule(Draw, person.region, "sharing.draw", now.date())
        prescribed = _PRESCRIBED.get(draw.order) if draw else None
        if prescribed:
            return refuse(Code.ORDER_NOT_CHOSEN, region=platform.book.name(person.region), order=prescribed)
        cursor = await store.run(conn, "bindings_of_person", person_no=user)
        bindings = [rows.binding(row) for row in await cursor.fetchall()]
        live = {b.id for b in bindings if b.user == user and b.state is not BindingState.ENDED}
        if len(wanted) != len(live) or set(wanted) != live:
            return refuse(Code.ORDER_INCOMPLETE, field="order")
        cursor = await store.run(conn, "reorder_bindings", ids=list(wanted), at=now)
        moved = [row[0] for row in await cursor.fetchall()]
        about = {"what": "reordered", "actor": user, "channel": channel}
        await store.run(conn, "add_binding_events", ids=moved, at=now, **about)
        return True

    outcome = await all_or_nothing(platform, work)
    if isinstance(outcome, Refusal):
        return outcome
    views = await bindings_of(platform, user)
    return sorted((v for v in views if v.binding.id in wanted), key=lambda v: v.binding.position)
