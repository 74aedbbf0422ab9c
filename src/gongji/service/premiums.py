"""Pay premiums and insurance products from own and relatives' accounts, whole or not at all (保费代缴).

The quote is what the confirmation step shows; paying takes the amount that was confirmed. Both decide by the same
function, so that what is paid is what was shown.
"""

from collections.abc import Sequence
from datetime import date, datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import SEGMENT_ORDER
from gongji.core.codes import PremiumKind
from gongji.core.family import Binding
from gongji.core.money import Fen, format_yuan
from gongji.core.notices import EndReason, Kind, Notice, Side, told_of
from gongji.core.person import Person
from gongji.core.policy import PolicyBook, ancestry
from gongji.core.posting import Posting, bring_back, run_backwards
from gongji.core.premium import (
    Entered,
    PremiumPayment,
    Standard,
    Wanted,
    amount_differs,
    closed_to,
    cover_of,
    not_refundable,
    standard_of,
    unfit,
)
from gongji.core.record import parse_settlement_id, settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.service.booking import Entry, book
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.notices import tell
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.premium_draw import Money, Shares, money_around, share_out
from gongji.service.records import Serial

PAGE = 50

PremiumKey = tuple[datetime, Serial]
"""By which premiums are sorted, newest first: time, journal."""


class Quote(msgspec.Struct, frozen=True, kw_only=True):
    """What a payment would be, for the confirmation step (缴费确认).

    Attributes:
        insured: whose premium it is.
        shares: who would pay what.
        payers: the people who would pay, by number.
    """

    wanted: Wanted
    insured: Person
    standard: Standard
    covers_from: date
    covers_to: date
    shares: Shares
    payers: dict[str, Person]


class PremiumView(msgspec.Struct, frozen=True, kw_only=True):
    """A premium that was paid or given back, with the names of those concerned.

    Attributes:
        id: public id, in the shape of a settlement's.
        refunded_by: id of what gave it back, or None.
        people: the insured person and the payers, by number.
    """

    id: str
    payment: PremiumPayment
    refunded_by: str | None
    people: dict[str, Person]

    @property
    def key(self) -> PremiumKey:
        """By which it is sorted."""
        place = parse_settlement_id(self.id)
        return self.payment.paid_at, place[2] if place else 0


async def quote_premium(platform: Platform, by: str, wanted: Wanted) -> Quote | Refusal:
    """What a premium would cost and who would pay it, or why it cannot be paid; nothing is written.

    Args:
        platform: the open platform.
        by: number of the person who would pay: the insured himself, or a relative who is bound to him.
        wanted: what is to be paid.
    """
    async with platform.pool.connection() as conn, conn.transaction():
        return await _decide(conn, platform.book, by, wanted, platform.clock(), locked=False)


async def pay_premium(
    platform: Platform, sender: Sender, by: str, wanted: Wanted, confirmed: Fen, channel: str
) -> PremiumView | Refusal:
    """Pay a premium once per message; a repeat gets the payment that the first one made.

    Args:
        platform: the open platform.
        sender: whose message it is.
        by: who pays, as for ``quote_premium``.
        wanted: what is paid.
        confirmed: the amount in fen that was shown and confirmed.
        channel: by which way the business came.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        now = platform.clock()
        quote = await _decide(conn, platform.book, by, wanted, now, locked=True)
        if isinstance(quote, Refusal):
            return quote
        differs = amount_differs(quote.standard, confirmed)
        return differs or {"premium": await _write(conn, platform.book, sender, by, quote, channel, now)}

    return await _answered(platform, await once(platform, sender, None, work))


async def refund_premium(
    platform: Platform, sender: Sender, by: str, premium_id: str, channel: str
) -> PremiumView | Refusal:
    """Give a premium back before its cover begins: each payer gets exactly what he paid."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        view = await _own(conn, by, premium_id)
        if isinstance(view, Refusal):
            return view
        payment = view.payment
        people = sorted({payment.wanted.person_no, *(part.payer for part in payment.parts)})
        await store.lock_accounts(conn, people)
        now = platform.clock()
        cursor = await store.run(conn, "drop_premium_paid", id=premium_id)
        if payment.refunds or await cursor.fetchone() is None:
            return refuse(Code.PREMIUM_ALREADY_REFUNDED, field="id")
        refusal = not_refundable(platform.book, payment, now.date())
        if refusal:
            return refusal
        back = msgspec.structs.replace(
            payment,
            postings=await _undone(conn, payment, people),
            paid_by=by,
            channel=channel,
            paid_at=now,
            refunds=premium_id,
        )
        await _count_uses(conn, "give_back_binding_uses", back)
        return {"premium": await _book(conn, sender, back, now)}

    return await _answered(platform, await once(platform, sender, None, work))


