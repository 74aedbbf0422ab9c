"""The answer to a question as programs read it (共济问答的应答)."""

from datetime import date

import msgspec

from gongji.core.ask import DISCLAIMER, Answer, Binding, Question, Verdict
from gongji.core.citation import Citation
from gongji.core.conditions import Condition, Held
from gongji.core.policy import PolicyBook
from gongji.core.told import Told
from gongji.service.ask_words import SELF


class Basis(msgspec.Struct, frozen=True, kw_only=True):
    """Who says so, how sure it is, and until when it need not be looked at again."""

    region: str
    file: str
    since: date
    source: str
    confidence: str
    confidence_text: str
    review_by: date
    overdue: bool


class ConditionOut(msgspec.Struct, frozen=True, kw_only=True):
    """One condition: ``met``, ``failed``, ``required`` (look at it) or ``unknown``."""

    state: str
    state_text: str
    text: str
    rule: str
    basis: Basis | None


class ItemOut(msgspec.Struct, frozen=True, kw_only=True):
    """A telephone, a channel, a paper or another thing stated in words."""

    name: str
    value: str
    note: str
    basis: Basis


class BindingOut(msgspec.Struct, frozen=True, kw_only=True):
    """How the relative is bound."""

    steps: tuple[str, ...]
    papers: tuple[ItemOut, ...]
    basis: Basis | None


class AnswerOut(msgspec.Struct, frozen=True, kw_only=True):
    """The answer: ``yes``, ``no`` or ``unknown``; ``missing`` says what is not known."""

    question: dict[str, str]
    answer: str
    answer_text: str
    missing: tuple[str, ...] = ()
    conditions: tuple[ConditionOut, ...] = ()
    drawn_first: tuple[str, ...] = ()
    binding: BindingOut | None = None
    channels: tuple[ItemOut, ...] = ()
    hotlines: tuple[ItemOut, ...] = ()
    rules: tuple[ItemOut, ...] = ()
    disclaimer: str = DISCLAIMER


def not_known(question: dict[str, str], missing: list[str]) -> AnswerOut:
    """The answer to a question about something that is not in the book."""
    verdict = Verdict.UNKNOWN
    return AnswerOut(question=question, answer=verdict.value, answer_text=verdict.label, missing=tuple(missing))


def shape(book: PolicyBook, answer: Answer) -> AnswerOut:
    """An answer of the core, for programs."""
    on = answer.question.on
    return AnswerOut(
        question=_question(book, answer.question),
        answer=answer.verdict.value,
        answer_text=answer.verdict.label,
        missing=tuple(condition.text for condition in answer.conditions if condition.held is Held.UNKNOWN),
        conditions=tuple(_condition(condition, on) for condition in answer.conditions),
        drawn_first=answer.first,
        binding=_binding(answer.binding, on) if answer.binding else None,
        channels=_items(answer.channels, on),
        hotlines=_items(answer.hotlines, on),
        rules=_items(answer.rules, on),
    )


def _question(book: PolicyBook, question: Question) -> dict[str, str]:
    relation = question.relation
    return {
        "region": question.region,
        "region_name": book.name(question.region),
        "user_region": question.user_region,
        "user_region_name": book.name(question.user_region),
        "place": question.place,
        "place_name": book.name(question.place),
        "relation": relation.value if relation else SELF if question.own else "other",
        "relation_name": relation.label if relation else question.kin or "本人",
        "purpose": question.purpose.value,
        "purpose_name": question.purpose.label,
        "date": str(question.on),
    }


def _condition(condition: Condition, on: date) -> ConditionOut:
    return ConditionOut(
        state=condition.held.value,
        state_text=condition.held.label,
        text=condition.text,
        rule=condition.rule,
        basis=_basis(condition.cite, on) if condition.cite else None,
    )


def _binding(binding: Binding, on: date) -> BindingOut:
    basis = _basis(binding.cite, on) if binding.cite else None
    return BindingOut(steps=binding.steps, papers=_items(binding.papers, on), basis=basis)


def _items(found: tuple[Told, ...], on: date) -> tuple[ItemOut, ...]:
    return tuple(
        ItemOut(name=told.item.name, value=told.item.value, note=told.item.note, basis=_basis(told.cite, on))
        for told in found
    )


def _basis(cite: Citation, on: date) -> Basis:
    return Basis(
        region=cite.region,
        file=cite.file,
        since=cite.start,
        source=cite.source,
        confidence=cite.confidence.value,
        confidence_text=cite.confidence.label,
        review_by=cite.review_by,
        overdue=cite.overdue(on),
    )
