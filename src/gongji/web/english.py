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
from typing import Any, Final

from jinja2 import Environment
from jinja2.ext import Extension
from jinja2.lexer import Token, TokenStream
from markupsafe import Markup

from gongji.core.times import CHINA

TABLE: Final = Path(__file__).parent / "english.toml"
CHINESE: Final = re.compile(r"[\u2018-\u201d\u3001-\u303f\u4e00-\u9fff\uff00-\uffef]")
_PIECE: Final = re.compile(rf'[^<>"\n]*{CHINESE.pattern}[^<>"\n]*')
_REMEMBERED: Final = 4096
_MONTHS: Final = ("Jan", "Feb", "Mar", "Apr", "May", "Jun", "Jul", "Aug", "Sep", "Oct", "Nov", "Dec")


class Table:
    """Chinese texts with their English: of all pages, of one template, and sentences with places for what varies."""

    def __init__(self, content: dict[str, Any]) -> None:
        self.words: dict[str, str] = content["words"]
        self.of_template: dict[str, dict[str, str]] = content["template"]
        self._patterns: list[tuple[re.Pattern[str], str]] = [
            (_pattern(chinese), english) for chinese, english in content["patterns"].items()
        ]
        self._found: Callable[[str], str] = lru_cache(_REMEMBERED)(self._find)

    def piece(self, template: str, chinese: str) -> str | None:
        """A piece of a template, or None when nobody has translated it."""
        own = self.of_template.get(template.removesuffix(".html"), {})
        return own.get(chinese, self.words.get(chinese))

    def text(self, chinese: str) -> str:
        """A text that a view gives: as a whole, by a pattern, or piece by piece; else as it is."""
        return self._found(chinese) if CHINESE.search(chinese) else chinese

    def _find(self, chinese: str) -> str:
        known = self.words.get(chinese)
        if known is not None:
            return known
        for pattern, english in self._patterns:
            matched = pattern.fullmatch(chinese)
            if matched:
                return english.format(*(self.text(part) for part in matched.groups()))
        parts = [self.words.get(part) for part in chinese.split("、")]
        return ", ".join(part for part in parts if part) if None not in parts else chinese


def _pattern(chinese: str) -> re.Pattern[str]:
    return re.compile("(.+?)".join(re.escape(part) for part in chinese.split("{}")))


@cache
def table() -> Table:
    """The table of this installation."""
    return Table(tomllib.loads(TABLE.read_text("utf-8")))


def pieces(source: str) -> Iterable[str]:
    """The Chinese pieces in a run of template text: what stands between tags, or in an attribute."""
    return (piece.strip() for piece in _PIECE.findall(source))


class Translate(Extension):
    """Replaces the Chinese of a template while it is compiled; the table holds no markup."""

    def filter_stream(self, stream: TokenStream) -> Iterable[Token]:
        """The tokens of a template, its texts in English."""
        name = stream.name or ""

        def english(matched: re.Match[str]) -> str:
            whole = matched[0]
            found = table().piece(name, whole.strip())
            return whole if found is None else whole.replace(whole.strip(), found)

        shown = False
        for token in stream:
            # A text inside an expression is shown; one inside a statement may be compared with something.
            shown = token.type == "variable_begin" or (shown and token.type != "variable_end")
            if (token.type == "data" or (shown and token.type == "string")) and CHINESE.search(token.value):
                yield Token(token.lineno, token.type, _PIECE.sub(english, token.value))
            else:
                yield token


def in_english(environment: Environment) -> Environment:
    """The same templates, in English."""
    other = environment.overlay(extensions=[Translate], finalize=_finalize)
    other.filters = environment.filters | {"day": day, "moment": moment}
    other.globals = environment.globals | {"language": "en"}
    return other


def _finalize(value: object) -> object:
    return table().text(value) if isinstance(value, str) and not isinstance(value, Markup) else value


def day(on: date) -> str:
    """A day as it is said: 5 Mar 2026."""
    return f"{on.day} {_MONTHS[on.month - 1]} {on.year}"


def moment(at: datetime) -> str:
    """A day and time in China."""
    local = at.astimezone(CHINA)
    return f"{day(local.date())} {local:%H:%M}"
