"""Send Python lists to PostgreSQL, several times faster than the driver's own way.

Lists of bytes, the documents of a batch, go in the server's binary form: nothing to quote and nothing to parse. All
others go as literals, which one call joins where nothing in them needs quoting. Every statement that takes a list says
its type (``%(ids)s::bigint[]``) or compares it with a column, so a literal needs no type of its own.
"""

from collections.abc import Callable
from datetime import date, datetime
from itertools import chain
from struct import Struct
from typing import Any, Final

import msgspec
from psycopg import AsyncConnection, Connection, pq
from psycopg.adapt import Buffer, Dumper, PyFormat
from psycopg.types.json import Jsonb


def _text(value: str) -> str:
    if "\\" in value or '"' in value:
        value = value.replace("\\", "\\\\").replace('"', '\\"')
    return f'"{value}"'


_ELEMENTS: dict[type, Callable[[Any], str]] = {
    str: _text,
    int: str,
    bool: lambda value: "t" if value else "f",
    bytes: lambda value: f'"\\\\x{value.hex()}"',
    date: date.isoformat,
    datetime: lambda value: f'"{value.isoformat()}"',
    Jsonb: lambda value: _text(msgspec.json.encode(value.obj).decode()),
    type(None): lambda _: "NULL",
}


def array_literal(values: list[Any]) -> str:
    """A PostgreSQL array literal of one-dimensional values; text in quotes, NULL for None.

    Raises:
        TypeError: an element of a type that has no literal here.
    """
    kinds = set(map(type, values))
    if kinds == {int}:
        return "{" + ",".join(map(str, values)) + "}"
    if kinds == {str}:
        joined = '","'.join(values)
        # Two quotes came with each comma between the texts: any more stand in a text, which must be quoted then.
        if "\\" not in joined and joined.count('"') == 2 * (len(values) - 1):
            return f'{{"{joined}"}}'
    elif kinds == {type(None)}:
        return "{" + ",".join(["NULL"] * len(values)) + "}"
    elements = {kind: _element(kind) for kind in kinds}
    return "{" + ",".join([elements[type(value)](value) for value in values]) + "}"


def _element(kind: type) -> Callable[[Any], str]:
    for known in kind.__mro__:
        if known in _ELEMENTS:
            return _ELEMENTS[known]
    raise TypeError(f"{kind.__name__} cannot stand in an array")


_HEADER: Final = Struct("!iiIii")
_LENGTH: Final = Struct("!i")
_LENGTHS: Final = [_LENGTH.pack(length) for length in range(4096)]
_NULL: Final = _LENGTH.pack(-1)
_BYTES, _BYTESES = 17, 1001
"""Numbers of the types ``bytea`` and ``bytea[]``, the same in every database."""


def binary_array(values: list[bytes | None]) -> bytes:
    """A one-dimensional array of ``bytea`` in the server's binary form; None is NULL."""
    if not values:
        return _HEADER.pack(0, 0, _BYTES, 0, 0)[:12]
    if None in values:
        parts = [_NULL if value is None else _length(value) + value for value in values]
        return _HEADER.pack(1, 1, _BYTES, len(values), 1) + b"".join(parts)
    whole: list[bytes] = [value for value in values if value is not None]
    lengths = map(_length, whole)
    return _HEADER.pack(1, 0, _BYTES, len(whole), 1) + b"".join(chain.from_iterable(zip(lengths, whole, strict=True)))


def _length(value: bytes) -> bytes:
    size = len(value)
    return _LENGTHS[size] if size < len(_LENGTHS) else _LENGTH.pack(size)


class BytesArrayDumper(Dumper):
    """Dumps lists of bytes and None in binary form."""

    format = pq.Format.BINARY
    oid = _BYTESES

    def dump(self, obj: list[bytes | None]) -> Buffer:
        """The array as bytes."""
        return binary_array(obj)


class ArrayDumper(Dumper):
    """Dumps lists: of bytes in binary form, all others as literals of no particular type."""

    def get_key(self, obj: list[Any], format: PyFormat) -> Any:  # noqa: A002 - the driver's name
        """What decides about the form: whether the elements are bytes."""
        if format is PyFormat.TEXT or set(map(type, obj)) - {type(None)} != {bytes}:
            return self.cls
        return (self.cls, bytes)

    def upgrade(self, obj: list[Any], format: PyFormat) -> Dumper:  # noqa: A002 - the driver's name
        """The dumper of the form that was decided."""
        return self if self.get_key(obj, format) is self.cls else BytesArrayDumper(self.cls)

    def dump(self, obj: list[Any]) -> Buffer:
        """The literal as bytes."""
        return array_literal(obj).encode()


def use_array_literals(conn: AsyncConnection | Connection) -> None:
    """Let a connection send its lists in these forms."""
    conn.adapters.register_dumper(list, ArrayDumper)
