"""Read a submitted form: texts, amounts, days and choices, with the fault of each field beside it (表单)."""

from datetime import date
from enum import Enum
from typing import Any, TypeVar

import msgspec
from litestar import Request

from gongji.core.money import MAX_FEN, Fen, MoneyError, parse_yuan

Choice = TypeVar("Choice", bound=Enum)

LONGEST_TEXT = 200


class Form(msgspec.Struct, kw_only=True):
    """The fields of a form and, as they are read, what is wrong with them."""

    values: dict[str, str]
    faults: dict[str, str] = {}

    def text(self, name: str) -> str:
        """A short text, empty when it was left out."""
        return self.values.get(name, "").strip()[:LONGEST_TEXT]

    def long_text(self, name: str) -> str:
        """A text as long as it came."""
        return self.values.get(name, "")

    def ticked(self, name: str) -> bool:
        """Whether a box was ticked."""
        return self.values.get(name) == "yes"

    def fault(self, name: str, what: str) -> None:
        """Note what is wrong with a field; the first fault of a field stays."""
        self.faults.setdefault(name, what)

    def need(self, name: str, what: str) -> str:
        """A text that must be given."""
        text = self.text(name)
        if not text:
            self.fault(name, what)
        return text

    def day(self, name: str) -> date | None:
        """A day, or None when it was left out."""
        text = self.text(name)
        if not text:
            return None
        try:
            return date.fromisoformat(text)
        except ValueError:
            self.fault(name, "请按 年-月-日 填写，例如 2026-03-05")
            return None

    def yuan(self, name: str) -> Fen | None:
        """An amount above zero, or None when it was left out."""
        text = self.text(name)
        if not text:
            return None
        try:
            amount = parse_yuan(text)
        except MoneyError:
            amount = 0
        if not 0 < amount <= MAX_FEN:
            self.fault(name, "请填写大于零的金额，最多两位小数，例如 200 或 200.50")
            return None
        return amount

    def count(self, name: str, most: int) -> int | None:
        """A whole number from 1, or None when it was left out."""
        text = self.text(name)
        if not text:
            return None
        number = int(text) if text.isascii() and text.isdigit() else 0
        if not 1 <= number <= most:
            self.fault(name, f"请填写 1 到 {most} 的整数")
            return None
        return number

    def choice(self, name: str, kind: type[Choice], what: str) -> Choice | None:
        """One of a closed set."""
        try:
            return kind(self.text(name))
        except ValueError:
            self.fault(name, what)
            return None


async def read_form(request: Request[Any, Any, Any]) -> Form:
    """The submitted fields as text; anything else, such as a file, is left out.

    A NUL cannot be kept by the database and has no place in a form.
    """
    fields = await request.form()
    return Form(values={k: v.replace("\x00", "") for k, v in fields.items() if isinstance(v, str)})
