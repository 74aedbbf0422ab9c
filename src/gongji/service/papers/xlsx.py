"""A paper as a spreadsheet: one sheet with the sums, one or more with the lines (电子表格)."""

import io
from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import IO, Any, Final

from openpyxl import Workbook
from openpyxl.cell import WriteOnlyCell
from openpyxl.styles import Alignment, Border, Font, PatternFill, Side
from openpyxl.utils import get_column_letter

from gongji.core.money import Fen
from gongji.service.papers.paper import Cell, Paper

MONEY: Final = "#,##0.00;[Red]-#,##0.00"
MOST_ROWS: Final = 1_000_000
"""Lines of one sheet: a spreadsheet has 1,048,576 rows."""

_BOLD: Final = Font(bold=True)
_TITLE: Final = Font(bold=True, size=16)
_GREY: Final = Font(color="666666")
_HEAD: Final = PatternFill("solid", fgColor="DDE8E4")
_RULE: Final = Border(top=Side(style="thin"))


class XlsxWriter:
    """Writes rows as they come; openpyxl keeps them on disk until the end."""

    def __init__(self, target: IO[bytes], paper: Paper) -> None:
        self._target = target
        self._paper = paper
        self._book = Workbook(write_only=True)
        self._summary()
        self._sheets = 0
        self._begin()

    def add(self, rows: Sequence[Sequence[Cell]]) -> None:
        """Write some lines; a full sheet is followed by another."""
        for row in rows:
            if self._rows == MOST_ROWS:
                self._begin()
            self._lines.append(
                [
                    self._cell(self._lines, value, money=column.money)
                    for column, value in zip(self._paper.columns, row, strict=True)
                ]
            )
            self._rows += 1

    def close(self, total: Fen) -> None:
        """The sum of the lines, and the file."""
        blank: list[Any] = [None] * (len(self._paper.columns) - 2)
        cells = [self._cell(self._lines, "合计", font=_BOLD), *blank]
        cells.append(self._cell(self._lines, total, money=True, font=_BOLD))
        for cell in (cells[0], cells[-1]):
            cell.border = _RULE
        self._lines.append(cells)
        self._book.save(self._target)

    def abandon(self) -> None:
        """Saving is what makes openpyxl remove its files."""
        self._book.save(io.BytesIO())

    def _summary(self) -> None:
        paper, sheet = self._paper, self._book.create_sheet("汇总")
        sheet.column_dimensions["A"].width = 22
        sheet.column_dimensions["B"].width = 40
        sheet.append([self._cell(sheet, paper.title, font=_TITLE)])
        sheet.append([self._cell(sheet, paper.subtitle, font=_GREY)])
        sheet.append([])
        for name, value in paper.facts:
            sheet.append([self._cell(sheet, name, font=_GREY), self._cell(sheet, value)])
        sheet.append([])
        sheet.append(self._heads(sheet, ("项目", "金额（元）")))
        for number, (name, amount) in enumerate(paper.sums, start=1):
            font = _BOLD if number == len(paper.sums) else None
            sheet.append([self._cell(sheet, name, font=font), self._cell(sheet, amount, money=True, font=font)])
        sheet.append([])
        for note in paper.notes:
            sheet.append([self._cell(sheet, note, font=_GREY)])

    def _begin(self) -> None:
        self._sheets += 1
        self._rows = 0
        self._lines = self._book.create_sheet("明细" if self._sheets == 1 else f"明细{self._sheets}")
        self._lines.freeze_panes = "A2"
        for number, column in enumerate(self._paper.columns, start=1):
            self._lines.column_dimensions[get_column_letter(number)].width = column.width + 2
        self._lines.append(self._heads(self._lines, (column.title for column in self._paper.columns)))

    def _heads(self, sheet: Any, titles: Iterable[str]) -> list[Any]:
        cells = [self._cell(sheet, title, font=_BOLD) for title in titles]
        for cell in cells:
            cell.fill = _HEAD
            cell.alignment = Alignment(horizontal="center")
        return cells

    @staticmethod
    def _cell(sheet: Any, value: Cell, *, money: bool = False, font: Font | None = None) -> Any:
        cell: Any = WriteOnlyCell(sheet)
        cell.value = Decimal(value) / 100 if money else value
        if money:
            cell.number_format = MONEY
        elif isinstance(value, str):
            # A name that begins with "=" is a name, not a formula.
            cell.data_type = "s"
        if font is not None:
            cell.font = font
        return cell
