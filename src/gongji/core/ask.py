"""May A's account pay this for this relative, there, on that day (共济问答): a decision over the book, without effects.

Yes needs every condition to hold; one that fails makes it no; one that the book does not know makes it not known.
Nothing is guessed.
"""

from datetime import date

import msgspec

from gongji.core.ask_draw import own_first, shared_first
from gongji.core.ask_use import place_condition, purpose_condition
from gongji.core.citation import Citation
from gongji.core.codes import Insurance, Purpose, Relation, Scheme, Term
from gongji.core.conditions import Condition, Held, failed, met, required, unknown
from gongji.core.eligibility import across, within_reach
from gongji.core.policy import PolicyBook
from gongji.core.rules import (
    BindingProof,
    Kin,
    SharingLimits,
    SharingReach,
)
from gongji.core.told import Told, told

DISCLAIMER = "以参保地医保经办机构答复为准。"
"""What every answer ends with."""


class Verdict(Term):
    """The answer (回答)."""

    YES = "yes", "可以"
    NO = "no", "不可以"
    UNKNOWN = "unknown", "不知道"


class Question(msgspec.Struct, frozen=True, kw_only=True):
    """What is asked. Regions are codes of the book.

    Attributes:
        region: where the owner of the account is insured.
        user_region: where the relative is insured.
        relation: what the relative is to the owner; None for the owner himself, or for a relation outside the codes.
        kin: the relation as asked, where it is outside the codes (儿媳、朋友); empty otherwise.
        purpose: what is to be paid.
        place: region of the institution or of the payment.
        on: the day.
        scheme: scheme of the owner of the account.
        insurance: state of his insurance, None when not told.
        user_insurance: state of the relative's insurance, None when not told.
        user_scheme: the relative's scheme, None when not told.
    """

    region: str
    user_region: str
    relation: Relation | None = None
    kin: str = ""
    purpose: Purpose
    place: str
    on: date
    scheme: Scheme = Scheme.EMPLOYEE
    insurance: Insurance | None = None
    user_insurance: Insurance | None = None
    user_scheme: Scheme | None = None

    @property
    def own(self) -> bool:
        """Whether the owner asks for himself."""
        return self.relation is None and not self.kin


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """How the relative is bound (怎样绑定)."""

    steps: tuple[str, ...]
    papers: tuple[Told, ...]
    cite: Citation | None


class Answer(msgspec.Struct, frozen=True, kw_only=True):
    """The answer with everything that stands behind it."""

    question: Question
    verdict: Verdict
    conditions: tuple[Condition, ...]
    first: tuple[str, ...]
    binding: Binding | None
    channels: tuple[Told, ...]
    hotlines: tuple[Told, ...]
    rules: tuple[Told, ...]


def ask(book: PolicyBook, question: Question) -> Answer:
    """Decide a question."""
    conditions = (*_people(book, question), *_use(book, question))
    states = {condition.held for condition in conditions}
    verdict = Verdict.NO if Held.FAILED in states else Verdict.UNKNOWN if Held.UNKNOWN in states else Verdict.YES
    possible = verdict is not Verdict.NO
    return Answer(
        question=question,
        verdict=verdict,
        conditions=conditions,
        first=_first(book, question) if possible else (),
        binding=_binding(book, question) if possible and not question.own else None,
        channels=told(book, question.region, "service.channels", question.on),
        hotlines=told(book, question.region, "service.hotline", question.on),
        rules=() if question.own else told(book, question.region, "sharing.facts", question.on),
    )


def _first(book: PolicyBook, question: Question) -> tuple[str, ...]:
    if question.own:
        return own_first(book, question.region, question.on)
    user = (question.user_region, question.user_scheme)
    return shared_first(book, question.region, user, question.on)


def _use(book: PolicyBook, question: Question) -> tuple[Condition, ...]:
    """Conditions on what is paid, and where."""
    purpose = purpose_condition(book, question.region, question.purpose, question.on, own=question.own)
    elsewhere = book.pool_of(question.place) != book.pool_of(question.user_region)
    place = (
        place_condition(book, question.region, question.place, question.purpose, question.on, own=question.own)
        if elsewhere
        else None
    )
    return tuple(condition for condition in (purpose, place) if condition)


def _people(book: PolicyBook, question: Question) -> tuple[Condition, ...]:
    """Conditions on the two people and on what they are to each other."""
    cites = {each.item.key: each.cite for each in told(book, question.region, "sharing.facts", question.on)}
    owner = _owner(question, cites.get("authoriser"))
    if question.own:
        return (owner,)
    return (
        owner,
        _user(question, cites.get("user")),
        _kin(book, question),
        _reach(book, question),
        *_limits(book, question),
    )


