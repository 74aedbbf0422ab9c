"""What is asked of a binding, and what proves it: consent, signature, papers, identity (绑定申请与证明)."""

from collections.abc import Collection
from datetime import date, datetime, timedelta
from typing import Any

import msgspec
from psycopg import AsyncConnection

from gongji.core.codes import BindingChannel, BindingTerm, PaperKind, ProofWay, Relation, Scheme, SharingMode
from gongji.core.eligibility import proof_for
from gongji.core.family import NO_LIMITS, Limits
from gongji.core.papers import Signature, read_signature
from gongji.core.person import Person
from gongji.core.policy import LinkTerms, Pattern, PolicyBook, ProofPapers
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.proof_papers import kinds_uploaded
from gongji.service.staff_acts import Desk


class BindingRequest(msgspec.Struct, frozen=True, kw_only=True):
    """What an authoriser fills in to bind a relative (共济绑定申请).

    Attributes:
        authoriser: number of the person whose account is shared; he is the one logged in, or stands at the desk.
        user_certificate_no, user_name: identify the relative; both must agree with the insured record.
        user_region: the relative's insured place, or empty where the form does not ask for it.
        user_card_no: the relative's card number, or empty where the form does not ask for it.
        relation: what the relative is to the authoriser.
        position: place in the order of the relative's authorisers, or None for the last.
        starts_on, ends_on: days on which it may be used; no start is today, no end is open-ended.
        limits: what the authoriser allows at most.
        mode: how the money is shared, or None for the way of the two places.
        term: whether it lasts, or ends when it has been used once.
        notice_accepted: the notice was read and agreed to.
        signature: what was drawn or typed under the commitment, as ``core.papers.read_signature`` takes it.
        papers: numbers of uploaded papers that go with it.
        seen: papers whose originals a clerk has seen.
        desk: who applies for the authoriser at a counter, or None when he does it himself.
        device: the device's own mark, hashed; empty where the channel has none.
        channel: where the binding was made; the first part is a ``BindingChannel``.
    """

    authoriser: str
    user_certificate_no: str
    user_name: str
    user_region: str = ""
    user_card_no: str = ""
    relation: Relation
    position: int | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    limits: Limits = NO_LIMITS
    mode: SharingMode | None = None
    term: BindingTerm = BindingTerm.LONG_TERM
    notice_accepted: bool = False
    signature: str = ""
    papers: tuple[str, ...] = ()
    seen: tuple[PaperKind, ...] = ()
    desk: Desk | None = None
    device: str = ""
    channel: str = "portal"


class Proof(msgspec.Struct, frozen=True, kw_only=True):
    """How a binding is proved: the way, and the signature where there is one."""

    way: ProofWay
    signature: Signature | None

    @property
    def basis(self) -> str:
        """What the declared relation rests on."""
        return self.way.value


async def prove(
    conn: AsyncConnection, book: PolicyBook, request: BindingRequest, authoriser: Person, user: Person, today: date
) -> Proof | list[Refusal]:
    """What proves a binding by the rules of a day, or everything that is missing."""
    rule = book.rule(ProofPapers, authoriser.region, "sharing.proof", today)
    way = ProofWay.COUNTER if request.desk else rule.online if rule else ProofWay.COMMITMENT
    reasons = _channel_faults(book, request, rule, authoriser.region) + _term_faults(
        book, request, authoriser, user, today
    )
    if not request.notice_accepted:
        reasons.append(refuse(Code.NOTICE_NOT_ACCEPTED, field="notice_accepted"))
    if request.desk is None and not authoriser.real_name_verified:
        reasons.append(refuse(Code.NOT_REAL_NAME))
    if rule and rule.asks_card and not request.user_card_no:
        reasons.append(refuse(Code.INPUT_INVALID, field="user_card_no", what="请填写使用人的社保卡号"))
    signature = read_signature(request.signature) if way is ProofWay.COMMITMENT or request.signature.strip() else None
    if isinstance(signature, Refusal):
        reasons.append(signature)
    if way is ProofWay.COMMITMENT and await _disbelieved(conn, request, authoriser, user, today):
        reasons.append(refuse(Code.COMMITMENT_BARRED))
    given = await kinds_uploaded(conn, authoriser.person_no, request.papers)
    if isinstance(given, Refusal):
        return [*reasons, given]
    reasons += _missing(rule, way, given, request.seen)
    if reasons or isinstance(signature, Refusal):
        return reasons
    return Proof(way=way, signature=signature)


