"""Bind a relative, and list bindings: who may draw on whose account (家庭共济绑定)."""

import secrets
from datetime import date, datetime

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.account import AccountKind
from gongji.core.codes import AccountState, ProofWay, SharingMode
from gongji.core.consent import Consent, second_consent
from gongji.core.eligibility import Counts, limits_fault, may_bind, mode_for
from gongji.core.family import Binding, BindingState
from gongji.core.notices import of_binding
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal, foremost, refuse
from gongji.ledger import rows, store
from gongji.service.binding_life import begin, end_in, for_wards, tell_guardians
from gongji.service.binding_request import BindingRequest, Proof, evidence_of, prove, too_often
from gongji.service.binding_steps import By, note_event
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.notices import tell
from gongji.service.people import people_by_number, person_named, read_accounts
from gongji.service.platform import Platform
from gongji.service.proof_papers import keep_with
from gongji.service.staff import Role
from gongji.service.staff_acts import may, note_act
from gongji.service.transact import all_or_nothing

__all__ = ["BindingRequest", "BindingView", "bind", "bind_in", "bind_once", "bindings_for_wards", "bindings_of"]


class BindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A binding with the names of both sides, by which channel it was made, and why it was turned down if told."""

    binding: Binding
    authoriser: Person
    user: Person
    channel: str
    why: str


async def bind(platform: Platform, request: BindingRequest) -> Binding | Refusal:
    """Bind a relative by the rules of today; where the region wants both consents it waits for the relative."""
    return await all_or_nothing(platform, lambda conn: bind_in(conn, platform.book, request, platform.clock()))


async def bind_once(platform: Platform, sender: Sender, request: BindingRequest) -> Binding | Refusal:
    """Bind a relative once per message: a repeat with the same content gets the binding that the first one made."""

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        made = await bind_in(conn, platform.book, request, platform.clock())
        return made if isinstance(made, Refusal) else {"binding": made.id}

    # No lock is taken here: bind_in locks both people together, in id order.
    answer = await once(platform, sender, None, work)
    if isinstance(answer, Refusal) and answer.code is Code.ALREADY_BOUND:
        # The same message may have bound them while this one waited for the lock.
        answer = await once(platform, sender, None, work)
    if isinstance(answer, Refusal):
        return answer
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "binding", id=answer["binding"])
        row = await cursor.fetchone()
        return rows.binding(row) if row else refuse(Code.BINDING_UNKNOWN)


async def bind_in(conn: AsyncConnection, book: PolicyBook, request: BindingRequest, at: datetime) -> Binding | Refusal:
    """Bind a relative by the rules of the moment it is signed, as part of the caller's transaction."""
    people = await people_by_number(conn, [request.authoriser])
    authoriser = people.get(request.authoriser)
    if authoriser is None:
        return refuse(Code.PERSON_UNKNOWN, field="authoriser")
    if request.desk:
        refusal = may(request.desk.staff, (Role.CLERK,), authoriser.region)
        if refusal:
            return refusal
    user = await _named(conn, request)
    if isinstance(user, Refusal):
        return user
    await store.lock_accounts(conn, [authoriser.person_no, user.person_no])
    await _end_expired(conn, authoriser, user, at)
    mode = mode_for(book, authoriser.region, user.region, request.mode, at.date())
    reasons = await _unfit(conn, book, request, authoriser, user, mode, at.date())
    often = None if request.desk else await too_often(conn, book, authoriser, user, at)
    proof = await prove(conn, book, request, authoriser, user, at.date())
    if isinstance(proof, Proof) and isinstance(mode, SharingMode) and not reasons and often is None:
        return await _write(conn, book, request, authoriser, user, mode, proof, at)
    reasons += ([often] if often else []) + (proof if isinstance(proof, list) else [])
    return foremost(reasons)


async def _end_expired(conn: AsyncConnection, authoriser: Person, user: Person, at: datetime) -> None:
    """A binding of these two whose last day has passed makes room; those with others, who are not locked, wait."""
    sides = {"authoriser": authoriser.person_no, "user": user.person_no}
    cursor = await store.run(conn, "expired_bindings_between", **sides, today=at.date())
    for row in await cursor.fetchall():
        await end_in(conn, rows.binding(row), "expired", By(actor="system", channel="system"), at)


async def _named(conn: AsyncConnection, request: BindingRequest) -> Person | Refusal:
    """The relative the form names; which of its fields is wrong is not told."""
    person = await person_named(conn, request.user_certificate_no, request.user_name)
    wrong_card = person is not None and request.user_card_no.strip().upper() not in ("", person.card_no)
    if person is None or request.user_region not in ("", person.region) or wrong_card:
        return refuse(Code.PERSON_DETAILS_MISMATCH, field="user")
    return person


async def _unfit(
    conn: AsyncConnection,
    book: PolicyBook,
    request: BindingRequest,
    authoriser: Person,
    user: Person,
    mode: SharingMode | Refusal,
    today: date,
) -> list[Refusal]:
    """Why these two may not be bound so, by the rules of a day."""
    reasons = [mode] if isinstance(mode, Refusal) else []
    invalid = limits_fault(request.limits)
    if invalid:
        reasons.append(invalid)
    reasons += _period_faults(request, today)
    accounts = [a for a in await read_accounts(conn, authoriser.person_no) if a.kind is AccountKind.PERSONAL]
    state = accounts[0].state if accounts else AccountState.NONE
    shared_by = mode.value if isinstance(mode, SharingMode) else ""
    cursor = await store.run(
        conn, "binding_counts", authoriser=authoriser.person_no, user=user.person_no, mode=shared_by, today=today
    )
    giving, taking, between = await cursor.fetchone() or (0, 0, 0)
    counts = Counts(users_of_authoriser=giving, authorisers_of_user=taking, between_them=between)
    unfit = may_bind(book, authoriser, state, user, request.relation, counts, today)
    return [*reasons, unfit] if unfit else reasons


