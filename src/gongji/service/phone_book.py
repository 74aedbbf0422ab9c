"""Telephones of the places (电话簿): bureau, number, hours, open now, and who says so."""

from collections.abc import Iterator
from datetime import datetime

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import Confidence
from gongji.core.policy import PolicyBook, Region
from gongji.core.rules import (
    StatedItem,
    Statement,
)
from gongji.core.told import cite_of
from gongji.service.working_days import working_day

HOTLINE = "service.hotline"


class Line(msgspec.Struct, frozen=True, kw_only=True):
    """One number.

    Attributes:
        dial: the number with its area code and without dashes, or empty when the text is no number.
        checked: whether anything better than an article says so.
    """

    name: str
    value: str
    note: str
    dial: str
    source: str
    checked: bool


class Entry(msgspec.Struct, frozen=True, kw_only=True):
    """The numbers that one place states, with its hours.

    ``open`` is None when the hours are not known; ``opens`` is the next opening of an office that is closed.
    """

    region: Region
    lines: tuple[Line, ...]
    about: tuple[Line, ...]
    open: bool | None
    opens: datetime | None


def phone_book(book: PolicyBook, now: datetime, words: str = "") -> list[Entry]:
    """Every place with telephones, the nation first; only those that ``words`` name, when given."""
    entries = [_entry(region, block, now) for region, block in _blocks(book, now)]
    return [entry for entry in entries if all(_names(entry, word) for word in words.split())]


def _blocks(book: PolicyBook, now: datetime) -> Iterator[tuple[Region, Statement]]:
    for code in sorted(book.regions):
        block = book.own(code, HOTLINE, now.date())
        if isinstance(block, Statement):
            yield book.regions[code], block


def _names(entry: Entry, word: str) -> bool:
    """Whether a word of a search is about an entry."""
    region = entry.region
    texts = (region.name, *region.aliases, *(f"{line.name}{line.note}{line.value}" for line in entry.lines))
    return any(word in text for text in texts)


def _entry(region: Region, block: Statement, now: datetime) -> Entry:
    hours = next((item.hours for item in block.items if item.hours), None)
    lines = [_line(item, cite_of(item, block.cite)) for item in block.items]
    is_open = hours.open_at(now, working_day) if hours else None
    return Entry(
        region=region,
        lines=tuple(line for line in lines if line.dial),
        about=tuple(line for line in lines if not line.dial),
        open=is_open,
        opens=hours.opens_after(now, working_day) if hours and not is_open else None,
    )


def _line(item: StatedItem, cite: Citation) -> Line:
    digits = item.value.replace("-", "")
    return Line(
        name=item.name,
        value=item.value,
        note=item.note,
        dial=digits if digits.isascii() and digits.isdigit() else "",
        source=cite.source,
        checked=cite.confidence is not Confidence.ARTICLE_ONLY,
    )
