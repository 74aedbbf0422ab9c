"""Strict reading of a JSON object: the first fault is named with its key and what is allowed there."""

import re
from datetime import date
from typing import Any, TypeVar

from gongji.core.codes import Term
from gongji.core.money import Fen, MoneyError, parse_yuan
from gongji.core.refusal import Code, Refusal, refuse

T = TypeVar("T", bound=Term)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_ITEMS = 100


class InputFaultError(ValueError):
    """The input cannot be read; ``refusal`` is its answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


class JsonObject:
    """A JSON object being read; ``done`` refuses the keys that nobody asked for."""

    def __init__(self, values: object, path: str = "") -> None:
        self._path = path
        self._asked: set[str] = set()
        if not isinstance(values, dict):
            raise self._invalid("", "须是对象")
        self._values: dict[str, Any] = values

    def _invalid(self, key: str, what: str) -> InputFaultError:
        field = f"{self._path}.{key}" if self._path and key else self._path or key
        return InputFaultError(refuse(Code.INPUT_INVALID, field=field or None, what=f"{field or '案例'}{what}"))

    def done(self) -> None:
        """Refuse the keys that nobody asked for."""
        for key in self._values:
            if key not in self._asked:
                raise self._invalid(key, f" 是不认识的键；可用：{'、'.join(sorted(self._asked))}")

    def has(self, key: str) -> bool:
        """Whether a key is given; null is not given."""
        self._asked.add(key)
        return self._values.get(key) is not None

    def _get(self, key: str) -> Any:
        if not self.has(key):
            raise self._invalid(key, " 必须给出")
        return self._values[key]

    def child(self, key: str) -> "JsonObject":
        """A nested object; an absent one is empty."""
        inner = self._get(key) if self.has(key) else {}
        return JsonObject(inner, f"{self._path}.{key}" if self._path else key)

    def children(self, key: str) -> list["JsonObject"]:
        """A list of objects; an absent one is empty."""
        if not self.has(key):
            return []
        found = self._get(key)
        if not isinstance(found, list) or len(found) > _MAX_ITEMS:
            raise self._invalid(key, f" 须是列表，最多 {_MAX_ITEMS} 项")
        return [JsonObject(item, f"{key}[{n}]") for n, item in enumerate(found)]

    def text(self, key: str) -> str:
        """A text that is not blank."""
        found = self._get(key)
        if not isinstance(found, str) or not found.strip():
            raise self._invalid(key, " 须是非空文字")
        return found.strip()

    def code(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        """A code of a closed set."""
        if not self.has(key):
            return default
        found = self._get(key)
        known = {member.value: member for member in kind}
        if not isinstance(found, str) or found not in known:
            raise self._invalid(key, f" 只能是 {'、'.join(f'{m.value}（{m.label}）' for m in kind)}")
        return known[found]

    def must(self, key: str, kind: type[T], default: T | None = None) -> T:
        """A code that must be given unless it has a default."""
        found = self.code(key, kind, default)
        if found is None:
            self._get(key)
            raise AssertionError(key)
        return found

    def day(self, key: str) -> date:
        """A date as ``2025-09-10``."""
        found = self._get(key)
        fault = self._invalid(key, " 须是日期，例如 2025-09-10")
        if not isinstance(found, str) or not _DATE.fullmatch(found):
            raise fault
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise fault from None

    def flag(self, key: str) -> bool:
        """True or false; absent is false."""
        if not self.has(key):
            return False
        found = self._get(key)
        if not isinstance(found, bool):
            raise self._invalid(key, " 须是 true 或 false")
        return found

    def count(self, key: str, default: int, *, low: int = 0, high: int = 9999) -> int:
        """A whole number within bounds."""
        if not self.has(key):
            return default
        found = self._get(key)
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            raise self._invalid(key, f" 须是 {low} 到 {high} 的整数")
        return found

    def amount(self, key: str) -> Fen | None:
        """An amount that may be absent."""
        if not self.has(key):
            return None
        found = self._get(key)
        if not isinstance(found, str):
            raise self._invalid(key, ' 须是带引号的金额，例如 "600.00"')
        try:
            fen = parse_yuan(found)
        except MoneyError as error:
            raise self._invalid(key, f" {error}") from None
        if fen < 0:
            raise self._invalid(key, " 不能是负数")
        return fen

    def must_amount(self, key: str) -> Fen:
        """An amount that must be given."""
        self._get(key)
        return self.amount(key) or 0

    def refuse(self, key: str, what: str) -> InputFaultError:
        """A fault of a key that the caller has found."""
        return self._invalid(key, f" {what}")
