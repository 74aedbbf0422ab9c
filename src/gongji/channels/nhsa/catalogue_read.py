"""Read a national catalogue file: TXT, tab-separated, zipped or not, a row at a time (目录文件读取)."""

import hashlib
import re
import zipfile
import zlib
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import IO, Final

from gongji.channels.nhsa.catalogue_layout import NULL, Layout, layout, service_kind
from gongji.core.catalogue import ALWAYS
from gongji.core.codes import ItemKind
from gongji.service.catalogue_load import Fault, StagedRow

LONGEST_LINE: Final = 1 << 20
"""Bytes of a row; a longer one is no row."""

LONGEST_CODE: Final = 50
LONGEST_VERSION: Final = 50
_SHOWN: Final = 30

_DATE: Final = re.compile(r"(\d{4})-?(\d{2})-?(\d{2})(?:[ T]\d{2}:\d{2}(?::\d{2})?(?:\.\d+)?)?", re.ASCII)
_FILE: Final = re.compile(r"(?<!\d)(13\d\dA?)(?![0-9A-Z])", re.ASCII)
_LEVELS: Final = {
    **dict.fromkeys(("甲", "甲类", "1", "01"), "甲"),
    **dict.fromkeys(("乙", "乙类", "2", "02"), "乙"),
    **dict.fromkeys(("丙", "丙类", "自费", "3", "03", "", NULL), "丙"),
}

Progress = Callable[[int], None]


def file_of(name: str) -> str | None:
    """The transaction that a file name tells, such as 1301 in ``1301_20260101.txt.zip``; None when it tells none."""
    found = _FILE.search(name)
    return found[1] if found else None