def _missing(
    rule: ProofPapers | None, way: ProofWay, uploaded: Collection[PaperKind], seen: Collection[PaperKind]
) -> list[Refusal]:
    """Papers that are asked for and not there, by name."""
    if rule is None or way is ProofWay.COMMITMENT:
        return []
    asked, given = (rule.counter, seen) if way is ProofWay.COUNTER else (rule.documents, uploaded)
    missing = [kind.label for kind in asked if kind not in given]
    field = "seen" if way is ProofWay.COUNTER else "papers"
    return [refuse(Code.PAPERS_MISSING, field=field, what="、".join(missing))] if missing else []


def _channel_faults(book: PolicyBook, request: BindingRequest, rule: ProofPapers | None, region: str) -> list[Refusal]:
    known = {channel.value: channel for channel in BindingChannel}
    head = request.channel.partition("/")[0]
    channel = known.get(head)
    if channel is not None and (rule is None or channel not in rule.closed):
        return []
    name = channel.label if channel else "这个渠道"
    return [refuse(Code.WAY_NOT_OFFERED, field="channel", region=book.name(region), channel=name)]


def _term_faults(
    book: PolicyBook, request: BindingRequest, authoriser: Person, user: Person, today: date
) -> list[Refusal]:
    """A place may make bindings for long between employees only, and those for a single use or not."""
    rule = book.rule(LinkTerms, authoriser.region, "sharing.terms", today)
    if rule is None:
        return []
    name = book.name(authoriser.region)
    long_term = request.term is BindingTerm.LONG_TERM
    if long_term and rule.long_term_employees_only and user.scheme is not Scheme.EMPLOYEE:
        return [refuse(Code.LONG_TERM_NOT_OFFERED, field="term", region=name)]
    if not long_term and not rule.single_use:
        return [refuse(Code.SINGLE_USE_NOT_OFFERED, field="term", region=name)]
    return []


async def _disbelieved(
    conn: AsyncConnection, request: BindingRequest, authoriser: Person, user: Person, today: date
) -> bool:
    """Whether a commitment is not enough: who has forged papers, or calls a divorced spouse his spouse again."""
    cursor = await store.run(conn, "is_untrustworthy", person_no=authoriser.person_no, today=today)
    (listed,) = await cursor.fetchone() or (False,)
    if listed or request.relation is not Relation.SPOUSE:
        return bool(listed)
    cursor = await store.run(conn, "was_divorced", one=authoriser.person_no, other=user.person_no)
    return await cursor.fetchone() is not None


async def too_often(
    conn: AsyncConnection, book: PolicyBook, authoriser: Person, user: Person, at: datetime
) -> Refusal | None:
    """Two people who bind and end again and again are sent to the counter, where the place's rule says from when."""
    rule = book.rule(Pattern, authoriser.region, "abuse.ping_pong", at.date())
    if rule is None or rule.refuse_from is None:
        return None
    since = at - timedelta(minutes=rule.minutes)
    cursor = await store.run(conn, "bound_before", authoriser=authoriser.person_no, user=user.person_no, since=since)
    (times,) = await cursor.fetchone() or (0,)
    if times < rule.refuse_from:
        return None
    return refuse(Code.BOUND_TOO_OFTEN, days=str(rule.minutes // (24 * 60)), times=str(times))


def evidence_of(
    request: BindingRequest, proof: Proof, authoriser: Person, user: Person, book: PolicyBook, now: datetime
) -> dict[str, Any]:
    """What proves the consent: which notice in which version, when, the hash of the signature, the papers."""
    rule = proof_for(book, authoriser.region, now.date())
    evidence: dict[str, Any] = {
        "way": proof.way.value,
        "notice": rule.notice if rule else "",
        "notice_version": f"{rule.cite.region}/{rule.cite.start}" if rule else "",
        "commitment": rule.commitment if rule else "",
        "policy": book.digest,
        "consented_at": now.isoformat(),
        "signature_sha256": proof.signature.sha256 if proof.signature else "",
        "signature_kind": "" if proof.signature is None else "drawn" if proof.signature.drawn else "typed",
        "cards": {"authoriser": authoriser.card_no, "user": user.card_no},
        "channel": request.channel,
    }
    if request.desk:
        evidence["seen"] = [kind.value for kind in request.seen]
    return evidence
