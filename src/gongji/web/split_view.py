"""A split as people see it: one bar in four colours, and a reason for every line (分摊条、明细理由)."""

from collections.abc import Sequence
from datetime import date

import msgspec

from gongji.core.case import Split, Step
from gongji.core.money import Fen, format_yuan

BAR_WIDTH = 1000
"""Width of the bar in the units of its drawing."""

THINNEST = 12
"""A part that paid anything can be seen."""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """One payer's part: its place and width in the bar, and its label."""

    kind: str
    name: str
    hint: str
    amount: Fen
    x: int
    width: int


class Reason(msgspec.Struct, frozen=True, kw_only=True):
    """One line of the explanation; without a source it follows from the amounts alone."""

    text: str
    amount: Fen
    source: str = ""
    confidence: str = ""
    file: str = ""
    overdue: bool = False


class SplitView(msgspec.Struct, frozen=True, kw_only=True):
    """A bill's split with its bar and reasons."""

    total: Fen
    parts: tuple[Part, ...]
    reasons: tuple[Reason, ...]

    @property
    def spoken(self) -> str:
        """The bar in words, for those who do not see it."""
        return "，".join(f"{part.name} {format_yuan(part.amount)} 元" for part in self.parts)


def split_view(split: Split, texts: Sequence[str], today: date) -> SplitView:
    """Show a split.

    Args:
        split: who pays what, and why.
        texts: what the reader is told of each step; a step with an empty text is left out, and so are repeats.
        today: day on which sources past their review date are marked.
    """
    reasons = dict.fromkeys(_reason(step, text, today) for step, text in zip(split.steps, texts, strict=True) if text)
    return SplitView(total=split.total, parts=_parts(split), reasons=tuple(reasons))


def _parts(split: Split) -> tuple[Part, ...]:
    named = (
        ("fund", "统筹", "大家共同的医保基金", split.fund),
        ("own", "本人账户", "本人的医保个人账户", split.own_total),
        ("shared", "家庭共济", "家人的医保个人账户", split.shared_total),
        ("cash", "现金", "本人另外付的钱", split.cash),
    )
    widths = _widths([amount for *_, amount in named], split.total)
    parts = []
    x = 0
    for (kind, name, hint, amount), width in zip(named, widths, strict=True):
        parts.append(Part(kind=kind, name=name, hint=hint, amount=amount, x=x, width=width))
        x += width
    return tuple(parts)


def _widths(amounts: list[Fen], total: Fen) -> list[int]:
    """Widths in proportion, none of them invisible; the widest gives what the others lack."""
    widths = [max(THINNEST, BAR_WIDTH * amount // total) if amount else 0 for amount in amounts]
    widths[widths.index(max(widths))] += BAR_WIDTH - sum(widths)
    return widths


def _reason(step: Step, text: str, today: date) -> Reason:
    cite = step.cite
    if cite is None:
        return Reason(text=text, amount=step.amount)
    return Reason(
        text=text,
        amount=step.amount,
        source=cite.source,
        confidence=cite.confidence.label,
        file=cite.file,
        overdue=cite.overdue(today),
    )
