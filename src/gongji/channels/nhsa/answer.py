"""Answers of the national interface (tables 3 and 4): envelope, output nodes by the field tables, exact numbers.

Amounts leave as JSON numbers whose text is written from the integer fen, so that 12.30 is 12.30 and never
12.300000000000001.
"""

from collections.abc import Callable, Mapping
from datetime import date, datetime
from decimal import Decimal
from functools import cache, lru_cache
from typing import Any, Final, TypeAlias

import msgspec

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.tables import Field, FieldType, Node, Transaction
from gongji.core.money import Fen, format_yuan
from gongji.core.times import CHINA

ERROR_LENGTH: Final = 200
"""err_msg is s(200)."""

_DIVISION_LENGTH: Final = 6
_SEQUENCES: Final = 10**10

Writer: TypeAlias = Callable[[Any], Any]

_encoder: Final = msgspec.json.Encoder(decimal_format="number")


class Ratio(msgspec.Struct, frozen=True):
    """A ratio in basis points (万分比) for an n(5,4) field: ``Ratio(6000)`` leaves as 0.6000."""

    basis_points: int


class _Answer(msgspec.Struct, frozen=True):
    """The answer envelope, with the additional keys of captured replies."""

    output: Any
    infcode: int
    inf_refmsgid: str | None
    refmsg_time: str
    respond_time: str
    err_msg: str | None
    warn_msg: None = None
    cainfo: None = None
    signtype: None = None


class _UnknownInfno(msgspec.Struct, frozen=True):
    """What the platform sends for a code it doesn't know: no message id, no times."""

    type: str
    infcode: int
    err_msg: str


def success(
    output: Mapping[str, Any] | list[dict[str, Any]] | None,
    *,
    refmsgid: str,
    received_at: datetime,
    responded_at: datetime,
) -> bytes:
    """The answer to a request that was carried out.

    Args:
        output: output nodes, or rows without a node, built with :func:`render`; None where there is no output.
        refmsgid: the platform's message id, from :func:`refmsgid`.
        received_at: when the request came.
        responded_at: when the answer leaves.
    """
    return _encoder.encode(
        _Answer(output, 0, refmsgid, millisecond_stamp(received_at), millisecond_stamp(responded_at), None)
    )


def failure(text: str, *, received_at: datetime, responded_at: datetime) -> bytes:
    """The answer to a request that was refused: infcode -1 and the reason, cut to 200 characters."""
    cut = text if len(text) <= ERROR_LENGTH else text[: ERROR_LENGTH - 1] + "…"
    return _encoder.encode(
        _Answer(None, -1, None, millisecond_stamp(received_at), millisecond_stamp(responded_at), cut)
    )


def unknown_infno(serial: int) -> bytes:
    """The answer to an unknown transaction code, in the platform's own shape.

    Args:
        serial: number under which the log has the request (异常流水号).
    """
    text = f"FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:{serial}"
    return _encoder.encode(_UnknownInfno("error", -1, text))


def refmsgid(admdvs: str, now: datetime, sequence: int) -> str:
    """The platform's message id: division (6), local time to the second (14), sequence (10 digits).

    Raises:
        ValueError: the division hasn't six characters, or the sequence is negative.
    """
    if len(admdvs) != _DIVISION_LENGTH or sequence < 0:
        raise ValueError(f"no message id from division {admdvs!r} and sequence {sequence}")
    return f"{admdvs}{_second_stamp(int(now.timestamp()))}{sequence % _SEQUENCES:010d}"


def millisecond_stamp(moment: datetime) -> str:
    """China's local time as yyyyMMddHHmmssSSS; a moment without a zone is taken as local already."""
    known = moment if moment.tzinfo else moment.replace(tzinfo=CHINA)
    return f"{_second_stamp(int(known.timestamp()))}{moment.microsecond // 1000:03d}"


@lru_cache(maxsize=64)
def _second_stamp(second: int) -> str:
    """China's local time of a second since 1970 as yyyyMMddHHmmss; thousands of messages come in one second."""
    return f"{datetime.fromtimestamp(second, CHINA):%Y%m%d%H%M%S}"


def render(transaction: Transaction, node: str, values: Mapping[str, Any]) -> dict[str, Any]:
    """One row of an output node with every field the table lists, null where ``values`` has nothing.

    Amounts are Fen ints, ratios :class:`Ratio` or Decimal, other numbers int or Decimal, dates date or datetime.

    Raises:
        KeyError: the transaction has no such node, or the node no such field.
        TypeError: a float, or another value that doesn't belong in its field.
        ValueError: a number has more digits than its field.
    """
    writers = _writers(transaction, node)
    foreign = values.keys() - writers.keys()
    if foreign:
        raise KeyError(f"{transaction.code}.{node} has no {', '.join(sorted(foreign))}")
    return render_known(transaction, node, values)


def render_known(transaction: Transaction, node: str, words: Mapping[str, Any]) -> dict[str, Any]:
    """The same as :func:`render` for words of which the node may know only some; the transactions know different ones.

    Raises:
        KeyError: the transaction has no such node.
        TypeError: as :func:`render`.
        ValueError: as :func:`render`.
    """
    row: dict[str, Any] = {}
    for name, write in _writers(transaction, node).items():
        value = words.get(name)
        row[name] = None if value is None else write(value)
    return row


