"""From a JSON value to the value a field stands for, exactly, or a refusal that says what is right.

Every reader takes what clients send: numbers as JSON numbers or texts, and "", null, "null" as empty (None).
"""

import re
from collections.abc import Callable
from datetime import date, datetime
from decimal import Decimal
from enum import StrEnum
from typing import Any, Final, TypeAlias

from gongji.channels.nhsa.envelope import json_kind
from gongji.channels.nhsa.tables import Field, FieldType
from gongji.core.money import Fen, MoneyError, parse_yuan

Reader: TypeAlias = Callable[[Any], Any]
"""Takes a JSON value, gives the field's value or None when it is empty; raises :class:`RefusedError`."""

_MAX_INTEGER_BITS: Final = 512
_AMOUNT_PRECISION: Final = 16
"""Amounts (16,2), quantities (16,4) and prices (16,6) share this precision; none of them may be negative."""

_NUMBER: Final = re.compile(r"(-?)([0-9]*)(?:\.([0-9]*))?")
_DIGITS: Final = re.compile(r"[0-9]+")
_DATE_TIME: Final = re.compile(r"([0-9]{4}-[0-9]{2}-[0-9]{2})(?:[ T]([0-9]{2}:[0-9]{2}:[0-9]{2}))?")
_DATE_EXPECTED: Final = "yyyy-MM-dd 或 yyyy-MM-dd HH:mm:ss，例如 2025-01-02 10:30:00"


class Kind(StrEnum):
    """In which way a value, field or node is not as the specification has it."""

    MISSING = "missing"
    """必填而没有"""
    LENGTH = "length"
    """过长"""
    TYPE = "type"
    """类型不对"""
    FORMAT = "format"
    """写法不对"""
    DICTIONARY = "dictionary"
    """不在字典中"""
    UNKNOWN = "unknown"
    """规范没有的字段或节点"""
    SHAPE = "shape"
    """对象与列表不符、节点名不对、报文外壳不对"""
    SENDER = "sender"
    """机构编号、区划与报文不符"""


class RefusedError(Exception):
    """A value doesn't fit its field: what is wrong, and what would be right (both Chinese); ``kind`` for programs."""

    def __init__(self, problem: str, expected: str, kind: Kind = Kind.FORMAT) -> None:
        super().__init__(problem)
        self.problem = problem
        self.expected = expected
        self.kind = kind


def reader(field: Field, *, max_length: int | None, signed: bool) -> Reader:
    """The reader for a field.

    Args:
        field: the field of the table.
        max_length: characters or digits accepted; None when unlimited.
        signed: negative amounts are meaningful in this transaction.
    """
    match field.type:
        case FieldType.TEXT:
            return _text_reader(max_length)
        case FieldType.DIGITS:
            return _digits_reader(max_length)
        case FieldType.MONEY:
            return _money_reader(signed=signed)
        case FieldType.NUMBER:
            return _number_reader(field.precision, field.scale or 0, signed=signed)
        case FieldType.DATE:
            return _read_date
        case FieldType.DATETIME:
            return _read_datetime
        case FieldType.OPEN:
            return _read_open


def _text_of(raw: Any, expected: str) -> str | None:
    """The stripped text of a JSON text or number; None when empty."""
    if isinstance(raw, str):
        text = raw.strip()
        return None if text in ("", "null") else text
    if raw is None:
        return None
    if isinstance(raw, bool) or not isinstance(raw, int | Decimal):
        raise RefusedError(f"类型不对，是{json_kind(raw)}", expected, Kind.TYPE)
    if isinstance(raw, int) and raw.bit_length() > _MAX_INTEGER_BITS:
        raise RefusedError("过长", expected, Kind.LENGTH)
    return str(raw)


def _text_reader(limit: int | None) -> Reader:
    expected = "文本" if limit is None else f"不超过{limit}个字符的文本"

    def read_text(raw: Any) -> str | None:
        text = _text_of(raw, expected)
        if text is not None and limit is not None and len(text) > limit:
            raise RefusedError(f"过长，有{len(text)}个字符", expected, Kind.LENGTH)
        return text

    return read_text


