"""The family account (家庭共济账户): move money aside for the family, see it, move it back.

Every user that is bound in this mode draws on the one account of the authoriser.
"""

from collections.abc import Awaitable, Callable
from datetime import datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountKind
from gongji.core.codes import SharingMode
from gongji.core.family import Binding, BindingState
from gongji.core.money import Fen, format_yuan
from gongji.core.notices import Kind, Side, told_of
from gongji.core.person import Person
from gongji.core.policy import Draw
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.bindings import BindingView, bindings_of
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.notices import tell
from gongji.service.people import holding_of, people_by_number
from gongji.service.platform import Platform
from gongji.service.set_aside import give_back, put_aside

_Move = Callable[[AsyncConnection, Person, Binding, datetime], Awaitable[Refusal | None]]


class FamilyAccount(msgspec.Struct, frozen=True, kw_only=True):
    """A family account as its owner sees it.

    Attributes:
        balance: in fen.
        users: live bindings that draw it.
        moves_back: whether money may be moved back while they last; None is not known.
    """

    balance: Fen
    users: tuple[BindingView, ...]
    moves_back: bool | None


async def family_account(platform: Platform, owner: str) -> FamilyAccount | Refusal:
    """What a person has moved aside for his family, and for whom."""
    holding = await holding_of(platform, owner)
    if isinstance(holding, Refusal):
        return holding
    return FamilyAccount(
        balance=holding.set_aside(AccountKind.FAMILY),
        users=tuple(view for view in await bindings_of(platform, owner) if _draws(view.binding, owner)),
        moves_back=_moves_back(platform, holding.person),
    )


def _draws(binding: Binding, owner: str) -> bool:
    live = binding.state in (BindingState.ACTIVE, BindingState.FROZEN)
    return binding.authoriser == owner and binding.mode is SharingMode.FAMILY_ACCOUNT and live


def _moves_back(platform: Platform, owner: Person) -> bool | None:
    draw = platform.book.rule(Draw, owner.region, "sharing.draw", platform.clock().date())
    return draw.moves_back if draw else None


async def move_aside(platform: Platform, sender: Sender, owner: str, amount: Fen) -> FamilyAccount | Refusal:
    """Move money from the owner's account to his family account, once per message (划拨)."""

    async def work(conn: AsyncConnection, person: Person, binding: Binding, now: datetime) -> Refusal | None:
        refusal = await put_aside(conn, platform.book, person, binding, amount, sender, now)
        if refusal is None:
            facts = {"amount": format_yuan(amount)}
            await tell(conn, told_of(Kind.MONEY_SET_ASIDE, now, {Side.SELF: owner}, **facts), now)
        return refusal

    return await _moving(platform, sender, owner, work)


async def move_back(platform: Platform, sender: Sender, owner: str, amount: Fen) -> FamilyAccount | Refusal:
    """Move money back to the owner's account, once per message, where his place is known to allow it."""

    async def work(conn: AsyncConnection, person: Person, binding: Binding, now: datetime) -> Refusal | None:
        allowed = _moves_back(platform, person)
        if not allowed:
            told = "家庭共济账户的钱能否转回未收录" if allowed is None else "家庭共济账户的钱不能转回"
            return refuse(Code.MOVE_BACK_CLOSED, region=platform.book.name(person.region), what=told)
        if amount <= 0:
            return refuse(Code.AMOUNT_INVALID, field="amount", what="要大于零")
        refusal = await give_back(conn, binding, amount, sender, now)
        if refusal is None:
            facts = {"amount": format_yuan(amount), "reason": "您本人办理"}
            await tell(conn, told_of(Kind.MONEY_MOVED_BACK, now, {Side.SELF: owner}, **facts), now)
        return refusal

    return await _moving(platform, sender, owner, work)


async def _moving(platform: Platform, sender: Sender, owner: str, work: _Move) -> FamilyAccount | Refusal:
    """Run a movement with the owner's accounts locked, by any of the bindings that draw the one account."""

    async def transaction(conn: AsyncConnection) -> Answer | Refusal:
        people = await people_by_number(conn, [owner])
        if owner not in people:
            return refuse(Code.PERSON_UNKNOWN, field="owner")
        cursor = await store.run(conn, "bindings_of_person", person_no=owner)
        bindings = [rows.binding(row) for row in await cursor.fetchall()]
        binding = next((b for b in bindings if _draws(b, owner)), None)
        if binding is None:
            return refuse(Code.FAMILY_ACCOUNT_MISSING)
        return await work(conn, people[owner], binding, platform.clock()) or {}

    answer = await once(platform, sender, owner, transaction)
    return answer if isinstance(answer, Refusal) else await family_account(platform, owner)
