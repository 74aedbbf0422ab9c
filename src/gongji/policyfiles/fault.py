"""What is wrong in a policy file and where: file, key, line and a sentence in Chinese."""

import re
import tomllib
from collections.abc import Iterator

import msgspec

_HEADER = re.compile(r"\s*\[\[?\s*([^\[\]]+?)\s*\]\]?\s*(?:#.*)?$")

_AT_LINE = re.compile(r"at line (\d+)")


class Fault(msgspec.Struct, frozen=True, kw_only=True, order=True):
    """One fault of a policy file (政策文件差错).

    Attributes:
        file: path as cited, ``regions/610100/outpatient.toml``.
        line: line number from 1; the nearest header where the key itself is missing.
        key: path of the key, ``ratio[0].rows[2].share``; empty for the file as a whole.
        text: what is wrong and how to mend it.
    """

    file: str
    line: int
    key: str
    text: str

    def __str__(self) -> str:
        """One line for a terminal or a log."""
        place = f" {self.key}" if self.key else ""
        return f"{self.file}:{self.line}{place}：{self.text}"


class PolicyFilesError(ValueError):
    """Policy files cannot be used; ``faults`` lists every fault of every file."""

    def __init__(self, faults: tuple[Fault, ...]) -> None:
        super().__init__("\n".join(str(fault) for fault in faults))
        self.faults = faults


class Sheet:
    """One file's text, and the faults found in it.

    The standard reader of TOML keeps no line numbers, so lines are found by scanning the text for headers and keys;
    that is done only when there is a fault to report.
    """

    def __init__(self, file: str, text: str) -> None:
        self.file = file
        self.faults: list[Fault] = []
        self._lines = text.splitlines()

    def fault(self, key: str, text: str, line: int | None = None) -> None:
        """Record a fault at a key path such as ``ratio[0].rows[2].share``."""
        place = line if line is not None else self.line_of(key)
        self.faults.append(Fault(file=self.file, line=place, key=key, text=text))

    def syntax_fault(self, error: tomllib.TOMLDecodeError) -> None:
        """Record that the text is no TOML, at the line the reader names, or the last."""
        found = _AT_LINE.search(str(error))
        line = int(found[1]) if found else max(1, len(self._lines))
        self.fault("", f"TOML 语法错误：{error}；文字和金额加英文双引号，符号不用全角", line)

    def line_of(self, key: str) -> int:
        """Line of a key, or of the nearest thing above it that can be found."""
        first, last = 0, len(self._lines)
        at = 0
        for part in key.split(".") if key else ():
            name, _, rest = part.partition("[")
            nth = int(rest.rstrip("]")) if rest.rstrip("]").isdigit() else 0
            hit = self._header(name, nth) if at == 0 and first == 0 else None
            if hit is not None:
                first, last = hit + 1, self._end_of_block(hit + 1)
                at = hit
                continue
            hit = self._assignment(name, first, last)
            if hit is None:
                break
            at = hit
            if rest:
                first, last = self._nth_row(nth, hit, last)
                at = first
        return at + 1

    def _header(self, name: str, nth: int) -> int | None:
        hits = [number for number, found in self._headers() if found == name]
        return hits[nth] if nth < len(hits) else None

    def _headers(self) -> Iterator[tuple[int, str]]:
        for number, line in enumerate(self._lines):
            found = _HEADER.match(line)
            if found:
                yield number, found[1]

    def _end_of_block(self, start: int) -> int:
        return next((number for number, _ in self._headers() if number >= start), len(self._lines))

    def _assignment(self, name: str, first: int, last: int) -> int | None:
        wanted = re.compile(rf'(?:^|[\s{{,"])"?{re.escape(name)}"?\s*=')
        return next((n for n in range(first, last) if wanted.search(self._lines[n])), None)

    def _nth_row(self, nth: int, start: int, last: int) -> tuple[int, int]:
        """First line of the nth row of an array of inline tables, and the line after its last."""
        depth, seen, first = 0, -1, start
        for number in range(start, last):
            for sign in self._lines[number]:
                depth += (sign == "{") - (sign == "}")
                if sign == "{" and depth == 1:
                    seen, first = seen + 1, number
                if sign == "}" and depth == 0 and seen == nth:
                    return first, number + 1
        return start, start + 1
