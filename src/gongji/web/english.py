"""The pages in English (英文页面): the same templates, their Chinese replaced by a table that is keyed by it.

What stands in a template is replaced when it is compiled, so it costs nothing later; what a view puts into it is looked
up as a whole text, then by the table's patterns. What is in no table stays Chinese: names, places, the words of a rule
and its source. Chinese pages know nothing of all this.
"""

import re
import tomllib
from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import cache, lru_cache
from pathlib import Path
from string import Formatter
from typing import Any, Final, NamedTuple

from jinja2 import Environment, pass_context
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from jinja2.runtime import Context
from markupsafe import Markup, escape

from gongji.core.times import CHINA
from gongji.web.sentences import filled
from gongji.web.unbroken import unbroken

TABLES: Final = Path(__file__).parent / "english"
CHINESE: Final = re.compile(r"[\u2018-\u201d\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
_PIECE: Final = re.compile(rf'[^<>"\n]*{CHINESE.pattern}[^<>"\n]*')
_REMEMBERED: Final = 4096
_SENTENCE: Final = re.compile("[^。]+。?")
_DAY: Final = re.compile(r"([1-9]\d{3})年(1[0-2]|[1-9])月([12]\d|3[01]|[1-9])日")
_LISTS: Final = (("；", "; "), ("，", ", "), ("、", ", "), ("; ", "; "), (", ", ", "))
"""What stands between the parts of a list, in Chinese and in English: a template may have joined them in English."""
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Table:
    """Chinese texts with their English: of all pages, of one template, and sentences with places for what varies."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.words: dict[str, str] = content["words"]
        self.of_template: dict[str, dict[str, str]] = content["template"]
        self.patterns: dict[str, str] = content["patterns"]
        # A pattern that says more is tried first; its longest fixed part tells cheaply whether it may fit at all.
        self._patterns = sorted(map(_pattern, self.patterns.items()), key=lambda one: -one.fixed)
        self._found: Callable[[str], str] = lru_cache(_REMEMBERED)(self._find)

    def piece(self, template: str, chinese: str) -> str | None:
        """A piece of a template, or None when nobody has translated it."""
        own = self.of_template.get(template.removesuffix(".html"), {})
        return own.get(chinese, self.words.get(chinese))

    def text(self, chinese: str) -> str:
        """A text that a view gives: as a whole, by a pattern, sentence by sentence, or as a list; else as it is."""
        return self._found(chinese) if CHINESE.search(chinese) else chinese

    def _find(self, chinese: str) -> str:
        # Not by way of a date: somebody may have written a day that there is not.
        chinese = _DAY.sub(lambda found: f"{found[3]} {_MONTHS[int(found[2]) - 1]} {found[1]}", chinese)
        known = self._known(chinese)
        if known is not None:
            return known
        sentences = _SENTENCE.findall(chinese)
        if len(sentences) > 1:
            return " ".join(self.text(sentence).strip() for sentence in sentences)
        for mark, joint in _LISTS:
            parts = [self._part(part) for part in chinese.split(mark)] if mark in chinese else [None]
            if None not in parts:
                return joint.join(part for part in parts if part)
        return chinese

    def _part(self, chinese: str) -> str | None:
        """A member of a list, or None when it is not known."""
        found = self.text(chinese)
        return None if found == chinese and CHINESE.search(chinese) else found

    def _known(self, chinese: str) -> str | None:
        """A text that stands in the table, or fits one of its patterns."""
        known = self.words.get(chinese)
        if known is not None:
            return known
        for one in self._patterns:
            matched = one.shape.fullmatch(chinese) if one.mark in chinese else None
            if matched:
                return one.fill([self.text(part) for part in matched.groups()])
        return None


class Pattern(NamedTuple):
    """A sentence with places: ``{}`` in their order, or ``{name}`` where the English has another order.

    A place holds no full stop, so that a sentence does not take in the next one; ``{amount}`` holds digits only.
    """

    shape: re.Pattern[str]
    mark: str
    fixed: int
    names: tuple[str, ...]
    english: str

    def fill(self, values: list[str]) -> str:
        """The English with these values in the places of the Chinese."""
        return self.english.format(
            *values, **{name: value for name, value in zip(self.names, values, strict=True) if name}
        )


def _pattern(entry: tuple[str, str]) -> Pattern:
    chinese, english = entry
    shape, fixed, names = "", [], []
    for text, name, _, _ in Formatter().parse(chinese):
        shape += re.escape(text)
        fixed.append(text)
        if name and name in names:
            shape += f"(?P={name})"
        elif name is not None:
            held = "[\\d.]+" if name == "amount" else "[^。]+?"
            shape += f"(?P<{name}>{held})" if name else f"({held})"
            names.append(name)
    return Pattern(re.compile(shape), max(fixed, key=len), sum(map(len, fixed)), tuple(names), english)


@cache
def table() -> Table:
    """The table of this installation, whose files are one for each part of the pages."""
    return Table(merged((path.name, tomllib.loads(path.read_text("utf-8"))) for path in sorted(TABLES.glob("*.toml"))))


def merged(files: Iterable[tuple[str, dict[str, Any]]]) -> dict[str, Any]:
    """The files of the table as one, each with its name.

    Raises:
        ValueError: an entry stands in two files.
    """
    content: dict[str, Any] = {"words": {}, "template": {}, "patterns": {}}
    for name, sections in files:
        for section, entries in sections.items():
            twice = content[section].keys() & entries.keys()
            if twice:
                raise ValueError(f"{name}: {section} has {sorted(twice)} that another file has as well")
            content[section] |= entries
    return content


def pieces(source: str) -> Iterable[str]:
    """The Chinese pieces in a run of template text: what stands between tags, or in an attribute."""
    return (piece.strip() for piece in _PIECE.findall(source))


_AS_TYPED: Final = (("rparen", ")"), ("pipe", "|"), ("name", "as_typed"))


class Translate(Extension):
    """Replaces the Chinese of a template while it is compiled; the table holds no markup."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """The tokens of a template, its texts in English."""
        name = stream.name or ""

        def english(matched: re.Match[str]) -> str:
            whole = matched[0]
            found = table().piece(name, whole.strip())
            if found is None:
                return whole
            # What closes or goes on with a phrase stands against it.
            return (whole.lstrip() if found[:1] in ",.;:)" else whole).replace(whole.strip(), found)

        shown = typed = False
        for token in stream:
            if token.type == "variable_begin":
                yield token
                if typed:
                    yield Token(token.lineno, "lparen", "(")
                shown = True
            elif token.type == "variable_end":
                if typed:
                    yield from (Token(token.lineno, *part) for part in _AS_TYPED)
                yield token
                shown = typed = False
            # A text inside an expression is shown; one inside a statement may be compared with something.
            elif (token.type == "data" or (shown and token.type == "string")) and CHINESE.search(token.value):
                yield Token(token.lineno, token.type, _PIECE.sub(english, token.value))
            else:
                yield token
            # What somebody typed, and what a form carries, goes back as it came.
            typed = token.value.endswith('value="') if token.type == "data" else typed


def in_english(environment: Environment) -> Environment:
    """The same templates, in English."""
    other = environment.overlay(extensions=[Translate], finalize=_finalize)
    other.filters = environment.filters | {
        "day": day,
        "moment": moment,
        "as_published": as_published,
        "unbroken": unbroken_in_english,
        "as_typed": escape,
        "filled": filled_in_english,
    }

    @pass_context
    def original(context: Context, name: str) -> Markup:
        """A template in Chinese on an English page: words that count as they were published."""
        return Markup(environment.get_template(name).render(context.get_all()))  # noqa: S704 it has escaped its values

    other.globals = environment.globals | {"language": "en", "original": original}
    return other


def filled_in_english(sentence: str, **values: object) -> Markup:
    """A sentence, which is English already, with values in its places; texts among them are looked up."""
    return filled(sentence, **{name: _finalize(value) for name, value in values.items()})


def _finalize(value: object) -> object:
    return table().text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


@lru_cache(_REMEMBERED)
def as_published(text: str) -> str:
    """A source, a title, the words of a rule: Chinese on English pages too, and marked so for who has them read out."""
    return Markup('<span lang="zh-CN">{}</span>').format(unbroken(text)) if CHINESE.search(text) else text


def unbroken_in_english(value: object) -> str:
    """A text of a view in English, its days and amounts kept whole."""
    return unbroken(table().text(str(value)))


def day(on: date) -> str:
    """A day as it is said: 5 Mar 2026."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """A day and time in China."""
    local = at.astimezone(CHINA)
    return f"{day(local.date())} {local:%H:%M}"
