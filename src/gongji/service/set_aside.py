"""Move an authoriser's money aside for his family and back: quotas and the family account (共济额度、家庭共济账户划拨).

Every function is part of the caller's transaction, in which the owner's accounts are locked.
"""

from collections.abc import Sequence
from datetime import datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.codes import AccountState, SharingMode
from gongji.core.eligibility import above_threshold, usable_for_sharing
from gongji.core.family import Binding
from gongji.core.money import Fen, format_yuan
from gongji.core.notices import Kind, Side, told_of
from gongji.core.person import Person
from gongji.core.policy import Draw, PolicyBook
from gongji.core.posting import Posting, bring_back
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.commands import Sender
from gongji.service.notices import tell
from gongji.service.people import read_accounts
from gongji.service.platform import Platform

_KIND = {SharingMode.FAMILY_ACCOUNT: AccountKind.FAMILY, SharingMode.QUOTA_HOLD: AccountKind.QUOTA_HOLD}


class Aside(msgspec.Struct, frozen=True, kw_only=True):
    """What was moved aside or back, kept with its journal; in fen."""

    owner: str
    mode: SharingMode
    binding: str
    amount: Fen


async def held_for(conn: AsyncConnection, binding: Binding) -> Fen:
    """What is set aside now for a binding: its quota, or the whole family account; nothing for a live call."""
    return sum(account.balance for account in await _asides(conn, binding))


async def _asides(conn: AsyncConnection, binding: Binding) -> list[PersonalAccount]:
    kind = _KIND.get(binding.mode)
    accounts = await read_accounts(conn, binding.authoriser)
    return [a for a in accounts if a.kind is kind and a.binding in ("", binding.id)]


async def set_quota(
    conn: AsyncConnection,
    rules: PolicyBook,
    owner: Person,
    binding: Binding,
    amount: Fen,
    sender: Sender,
    now: datetime,
) -> Refusal | None:
    """Freeze or give back, so that exactly ``amount`` fen is frozen for a binding."""
    if binding.mode is not SharingMode.QUOTA_HOLD:
        return refuse(Code.LIMIT_INVALID, field="quota", what="只有共济额度方式要冻结额度")
    change = amount - await held_for(conn, binding)
    if change > 0:
        refusal = await put_aside(conn, rules, owner, binding, change, sender, now)
        if refusal:
            return refusal
    elif change < 0:
        await give_back(conn, binding, -change, sender, now)
    if change:
        facts = {"amount": format_yuan(amount)}
        await tell(conn, told_of(Kind.QUOTA_CHANGED, now, _sides(binding), about=binding.id, **facts), now)
    return None


def _sides(binding: Binding) -> dict[Side, str]:
    return {Side.AUTHORISER: binding.authoriser, Side.USER: binding.user}


async def put_aside(
    conn: AsyncConnection,
    rules: PolicyBook,
    owner: Person,
    binding: Binding,
    amount: Fen,
    sender: Sender,
    now: datetime,
) -> Refusal | None:
    """Move money from the owner's account to the account that a binding draws, historical money first."""
    draw = rules.rule(Draw, owner.region, "sharing.draw", now.date())
    accounts = [a for a in await read_accounts(conn, owner.person_no) if a.kind is AccountKind.PERSONAL]
    usable = usable_for_sharing(tuple(accounts), historical_only=bool(draw and draw.historical_only))
    money = above_threshold(sum(a.available for a in usable), draw, SharingMode.LIVE_CALL)
    if amount <= 0:
        return refuse(Code.AMOUNT_INVALID, field="amount", what="要大于零")
    if amount > money:
        return refuse(Code.BALANCE_SHORT, field="amount", asked=format_yuan(amount), available=format_yuan(money))
    postings, left = [], amount
    for account in usable:
        taken = min(account.available, left)
        if taken:
            left -= taken
            to = await _open(conn, account, binding)
            postings.append(Posting(from_=account.id, to=to, amount=taken, purpose="set_aside"))
    await _book(conn, "set_aside", binding, amount, postings, sender, now)
    return None


