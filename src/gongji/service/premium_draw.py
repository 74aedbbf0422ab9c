"""Whose money pays a premium: what is there around a person, and who gives what of it (代缴资金)."""

from datetime import date, datetime

import msgspec
from psycopg import AsyncConnection

from gongji.core.account import SEGMENT_ORDER, AccountKind, AccountRef, PersonalAccount
from gongji.core.case import NotDrawn, Sharer
from gongji.core.codes import BindingTerm, Care, PremiumKind, Scheme
from gongji.core.eligibility import Visit, offered, usable_for, usable_for_sharing
from gongji.core.family import Binding, Used
from gongji.core.money import Fen, format_yuan
from gongji.core.person import Person
from gongji.core.policy import Draw, PolicyBook
from gongji.core.posting import Posting, pay_all, take
from gongji.core.premium import Part, Standard, closed_to, one_must_cover
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.sharing import draw_in_order
from gongji.core.terms import Terms, terms_for
from gongji.ledger import rows, store
from gongji.service.people import people_by_number
from gongji.service.settle import POSTED_AS


class Money(msgspec.Struct, frozen=True, kw_only=True):
    """People, bindings and accounts around an insured person, as read at one moment.

    Attributes:
        bindings: those of his that may be drawn, by their position.
        people, accounts: of himself and his authorisers, by person number.
        used: what was drawn through each binding before.
    """

    insured: Person
    bindings: tuple[Binding, ...]
    people: dict[str, Person]
    accounts: dict[str, tuple[PersonalAccount, ...]]
    used: dict[str, Used]


class Shares(msgspec.Struct, frozen=True, kw_only=True):
    """Who pays what of a premium; ``used_up`` are the bindings for a single use that it uses."""

    parts: tuple[Part, ...]
    postings: tuple[Posting, ...]
    used_up: tuple[Binding, ...]


async def money_around(
    conn: AsyncConnection, by: str, person_no: str, now: datetime, *, locked: bool
) -> Money | Refusal:
    """What there is to pay a person's premium with; his own money and his authorisers' when he pays himself.

    Args:
        conn: the caller's connection.
        by: who pays.
        person_no: the insured person.
        now: the time.
        locked: lock the accounts, for a payment.
    """
    bindings = await _bindings(conn, by, person_no)
    owners = sorted({by, person_no, *(b.authoriser for b in bindings)})
    if locked:
        accounts = await store.lock_accounts(conn, owners)
        # What changed while the locks were waited for is seen now; whom a new binding names is not locked, and waits.
        bindings = [b for b in await _bindings(conn, by, person_no) if b.authoriser in owners]
    else:
        accounts = await store.read_accounts(conn, owners)
    people = await people_by_number(conn, owners)
    if person_no not in people or by not in people:
        return refuse(Code.PERSON_UNKNOWN, field="person")
    held = tuple(b for b in bindings if b.holds_on(now.date()))
    if by != person_no and not held:
        return refuse(Code.PREMIUM_NOT_BOUND, field="person")
    cursor = await store.run(conn, "binding_uses", users=[person_no], today=now.date())
    used = {row[0]: Used(day=row[1], year=row[2], total=row[3]) for row in await cursor.fetchall()}
    ordered = sorted(accounts, key=lambda a: SEGMENT_ORDER[a.segment])
    return Money(
        insured=people[person_no],
        bindings=held,
        people=people,
        accounts={owner: tuple(a for a in ordered if a.owner == owner) for owner in owners},
        used=used,
    )


async def _bindings(conn: AsyncConnection, by: str, person_no: str) -> list[Binding]:
    """Bindings of a user; a relative who pays spends his own money only."""
    cursor = await store.run(conn, "bindings_of_users", patients=[person_no])
    bindings = [rows.binding(row) for row in await cursor.fetchall()]
    return [b for b in bindings if by in (person_no, b.authoriser)]