def render_text(transaction: Transaction, node: str, words: Mapping[str, Any]) -> msgspec.Raw:
    """The same as :func:`render_known` as the JSON text itself: what every patient waits for is written at once.

    Raises:
        KeyError: the transaction has no such node.
        TypeError: as :func:`render`.
        ValueError: as :func:`render`.
    """
    parts: list[bytes] = []
    for name, key, null, write in _texts(transaction, node):
        value = words.get(name)
        if value is None:
            parts.append(null)
        else:
            parts += (key, write(value))
    return msgspec.Raw(b"{" + b"".join(parts)[1:] + b"}")


def yuan(amount: Fen) -> msgspec.Raw:
    """An amount as a JSON number in yuan, written from the integer."""
    return msgspec.Raw(format_yuan(amount).encode())


def _writers(transaction: Transaction, node: str) -> dict[str, Writer]:
    if tables.transaction(transaction.code) is transaction:
        return _cached_writers(transaction.code, node)
    return _compile(transaction.output(node))


@cache
def _cached_writers(infno: str, node: str) -> dict[str, Writer]:
    known = tables.transaction(infno)
    if known is None:
        raise KeyError(infno)
    return _compile(known.output(node))


def _compile(node: Node) -> dict[str, Writer]:
    return {field.name: _writer(field) for field in node.fields}


_Texts: TypeAlias = tuple[tuple[str, bytes, bytes, Callable[[Any], bytes]], ...]
"""For each field its name, its key with the comma before it, the same with null, and what writes a value."""


def _texts(transaction: Transaction, node: str) -> _Texts:
    if tables.transaction(transaction.code) is transaction:
        return _cached_texts(transaction.code, node)
    return _compile_texts(transaction.output(node))


@cache
def _cached_texts(infno: str, node: str) -> _Texts:
    known = tables.transaction(infno)
    if known is None:
        raise KeyError(infno)
    return _compile_texts(known.output(node))


def _compile_texts(node: Node) -> _Texts:
    keys = [(field, b"," + _encoder.encode(field.name) + b":") for field in node.fields]
    return tuple((field.name, key, key + b"null", _text_writer(field)) for field, key in keys)


def _text_writer(field: Field) -> Callable[[Any], bytes]:
    if field.type is FieldType.MONEY:
        return _money_text
    write = _writer(field)
    return lambda value: _encoder.encode(write(value))


def _money_text(value: Any) -> bytes:
    if type(value) is not int:
        raise TypeError(f"integer fen expected, not {type(value).__name__}")
    # Most amounts of a settlement are zero.
    return format_yuan(value).encode() if value else b"0.00"


def _writer(field: Field) -> Writer:
    match field.type:
        case FieldType.TEXT | FieldType.DIGITS:
            return _write_text
        case FieldType.MONEY:
            return _write_money
        case FieldType.NUMBER:
            return _number_writer(field)
        case FieldType.DATE:
            return _write_date
        case FieldType.DATETIME:
            return _write_datetime
        case FieldType.OPEN:
            return _write_open


def _write_text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError(f"text expected, not {type(value).__name__}")
    return value


def _write_money(value: Any) -> msgspec.Raw:
    return msgspec.Raw(_money_text(value))


def _number_writer(field: Field) -> Writer:
    limit = None if field.precision is None else Decimal(10) ** (field.precision - (field.scale or 0))

    def write_number(value: Any) -> msgspec.Raw:
        number = _exact_number(value, field.name)
        if limit is not None and abs(number) >= limit:
            raise ValueError(f"{field.name}: {number} has more digits than n({field.precision},{field.scale})")
        return msgspec.Raw(format(number, "f").encode())

    return write_number


def _exact_number(value: Any, name: str) -> Decimal:
    if isinstance(value, Ratio):
        return Decimal(value.basis_points).scaleb(-4)
    if isinstance(value, bool) or not isinstance(value, int | Decimal):
        raise TypeError(f"{name}: exact number expected, not {type(value).__name__}")
    number = Decimal(value)
    if not number.is_finite():
        raise ValueError(f"{name}: {number} is no number")
    return number


def _write_date(value: Any) -> str:
    if not isinstance(value, date):
        raise TypeError(f"date expected, not {type(value).__name__}")
    return (_local(value).date() if isinstance(value, datetime) else value).isoformat()


def _write_datetime(value: Any) -> str:
    if not isinstance(value, datetime):
        raise TypeError(f"datetime expected, not {type(value).__name__}")
    return _local(value).isoformat(sep=" ", timespec="seconds")


def _write_open(value: Any) -> Any:
    if isinstance(value, float):
        raise TypeError("exact value expected, not float")
    return value


def _local(moment: datetime) -> datetime:
    """China's local time without a zone, as the wire has it."""
    return moment if moment.tzinfo is None else moment.astimezone(CHINA).replace(tzinfo=None)
