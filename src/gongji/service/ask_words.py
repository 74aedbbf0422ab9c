"""The words that questions may be asked in (共济问答的词): places from the book, the rest from ``ask_words.toml``."""

from collections.abc import Iterator
from functools import cache, lru_cache
from importlib.resources import files
from typing import Literal

import msgspec

from gongji.core.codes import Purpose, Relation
from gongji.core.policy import NATION, PolicyBook

SELF = "self"
"""What stands for the owner of the account himself among relations."""

Kind = Literal["region", "relation", "stranger", "purpose", "filler"]


class Word(msgspec.Struct, frozen=True):
    """A word of a question: what it is, the code it stands for, and the word itself."""

    kind: Kind
    code: str
    text: str


class _Others(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    self: tuple[str, ...]
    strangers: tuple[str, ...]
    fillers: tuple[str, ...]


class _Words(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    relations: dict[str, tuple[str, ...]]
    purposes: dict[str, tuple[str, ...]]
    others: _Others


class UnknownWordError(ValueError):
    """A word that is not understood."""

    def __init__(self, word: str) -> None:
        super().__init__(word)
        self.word = word


@cache
def vocabulary() -> dict[str, Word]:
    """Every word but the names of places."""
    found = msgspec.toml.decode(files("gongji.service").joinpath("ask_words.toml").read_bytes(), type=_Words)
    words = [Word("relation", SELF, text) for text in (SELF, *found.others.self)]
    words += [Word("stranger", text, text) for text in found.others.strangers]
    for relation in Relation:
        synonyms = found.relations.get(relation.value, ())
        words += [Word("relation", relation.value, text) for text in (relation.value, relation.label, *synonyms)]
    for purpose in Purpose:
        synonyms = found.purposes.get(purpose.value, ())
        words += [Word("purpose", purpose.value, text) for text in (purpose.value, purpose.label, *synonyms)]
    words += [Word("filler", "", text) for text in found.others.fillers]
    return {word.text: word for word in words}


def understood() -> str:
    """The words of a question, for the reader of a refusal."""
    words = vocabulary().values()

    def shown(kind: Kind) -> str:
        return "、".join(word.text for word in words if word.kind == kind and not word.text.isascii())

    return f"亲属：{shown('relation')}。用途：{shown('purpose')}"


def words_of(book: PolicyBook, text: str) -> Iterator[Word]:
    """The words of a text, with or without blanks between them; the longest word that fits is taken.

    Raises:
        UnknownWordError: something in it is not understood.
    """
    known = vocabulary() | _places(book)
    longest = max(map(len, known))
    for piece in text.split():
        rest = piece
        while rest:
            heads = (rest[:length] for length in range(min(longest, len(rest)), 0, -1))
            word = next((known[head] for head in heads if head in known), None)
            if word is None:
                raise UnknownWordError(rest)
            if word.kind != "filler":
                yield word
            rest = rest[len(word.text) :]


@lru_cache(maxsize=8)
def _places(book: PolicyBook) -> dict[str, Word]:
    """Codes, names and short names of places; a short name that two places have is no word."""
    codes: dict[str, set[str]] = {}
    for region in book.regions.values():
        if region.code != NATION:
            for name in (region.code, region.name, *region.aliases):
                codes.setdefault(name, set()).add(region.code)
    return {name: Word("region", next(iter(found)), name) for name, found in codes.items() if len(found) == 1}