async def _undone(conn: AsyncConnection, payment: PremiumPayment, people: Sequence[str]) -> tuple[Posting, ...]:
    """The postings backwards; money for an account that is closed or left behind goes where its owner finds it."""
    found = await store.read_all_accounts(conn, people)
    accounts = {a.id: a for a in sorted(found, key=lambda a: SEGMENT_ORDER[a.segment])}
    back: list[Posting] = []
    for posting in run_backwards(payment.postings):
        account = accounts.get(posting.to) if isinstance(posting.to, int) else None
        owned = [a for a in accounts.values() if account and a.owner == account.owner]
        back += [posting] if account is None else bring_back(posting, account, owned)
    return tuple(back)


async def premium_of(platform: Platform, person_no: str, premium_id: str) -> PremiumView | Refusal:
    """A premium by its id, for the insured person and those who paid."""
    async with platform.pool.connection() as conn:
        return await _own(conn, person_no, premium_id)


async def premiums_of(
    platform: Platform, person_no: str, limit: int = PAGE, before: PremiumKey | None = None
) -> list[PremiumView]:
    """Premiums paid for a person and those he paid for others, refunds too, newest first, from after ``before`` on."""
    at, journal = before or (None, 0)
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "premiums_of_person", person_no=person_no, limit=limit, before=at, before_journal=journal
        )
        return await _views(conn, await cursor.fetchall())


async def premiums_for(platform: Platform, person_no: str, kinds: Sequence[PremiumKind]) -> list[PremiumPayment]:
    """What was paid for a person and not given back, newest first."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(
            conn, "premiums_for_person", person_no=person_no, kinds=[kind.value for kind in kinds], limit=PAGE
        )
        return [rows.premium_decoder.decode(row[0]) for row in await cursor.fetchall()]


async def enter_standard(platform: Platform, entered: Entered, by: str) -> None:
    """Keep a figure that was published; it stands before the policy files from now on."""
    async with platform.pool.connection() as conn:
        await enter_in(conn, entered, by, platform.clock())


async def enter_in(conn: AsyncConnection, entered: Entered, by: str, at: datetime) -> None:
    """Keep a figure, as part of the caller's transaction."""
    columns = msgspec.to_builtins(entered, builtin_types=(date,))
    columns["status"] = columns["status"] or ""
    await store.run(conn, "add_premium_standard", **columns, by=by, at=at)


async def standards_of(platform: Platform, region: str, year: int | None = None) -> list[Entered]:
    """What was entered for a region and the places above it, the nearest and newest first."""
    async with platform.pool.connection() as conn:
        return await _entered(conn, region, None, year)


async def _entered(conn: AsyncConnection, region: str, kind: str | None, year: int | None) -> list[Entered]:
    cursor = await store.run(conn, "premium_standards", regions=list(ancestry(region)), kind=kind, year=year)
    return [rows.premium_standard(row) for row in await cursor.fetchall()]