def _digits_reader(limit: int | None) -> Reader:
    expected = "纯数字" if limit is None else f"不超过{limit}位的纯数字"

    def read_digits(raw: Any) -> str | None:
        text = _text_of(raw, expected)
        if text is None:
            return None
        if not _DIGITS.fullmatch(text):
            raise RefusedError("含有数字以外的字符", expected)
        if limit is not None and len(text) > limit:
            raise RefusedError(f"过长，有{len(text)}位", expected, Kind.LENGTH)
        return text

    return read_digits


def _money_reader(*, signed: bool) -> Reader:
    expected = f"以元为单位、至多14位整数和2位小数的{'' if signed else '非负'}金额，例如 12.30"

    def read_money(raw: Any) -> Fen | None:
        text = _text_of(raw, expected)
        if text is None:
            return None
        try:
            fen = parse_yuan(text if text.isascii() else "")
        except MoneyError:
            fen = parse_yuan(_exact(text, 14, 2, expected))
        if fen < 0 and not signed:
            raise RefusedError("为负数", expected)
        return fen

    return read_money


def _number_reader(precision: int | None, scale: int, *, signed: bool) -> Reader:
    if precision is None:
        whole_digits, decimals, expected = _AMOUNT_PRECISION, _AMOUNT_PRECISION, "数字，例如 12 或 0.5"
    else:
        whole_digits, decimals = precision - scale, scale
        expected = f"至多{whole_digits}位整数" + (f"和{scale}位小数" if scale else "") + "的数字"
    unsigned = precision == _AMOUNT_PRECISION and not signed

    def read_number(raw: Any) -> Decimal | None:
        text = _text_of(raw, expected)
        if text is None:
            return None
        value = Decimal(_exact(text, whole_digits, decimals, expected))
        if unsigned and value < 0:
            raise RefusedError("为负数", expected)
        return value

    return read_number


def _exact(text: str, whole_digits: int, decimals: int, expected: str) -> str:
    """The plain form of a decimal that fits, without zeros that mean nothing (C# writes 12.3000, Oracle .5)."""
    found = _NUMBER.fullmatch(text)
    if not found or not (found[2] or found[3]):
        raise RefusedError("不是普通的十进制数字", expected)
    sign, whole, fraction = found[1], found[2].lstrip("0") or "0", (found[3] or "").rstrip("0")
    if len(fraction) > decimals:
        raise RefusedError(f"小数位过多，有{len(fraction)}位", expected, Kind.LENGTH)
    if whole != "0" and len(whole) > whole_digits:
        raise RefusedError(f"整数位过多，有{len(whole)}位", expected, Kind.LENGTH)
    return f"{sign}{whole}.{fraction}" if fraction else f"{sign}{whole}"


def _read_date(raw: Any) -> date | None:
    """A day; the time of a text that has one is left away."""
    moment = _read_datetime(raw)
    return None if moment is None else moment.date()


def _read_datetime(raw: Any) -> datetime | None:
    """A moment in China's local time, without a zone as on the wire; a plain date is its midnight."""
    if not isinstance(raw, str):
        if raw is None:
            return None
        raise RefusedError(f"类型不对，是{json_kind(raw)}", _DATE_EXPECTED, Kind.TYPE)
    text = raw.strip()
    if text in ("", "null"):
        return None
    found = _DATE_TIME.fullmatch(text)
    if not found:
        raise RefusedError("格式不对", _DATE_EXPECTED)
    try:
        return datetime.fromisoformat(f"{found[1]}T{found[2] or '00:00:00'}")
    except ValueError:
        raise RefusedError("不是存在的日期时间", _DATE_EXPECTED) from None


def _read_open(raw: Any) -> Any:
    """A value the source gives no plain type for: kept as it came."""
    return None if raw in ("", "null") else raw
