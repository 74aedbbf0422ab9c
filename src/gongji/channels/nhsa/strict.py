"""Compare a message with the specification to the letter (逐项核对): every departure, none of which is refused.

What is accepted from clients stands in the plans; here the tables alone are the measure, with their own lengths,
mandatory marks and dictionaries. Names of nodes are corrected first where the document itself slips.
"""

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any, Final

from gongji.channels.nhsa import departures
from gongji.channels.nhsa.arranging import arranged
from gongji.channels.nhsa.coercion import Kind, Reader, RefusedError, reader
from gongji.channels.nhsa.envelope import LABELS, Envelope, json_kind
from gongji.channels.nhsa.fields import echo
from gongji.channels.nhsa.plans import FieldPlan, NodePlan, plan_of
from gongji.channels.nhsa.tables import Field, FieldType, Transaction, dictionary
from gongji.channels.nhsa.vocabulary import dictionary_of
from gongji.service.departures import Place

MOST: Final = 100
"""Departures told of one message."""

ENVELOPE: Final[dict[str, tuple[int, bool]]] = {
    "infno": (6, True),
    "msgid": (30, True),
    "mdtrtarea_admvs": (6, True),
    "insuplc_admdvs": (6, False),
    "recer_sys_code": (10, True),
    "dev_no": (100, False),
    "dev_safe_info": (2000, False),
    "cainfo": (1024, False),
    "signtype": (10, False),
    "infver": (6, True),
    "opter_type": (3, True),
    "opter": (30, True),
    "opter_name": (50, True),
    "inf_time": (19, True),
    "fixmedins_code": (12, True),
    "fixmedins_name": (20, True),
    "sign_no": (30, False),
}
"""Table 2: length and whether it is mandatory. The infno of "100001" needs the six that the table lacks."""

_FORMATS: Final = {
    "msgid": (re.compile(r"[HP][0-9]{29}"), "机构编号(12)+时间(14)+顺序号(4)"),
    "fixmedins_code": (re.compile(r"[HP][0-9]{11}"), "H 或 P、6 位区划、5 位顺序号"),
    "mdtrtarea_admvs": (re.compile(r"[0-9]{6}"), "6 位医保区划"),
    "insuplc_admdvs": (re.compile(r"[0-9]{6}"), "6 位医保区划"),
    "opter_type": (re.compile(r"[123]"), "1 经办人、2 自助终端、3 移动终端"),
    "inf_time": (re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}"), "yyyy-MM-dd HH:mm:ss"),
}

_PERSONAL: Final = frozenset({"opter_name"})
_NAME_SHOWN: Final = 60
_EXAMPLES: Final = 4
_DAY: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}")
_MOMENT: Final = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}")


def differences(
    message: Mapping[str, Any], envelope: Envelope, transaction: Transaction | None, *, form: str = "", region: str = ""
) -> tuple[Place, ...]:
    """Every departure of a message, at most :data:`MOST`, envelope first, then in the order of the tables.

    Args:
        message: the message as it came.
        envelope: the same as it was understood.
        transaction: its table, or None for an unknown code.
        form: content type of the form it was wrapped in, if any.
        region: division of the institution as it is registered; empty when it is not known.
    """
    found = [*_wrapping(message, envelope, form), *_envelope(message, envelope, region)]
    if transaction is None:
        found.append(
            _of_envelope("infno", Kind.UNKNOWN, "不在接口规范中", envelope.infno[:_NAME_SHOWN], "规范列出的交易编号")
        )
    else:
        found += _Comparing(transaction).places(envelope.input)
    return tuple(found[:MOST])


def _of_envelope(name: str, kind: Kind, problem: str, received: str, expected: str) -> Place:
    label = LABELS.get(name, "交易输入" if name == "input" else "报文")
    return Place(
        node="", field=name, kind=kind.value, label=label, problem=problem, expected=expected, received=received
    )


def _wrapping(message: Mapping[str, Any], envelope: Envelope, form: str) -> Iterator[Place]:
    if form and envelope.infno != "9101":
        yield _of_envelope("", Kind.SHAPE, "装在表单里发送", form, "请求体直接是 JSON 报文")
    if isinstance(message.get("input"), str):
        yield _of_envelope("input", Kind.SHAPE, "是装着 JSON 的文本", "", "JSON 对象")


