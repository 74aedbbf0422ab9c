"""Compiles the input tables of a transaction into readers, once, so that reading a message only follows a list."""

from collections.abc import Iterator
from functools import cache
from typing import Final

import msgspec

from gongji.channels.nhsa import departures, tables
from gongji.channels.nhsa.coercion import Reader, reader
from gongji.channels.nhsa.tables import Field, FieldType, Node, Transaction

_MEANT: Final = {
    FieldType.TEXT: "文本",
    FieldType.DIGITS: "纯数字",
    FieldType.MONEY: "以元为单位的金额，例如 12.30",
    FieldType.NUMBER: "数字",
    FieldType.DATE: "日期 yyyy-MM-dd",
    FieldType.DATETIME: "时间 yyyy-MM-dd HH:mm:ss",
    FieldType.OPEN: "内容",
}


class FieldPlan(msgspec.Struct, frozen=True):
    """How one field is read: as a nested node when there is one of its name, else by its reader.

    ``expected`` says in Chinese what belongs there when it is empty and ``required``.
    """

    field: Field
    required: bool
    expected: str
    read: Reader
    nested: "NodePlan | None"


class NodePlan(msgspec.Struct, frozen=True):
    """How one node is read; ``mandatory`` when a request without it is at fault."""

    node: Node
    fields: tuple[FieldPlan, ...]
    names: frozenset[str]
    mandatory: bool

    def empty_record(self) -> dict[str, None]:
        """The record of an absent node."""
        return dict.fromkeys(plan.field.name for plan in self.fields)


Plan = dict[str, NodePlan]
"""Input node name -> how it is read, in the order of the table."""


def plan_of(transaction: Transaction) -> Plan:
    """The compiled plan; cached for the transactions of the specification."""
    if tables.transaction(transaction.code) is transaction:
        return _cached(transaction.code)
    return _compile(transaction)


@cache
def _cached(infno: str) -> Plan:
    known = tables.transaction(infno)
    return {} if known is None else _compile(known)


def _compile(transaction: Transaction) -> Plan:
    nodes = {node.name: node for node in transaction.inputs()}
    nested = {field.name for node in nodes.values() for field in _structures(node) if field.name in nodes}
    plan: Plan = {}
    for name, node in nodes.items():
        compiled = _compile_node(transaction.code, node, nodes, (name,))
        outside = name in nested or (bool(plan) and transaction.code[0] in departures.ONLY_FIRST_NODE_REQUIRED)
        mandatory = not outside and any(field.required for field in compiled.fields)
        plan[name] = msgspec.structs.replace(compiled, mandatory=mandatory)
    return plan


def _structures(node: Node) -> Iterator[Field]:
    return (field for field in node.fields if field.type is FieldType.OPEN)


def _compile_node(infno: str, node: Node, nodes: dict[str, Node], path: tuple[str, ...]) -> NodePlan:
    required = _required_names(infno, node)
    plans = []
    for field in node.fields:
        inner = None
        if field.type is FieldType.OPEN and field.name in nodes and field.name not in path:
            inner = _compile_node(infno, nodes[field.name], nodes, (*path, field.name))
            inner = msgspec.structs.replace(inner, mandatory=field.name in required)
        read = reader(field, max_length=_length(infno, node, field), signed=infno in departures.SIGNED)
        plans.append(FieldPlan(field, field.name in required, _MEANT[field.type], read, inner))
    return NodePlan(node, tuple(plans), frozenset(field.name for field in node.fields), mandatory=False)


def _required_names(infno: str, node: Node) -> frozenset[str]:
    """The fields demanded of every client: the national core, with the departures of practice."""
    instead = departures.REQUIRED_INSTEAD.get((infno, node.name))
    if instead is not None:
        return instead
    marked = {field.name for field in node.fields if field.required and field.national}
    waived = departures.NOT_REQUIRED.get((infno, node.name), frozenset())
    return frozenset(marked - departures.NEVER_REQUIRED - waived)


def _length(infno: str, node: Node, field: Field) -> int | None:
    """Characters accepted: the table's, or more where practice has more."""
    if field.max_length is None:
        return None
    stated = departures.LENGTHS.get((infno, node.name, field.name), field.max_length)
    return max(stated, _echoed_lengths().get(field.name, 0)) if field.type is FieldType.TEXT else stated


@cache
def _echoed_lengths() -> dict[str, int]:
    infno, names = departures.ECHOED_FROM
    source = tables.transaction(infno)
    if source is None:
        return {}
    fields = [field for name in names for field in source.output(name).fields]
    return {field.name: field.max_length for field in fields if field.max_length is not None}