def _owner(question: Question, cite: Citation | None) -> Condition:
    if question.scheme is not Scheme.EMPLOYEE:
        return failed("sharing.facts", f"参加{question.scheme.label}的没有个人账户", cite)
    if question.insurance not in (None, Insurance.INSURED):
        return failed("sharing.facts", f"账户本人须正常参加职工医保，现为{question.insurance.label}", cite)
    text = "账户本人正常参加职工医保，有个人账户"
    return met("sharing.facts", text, cite) if question.insurance else required("sharing.facts", text, cite)


def _user(question: Question, cite: Citation | None) -> Condition:
    if question.user_insurance not in (None, Insurance.INSURED):
        return failed("sharing.facts", f"使用人须已参加基本医保，现为{question.user_insurance.label}", cite)
    text = "使用人已参加职工医保或居民医保"
    return met("sharing.facts", text, cite) if question.user_insurance else required("sharing.facts", text, cite)


def _kin(book: PolicyBook, question: Question) -> Condition:
    kin = book.rule(Kin, question.region, "sharing.kin", question.on)
    region = book.name(question.region)
    if kin is None:
        return unknown("sharing.kin", f"{region} {question.on} 可以绑定哪些亲属未收录", None)
    allowed = "、".join(relation.label for relation in kin.relations)
    if question.relation is None:
        return failed("sharing.kin", f"{question.kin}不是近亲属，{region}可绑定：{allowed}", kin.cite)
    if question.relation not in kin.relations:
        return failed("sharing.kin", f"{question.relation.label}不在范围内，{region}可绑定：{allowed}", kin.cite)
    return met("sharing.kin", f"{question.relation.label}在可绑定的亲属范围内", kin.cite)


def _reach(book: PolicyBook, question: Question) -> Condition:
    rule = book.rule(SharingReach, question.region, "sharing.reach", question.on)
    mine, theirs = book.name(question.region), book.name(question.user_region)
    if rule is None:
        return unknown("sharing.reach", f"{mine} {question.on} 是否已开通家庭共济未收录", None)
    if within_reach(rule.reach, book.pool_of(question.region), book.pool_of(question.user_region)):
        both = f"{mine}与{theirs}" if mine != theirs else f"同在{mine}参保，"
        return met("sharing.reach", f"{both}在{rule.reach.label}共济范围内", rule.cite)
    beyond = _between_provinces(book, question, mine, theirs)
    if beyond is not None:
        return beyond
    text = f"使用人参保地（{theirs}）不在{mine}的{rule.reach.label}共济范围内"
    return failed("sharing.reach", text, rule.cite)


def _between_provinces(book: PolicyBook, question: Question, mine: str, theirs: str) -> Condition | None:
    """Between two provinces a mechanism of its own; None within one, or before it began."""
    if question.region[:2] == question.user_region[:2]:
        return None
    rule = across(book, question.region, question.user_region, question.on)
    if rule is not None:
        both = "，绑定和解绑须双方同意" if rule.both_agree else ""
        return met("sharing.across", f"{mine}与{theirs}可以跨省共济：用{rule.mode.label}{both}", rule.cite)
    told = book.in_force(question.region, "sharing.cross_province", question.on)
    if told is None:
        return None
    text = f"跨省共济（{mine}、{theirs}）须两地都已开通，{question.on} 是否开通未收录"
    return unknown("sharing.cross_province", text, told.cite)


def _limits(book: PolicyBook, question: Question) -> tuple[Condition, ...]:
    """Numbers that nobody told us of the two people; they must be looked at."""
    giving = book.rule(SharingLimits, question.region, "sharing.limits", question.on)
    taking = book.rule(SharingLimits, question.user_region, "sharing.limits", question.on)
    found = []
    if giving and giving.users_per_authoriser is not None:
        text = f"一位授权人最多绑定 {giving.users_per_authoriser} 位使用人"
        found.append(required("sharing.limits", text, giving.cite))
    if taking and taking.authorisers_per_user is not None:
        text = f"一位使用人最多接受 {taking.authorisers_per_user} 位授权人"
        found.append(required("sharing.limits", text, taking.cite))
    return tuple(found)


def _binding(book: PolicyBook, question: Question) -> Binding:
    proof = book.rule(BindingProof, question.region, "sharing.binding", question.on)
    steps: tuple[str, ...] = ("先绑定，再就医购药或缴费",)
    if proof is not None:
        steps += (f"阅读并同意《{proof.notice}》", f"签署《{proof.commitment}》")
        steps += ("使用人本人确认",) if proof.confirm_by_user else ()
    papers = told(book, question.region, "sharing.papers", question.on)
    return Binding(steps=steps, papers=papers, cite=proof.cite if proof else None)