def _envelope(message: Mapping[str, Any], envelope: Envelope, region: str) -> Iterator[Place]:
    for name, (limit, required) in ENVELOPE.items():
        yield from _head(name, message.get(name), limit, required=required or _insured_elsewhere(name, envelope))
    for name in message.keys() - ENVELOPE.keys() - {"input"}:
        yield _of_envelope(name[:_NAME_SHOWN], Kind.UNKNOWN, "规范没有这个字段", "", "不发送")
    code = envelope.fixmedins_code
    if not envelope.msgid.startswith(code):
        yield _of_envelope("msgid", Kind.SENDER, "不以本机构编号开头", envelope.msgid, "前 12 位为 fixmedins_code")
    if region and envelope.mdtrtarea_admvs and envelope.mdtrtarea_admvs != region:
        problem = "与机构登记的区划不同"
        yield _of_envelope("mdtrtarea_admvs", Kind.SENDER, problem, envelope.mdtrtarea_admvs[:6], region)


def _insured_elsewhere(name: str, envelope: Envelope) -> bool:
    """The place of insurance is mandatory whenever the input names a person."""
    if name != "insuplc_admdvs":
        return False
    nodes = (row for value in envelope.input.values() for row in (value if isinstance(value, list) else [value]))
    return any(isinstance(node, dict) and node.get("psn_no") for node in nodes)


def _head(name: str, value: Any, limit: int, *, required: bool) -> Iterator[Place]:
    if value is None or (isinstance(value, str) and value.strip() in ("", "null")):
        if required:
            yield _of_envelope(name, Kind.MISSING, "不能为空", "", _expected(name, limit))
        elif value is None or value != "":
            yield _of_envelope(name, Kind.FORMAT, "空值没有写成空字符串", "", '""')
        return
    if not isinstance(value, str):
        yield _of_envelope(name, Kind.TYPE, f"类型不对，是{json_kind(value)}", "", "文本")
        return
    shown = "" if name in _PERSONAL else value[:40]
    if len(value) > limit:
        yield _of_envelope(name, Kind.LENGTH, f"过长，有{len(value)}个字符", shown, f"不超过{limit}个字符的文本")
    elif name in _FORMATS and not _FORMATS[name][0].fullmatch(value):
        yield _of_envelope(name, Kind.FORMAT, "格式不对", shown, _FORMATS[name][1])


def _expected(name: str, limit: int) -> str:
    return _FORMATS[name][1] if name in _FORMATS else f"不超过{limit}个字符的文本"


