"""Reads a transaction's input (交易输入) by the field tables: typed values, or every fault at once.

What no table mentions is kept in :attr:`Values.unknown`, so that nothing a client sends is lost.
"""

import re
from collections.abc import Iterable, Mapping
from typing import Any, Final, TypeAlias

import msgspec

from gongji.channels.nhsa.arranging import arranged
from gongji.channels.nhsa.coercion import RefusedError
from gongji.channels.nhsa.envelope import json_kind
from gongji.channels.nhsa.plans import FieldPlan, NodePlan, plan_of
from gongji.channels.nhsa.tables import Field, Transaction

MAX_FAULTS: Final = 20
"""Faults reported at most; who sends more has one systematic mistake."""

_ECHO_LENGTH: Final = 40
_PRIVATE: Final = re.compile(
    "姓名|证件号|证件编号|凭证编号|凭证号|识别码|令牌|[Tt]oken|码值|授权码|照片|签名|签章|电话|联系方式|地址|住址|字段扩展"
)
PRIVATE_NAMES: Final = re.compile("certno|cert_no|psn_name|idno|token|tel$", re.IGNORECASE)

Record: TypeAlias = dict[str, Any]
"""One row of a node: every field of the table, None when empty. Money is Fen, other numbers Decimal, dates are
date and datetime without a zone, digits and texts str, nested nodes a Record or a list of them."""


class FieldFault(msgspec.Struct, frozen=True):
    """One thing to correct in the input.

    Attributes:
        node: the node's name on the wire.
        row: number of the row in a list, from 1; None for single nodes.
        field: the field's name; empty when the node itself is at fault.
        label: the Chinese name of the field, or of the transaction for a node.
        problem: what is wrong (Chinese).
        received: what came, at most 40 characters, never personal data; empty when nothing came.
        expected: what is right (Chinese).
    """

    node: str
    row: int | None
    field: str
    label: str
    problem: str
    received: str
    expected: str

    @property
    def text(self) -> str:
        """The fault as one Chinese sentence for err_msg."""
        row = "" if self.row is None else f"[{self.row}]"
        place = f"{self.node}{row}.{self.field}" if self.field else f"{self.node}{row}"
        received = f"，收到“{self.received}”" if self.received else ""
        return f"{place}（{self.label}）{self.problem}{received}，应为{self.expected}"


class Values(msgspec.Struct, frozen=True):
    """The typed input of one transaction.

    Attributes:
        transaction: the table it was read by.
        records: node name -> its rows, for every input node of the table.
        unknown: node name -> rows of {field: value as it came}, for what the table doesn't list. A whole unknown
            node stands under its own name, a loose value of the input itself under "".
    """

    transaction: Transaction
    records: dict[str, list[Record]]
    unknown: dict[str, list[dict[str, Any]]]

    def node(self, name: str) -> Record:
        """The record of a single node; all None when an optional node is absent.

        Raises:
            KeyError: the table has no such input node.
        """
        rows = self.records[name]
        return rows[0] if rows else plan_of(self.transaction)[name].empty_record()

    def rows(self, name: str) -> list[Record]:
        """The records of a list node, in the order they came.

        Raises:
            KeyError: the table has no such input node.
        """
        return self.records[name]


def read(transaction: Transaction, content: Mapping[str, Any]) -> Values | tuple[FieldFault, ...]:
    """Check and convert the input of a request.

    Returns:
        The values, or at most :data:`MAX_FAULTS` faults in the order of the table. Never raises for any JSON value.
    """
    plan = plan_of(transaction)
    content = arranged(transaction.code, plan, content)
    reading = _Reading()
    records = {
        name: reading.rows_of(node_plan, content.get(name), transaction.name, None) for name, node_plan in plan.items()
    }
    if reading.faults:
        return tuple(reading.faults[:MAX_FAULTS])
    for name in content.keys() - plan.keys():
        reading.keep_unknown_node(name, content[name])
    return Values(transaction, records, reading.unknown)