async def _open(conn: AsyncConnection, account: PersonalAccount, binding: Binding) -> int:
    """The account beside a personal one that a binding draws, opened when it is met for the first time."""
    keyed = {
        "region": account.region,
        "kind": _KIND[binding.mode].value,
        "owner": account.owner,
        "segment": account.segment.value,
        "binding": binding.id if binding.mode is SharingMode.QUOTA_HOLD else "",
    }
    await store.run(conn, "open_account", **keyed, state=AccountState.OPEN.value)
    cursor = await store.run(conn, "reopen_account", **keyed, state=AccountState.OPEN.value)
    row = await cursor.fetchone()
    if row is None:
        raise LookupError("an account that was just opened is missing")
    number: int = row[0]
    return number


async def give_back(
    conn: AsyncConnection, binding: Binding, amount: Fen, sender: Sender, now: datetime
) -> Refusal | None:
    """Move money that was set aside back to where it came from."""
    asides = await _asides(conn, binding)
    held = sum(account.balance for account in asides)
    if not 0 < amount <= held:
        return refuse(Code.BALANCE_SHORT, field="amount", asked=format_yuan(amount), available=format_yuan(held))
    own = [a for a in await read_accounts(conn, binding.authoriser) if a.kind is AccountKind.PERSONAL]
    postings, left = [], amount
    for account in asides:
        taken = min(account.balance, left)
        if taken:
            left -= taken
            home = next(a for a in own if a.segment is account.segment)
            back = Posting(from_=account.id, to=home.id, amount=taken, purpose="given_back")
            postings += bring_back(back, home, own)
    await _book(conn, "given_back", binding, amount, postings, sender, now)
    return None


async def release(conn: AsyncConnection, binding: Binding, others: int, sender: Sender, now: datetime) -> Fen:
    """Give back what nobody may draw any more when a binding has ended; returns how much, in fen.

    Args:
        conn: the caller's connection.
        binding: the binding that has ended.
        others: how many of the owner's other bindings still draw the family account.
        sender: whose business ended it.
        now: time of booking.
    """
    if binding.mode is SharingMode.FAMILY_ACCOUNT and others:
        return 0
    held = await held_for(conn, binding)
    if held:
        await give_back(conn, binding, held, sender, now)
        await _tell_of_release(conn, binding, held, now)
    # What a later reversal gives back to it goes on to the account it came from.
    quota = binding.id if binding.mode is SharingMode.QUOTA_HOLD else ""
    kind = _KIND[binding.mode].value
    await store.run(conn, "close_aside", kind=kind, owner=binding.authoriser, binding=quota)
    return held


async def _tell_of_release(conn: AsyncConnection, binding: Binding, amount: Fen, now: datetime) -> None:
    facts = {"amount": format_yuan(amount)}
    if binding.mode is SharingMode.QUOTA_HOLD:
        await tell(conn, told_of(Kind.QUOTA_RETURNED, now, _sides(binding), about=binding.id, **facts), now)
        return
    facts["reason"] = "已没有绑定的家人"
    await tell(conn, told_of(Kind.MONEY_MOVED_BACK, now, {Side.SELF: binding.authoriser}, **facts), now)


async def release_left(platform: Platform) -> int:
    """Give back what is still set aside for bindings that have ended by being used up; returns for how many.

    A settlement that ends a binding for a single use books nothing but itself. This may run at any time, in several
    processes.
    """
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "bindings_with_leftovers")
        found = [rows.binding(row) for row in await cursor.fetchall()]
    for binding in found:
        async with platform.pool.connection() as conn, conn.transaction():
            now = platform.clock()
            await store.lock_accounts(conn, [binding.authoriser])
            cursor = await store.run(conn, "others_in_mode", authoriser=binding.authoriser, mode=binding.mode.value)
            (others,) = await cursor.fetchone() or (0,)
            by = Sender(institution="system", message_id=f"{binding.id}-left", transaction="binding", input_hash=b"")
            await release(conn, binding, others, by, now)
    return len(found)


async def _book(
    conn: AsyncConnection,
    kind: str,
    binding: Binding,
    amount: Fen,
    postings: Sequence[Posting],
    sender: Sender,
    now: datetime,
) -> None:
    about = Aside(owner=binding.authoriser, mode=binding.mode, binding=binding.id, amount=amount)
    entry = Entry(
        kind=kind,
        region=(await read_accounts(conn, binding.authoriser))[0].region,
        sender=sender.institution,
        message_id=sender.message_id,
        postings=tuple(postings),
        document=rows.encode(about),
    )
    await book(conn, [entry], now)