class _Comparing:
    """Walks through one input beside the plan of its transaction."""

    def __init__(self, transaction: Transaction) -> None:
        self._transaction = transaction
        self._signed = transaction.code in departures.SIGNED
        self._found: list[Place] = []

    def places(self, content: Mapping[str, Any]) -> list[Place]:
        plan = plan_of(self._transaction)
        self._names(content, plan)
        for name, raw in arranged(self._transaction.code, plan, content).items():
            if name in plan:
                self._node(plan[name], raw)
        for name, node in plan.items():
            if node.mandatory and name not in arranged(self._transaction.code, plan, content):
                self._add(name, "", Kind.MISSING, self._transaction.name, "缺失", "", _shape(node))
        return self._found

    def _names(self, content: Mapping[str, Any], plan: Mapping[str, NodePlan]) -> None:
        right = {name.lower(): name for name in plan}
        for name in content:
            if name in plan:
                continue
            meant = right.get(name.lower())
            expected = f"节点名 {meant}" if meant else f"节点 {'、'.join(plan)}" if plan else "没有输入节点"
            kind = Kind.SHAPE if meant else Kind.UNKNOWN
            self._add(name[:_NAME_SHOWN], "", kind, self._transaction.name, "规范没有这个节点", "", expected)

    def _node(self, plan: NodePlan, raw: Any) -> None:
        many, name = plan.node.many, plan.node.name
        if raw is None or raw in ("", "null"):
            if plan.mandatory:
                self._add(name, "", Kind.MISSING, self._transaction.name, "缺失", "", _shape(plan))
            return
        if isinstance(raw, list) != many:
            self._add(name, "", Kind.SHAPE, self._transaction.name, f"是{json_kind(raw)}", "", _shape(plan))
        for row in raw if isinstance(raw, list) else [raw]:
            if len(self._found) >= MOST:
                return
            if isinstance(row, dict):
                self._row(plan, row)
            else:
                self._add(name, "", Kind.SHAPE, self._transaction.name, f"有{json_kind(row)}", "", _shape(plan))

    def _row(self, plan: NodePlan, row: Mapping[str, Any]) -> None:
        for field_plan in plan.fields:
            field = field_plan.field
            raw = row.get(field.name)
            if field_plan.nested is not None and raw not in (None, "", "null"):
                self._node(field_plan.nested, raw)
            elif raw is None or (isinstance(raw, str) and raw.strip() in ("", "null")):
                self._empty(plan, field_plan, raw, present=field.name in row)
            else:
                self._value(plan, field, raw)
        right = {name.lower(): name for name in plan.names}
        for name in row.keys() - plan.names:
            meant = right.get(name.lower().strip())
            expected = f"字段名 {meant}" if meant else "不发送，或放入 exp_content（字段扩展）"
            shown = name[:_NAME_SHOWN]
            self._add(plan.node.name, shown, Kind.UNKNOWN, shown, "规范没有这个字段", "", expected)

    def _empty(self, plan: NodePlan, field_plan: FieldPlan, raw: Any, *, present: bool) -> None:
        field = field_plan.field
        number = field.type in (FieldType.MONEY, FieldType.NUMBER)
        if field.required:
            expected = field_plan.expected
            self._add(plan.node.name, field.name, Kind.MISSING, field.label, "规范必填，没有填写", "", expected)
        elif present and (raw is None or number or raw.strip() == "null"):
            right = '"0"' if number else '""'
            self._add(plan.node.name, field.name, Kind.FORMAT, field.label, f"空值没有写成 {right}", "", right)

    def _value(self, plan: NodePlan, field: Field, raw: Any) -> None:
        name = plan.node.name
        try:
            _reader(field, self._signed)(raw)
        except RefusedError as error:
            self._add(name, field.name, error.kind, field.label, error.problem, echo(field, raw), error.expected)
            return
        if field.type in (FieldType.TEXT, FieldType.DIGITS) and not isinstance(raw, str):
            problem = f"类型不对，是{json_kind(raw)}"
            self._add(name, field.name, Kind.TYPE, field.label, problem, echo(field, raw), "文本")
        elif isinstance(raw, str) and raw != raw.strip():
            self._add(name, field.name, Kind.FORMAT, field.label, "首尾有空格", "", "没有空格的文本")
        self._written(name, field, raw)

    def _written(self, node: str, field: Field, raw: Any) -> None:
        """How days and codes are written."""
        text = str(raw).strip()
        if field.type is FieldType.DATE and not _DAY.fullmatch(text):
            self._add(node, field.name, Kind.FORMAT, field.label, "日期带有时间", echo(field, raw), "yyyy-MM-dd")
        elif field.type is FieldType.DATETIME and not _MOMENT.fullmatch(text):
            expected = "yyyy-MM-dd HH:mm:ss"
            self._add(node, field.name, Kind.FORMAT, field.label, "时间写法不全", echo(field, raw), expected)
        codes = dictionary_of(field)
        if codes is not None and text not in dictionary(codes):
            known = "、".join(f"{code} {label}" for code, label in list(dictionary(codes).items())[:_EXAMPLES])
            expected = f"字典 {codes} 的编码，例如 {known}"
            self._add(node, field.name, Kind.DICTIONARY, field.label, "不在字典中", echo(field, raw), expected)

    def _add(self, node: str, field: str, kind: Kind, label: str, problem: str, received: str, expected: str) -> None:
        self._found.append(
            Place(
                node=node,
                field=field,
                kind=kind.value,
                label=label,
                problem=problem,
                expected=expected,
                received=received,
            )
        )


@cache
def _reader(field: Field, signed: bool) -> Reader:  # noqa: FBT001 - the cache needs it by position
    """The reader by the table's own length."""
    return reader(field, max_length=field.max_length, signed=signed)


def _shape(plan: NodePlan) -> str:
    return "对象列表" if plan.node.many else "一个对象"