def faults_text(faults: Iterable[FieldFault]) -> str:
    """All faults as one text, the count in front when there are several, so that a cut text still tells it."""
    texts = [fault.text for fault in faults]
    return texts[0] if len(texts) == 1 else f"共{len(texts)}处：" + "；".join(texts)


class _Reading:
    """What one call of :func:`read` has gathered."""

    def __init__(self) -> None:
        self.faults: list[FieldFault] = []
        self.unknown: dict[str, list[dict[str, Any]]] = {}

    def rows_of(self, plan: NodePlan, raw: Any, label: str, outer_row: int | None) -> list[Record]:
        """The records of a node; one object for a list, and a list of one for an object, are accepted."""
        rows = raw if isinstance(raw, list) else [raw]
        rows = [row for row in rows if row is not None and row not in ("", "null")]
        shape = "对象列表" if plan.node.many else "一个对象"
        if not rows and plan.mandatory:
            self._node_fault(plan, outer_row, label, "缺失", shape)
        if len(rows) > 1 and not plan.node.many:
            self._node_fault(plan, outer_row, label, f"有{len(rows)}个", shape)
        records: list[Record] = []
        for number, row in enumerate(rows, start=1):
            if len(self.faults) >= MAX_FAULTS:
                break
            if not isinstance(row, dict):
                place = number if plan.node.many else outer_row
                self._node_fault(plan, place, label, f"类型不对，是{json_kind(row)}", shape)
                continue
            records.append(self._record(plan, row, number if plan.node.many else None))
        return records

    def keep_unknown_node(self, name: str, raw: Any) -> None:
        """Keep a node the table doesn't list."""
        rows = raw if isinstance(raw, list) else [raw]
        if rows and all(isinstance(row, dict) for row in rows):
            self.unknown.setdefault(name, []).extend(rows)
        else:
            self.unknown.setdefault("", [{}])[0][name] = raw

    def _record(self, plan: NodePlan, row: dict[str, Any], number: int | None) -> Record:
        record: Record = {}
        for field_plan in plan.fields:
            name = field_plan.field.name
            raw = row.get(name)
            if field_plan.nested is not None:
                rows = self.rows_of(field_plan.nested, raw, field_plan.field.label, number)
                record[name] = rows if field_plan.nested.node.many else (rows[0] if rows else None)
            elif raw is None and not field_plan.required:
                record[name] = None
            else:
                record[name] = self._value(plan, field_plan, raw, number)
        unlisted = row.keys() - plan.names
        if unlisted:
            self.unknown.setdefault(plan.node.name, []).append({name: row[name] for name in unlisted})
        return record

    def _value(self, plan: NodePlan, field_plan: FieldPlan, raw: Any, number: int | None) -> Any:
        field = field_plan.field
        try:
            value = None if raw is None else field_plan.read(raw)
        except RefusedError as error:
            self._fault(plan, number, field, error.problem, echo(field, raw), error.expected)
            return None
        if value is None and field_plan.required:
            self._fault(plan, number, field, "不能为空", "", field_plan.expected)
        return value

    def _fault(
        self, plan: NodePlan, number: int | None, field: Field, problem: str, received: str, expected: str
    ) -> None:
        self.faults.append(FieldFault(plan.node.name, number, field.name, field.label, problem, received, expected))

    def _node_fault(self, plan: NodePlan, number: int | None, label: str, problem: str, shape: str) -> None:
        self.faults.append(FieldFault(plan.node.name, number, "", label, problem, "", shape))


def is_private(field: Field) -> bool:
    """Whether a field's value says who somebody is or how to reach him."""
    return bool(_PRIVATE.search(field.label) or PRIVATE_NAMES.search(field.name))


def echo(field: Field, raw: Any) -> str:
    """What may be repeated of a refused value: nothing of structures, nothing personal, at most 40 characters."""
    if isinstance(raw, dict | list):
        return ""
    if is_private(field):
        return ""
    if isinstance(raw, int) and abs(raw) >= 10**_ECHO_LENGTH:
        return "超长数字"
    text = str(raw)
    return text if len(text) <= _ECHO_LENGTH else text[: _ECHO_LENGTH - 1] + "…"