class NationalFile:
    """A catalogue file, read as a :class:`gongji.service.catalogue_load.Source`.

    Args:
        path: TXT, or a ZIP with one or more of them.
        file: transaction it was fetched with.
        most: faults after which reading stops.
        progress: told how many bytes were read, again and again.
    """

    def __init__(self, path: Path, file: str, *, most: int = 50, progress: Progress | None = None) -> None:
        self.name = path.name
        self.file = file
        self.faults: list[Fault] = []
        self._path = path
        self._layout = layout(file)
        self._most = most
        self._progress = progress or (lambda _: None)
        self._hash = hashlib.sha256()
        self._line = 0

    @property
    def sha256(self) -> bytes:
        """Hash of the text that was read."""
        return self._hash.digest()

    def rows(self) -> Iterator[StagedRow]:
        """Every row that is right; the others are noted in ``faults``."""
        try:
            with ExitStack() as opened:
                for text in self._texts(opened):
                    yield from self._rows_of(text)
        except (zipfile.BadZipFile, zlib.error, EOFError) as broken:
            self._fault(0, f"压缩文件损坏，请重新下载（{broken}）")
        except NotImplementedError:
            self._fault(0, "压缩方式不支持，请用普通 ZIP 重新压缩")
        except OSError as broken:
            self._fault(0, f"文件读不了：{broken.strerror or broken}")

    def _texts(self, opened: ExitStack) -> Iterator[IO[bytes]]:
        if not zipfile.is_zipfile(self._path):
            yield opened.enter_context(self._path.open("rb"))
            return
        archive = opened.enter_context(zipfile.ZipFile(self._path))
        members = [member for member in archive.infolist() if member.filename.lower().endswith(".txt")]
        if not members:
            self._fault(0, "压缩文件里没有 .txt")
        for member in members:
            if member.flag_bits & 1:
                self._fault(0, f"{member.filename} 加了密码，请解密后再导入")
            else:
                yield opened.enter_context(archive.open(member))

    def _rows_of(self, text: IO[bytes]) -> Iterator[StagedRow]:
        since = 0
        while len(self.faults) < self._most:
            raw = text.readline(LONGEST_LINE + 1)
            if not raw:
                break
            self._line += 1
            self._hash.update(raw)
            since += len(raw)
            if since >= LONGEST_LINE:
                self._progress(since)
                since = 0
            if len(raw) > LONGEST_LINE:
                self._fault(0, f"这一行超过 {LONGEST_LINE} 字节，不是目录文件")
                return
            row = self._row(raw)
            if row:
                yield row
        self._progress(since)

    def _row(self, raw: bytes) -> StagedRow | None:
        try:
            line = raw.decode("utf-8-sig" if self._line == 1 else "utf-8").rstrip("\r\n")
        except UnicodeDecodeError as wrong:
            self._fault(raw[: wrong.start].count(b"\t") + 1, "不是 UTF-8 编码，请转换后再导入")
            return None
        if not line:
            return None
        fields = line.split("\t")
        expected = len(self._layout.columns)
        if len(fields) != expected:
            self._fault(min(len(fields), expected + 1), f"这一行有 {len(fields)} 列，{self.file} 应为 {expected} 列")
            return None
        if "\0" in line:
            self._fault(next(n for n, field in enumerate(fields, 1) if "\0" in field), "有空字符（NUL）")
            return None
        before = len(self.faults)
        row = self._staged(fields, line)
        return row if len(self.faults) == before else None

    def _staged(self, fields: Sequence[str], line: str) -> StagedRow:
        shape = self._layout
        code = self._needed(fields, shape.code, LONGEST_CODE)
        begins = self._date(fields, shape.begins) or ALWAYS
        ends = self._date(fields, shape.ends)
        if ends and ends < begins:
            self._fault(shape.ends[0] + 1, f"结束日期 {ends} 早于开始日期 {begins}")
        return (
            self._line,
            self.file,
            code,
            begins,
            ends,
            _first(fields, shape.name) or code,
            self._kind(fields, code),
            self._level(fields),
            _first(fields, shape.unit),
            _first(fields, shape.form),
            _first(fields, shape.specification),
            _restriction(fields, shape),
            self._needed(fields, (shape.version,), LONGEST_VERSION),
            self._valid(fields),
            line,
        )

    def _needed(self, fields: Sequence[str], places: tuple[int, ...], longest: int) -> str:
        value = _first(fields, places).strip()
        label = self._layout.columns[places[0]]
        if not value:
            self._fault(places[0] + 1, f"{label}不能为空")
        if len(value) > longest:
            self._fault(places[0] + 1, f"{label}超过 {longest} 个字符：{value[:_SHOWN]}…")
        return value

    def _date(self, fields: Sequence[str], places: tuple[int, ...]) -> date | None:
        for place in places:
            value = fields[place].strip()
            if value in ("", NULL):
                continue
            day = _date_of(value)
            if day is None:
                label = self._layout.columns[place]
                self._fault(place + 1, f"{label}不是日期：{value[:_SHOWN]}（应为 yyyy-MM-dd）")
            return day
        return None

    def _kind(self, fields: Sequence[str], code: str) -> str | None:
        kind = self._layout.kind
        if kind is ItemKind.SERVICE:
            return service_kind(code).value
        if kind is ItemKind.WESTERN_DRUG and (code.startswith("Z") or _first(fields, self._layout.patent) == "1"):
            return ItemKind.CHINESE_PATENT.value
        return kind.value if kind else None

    def _level(self, fields: Sequence[str]) -> str | None:
        """甲, 乙 or 丙; None where files of this kind don't tell."""
        for place in self._layout.level:
            level = _LEVELS.get(fields[place].strip())
            if level is None:
                self._fault(
                    place + 1, f"{self._layout.columns[place]}无法识别：{fields[place][:_SHOWN]}（应为甲、乙或丙）"
                )
            return level
        return None

    def _valid(self, fields: Sequence[str]) -> bool:
        value = fields[self._layout.valid].strip()
        if value not in ("0", "1"):
            self._fault(self._layout.valid + 1, f"有效标志应为 0 或 1，不是 {value[:_SHOWN] or '空'}")
        return value == "1"

    def _fault(self, column: int, what: str) -> None:
        self.faults.append(Fault(source=self.name, line=self._line, column=column, what=what))


def _date_of(text: str) -> date | None:
    found = _DATE.fullmatch(text)
    try:
        return date(*map(int, found.groups())) if found else None
    except ValueError:
        return None


def _first(fields: Sequence[str], places: tuple[int, ...]) -> str:
    """The first of some columns that isn't empty."""
    return next((fields[place] for place in places if fields[place] not in ("", NULL)), "")


def _restriction(fields: Sequence[str], shape: Layout) -> str:
    """The text of the restricted use; a flag that says "not restricted" outweighs a text."""
    if shape.restricted and fields[shape.restricted[0]].strip() == "0":
        return ""
    return _first(fields, shape.restriction)
