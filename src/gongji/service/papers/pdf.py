"""A paper as pages to print, A4 across, page by page (打印件)."""

from collections.abc import Sequence
from typing import IO, Final

from reportlab.lib.pagesizes import A4, landscape
from reportlab.pdfbase import pdfmetrics
from reportlab.pdfbase.cidfonts import UnicodeCIDFont
from reportlab.pdfgen.canvas import Canvas

from gongji.core.money import Fen
from gongji.service.papers.paper import Cell, Paper, money

CHINESE: Final = "STSong-Light"
"""Every reader of PDF has this font by name: nothing is embedded."""
LATIN: Final = "Helvetica"
LATIN_BOLD: Final = "Helvetica-Bold"

WIDTH, HEIGHT = landscape(A4)
MARGIN: Final = 40
ROW: Final = 15
SIZE: Final = 8.5
_SMALL: Final = 7.5
_SMALL_ROW: Final = 11
_BOTTOM: Final = 48
_PAD: Final = 4
_INK, _GREY, _RULE, _HEAD = 0.1, 0.45, 0.75, 0.92

pdfmetrics.registerFont(UnicodeCIDFont(CHINESE))


class PdfWriter:
    """Draws page after page; a page that is full is written and forgotten."""

    def __init__(self, target: IO[bytes], paper: Paper) -> None:
        self._paper = paper
        self._canvas = Canvas(target, pagesize=(WIDTH, HEIGHT), pageCompression=1, invariant=1)
        self._canvas.setTitle(paper.title)
        self._page = 1
        share = (WIDTH - 2 * MARGIN) / sum(column.width for column in paper.columns)
        self._widths = [column.width * share for column in paper.columns]
        self._y = self._first_page()
        self._table_head()

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Draw some lines."""
        for row in rows:
            self._room(ROW)
            self._row(row)

    def remark(self, texts: Sequence[str]) -> None:
        """Draw sentences below the last line, over as many lines as they need."""
        left = MARGIN + 2 * _PAD
        for text in texts:
            for line in _lines(text, WIDTH - MARGIN - left):
                self._room(_SMALL_ROW)
                self._text(line, left, self._y, size=_SMALL, grey=_GREY)
                self._y -= _SMALL_ROW
        self._y -= _PAD

    def close(self, total: Fen) -> None:
        """Draw the sum of the lines and end the last page."""
        self._room(ROW + _PAD)
        self._rule(self._y + ROW - _PAD, _INK)
        self._text("合计", MARGIN + _PAD, self._y)
        self._text(money(total), WIDTH - MARGIN - _PAD, self._y, right=True, bold=True)
        self._y -= ROW + 2 * _PAD
        self._room(2 * ROW)
        signers = self._paper.signers
        for number, name in enumerate(signers):
            self._text(name, MARGIN + number * (WIDTH - 2 * MARGIN) / len(signers), self._y - ROW, size=9.5)
        self._footer()
        self._canvas.save()

    def abandon(self) -> None:
        """Nothing is written before the end."""

    def _first_page(self) -> float:
        paper, y = self._paper, HEIGHT - MARGIN - 14
        self._text(paper.title, MARGIN, y, size=18)
        y -= 18
        self._text(paper.subtitle, MARGIN, y, size=9, grey=_GREY)
        y -= 26
        top = y
        for name, value in paper.facts:
            self._text(name, MARGIN, y, size=9.5, grey=_GREY)
            self._text(value, MARGIN + 90, y, size=9.5)
            y -= 16
        y = min(y, self._sums(top))
        for note in paper.notes:
            self._text(note, MARGIN, y, size=8, grey=_GREY)
            y -= 13
        return y - 12

    def _sums(self, y: float) -> float:
        left, right = WIDTH / 2 + 40, WIDTH - MARGIN
        self._text("金额单位：元", right - _PAD, y + 18, size=8, grey=_GREY, right=True)
        for number, (name, amount) in enumerate(self._paper.sums, start=1):
            last = number == len(self._paper.sums)
            if last:
                self._rule(y + 12, _INK, left)
            self._text(name, left + _PAD, y, size=9.5)
            self._text(money(amount), right - _PAD, y, size=9.5, right=True, bold=last)
            y -= 16
        return y - 6

    def _table_head(self) -> None:
        self._canvas.setFillGray(_HEAD)
        self._canvas.rect(MARGIN, self._y - _PAD, WIDTH - 2 * MARGIN, ROW, stroke=0, fill=1)
        x = float(MARGIN)
        for column, width in zip(self._paper.columns, self._widths, strict=True):
            at = x + width - _PAD if column.money else x + _PAD
            self._text(column.title, at, self._y, right=column.money)
            x += width
        self._y -= ROW

    def _row(self, row: Sequence[Cell]) -> None:
        x = float(MARGIN)
        for column, width, value in zip(self._paper.columns, self._widths, row, strict=True):
            if column.money:
                self._text(money(int(value)), x + width - _PAD, self._y, right=True)
            else:
                self._text(_fitting(str(value), width - 2 * _PAD), x + _PAD, self._y)
            x += width
        self._rule(self._y - _PAD, _RULE)
        self._y -= ROW

    def _room(self, height: float) -> None:
        if self._y - height >= _BOTTOM - ROW:
            return
        self._footer()
        self._canvas.showPage()
        self._page += 1
        self._y = HEIGHT - MARGIN
        self._text(f"{self._paper.title}（续）", MARGIN, self._y, size=9, grey=_GREY)
        self._y -= 22
        self._table_head()

    def _footer(self) -> None:
        self._text(self._paper.subtitle, MARGIN, MARGIN / 2, size=8, grey=_GREY)
        self._text(f"第 {self._page} 页", WIDTH - MARGIN, MARGIN / 2, size=8, grey=_GREY, right=True)

    def _rule(self, y: float, grey: float, left: float = MARGIN) -> None:
        self._canvas.setStrokeGray(grey)
        self._canvas.setLineWidth(0.5)
        self._canvas.line(left, y, WIDTH - MARGIN, y)

    def _text(
        self,
        text: str,
        x: float,
        y: float,
        *,
        size: float = SIZE,
        grey: float = _INK,
        right: bool = False,
        bold: bool = False,
    ) -> None:
        font = _font(text, bold=bold)
        self._canvas.setFont(font, size)
        self._canvas.setFillGray(grey)
        if right:
            self._canvas.drawRightString(x, y, text)
        else:
            self._canvas.drawString(x, y, text)


def _font(text: str, *, bold: bool = False) -> str:
    if not text.isascii():
        return CHINESE
    return LATIN_BOLD if bold else LATIN


def _fitting(text: str, width: float) -> str:
    """As much of a text as has room."""
    if pdfmetrics.stringWidth(text, _font(text), SIZE) <= width:
        return text
    while text and pdfmetrics.stringWidth(text + "…", CHINESE, SIZE) > width:
        text = text[:-1]
    return text + "…"


def _lines(text: str, width: float) -> list[str]:
    """A small text in lines that have room; Chinese may be broken anywhere."""
    lines, line, used = [], "", 0.0
    for letter in text:
        more = pdfmetrics.stringWidth(letter, CHINESE, _SMALL)
        if used + more > width:
            lines.append(line)
            line, used = "", 0.0
        line, used = line + letter, used + more
    return [*lines, line]