async def _decide(
    conn: AsyncConnection, rules: PolicyBook, by: str, wanted: Wanted, now: datetime, *, locked: bool
) -> Quote | Refusal:
    """All checks in order of precedence, then who pays what; the same for the quote and the payment."""
    today = now.date()
    money = await money_around(conn, by, wanted.person_no, now, locked=locked)
    if isinstance(money, Refusal):
        return money
    insured = money.insured
    paid = await store.run(conn, "premium_paid", **_key(wanted))
    row = await paid.fetchone()
    if row:
        return refuse(
            Code.PREMIUM_ALREADY_PAID, field="year", premium=f"{wanted.year} {wanted.kind.label}", payment=row[0]
        )
    refusal = unfit(insured, wanted, today) or _closed(rules, money, by, wanted, today)
    if refusal:
        return refusal
    entered = await _entered(conn, insured.region, wanted.kind.value, wanted.year)
    standard = standard_of(rules, entered, insured, wanted, today)
    if isinstance(standard, Refusal):
        return standard
    cover = cover_of(rules, insured.region, wanted.kind, standard, today)
    if isinstance(cover, Refusal):
        return cover
    shares = share_out(rules, money, by, wanted.kind, standard, today)
    if isinstance(shares, Refusal):
        return shares
    return Quote(
        wanted=wanted,
        insured=insured,
        standard=standard,
        covers_from=cover[0],
        covers_to=cover[1],
        shares=shares,
        payers={part.payer: money.people[part.payer] for part in shares.parts},
    )


def _closed(rules: PolicyBook, money: Money, by: str, wanted: Wanted, today: date) -> Refusal | None:
    """Why nobody's account may pay it: the place of the money decides, and none of these places opens it."""
    payers = (by, *(binding.authoriser for binding in money.bindings))
    reasons = [closed_to(rules, money.people[payer].region, wanted.kind, today) for payer in payers]
    return reasons[0] if all(reasons) else None


def _key(wanted: Wanted) -> dict[str, str | int]:
    return {
        "person_no": wanted.person_no,
        "kind": wanted.kind.value,
        "product": wanted.product,
        "year": wanted.year,
    }


async def _write(
    conn: AsyncConnection, rules: PolicyBook, sender: Sender, by: str, quote: Quote, channel: str, now: datetime
) -> str:
    payment = PremiumPayment(
        wanted=quote.wanted,
        region=quote.insured.region,
        standard=quote.standard,
        covers_from=quote.covers_from,
        covers_to=quote.covers_to,
        parts=quote.shares.parts,
        paid_by=by,
        channel=channel,
        paid_at=now,
        policy_digest=rules.digest,
        postings=quote.shares.postings,
    )
    await _count_uses(conn, "add_binding_uses", payment)
    await _end_used_up(conn, quote.shares.used_up, now)
    return await _book(conn, sender, payment, now)


async def _count_uses(conn: AsyncConnection, statement: str, payment: PremiumPayment) -> None:
    """What was drawn through bindings counts to the authorisers' limits of the day of payment."""
    drawn = sorted((binding, abs(amount)) for binding, amount in payment.drawn.items())
    if drawn:
        await store.run(
            conn,
            statement,
            bindings=[binding for binding, _ in drawn],
            days=[payment.counts_on] * len(drawn),
            amounts=[amount for _, amount in drawn],
        )


async def _end_used_up(conn: AsyncConnection, ended: Sequence[Binding], now: datetime) -> None:
    """Bindings for a single use end with it."""
    if not ended:
        return
    ids = [binding.id for binding in ended]
    await store.run(conn, "end_bindings", ids=ids, reason="used_up", at=now)
    await store.run(conn, "add_binding_events", ids=ids, at=now, what="used_up", actor="system", channel="premium")
    for binding in ended:
        both = {Side.AUTHORISER: binding.authoriser, Side.USER: binding.user}
        reason = EndReason.USED_UP.label
        await tell(conn, told_of(Kind.BINDING_ENDED, now, both, about=binding.id, reason=reason), now)


