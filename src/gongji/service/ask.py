"""Questions as people put them and answers as programs read them (共济问答), for the command line and REST alike."""

import re
from datetime import date
from typing import Any

import msgspec

from gongji.core.ask import Question, ask
from gongji.core.codes import Insurance, Purpose, Relation, Scheme
from gongji.core.policy import NATION, PolicyBook
from gongji.service.ask_answer import AnswerOut, not_known, shape
from gongji.service.ask_words import SELF, UnknownWordError, Word, understood, vocabulary, words_of

_DAY = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)

MOST_REGIONS = 3
"""Places of a short question: of the account, of the relative, of the care."""


class Asked(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A question as put: everything is a text, and what is not said is empty.

    ``words`` is the short form; what is said on its own wins over it.
    """

    words: str = ""
    region: str = ""
    relation: str = ""
    purpose: str = ""
    user_region: str = ""
    place: str = ""
    date: str = ""
    scheme: str = ""
    insurance: str = ""
    user_insurance: str = ""
    user_scheme: str = ""


class NotUnderstoodError(ValueError):
    """A question that cannot be read; ``field`` names the part at fault."""

    def __init__(self, message: str, field: str) -> None:
        super().__init__(message)
        self.field = field


def answer_question(book: PolicyBook, asked: Asked, today: date) -> AnswerOut:
    """The answer in the shape that programs read.

    Raises:
        NotUnderstoodError: the question cannot be read.
    """
    asked = _from_words(book, asked)
    for field, name in (("region", "参保地"), ("purpose", "用途"), ("relation", "亲属")):
        if not getattr(asked, field):
            raise NotUnderstoodError(f"缺少{name}；例子：西安 岳母 买药。{understood()}", field)
    on = _day(asked.date, today)
    missing = _missing(book, asked)
    if missing:
        told = {key: value for key, value in msgspec.structs.asdict(asked).items() if value and key != "words"}
        return not_known(told | {"date": str(on)}, missing)
    return shape(book, ask(book, _question(book, asked, on)))


def _from_words(book: PolicyBook, asked: Asked) -> Asked:
    """The parts that the short form tells, where they are not told on their own."""
    days = _DAY.findall(asked.words)
    try:
        words = list(words_of(book, _DAY.sub(" ", asked.words)))
    except UnknownWordError as error:
        known = "、".join(region.name for region in book.regions.values() if region.code != NATION)
        text = f"不懂“{error.word}”。地区：{known}。{understood()}"
        raise NotUnderstoodError(text, "words") from None
    regions = [word.code for word in words if word.kind == "region"]
    told = {
        "relation": _one(words, ("relation", "stranger"), "亲属"),
        "purpose": _one(words, ("purpose",), "用途"),
        "date": days[0] if days else "",
    }
    if len(regions) > MOST_REGIONS or len(days) > 1:
        raise NotUnderstoodError("最多三个地区（账户、使用人、就医地）和一个日期", "words")
    told |= dict(zip(("region", "user_region", "place"), regions, strict=False))
    return msgspec.structs.replace(asked, **{key: value for key, value in told.items() if not getattr(asked, key)})


def _one(words: list[Word], kinds: tuple[str, ...], name: str) -> str:
    found = dict.fromkeys(word.code for word in words if word.kind in kinds)
    if len(found) > 1:
        texts = "、".join(word.text for word in words if word.kind in kinds)
        raise NotUnderstoodError(f"一次问一种{name}：{texts}", "words")
    return next(iter(found), "")


def _day(text: str, today: date) -> date:
    if not text:
        return today
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise NotUnderstoodError(f"日期写作 2025-09-10，不是“{text}”", "date") from None


def _missing(book: PolicyBook, asked: Asked) -> list[str]:
    """What is asked about and not in the book: the answer is then not known."""
    missing = [
        f"没有收录地区“{name}”"
        for name in dict.fromkeys((asked.region, asked.user_region, asked.place))
        if name and book.find(name) is None
    ]
    if _code(asked.relation, ("relation", "stranger")) is None:
        missing.append(f"没有收录亲属“{asked.relation}”")
    if _code(asked.purpose, ("purpose",)) is None:
        missing.append(f"没有收录用途“{asked.purpose}”")
    return missing


def _code(text: str, kinds: tuple[str, ...]) -> Word | None:
    word = vocabulary().get(text)
    return word if word and word.kind in kinds else None


def _question(book: PolicyBook, asked: Asked, on: date) -> Question:
    region = _region(book, asked.region)
    relation = _code(asked.relation, ("relation", "stranger"))
    purpose = _code(asked.purpose, ("purpose",))
    assert relation is not None  # noqa: S101 - _missing has looked
    assert purpose is not None  # noqa: S101
    own = relation.code == SELF
    user_region = region if own or not asked.user_region else _region(book, asked.user_region)
    stranger = relation.kind == "stranger"
    return Question(
        region=region,
        user_region=user_region,
        relation=None if own or stranger else Relation(relation.code),
        kin=relation.text if stranger else "",
        purpose=Purpose(purpose.code),
        place=_region(book, asked.place) if asked.place else user_region,
        on=on,
        scheme=_term(Scheme, asked.scheme, "scheme") or Scheme.EMPLOYEE,
        insurance=_term(Insurance, asked.insurance, "insurance"),
        user_insurance=_term(Insurance, asked.user_insurance, "user_insurance"),
        user_scheme=_term(Scheme, asked.user_scheme, "user_scheme"),
    )


def _region(book: PolicyBook, name: str) -> str:
    found = book.find(name)
    return found.code if found else name


def _term(kind: Any, text: str, field: str) -> Any:
    if not text:
        return None
    found = next((member for member in kind if text in (member.value, member.label)), None)
    if found is None:
        known = "、".join(f"{member.label}（{member.value}）" for member in kind)
        raise NotUnderstoodError(f"不懂“{text}”；可用：{known}", field)
    return found
