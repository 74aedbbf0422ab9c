"""What regions decide about items, as a CSV that a spreadsheet can edit (当地目录政策表).

The columns are those of :data:`COLUMNS`, in any order; ``code`` and ``region`` are needed, the rest may be left out
or empty. Money is in yuan, shares are percentages, dates are yyyy-MM-dd.
"""

import csv
import hashlib
import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from pathlib import Path
from typing import Any, Final

from gongji.core.catalogue import ALWAYS
from gongji.core.codes import ItemKind, Level, Scheme
from gongji.core.money import MoneyError, format_percent, format_yuan, parse_percent, parse_yuan
from gongji.ledger.rows import Row
from gongji.service.catalogue_load import TERMS, Fault, StagedRow

COLUMNS: Final = (
    "code",
    "region",
    "scheme",
    "hospital_level",
    "begins_on",
    "ends_on",
    "kind",
    "level",
    "first_self_pay",
    "price_limit",
    "restriction",
)
"""医疗目录编码、地区、险种、医院级别、开始日期、结束日期、分类、甲乙丙、先行自付比例、限价、限制使用范围"""

_LONGEST: Final = 10_000
_SHOWN: Final = 30
_REGION: Final = re.compile(r"\d{6}", re.ASCII)

Progress = Callable[[int], None]


class TermsFile:
    """A CSV of terms, read as a :class:`gongji.service.catalogue_load.Source`."""

    def __init__(self, path: Path, *, most: int = 50, progress: Progress | None = None) -> None:
        self.name = path.name
        self.file = TERMS
        self.faults: list[Fault] = []
        self._path = path
        self._most = most
        self._progress = progress or (lambda _: None)
        self._hash = hashlib.sha256()
        self._line = 0
        self._columns: list[str] = []

    @property
    def sha256(self) -> bytes:
        """Hash of the text that was read."""
        return self._hash.digest()

    def rows(self) -> Iterator[StagedRow]:
        """Every row that is right; the others are noted in ``faults``."""
        try:
            with self._path.open(encoding="utf-8-sig", newline="") as text:
                reader = csv.reader(self._counted(text), strict=True)
                self._columns = next(reader, [])
                if self._header():
                    yield from self._rows_of(reader)
        except UnicodeDecodeError:
            self._fault("", "不是 UTF-8 编码，请另存为 CSV UTF-8")
        except csv.Error as wrong:
            self._fault("", f"CSV 格式错误：{wrong}")
        except OSError as wrong:
            self._fault("", f"文件读不了：{wrong.strerror or wrong}")

    def _counted(self, text: Iterable[str]) -> Iterator[str]:
        for line in text:
            self._line += 1
            raw = line.encode()
            self._hash.update(raw)
            self._progress(len(raw))
            yield line

    def _header(self) -> bool:
        unknown = [name for name in self._columns if name not in COLUMNS]
        missing = [name for name in ("code", "region") if name not in self._columns]
        twice = len(set(self._columns)) < len(self._columns)
        if unknown or missing or twice:
            problem = (
                f"不认识的列 {unknown[0][:_SHOWN] or '（空）'}"
                if unknown
                else "列重复"
                if twice
                else f"缺少列 {missing[0]}"
            )
            self._fault(unknown[0] if unknown else "", f"表头{problem}；可用的列：{'、'.join(COLUMNS)}")
        return not (unknown or missing or twice)

    def _rows_of(self, reader: Iterator[list[str]]) -> Iterator[StagedRow]:
        for cells in reader:
            if len(self.faults) >= self._most:
                return
            if not cells:
                continue
            if len(cells) != len(self._columns):
                self._fault("", f"这一行有 {len(cells)} 列，表头有 {len(self._columns)} 列")
                continue
            before = len(self.faults)
            row = self._staged(dict(zip(self._columns, (cell.strip() for cell in cells), strict=True)))
            if len(self.faults) == before:
                yield row

    def _staged(self, cells: Mapping[str, str]) -> StagedRow:
        begins = self._read(cells, "begins_on", date.fromisoformat, "日期 yyyy-MM-dd") or ALWAYS
        ends = self._read(cells, "ends_on", date.fromisoformat, "日期 yyyy-MM-dd")
        if ends and ends < begins:
            self._fault("ends_on", f"结束日期 {ends} 早于开始日期 {begins}")
        if not cells["code"]:
            self._fault("code", "code（医疗目录编码）不能为空")
        if not _REGION.fullmatch(cells["region"]):
            self._fault("region", f"region（地区）应为 6 位数字，不是 {cells['region'][:_SHOWN] or '空'}")
        kind = self._read(cells, "kind", ItemKind, f"{'、'.join(ItemKind)} 之一")
        scheme = self._read(cells, "scheme", Scheme, "employee 或 resident")
        level = self._read(cells, "hospital_level", Level, "1、2 或 3")
        grade = cells.get("level") or None
        if grade not in (None, "甲", "乙", "丙"):
            self._fault("level", f"level 应为甲、乙或丙，不是 {grade[:_SHOWN]}")
        restriction = cells.get("restriction") or None
        if "\0" in "".join(cells.values()) or len(restriction or "") > _LONGEST:
            self._fault("restriction" if restriction else "", "文字过长或含空字符")
        return (
            self._line,
            cells["code"],
            cells["region"],
            scheme.value if scheme else "",
            level.value if level else "",
            begins,
            ends,
            kind.value if kind else None,
            grade,
            self._read(cells, "first_self_pay", parse_percent, "百分比，例如 10%"),
            self._read(cells, "price_limit", _price, "以元为单位的金额，例如 12.50"),
            restriction,
        )

    def _read(self, cells: Mapping[str, str], name: str, read: Callable[[str], Any], expected: str) -> Any:
        text = cells.get(name, "")
        if not text:
            return None
        try:
            return read(text)
        except (ValueError, MoneyError):
            self._fault(name, f"{name} 应为{expected}，不是 {text[:_SHOWN]}")
            return None

    def _fault(self, column: str, what: str) -> None:
        place = self._columns.index(column) + 1 if column in self._columns else 0
        self.faults.append(Fault(source=self.name, line=self._line, column=place, what=what))


def _price(text: str) -> int:
    amount = parse_yuan(text)
    if amount < 0:
        raise MoneyError(text)
    return amount


def terms_row(row: Row) -> tuple[str, ...]:
    """A row of the CSV, from ``catalogue_term_rows``; it can be loaded again."""
    code, region, scheme, hospital_level, begins, ends, kind, level, share, limit, restriction = row
    return (
        code,
        region,
        scheme,
        hospital_level,
        "" if begins == ALWAYS else begins.isoformat(),
        ends.isoformat() if ends else "",
        kind or "",
        level or "",
        "" if share is None else format_percent(share),
        "" if limit is None else format_yuan(limit),
        restriction or "",
    )
