"""Bind a relative, confirm, list and end: who may draw on whose account (家庭共济绑定)."""

import hashlib
import secrets
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg import AsyncConnection
from psycopg.types.json import Jsonb

from gongji.core.account import AccountKind
from gongji.core.codes import AccountState, BindingTerm, Relation, SharingMode
from gongji.core.eligibility import Counts, across, limits_fault, may_bind, mode_for, proof_for
from gongji.core.family import NO_LIMITS, Binding, BindingState, Limits
from gongji.core.notices import of_binding
from gongji.core.person import Person
from gongji.core.policy import BindingProof, PolicyBook
from gongji.core.refusal import Code, Refusal, foremost, refuse
from gongji.ledger import rows, store
from gongji.service.binding_life import begin, end_in, note_event
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.notices import tell
from gongji.service.people import people_by_number, person_named, read_accounts
from gongji.service.platform import Platform
from gongji.service.transact import all_or_nothing


class BindingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an authoriser fills in to bind a relative (共济绑定申请).

    Attributes:
        authoriser: number of the person whose account is shared; he is the one logged in.
        user_certificate_no, user_name: identify the relative; both must agree with the insured record.
        user_region: the relative's insured place, or empty where the form does not ask for it.
        relation: what the relative is to the authoriser.
        position: place in the order of the relative's authorisers, or None for the last.
        starts_on, ends_on: days on which it may be used; no start is today, no end is open-ended.
        limits: what the authoriser allows at most.
        mode: how the money is shared, or None for the way of the two places.
        term: whether it lasts, or ends when it has been used once.
        notice_accepted: the notice was read and agreed to.
        signature: what was drawn or typed under the commitment; only its hash is kept.
        channel: where the binding was made.
    """

    authoriser: str
    user_certificate_no: str
    user_name: str
    user_region: str = ""
    relation: Relation
    position: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    limits: Limits = NO_LIMITS
    mode: SharingMode | None = None
    term: BindingTerm = BindingTerm.LONG_TERM
    notice_accepted: bool = False
    signature: str = ""
    channel: str = "portal"


class BindingView(msgspec.Struct, frozen=True, kw_only=True):
    """A binding with the names of both sides."""

    binding: Binding
    authoriser: Person
    user: Person


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
    user = await _named(conn, request)
    if isinstance(user, Refusal):
        return user
    await store.lock_accounts(conn, [authoriser.person_no, user.person_no])
    await _end_expired(conn, authoriser, user, at)
    mode = mode_for(book, authoriser.region, user.region, request.mode, at.date())
    refusal = await _refusal(conn, book, request, authoriser, user, mode, at.date())
    if refusal:
        return refusal
    if isinstance(mode, Refusal):
        return mode
    return await _write(conn, book, request, authoriser, user, mode, at)


async def _end_expired(conn: AsyncConnection, authoriser: Person, user: Person, at: datetime) -> None:
    """A binding whose last day has passed no longer counts; nothing was drawn on it since."""
    people = [authoriser.person_no, user.person_no]
    cursor = await store.run(conn, "expired_bindings", people=people, today=at.date())
    for row in await cursor.fetchall():
        await end_in(conn, rows.binding(row), "expired", "system", "system", at)


async def _named(conn: AsyncConnection, request: BindingRequest) -> Person | Refusal:
    """The relative the form names; which of its fields is wrong is not told."""
    person = await person_named(conn, request.user_certificate_no, request.user_name)
    if person is None or request.user_region not in ("", person.region):
        return refuse(Code.PERSON_DETAILS_MISMATCH, field="user")
    return person


async def _refusal(
    conn: AsyncConnection,
    book: PolicyBook,
    request: BindingRequest,
    authoriser: Person,
    user: Person,
    mode: SharingMode | Refusal,
    today: date,
) -> Refusal | None:
    reasons = [mode] if isinstance(mode, Refusal) else []
    invalid = limits_fault(request.limits)
    if invalid:
        reasons.append(invalid)
    if not request.notice_accepted:
        reasons.append(refuse(Code.NOTICE_NOT_ACCEPTED, field="notice_accepted"))
    if not request.signature.strip():
        reasons.append(refuse(Code.COMMITMENT_NOT_SIGNED, field="signature"))
    if not authoriser.real_name_verified:
        reasons.append(refuse(Code.NOT_REAL_NAME))
    reasons += _period_faults(request, today)
    accounts = [a for a in await read_accounts(conn, authoriser.person_no) if a.kind is AccountKind.PERSONAL]
    state = accounts[0].state if accounts else AccountState.NONE
    shared_by = mode.value if isinstance(mode, SharingMode) else ""
    cursor = await store.run(
        conn, "binding_counts", authoriser=authoriser.person_no, user=user.person_no, mode=shared_by
    )
    giving, taking, between = await cursor.fetchone() or (0, 0, 0)
    counts = Counts(users_of_authoriser=giving, authorisers_of_user=taking, between_them=between)
    unfit = may_bind(book, authoriser, state, user, request.relation, counts, today)
    if unfit:
        reasons.append(unfit)
    return foremost(reasons) if reasons else None


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
    now: datetime,
) -> Binding | Refusal:
    proof = proof_for(book, authoriser.region, now.date())
    pending = (proof is not None and proof.confirm_by_user) or _both_agree(book, authoriser, user, now.date())
    cursor = await store.run(conn, "last_position", user=user.person_no)
    (last,) = await cursor.fetchone() or (0,)
    binding = Binding(
        id=f"B{now:%Y%m%d}{secrets.token_hex(6).upper()}",
        authoriser=authoriser.person_no,
        user=user.person_no,
        relation=request.relation,
        mode=mode,
        position=request.position or last + 1,
        state=BindingState.PENDING if pending else BindingState.ACTIVE,
        starts_on=request.starts_on or now.date(),
        ends_on=request.ends_on,
        limits=request.limits,
        term=request.term,
        created_at=now,
    )
    evidence = _evidence(request, proof, book, now)
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
        at=now,
    )
    await note_event(conn, now, binding.id, "bound", authoriser.person_no, request.channel, evidence)
    if binding.state is BindingState.ACTIVE:
        refusal = await begin(conn, book, authoriser, binding, request.channel, now)
        if refusal:
            return refusal
    await tell(conn, of_binding(binding, "bound", now), now)
    return binding


def _both_agree(book: PolicyBook, authoriser: Person, user: Person, on: date) -> bool:
    """Between provinces the notice may want both sides' consent."""
    if authoriser.region[:2] == user.region[:2]:
        return False
    rule = across(book, authoriser.region, user.region, on)
    return rule is not None and rule.both_agree


def _evidence(request: BindingRequest, proof: BindingProof | None, book: PolicyBook, now: datetime) -> dict[str, Any]:
    """What proves the consent: which notice, when, and a hash of the signature."""
    return {
        "notice": proof.notice if proof else "",
        "commitment": proof.commitment if proof else "",
        "policy": book.digest,
        "consented_at": now.isoformat(),
        "signature_sha256": hashlib.sha256(request.signature.encode()).hexdigest(),
        "channel": request.channel,
    }


async def bindings_of(platform: Platform, person_no: str) -> list[BindingView]:
    """Bindings in which a person is either side, newest first, ended ones included."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "bindings_of_person", person_no=person_no)
        bindings = [rows.binding(row) for row in await cursor.fetchall()]
        people = await people_by_number(conn, list({number for b in bindings for number in (b.authoriser, b.user)}))
    return [BindingView(binding=b, authoriser=people[b.authoriser], user=people[b.user]) for b in bindings]
