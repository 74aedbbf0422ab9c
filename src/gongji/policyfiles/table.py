"""Strict reading of one TOML table: each key is asked for once, and every fault is recorded instead of raised."""

import re
from datetime import date, datetime, time
from difflib import get_close_matches
from typing import Any, TypeVar

from gongji.core.codes import Term
from gongji.core.money import WHOLE, BasisPoints, Fen, MoneyError, parse_percent, parse_yuan
from gongji.policyfiles.fault import Sheet

T = TypeVar("T", bound=Term)

_POINTS = re.compile(r"-?\d{1,3}(?:\.\d{1,2})?", re.ASCII)


class Table:
    """A table of a policy file being read.

    A reading method returns None when the key is absent or its value is at fault; the fault is then in the sheet.
    ``done`` refuses the keys that nobody asked for.
    """

    def __init__(self, sheet: Sheet, path: str, values: dict[str, Any]) -> None:
        self.sheet = sheet
        self.path = path
        self._values = values
        self._asked: set[str] = set()

    def fault(self, key: str, text: str) -> None:
        """Record a fault at a key of this table, or at the table when ``key`` is empty."""
        self.sheet.fault(".".join(part for part in (self.path, key) if part), text)

    def done(self) -> None:
        """Refuse the keys that no rule knows."""
        for key in self._values:
            if key not in self._asked:
                close = get_close_matches(key, self._asked - self._values.keys(), 1)
                hint = f"，是不是 {close[0]}" if close else ""
                self.fault(key, f"不认识的键 {key}{hint}；这里可用：{'、'.join(sorted(self._asked))}")

    def value(self, key: str, *, required: bool = False) -> object | None:
        """The raw value of a key."""
        self._asked.add(key)
        if key not in self._values:
            if required:
                self.fault(key, f"缺少 {key}")
            return None
        found: object = self._values[key]
        return found

    def text(self, key: str, *, required: bool = True) -> str | None:
        """A text that is not blank."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if not isinstance(found, str) or not found.strip():
            self.fault(key, f"{key} 须是非空文字")
            return None
        return found

    def day(self, key: str, *, required: bool = False) -> date | None:
        """A date such as ``2023-07-01``, without quotes."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if not isinstance(found, date) or isinstance(found, datetime):
            self.fault(key, f"{key} 须是日期，写作 2023-07-01，不加引号")
            return None
        return found

    def hour(self, key: str) -> time | None:
        """A time of day such as ``22:00:00``, without quotes."""
        found = self.value(key, required=True)
        if found is None:
            return None
        if not isinstance(found, time):
            self.fault(key, f"{key} 须是时刻，写作 22:00:00，不加引号")
            return None
        return found

    def flag(self, key: str) -> bool | None:
        """A true or false."""
        found = self.value(key)
        if found is None:
            return None
        if not isinstance(found, bool):
            self.fault(key, f"{key} 须是 true 或 false")
            return None
        return found

    def count(self, key: str, *, low: int = 0, high: int = 999, required: bool = False) -> int | None:
        """A whole number within bounds."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            self.fault(key, f"{key} 须是 {low} 到 {high} 的整数")
            return None
        return found

    def amount(self, key: str, *, required: bool = True) -> Fen | None:
        """An amount in yuan, as a text such as ``"1800.00"``."""
        found = self.value(key, required=required)
        return None if found is None else self._fen(key, found)

    def amount_or(self, key: str, word: str) -> Fen | str | None:
        """An amount, or a word that stands for none."""
        return word if self.value(key) == word else self.amount(key)

    def amounts(self, key: str) -> tuple[Fen, ...] | None:
        """A list of amounts; at least one."""
        found = self.value(key, required=True)
        if found is None:
            return None
        if not isinstance(found, list) or not found:
            self.fault(key, f'{key} 须是金额列表，例如 ["650.00", "550.00"]')
            return None
        read = [self._fen(key, item) for item in found]
        return None if None in read else tuple(fen for fen in read if fen is not None)

    def _fen(self, key: str, found: object) -> Fen | None:
        if not isinstance(found, str):
            self.fault(key, f'{key} 须写成带引号的金额，例如 "1800.00"；不用浮点数或整数')
            return None
        try:
            fen = parse_yuan(found)
        except MoneyError as error:
            self.fault(key, str(error))
            return None
        if fen < 0:
            self.fault(key, f"{key} 不能是负数")
            return None
        return fen

    def points(self, key: str) -> BasisPoints | None:
        """Percentage points as a text such as ``"3"`` or ``"-3"``, in basis points."""
        found = self.value(key, required=True)
        if found is None:
            return None
        if not isinstance(found, str) or not _POINTS.fullmatch(found):
            self.fault(key, f'{key} 须写成带引号的百分点，例如 "3"、"-3"、"2.5"')
            return None
        points = parse_yuan(found)
        if abs(points) > WHOLE:
            self.fault(key, f"{key} 超过 100 个百分点")
            return None
        return points

    def word(self, key: str, words: tuple[str, ...], *, required: bool = False) -> str | None:
        """One of a few fixed words; None when absent or at fault."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if found not in words:
            self.fault(key, f"{key} 没有 {found!r}；可用：{'、'.join(words)}")
            return None
        return str(found)

    def percent(self, key: str, *, required: bool = True) -> BasisPoints | None:
        """A ratio as a text such as ``"70%"``."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if not isinstance(found, str):
            self.fault(key, f'{key} 须写成带引号的百分比，例如 "70%"；不用浮点数或整数')
            return None
        try:
            return parse_percent(found)
        except MoneyError as error:
            self.fault(key, str(error))
            return None

    def choice(self, key: str, kind: type[T], *, required: bool = False) -> T | None:
        """A code of a closed set."""
        found = self.value(key, required=required)
        return None if found is None else self._code(key, kind, found)

    def choices(self, key: str, kind: type[T], *, required: bool = True) -> tuple[T, ...] | None:
        """A list of codes of a closed set, each once."""
        found = self.value(key, required=required)
        if found is None:
            return None
        if not isinstance(found, list):
            self.fault(key, f"{key} 须是列表")
            return None
        codes = [self._code(key, kind, item) for item in found]
        if None in codes:
            return None
        if len(set(codes)) < len(codes):
            self.fault(key, f"{key} 有重复的编码")
            return None
        return tuple(code for code in codes if code is not None)

    def _code(self, key: str, kind: type[T], found: object) -> T | None:
        known = {member.value: member for member in kind}
        if isinstance(found, str) and found in known:
            return known[found]
        self.fault(key, f"{key} 没有编码 {found!r}；可用：{'、'.join(f'{m.value}（{m.label}）' for m in kind)}")
        return None

    def names(self, key: str) -> tuple[str, ...]:
        """A list of texts; empty when absent."""
        found = self.value(key)
        if found is None:
            return ()
        if not isinstance(found, list) or not all(isinstance(item, str) and item for item in found):
            self.fault(key, f"{key} 须是文字列表")
            return ()
        return tuple(found)

    def rows(self, key: str = "rows") -> tuple["Table", ...]:
        """The rows of a rule, one inline table each; at least one."""
        found = self.value(key, required=True)
        if found is None:
            return ()
        if not isinstance(found, list) or not found or not all(isinstance(item, dict) for item in found):
            self.fault(key, f"{key} 须至少有一行，每行写作 {{ 条件 = …, 数值 = … }}")
            return ()
        path = f"{self.path}.{key}" if self.path else key
        return tuple(Table(self.sheet, f"{path}[{n}]", item) for n, item in enumerate(found))

    def any_row_has(self, key: str) -> bool:
        """Whether a key is written in any of the rows, sound or not."""
        found = self._values.get("rows")
        return isinstance(found, list) and any(isinstance(item, dict) and key in item for item in found)