def share_out(
    book: PolicyBook, money: Money, by: str, kind: PremiumKind, standard: Standard, today: date
) -> Shares | Refusal:
    """Who pays what, own money first and then relatives' in the region's order: all of it, or a refusal."""
    insured = money.insured
    terms = terms_for(book, insured.region, today, insured.scheme, Care.OUTPATIENT)
    if isinstance(terms, Refusal):
        return terms
    single = one_must_cover(book, money.people[by].region, today)
    own = _own(book, money, kind, today) if by == insured.person_no else ()
    mine = sum(account.available for account in own)
    if single and mine < standard.amount:
        own, mine = (), 0
    left = max(0, standard.amount - mine)
    terms = _for_premium(terms, kind, single=single)
    closed = NotDrawn.OWN_ACCOUNT_NOT_ZERO if mine and terms.sharing and terms.sharing.draw.own_must_be_zero else None
    sharers = _sharers(book, money, kind, today, terms)
    drawn = draw_in_order(terms, sharers, {kind.purpose: left}, [], closed=closed) if left else ()
    if sum(d.amount for d in drawn) < left:
        reasons = [d.reason for d in drawn if d.reason]
        return _short(standard, [d.amount for d in drawn], reasons, himself=by == insured.person_no)
    by_id = {binding.id: binding for binding in money.bindings}
    payments = take(own, standard.amount - left, "own")
    parts = [Part(payer=insured.person_no, binding="", amount=standard.amount - left)] if mine else []
    for one in (d for d in drawn if d.amount):
        binding = by_id[one.id]
        payments += take(_usable(book, money, binding, today), one.amount, POSTED_AS[binding.mode])
        parts.append(Part(payer=binding.authoriser, binding=binding.id, amount=one.amount))
    single_use = {part.binding for part in parts if part.binding and by_id[part.binding].term is BindingTerm.SINGLE_USE}
    return Shares(
        parts=tuple(parts),
        postings=pay_all(payments, _payee(kind, standard, insured)),
        used_up=tuple(by_id[binding] for binding in sorted(single_use)),
    )


def _own(book: PolicyBook, money: Money, kind: PremiumKind, today: date) -> tuple[PersonalAccount, ...]:
    """The own account, where the region lets it pay; of two segments those that may be given to relatives too."""
    insured = money.insured
    if insured.scheme is not Scheme.EMPLOYEE or closed_to(book, insured.region, kind, today):
        return ()
    draw = book.rule(Draw, insured.region, "sharing.draw", today)
    personal = tuple(a for a in money.accounts[insured.person_no] if a.kind is AccountKind.PERSONAL)
    return usable_for_sharing(personal, historical_only=bool(draw and draw.historical_only))


def _for_premium(terms: Terms, kind: PremiumKind, *, single: bool) -> Terms:
    """The user's sharing rules for a premium. Whether its purpose is open is for the place of the money to say."""
    if terms.sharing is None:
        return terms
    draw = terms.sharing.draw
    draw = msgspec.structs.replace(draw, one_account_must_cover=single or draw.one_account_must_cover)
    sharing = msgspec.structs.replace(terms.sharing, draw=draw, allowed=frozenset({kind.purpose}))
    return msgspec.structs.replace(terms, sharing=sharing)


def _sharers(book: PolicyBook, money: Money, kind: PremiumKind, today: date, terms: Terms) -> tuple[Sharer, ...]:
    region = money.insured.region
    visit = Visit(user_region=region, place_region=region, place=None, on=today)
    by_date = terms.sharing is not None and terms.sharing.draw.order == "binding_date"
    bindings = sorted(money.bindings, key=lambda b: b.created_at) if by_date else money.bindings
    sharers = []
    for place, binding in enumerate(bindings, start=1):
        authoriser = money.people[binding.authoriser]
        used = money.used.get(binding.id, Used())
        sharer = offered(book, binding, authoriser, money.accounts[binding.authoriser], visit, used)
        if sharer.barred is None and closed_to(book, authoriser.region, kind, today):
            sharer = msgspec.structs.replace(sharer, barred=NotDrawn.PURPOSE_NOT_ALLOWED)
        sharers.append(msgspec.structs.replace(sharer, order=place) if by_date else sharer)
    return tuple(sharers)


def _usable(book: PolicyBook, money: Money, binding: Binding, today: date) -> tuple[PersonalAccount, ...]:
    authoriser = money.people[binding.authoriser]
    draw = book.rule(Draw, authoriser.region, "sharing.draw", today)
    return usable_for(money.accounts[binding.authoriser], binding, historical_only=bool(draw and draw.historical_only))


def _short(standard: Standard, drawn: list[Fen], reasons: list[NotDrawn], *, himself: bool) -> Refusal:
    """Not enough. The payer is told about his own money; the insured person nothing about what relatives hold."""
    why = "本人账户和家人共享的钱合起来不够"
    if not himself:
        most = sum(drawn)
        why = f"您的账户现在最多可付 {format_yuan(most)} 元" if most or not reasons else reasons[0].label
    return refuse(
        Code.PREMIUM_SHORT, field="amount", premium=standard.name, amount=format_yuan(standard.amount), why=why
    )


def _payee(kind: PremiumKind, standard: Standard, insured: Person) -> AccountRef:
    """Where the money goes: the premium income of the insured person's place, or what it owes an insurer."""
    if kind is PremiumKind.COMMERCIAL:
        return AccountRef(AccountKind.INSURER_PAYABLE, standard.product, insured.region)
    return AccountRef(AccountKind.PREMIUM_INCOME, kind.value, insured.region)