async def _book(conn: AsyncConnection, sender: Sender, payment: PremiumPayment, now: datetime) -> str:
    """Book a payment or a refund, with its row, its parts, the cover it changes and the notices; returns its id."""
    entry = Entry(
        kind="premium_refund" if payment.refunds else "premium",
        region=payment.region,
        sender=sender.institution,
        message_id=sender.message_id,
        postings=payment.postings,
        document=rows.encode(payment),
        reverses=int(payment.refunds[14:]) if payment.refunds else None,
    )
    (journal,) = await book(conn, [entry], now)
    made = settlement_id(payment.region, now.date(), journal)
    keyed = {"day": now.date(), "region": payment.region, "journal": journal}
    cover = {"covers_from": payment.covers_from, "covers_to": payment.covers_to}
    await store.run(
        conn,
        "add_premium",
        **keyed,
        **_key(payment.wanted),
        **cover,
        amount=payment.standard.amount,
        paid_by=payment.paid_by,
        at=now,
        refunds=payment.refunds,
    )
    await store.run(
        conn,
        "add_premium_parts",
        **keyed,
        places=list(range(1, len(payment.parts) + 1)),
        payers=[part.payer for part in payment.parts],
        bindings=[part.binding for part in payment.parts],
        amounts=[part.amount for part in payment.parts],
    )
    if not payment.refunds:
        await store.run(conn, "add_premium_paid", **_key(payment.wanted), **cover, id=made)
    await store.run(conn, "refresh_cover", person_no=payment.wanted.person_no)
    await tell(conn, _notices(payment, made, now), now)
    return made


def _notices(payment: PremiumPayment, premium_id: str, now: datetime) -> list[Notice]:
    """Each payer is told what he paid or got back, and the insured person by whom."""
    kind = Kind.PREMIUM_REFUNDED if payment.refunds else Kind.PREMIUM_PAID
    notices: list[Notice] = []
    for part in payment.parts:
        own = part.payer == payment.wanted.person_no
        people = {Side.SELF: part.payer} if own else {Side.AUTHORISER: part.payer, Side.USER: payment.wanted.person_no}
        facts = {"premium": payment.standard.name, "amount": format_yuan(part.amount)}
        notices += told_of(kind, now, people, about=premium_id, **facts)
    return notices


async def _own(conn: AsyncConnection, person_no: str, premium_id: str) -> PremiumView | Refusal:
    """A premium that concerns a person; others are unknown to him."""
    unknown = refuse(Code.PREMIUM_UNKNOWN, field="id")
    key = parse_settlement_id(premium_id)
    if key is None:
        return unknown
    cursor = await store.run(conn, "premium", id=premium_id, region=key[0], day=key[1], journal=key[2])
    found = await _views(conn, await cursor.fetchall())
    return found[0] if found and concerns(found[0].payment, person_no) else unknown


def concerns(payment: PremiumPayment, person_no: str) -> bool:
    """Whether somebody is insured by a premium, asked for it, or paid of it."""
    return person_no in (payment.wanted.person_no, payment.paid_by, *(part.payer for part in payment.parts))


async def _answered(platform: Platform, answer: Answer | Refusal) -> PremiumView | Refusal:
    if isinstance(answer, Refusal):
        return answer
    async with platform.pool.connection() as conn:
        key = parse_settlement_id(answer["premium"])
        if key is None:
            raise LookupError(f"no premium {answer['premium']}")
        cursor = await store.run(conn, "premium", id=answer["premium"], region=key[0], day=key[1], journal=key[2])
        (view,) = await _views(conn, await cursor.fetchall())
        return view


async def _views(conn: AsyncConnection, found: Sequence[rows.Row]) -> list[PremiumView]:
    payments = [rows.premium_decoder.decode(row[3]) for row in found]
    numbers = {p.wanted.person_no for p in payments} | {part.payer for p in payments for part in p.parts}
    people = await people_by_number(conn, sorted(numbers))
    return [
        PremiumView(
            id=settlement_id(row[0], row[1], row[2]),
            payment=payment,
            refunded_by=row[4],
            people={n: people[n] for n in {payment.wanted.person_no, *(part.payer for part in payment.parts)}},
        )
        for row, payment in zip(found, payments, strict=True)
    ]
