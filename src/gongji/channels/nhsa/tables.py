"""The tables of the national interface (接口规范), loaded once from ``tables.json``.

Source and reading rules stand in ``TABLES.md``. Slips of the source that would reach the wire are corrected here
with the data of :mod:`gongji.channels.nhsa.departures`.
"""

import re
from enum import StrEnum
from functools import cache
from importlib.resources import files
from typing import Final, Literal

import msgspec

from gongji.channels.nhsa.departures import (
    ADDED_INPUT_FIELDS,
    ADDED_OUTPUT_FIELDS,
    EMPTY_INPUT_NODES,
    LIST_NODES,
    RENAMED_INPUT_NODES,
    RENAMED_OUTPUT_NODES,
    RETYPED,
)

_MONEY_PRECISION: Final = (16, 2)
_TEXT_WORDS: Final = frozenset({"s", "字符", "VARCHAR", "文本型", "longtext", "大文本", "Base64字符串"})
_NUMBER_WORDS: Final = frozenset({"n", "数字", "数值", "int", "整数型", "整数类型"})
_DECLARED: Final = re.compile(r"([^()]*)(?:\(+([^()]*)\)+)?")
_THOUSANDS: Final = re.compile(r"[0-9]{1,3}(?:,[0-9]{3})+")
_MULTIPLES: Final = {"K": 1_000, "M": 1_000_000}
_WIRE_NAME: Final = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")

_FieldRow = tuple[str, str, str, int, int, str]


class FieldType(StrEnum):
    """What kind of value a field holds."""

    TEXT = "text"
    """字符型, limited in characters."""
    DIGITS = "digits"
    """数字型: digits only, kept as text because they are a serial number, not a quantity."""
    MONEY = "money"
    """n(16,2): yuan on the wire, fen inside."""
    NUMBER = "number"
    """Any other number, read exactly."""
    DATE = "date"
    DATETIME = "datetime"
    OPEN = "open"
    """A structure, or a type the source leaves unclear: kept as it came."""


class Field(msgspec.Struct, frozen=True):
    """One field (字段) of a node, as the specification lists it.

    Attributes:
        max_length: characters, or digits for :attr:`FieldType.DIGITS`; None when unlimited or not stated.
        precision: digits in all of a number; None when not stated.
        scale: decimals of a number; None when not stated.
        coded: the value comes from a dictionary (字典).
        required: mandatory by the specification; for outputs, never null by the specification.
        national: other provinces' clients know the field too, so that it may be demanded of everybody.
    """

    name: str
    label: str
    type: FieldType
    max_length: int | None
    precision: int | None
    scale: int | None
    coded: bool
    required: bool
    national: bool


class Node(msgspec.Struct, frozen=True):
    """One node (节点) of an input or output; ``many`` when it is a list of objects."""

    direction: Literal["in", "out"]
    name: str
    many: bool
    fields: tuple[Field, ...]

    @property
    def on_wire(self) -> bool:
        """Whether the name can stand in a message; some nodes have only a title in the source."""
        return _WIRE_NAME.fullmatch(self.name) is not None


class Transaction(msgspec.Struct, frozen=True):
    """One transaction (交易) with its nodes."""

    code: str
    name: str
    nodes: tuple[Node, ...]

    def inputs(self) -> tuple[Node, ...]:
        """The input nodes that can stand in a message."""
        return tuple(node for node in self.nodes if node.direction == "in" and node.on_wire)

    def output(self, name: str) -> Node:
        """The output node of that name.

        Raises:
            KeyError: the transaction has no such output.
        """
        for node in self.nodes:
            if node.direction == "out" and node.name == name:
                return node
        raise KeyError(f"{self.code} has no output node {name}")


class _RawNode(msgspec.Struct, rename={"name": "node", "direction": "dir"}):
    direction: Literal["in", "out"]
    name: str
    cardinality: str
    fields: list[_FieldRow]


class _RawTransaction(msgspec.Struct):
    name: str
    nodes: list[_RawNode]


class _RawDictionary(msgspec.Struct):
    zh: str
    codes: list[tuple[str, str]]


class _RawTables(msgspec.Struct):
    transactions: dict[str, _RawTransaction]
    dictionaries: dict[str, _RawDictionary]
    catalogue_columns: dict[str, tuple[str, ...]]


@cache
def _raw() -> _RawTables:
    data = files("gongji.channels.nhsa").joinpath("tables.json").read_bytes()
    return msgspec.json.decode(data, type=_RawTables)


class _FurtherNode(msgspec.Struct, rename={"name": "node", "direction": "dir"}):
    direction: Literal["in", "out"]
    name: str
    cardinality: str = ""
    fields: list[_FieldRow] = []
    like: str = ""
    """Transaction whose node of the same name this one is; of an input, only the national core."""


class _FurtherTransaction(msgspec.Struct):
    name: str
    nodes: list[_FurtherNode]


class _FurtherTables(msgspec.Struct):
    transactions: dict[str, _FurtherTransaction]


@cache
def _further() -> dict[str, _FurtherTransaction]:
    data = files("gongji.channels.nhsa").joinpath("further.json").read_bytes()
    return msgspec.json.decode(data, type=_FurtherTables).transactions


