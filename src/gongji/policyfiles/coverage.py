"""What the book knows: which rule of which region, from when, how sure, and what holds on a day."""

from datetime import date

import msgspec

from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import Citation, PolicyBook, Region, Rule
from gongji.policyfiles.facts import FACTS
from gongji.policyfiles.rules import FACT_RULES, PATTERNS, READERS


class Known(msgspec.Struct, frozen=True, kw_only=True):
    """One block of the book: a rule of a region with its span, source and confidence (收录情况)."""

    region: Region
    scheme: Scheme
    cite: Citation

    @property
    def rule(self) -> str:
        """Name of the rule, ``outpatient.ratio``."""
        return self.cite.rule


def coverage(book: PolicyBook) -> tuple[Known, ...]:
    """Every block of the book, by region, rule and first day; a region without blocks does not appear."""
    order = {name: place for place, name in enumerate(READERS)}
    keys = sorted(book.rules, key=lambda key: (key[0], order[key[1]], key[2].value))
    return tuple(
        Known(region=book.regions[region], scheme=scheme, cite=block.cite)
        for region, name, scheme in keys
        if region in book.regions
        for block in book.rules[region, name, scheme]
    )


class Cell(msgspec.Struct, frozen=True, kw_only=True):
    """What is known of a subject in a region: the weakest confidence, and whether it all comes from above."""

    confidence: Confidence
    inherited: bool


Column = tuple[str, Scheme]
"""A subject (the name of a file) and a scheme."""

_WITH_FIGURES = {name.partition(".")[0] for name in READERS if name not in FACT_RULES.values()}


def _subject(name: str) -> str:
    """The column of a rule. What a subject with figures is only told of stands apart: it must not blur the figures."""
    subject = name.partition(".")[0]
    return FACTS if name in FACT_RULES.values() and subject in _WITH_FIGURES else subject


def columns(book: PolicyBook) -> tuple[Column, ...]:
    """Subjects and schemes that any region states, in the order of the rules; thresholds of ours are no knowledge."""
    used = {(_subject(name), scheme) for _, name, scheme in book.rules}
    subjects = dict.fromkeys(_subject(name) for name in READERS if name not in PATTERNS)
    return tuple((subject, scheme) for subject in subjects for scheme in Scheme if (subject, scheme) in used)


def matrix(book: PolicyBook, on: date) -> tuple[tuple[Region, tuple[Cell | None, ...]], ...]:
    """Region by subject: how sure what holds on a day is; None where nothing is known."""
    heads = columns(book)
    return tuple(
        (region, tuple(_cell(book, region.code, head, on) for head in heads)) for region in book.regions.values()
    )


def _cell(book: PolicyBook, region: str, column: Column, on: date) -> Cell | None:
    subject, scheme = column
    names = (name for name in READERS if _subject(name) == subject)
    cites = [rule.cite for name in names if (rule := book.in_force(region, name, on, scheme))]
    if not cites:
        return None
    order = list(Confidence)
    return Cell(
        confidence=max((cite.confidence for cite in cites), key=order.index),
        inherited=all(cite.region != region for cite in cites),
    )


def show(
    book: PolicyBook, region: str, on: date, scheme: Scheme = Scheme.EMPLOYEE
) -> tuple[tuple[str, Rule | None], ...]:
    """Every rule by name with the block that holds for a region on a day, inherited or its own; None is unknown."""
    return tuple((name, book.in_force(region, name, on, scheme)) for name in READERS)