def _period_faults(request: BindingRequest, today: date) -> list[Refusal]:
    starts = request.starts_on or today
    if starts < today:
        return [refuse(Code.PERIOD_INVALID, field="starts_on", what="开始日期不能早于今天")]
    if request.ends_on and request.ends_on < starts:
        return [refuse(Code.PERIOD_INVALID, field="ends_on", what="结束日期不能早于开始日期")]
    return []


async def _write(
    conn: AsyncConnection,
    book: PolicyBook,
    request: BindingRequest,
    authoriser: Person,
    user: Person,
    mode: SharingMode,
    proof: Proof,
    now: datetime,
) -> Binding | Refusal:
    consent = second_consent(book, authoriser, user, request.relation, now.date())
    binding = await _binding(conn, request, authoriser, user, mode, _first_state(proof, consent), now)
    evidence = evidence_of(request, proof, authoriser, user, book, now)
    await store.run(
        conn,
        "add_binding",
        id=binding.id,
        authoriser=binding.authoriser,
        user=binding.user,
        relation=binding.relation.value,
        mode=binding.mode.value,
        position=binding.position,
        state=binding.state.value,
        starts_on=binding.starts_on,
        ends_on=binding.ends_on,
        limits=Jsonb(msgspec.to_builtins(binding.limits)),
        term=binding.term.value,
        proof=Jsonb(evidence),
        device=request.device,
        at=now,
    )
    by = By.of(authoriser.person_no, request.channel, request.desk)
    await note_event(conn, now, binding.id, "bound", by, evidence)
    await _keep_proof(conn, request, proof, binding, now)
    if request.desk:
        about = {"person_no": authoriser.person_no, "about": binding.id, "place": request.desk.place}
        await note_act(conn, request.desk.staff, "binding.bound", now, region=authoriser.region, **about)
    if binding.state is BindingState.ACTIVE:
        await note_event(conn, now, binding.id, "authorised", by, {})
        refusal = await begin(conn, book, authoriser, binding, request.channel, now)
        if refusal:
            return refusal
    await tell(conn, of_binding(binding, "bound", now), now)
    if binding.state is BindingState.PENDING and consent is Consent.GUARDIAN:
        await tell_guardians(conn, binding, now)
    return binding


def _first_state(proof: Proof, consent: Consent) -> BindingState:
    if proof.way is ProofWay.DOCUMENTS:
        return BindingState.REVIEW
    return BindingState.ACTIVE if consent is Consent.NOBODY else BindingState.PENDING


async def _binding(
    conn: AsyncConnection,
    request: BindingRequest,
    authoriser: Person,
    user: Person,
    mode: SharingMode,
    state: BindingState,
    now: datetime,
) -> Binding:
    cursor = await store.run(conn, "last_position", user=user.person_no)
    (last,) = await cursor.fetchone() or (0,)
    return Binding(
        id=f"B{now:%Y%m%d}{secrets.token_hex(6).upper()}",
        authoriser=authoriser.person_no,
        user=user.person_no,
        relation=request.relation,
        mode=mode,
        position=request.position or last + 1,
        state=state,
        starts_on=request.starts_on or now.date(),
        ends_on=request.ends_on,
        limits=request.limits,
        term=request.term,
        created_at=now,
    )


async def _keep_proof(
    conn: AsyncConnection, request: BindingRequest, proof: Proof, binding: Binding, now: datetime
) -> None:
    """Keep papers and signature with the binding, and the relation as it was declared."""
    seen = request.seen if request.desk else ()
    await keep_with(
        conn,
        binding.id,
        binding.authoriser,
        now,
        uploaded=request.papers,
        seen=seen,
        seen_by=request.desk.staff.login if request.desk else "",
        signature=proof.signature,
    )
    if proof.way is not ProofWay.DOCUMENTS:
        await store.run(
            conn,
            "declare_kinship",
            person_no=binding.authoriser,
            relative=binding.user,
            relation=binding.relation.value,
            basis=proof.basis,
            actor=binding.authoriser,
            now=now,
        )


async def bindings_of(platform: Platform, person_no: str) -> list[BindingView]:
    """Bindings in which a person is either side, newest first, ended ones included."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "bindings_of_person", person_no=person_no)
        found = [(rows.binding(row), row[13] or "", row[14] or "") for row in await cursor.fetchall()]
        return await _views(conn, found)


async def bindings_for_wards(platform: Platform, guardian: str) -> list[BindingView]:
    """Bindings that wait for a person's consent as a guardian, oldest first."""
    waiting = [(binding, "", "") for binding in await for_wards(platform, guardian)]
    if not waiting:
        return []
    async with platform.pool.connection() as conn:
        return await _views(conn, waiting)


async def _views(conn: AsyncConnection, found: list[tuple[Binding, str, str]]) -> list[BindingView]:
    """Bindings with their channel and the reason that was told, as people see them."""
    if not found:
        return []
    people = await people_by_number(conn, list({number for b, _, _ in found for number in (b.authoriser, b.user)}))
    return [
        BindingView(binding=b, authoriser=people[b.authoriser], user=people[b.user], channel=channel, why=why)
        for b, channel, why in found
    ]