@cache
def transaction(infno: str) -> Transaction | None:
    """The transaction of that code (交易编号), of the specification or of other provinces' clients; None for others."""
    raw = _raw().transactions.get(infno)
    if raw is not None:
        return Transaction(infno, raw.name, tuple(_node(infno, node) for node in raw.nodes))
    further = _further().get(infno)
    if further is None:
        return None
    return Transaction(infno, further.name, tuple(_further_node(infno, node) for node in further.nodes))


def _further_node(infno: str, node: _FurtherNode) -> Node:
    source = transaction(node.like) if node.like else None
    if source is not None and node.direction == "in":
        return _core(next(one for one in source.inputs() if one.name == node.name))
    if source is not None:
        return source.output(node.name)
    return _node(infno, _RawNode(node.direction, node.name, node.cardinality, node.fields))


def _core(node: Node) -> Node:
    """A node without what only the document's own province has in it."""
    return msgspec.structs.replace(node, fields=tuple(field for field in node.fields if field.national))


def transaction_codes() -> tuple[str, ...]:
    """All transaction codes of the specification, in its order."""
    return tuple(_raw().transactions)


def catalogue_columns(infno: str) -> tuple[str, ...]:
    """Labels of the columns of a catalogue file, in file order.

    Raises:
        KeyError: no file is fetched with that transaction.
    """
    return _raw().catalogue_columns[infno]


def catalogue_files() -> tuple[str, ...]:
    """Transactions with which catalogue files are fetched."""
    return tuple(_raw().catalogue_columns)


@cache
def dictionary_names() -> frozenset[str]:
    """The names of all dictionaries (字典类型)."""
    return frozenset(_raw().dictionaries)


@cache
def dictionary(name: str) -> dict[str, str]:
    """A dictionary (字典) of the specification as code -> text; do not change it.

    Provinces extend dictionaries, so that a code that is missing here is not a fault.

    Raises:
        KeyError: the specification has no dictionary of that name.
    """
    return dict(_raw().dictionaries[name].codes)


def _node(infno: str, raw: _RawNode) -> Node:
    name = raw.name
    rows = list(raw.fields)
    if raw.direction == "in" and (infno, name) in EMPTY_INPUT_NODES:
        rows = []
    if raw.direction == "in":
        name = RENAMED_INPUT_NODES.get((infno, name), name)
        rows += ADDED_INPUT_FIELDS.get((infno, name), ())
    else:
        name = RENAMED_OUTPUT_NODES.get((infno, name), name)
        known = {row[0]: row for row in rows}
        for added, like in ADDED_OUTPUT_FIELDS.get((infno, name), {}).items():
            rows.append((added, *known[like][1:]))
    fields: dict[str, Field] = {}
    for row in rows:
        field = _field(row, RETYPED.get((infno, name, row[0])))
        if field.name:
            fields.setdefault(field.name, field)
    many = raw.cardinality == "[]" or (raw.direction == "in" and (infno, name) in LIST_NODES)
    return Node(raw.direction, name, many, tuple(fields.values()))


def _field(row: _FieldRow, retyped: str | None = None) -> Field:
    name, label, declared, coded, required, marks = row
    kind, max_length, precision, scale = read_type(retyped or declared)
    return Field(
        name=name.replace(" ", ""),
        label=label,
        type=kind,
        max_length=max_length,
        precision=precision,
        scale=scale,
        coded=bool(coded),
        required=bool(required),
        national=bool(marks),
    )


def read_type(declared: str) -> tuple[FieldType, int | None, int | None, int | None]:
    """Read a type as the source writes it into kind, length, precision and scale (see ``TABLES.md``)."""
    found = _DECLARED.fullmatch(declared.replace("（", "(").replace("）", ")"))
    word, size = (found[1], found[2] or "") if found else (declared, "")
    if word in _TEXT_WORDS:
        return FieldType.TEXT, _length(size), None, None
    if word == "num" and "," not in size:
        return FieldType.DIGITS, _length(size), None, None
    if word in _NUMBER_WORDS or word == "num":
        precision, scale = _digits(size)
        money = (precision, scale) == _MONEY_PRECISION
        return (FieldType.MONEY if money else FieldType.NUMBER), None, precision, scale
    if word in {"datetime", "时间类型"} or declared == "date(20)":
        return FieldType.DATETIME, None, None, None
    if declared in {"date", "日期"}:
        return FieldType.DATE, None, None, None
    return FieldType.OPEN, None, None, None


def _length(size: str) -> int | None:
    if _THOUSANDS.fullmatch(size):
        size = size.replace(",", "")
    if size.isdigit():
        return int(size)
    if size and size[-1] in _MULTIPLES and size[:-1].isdigit():
        return int(size[:-1]) * _MULTIPLES[size[-1]]
    return None


def _digits(size: str) -> tuple[int | None, int | None]:
    precision, _, scale = size.partition(",")
    if not precision.isdigit():
        return None, None
    return int(precision), int(scale) if scale.isdigit() else 0
