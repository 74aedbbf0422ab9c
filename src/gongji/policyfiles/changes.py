"""What changed in a region between two days (规定变化), and where a value comes from (出处)."""

import tomllib
from datetime import date
from pathlib import Path

import msgspec

from gongji.core.codes import Scheme
from gongji.core.policy import Citation, PolicyBook, Region, Rule, SameAs, ancestry
from gongji.policyfiles.describe import describe
from gongji.policyfiles.facts import FACTS
from gongji.policyfiles.fault import Sheet
from gongji.policyfiles.load import file_text
from gongji.policyfiles.rules import FACT_RULES, READERS

UNKNOWN = ("未收录",)
"""How the absence of a rule is told."""


class Change(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that is not the same on two days: its lines on each, and only the lines that differ."""

    rule: str
    scheme: Scheme
    before: tuple[str, ...]
    after: tuple[str, ...]
    source_only: bool = False
    """The figures are the same; another block with another source states them."""


def changes(book: PolicyBook, region: str, earlier: date, later: date) -> tuple[Change, ...]:
    """Every rule of a region that differs between two days."""
    found = []
    for name in READERS:
        for scheme in Scheme:
            before = book.in_force(region, name, earlier, scheme)
            after = book.in_force(region, name, later, scheme)
            if before != after:
                found.append(_change(name, scheme, before, after))
    return tuple(found)


def _change(name: str, scheme: Scheme, before: Rule | None, after: Rule | None) -> Change:
    old, new = (UNKNOWN if rule is None else describe(rule) for rule in (before, after))
    if old == new:
        return Change(rule=name, scheme=scheme, before=old, after=new, source_only=True)
    return Change(
        rule=name,
        scheme=scheme,
        before=tuple(line for line in old if line not in new),
        after=tuple(line for line in new if line not in old),
    )


class Stated(msgspec.Struct, frozen=True, kw_only=True):
    """One block on the way from a region up to the nation: where it stands, and whether it is the one that holds."""

    region: Region
    rule: Rule
    line: int
    holds: bool


def trace(book: PolicyBook, root: Path, region: str, name: str, on: date, scheme: Scheme) -> tuple[Stated, ...]:
    """Every block of a rule that a region has or could inherit, nearest first, each with its file and line."""
    holding = book.in_force(region, name, on, scheme)
    stated = [
        Stated(region=book.regions[code], rule=block, line=line_of(root, block.cite, scheme), holds=block is holding)
        for code in ancestry(region)
        if code in book.regions
        for block in book.rules.get((code, name, scheme), ())
    ]
    if isinstance(holding, SameAs):
        stated += trace(book, root, region, holding.target, on, scheme)
    return tuple(stated)


def line_of(root: Path, cite: Citation, scheme: Scheme) -> int:
    """Line of the block's header in its file."""
    text = file_text(root / cite.file.partition("/")[2])
    rule = _block_name(cite)
    blocks = tomllib.loads(text).get(rule, [])
    numbers = (
        number
        for number, block in enumerate(blocks)
        if block.get("from") == cite.start and block.get("scheme", Scheme.EMPLOYEE.value) == scheme.value
    )
    return Sheet(cite.file, text).line_of(f"{rule}[{next(numbers, 0)}]")


def _block_name(cite: Citation) -> str:
    """What the block of a rule is called in its file."""
    if Path(cite.file).stem == FACTS:
        return next(block for block, rule in FACT_RULES.items() if rule == cite.rule)
    return cite.rule.partition(".")[2]
