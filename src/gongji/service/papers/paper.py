"""What stands on a paper, whatever its form: a heading, facts, sums and rows of lines (单据)."""

from collections.abc import Sequence
from enum import StrEnum
from typing import Final, Protocol

import msgspec

from gongji.core.money import Fen, format_yuan

Cell = str | int
"""Text, or an amount in fen where the column holds money."""


def money(amount: Fen) -> str:
    """Yuan with two decimals and commas between thousands."""
    yuan, _, cents = format_yuan(amount).lstrip("-").partition(".")
    return f"{'-' if amount < 0 else ''}{int(yuan):,}.{cents}"


class Form(StrEnum):
    """Form of a paper."""

    XLSX = "xlsx"
    PDF = "pdf"

    @property
    def media_type(self) -> str:
        """As HTTP calls it."""
        return _MEDIA[self]


_MEDIA: Final = {
    Form.XLSX: "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet",
    Form.PDF: "application/pdf",
}


class Column(msgspec.Struct, frozen=True):
    """A column: heading, share of the width, whether it holds money."""

    title: str
    width: int
    money: bool = False


class Paper(msgspec.Struct, frozen=True, kw_only=True):
    """A paper without its lines.

    Attributes:
        title: heading; ``subtitle`` stands below it.
        facts: what it is about, as names with values.
        sums: amounts by name, in fen; the last is what it comes to.
        columns: of the lines; the last holds the amounts, whose sum is told below them.
        notes: sentences below the sums.
        signers: who signs at the end.
    """

    title: str
    subtitle: str
    facts: tuple[tuple[str, str], ...]
    sums: tuple[tuple[str, Fen], ...]
    columns: tuple[Column, ...]
    notes: tuple[str, ...] = ()
    signers: tuple[str, ...] = ("制表：", "复核：", "付款方（盖章）：", "收款方（盖章）：")


class Writer(Protocol):
    """Writes a paper piece by piece, so that a month of a million lines needs no more memory than one of ten."""

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some lines."""

    def close(self, total: Fen) -> None:
        """Write what stands at the end: the sum of the lines."""

    def abandon(self) -> None:
        """Leave nothing behind of a paper that will not be finished."""
