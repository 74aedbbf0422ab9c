"""Explain a captured message: every field with its Chinese name, codes in words, and what is wrong (报文说明)."""

from collections.abc import Iterator, Mapping
from decimal import Decimal
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.captured import Captured
from gongji.channels.nhsa.coercion import RefusedError, reader
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.envelope import LABELS, Envelope, decode, json_kind
from gongji.channels.nhsa.fields import PRIVATE_NAMES, is_private, read
from gongji.channels.nhsa.masking import hide, hide_numbers
from gongji.channels.nhsa.registry import HANDLERS, table_of, title
from gongji.channels.nhsa.strict import differences
from gongji.channels.nhsa.strictness import sentence
from gongji.channels.nhsa.tables import Field, FieldType, Node, Transaction
from gongji.channels.nhsa.vocabulary import meaning
from gongji.service.explained import Explained, Seen

_ANSWER_LABELS: Final = {
    "infcode": "交易状态码",
    "inf_refmsgid": "接收方报文ID",
    "refmsg_time": "接收报文时间",
    "respond_time": "响应报文时间",
    "err_msg": "错误信息",
    "warn_msg": "警告信息",
    "cainfo": "数字签名信息",
    "signtype": "签名类型",
}
_INFCODES: Final = {"0": "成功", "-1": "失败"}

_PARTS: Final = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
_encoder: Final = msgspec.json.Encoder(decimal_format="number")


def explain(captured: list[Captured], infno: str = "", *, personal: bool = False) -> list[Explained]:
    """Explain messages in the order they came; an answer belongs to the request before it.

    Args:
        captured: the messages.
        infno: transaction of answers without a request.
        personal: show names and numbers of people; else they are hidden.
    """
    explained: list[Explained] = []
    before = infno
    for one in captured:
        if "infcode" in one.content:
            explained.append(_answer(one, before, personal=personal))
        else:
            explained.append(_request(one, personal=personal))
            before = infno or explained[-1].transaction
    return explained


def _request(one: Captured, *, personal: bool) -> Explained:
    message = one.content
    infno = str(message.get("infno") or "").strip()
    table = table_of(infno)
    body = _encoder.encode(message)
    envelope = decode(body)
    seen = [_head(name, label, message.get(name), personal=personal) for name, label in LABELS.items()]
    seen += [
        _unknown("", None, name, value, personal=personal)
        for name, value in message.items()
        if name not in LABELS and name != "input"
    ]
    refused: list[str] = []
    wrong: list[str] = []
    if isinstance(envelope, Envelope):
        wrong = [sentence(place) for place in differences(message, envelope, table)]
        if table is None:
            refused = [f"交易编号 {infno} 不在接口规范中"]
        else:
            values = read(table, envelope.input)
            refused = [fault.text for fault in values] if isinstance(values, tuple) else []
            seen += _nodes(table, "in", envelope.input, personal=personal)
    else:
        refused = [envelope.text]
    return _explained(one, "request", infno, table, seen, refused, wrong)


def _answer(one: Captured, infno: str, *, personal: bool) -> Explained:
    message = one.content
    output = message.get("output")
    guessed = not infno and bool(output)
    if guessed:
        infno = guess(output)
    table = table_of(infno)
    seen = [_head(name, label, message.get(name), personal=True) for name, label in _ANSWER_LABELS.items()]
    wrong = []
    if not isinstance(message.get("infcode"), int):
        wrong.append("infcode（交易状态码）应为整数 0 或 -1")
    if isinstance(output, str):
        wrong.append("output（交易输出）是文本：多半是密文，请先解密")
    elif output is not None and not isinstance(output, dict | list):
        wrong.append(f"output（交易输出）应为对象，收到的是{json_kind(output)}")
    elif table is not None and output is not None:
        rows = {"": output} if isinstance(output, list) else output
        seen += _nodes(table, "out", rows, personal=personal)
        wrong += [*_output_faults(table, rows), *_sums(rows)]
    refused = [str(message.get("err_msg") or "没有写明原因")] if str(message.get("infcode")) != "0" else []
    return _explained(one, "answer", infno, table, seen, refused, wrong, guessed=guessed)


def _explained(
    one: Captured,
    kind: str,
    infno: str,
    table: Transaction | None,
    seen: list[Seen],
    refused: list[str],
    wrong: list[str],
    *,
    guessed: bool = False,
) -> Explained:
    return Explained(
        kind=kind,
        transaction=infno,
        title=title(table) if table else "",
        guessed=guessed,
        offered=plain(infno) in HANDLERS,
        how=one.how,
        fields=tuple(seen),
        refused=tuple(refused),
        wrong=tuple(wrong),
    )


def guess(output: Any) -> str:
    """The transaction whose output has most of these fields and least besides; offered ones first. Empty if none."""
    sent = set(_field_names(output))
    best, best_score = "", 0
    codes = sorted(tables.transaction_codes(), key=lambda code: code not in HANDLERS)
    for code in codes:
        table = tables.transaction(code)
        nodes = [node for node in table.nodes if node.direction == "out"] if table else []
        names = {field.name for node in nodes for field in node.fields} | {node.name for node in nodes}
        score = 2 * len(sent & names) - len(sent - names) * 3 - len(names - sent)
        if sent & names and (not best or score > best_score):
            best, best_score = code, score
    return best


def _field_names(value: Any) -> Iterator[str]:
    if isinstance(value, dict):
        for name, child in value.items():
            yield name
            yield from _field_names(child)
    elif isinstance(value, list):
        for child in value:
            yield from _field_names(child)


def _head(name: str, label: str, value: Any, *, personal: bool) -> Seen:
    said = _INFCODES.get(str(value), "") if name == "infcode" else ""
    if name == "infno":
        table = table_of(str(value or ""))
        said = title(table) if table else "不在接口规范中"
    hidden = name == "opter_name" and not personal
    return Seen(node="", row=None, field=name, label=label, value=_mask(_shown(value), hidden=hidden), meaning=said)


def _nodes(table: Transaction, direction: str, content: Mapping[str, Any], *, personal: bool) -> Iterator[Seen]:
    """Every field of every node, also those the table does not have."""
    nodes = {node.name: node for node in table.nodes if node.direction == direction}
    loose = next((node for name, node in nodes.items() if not node.on_wire or name.startswith("(")), None)
    lower = {name.lower(): node for name, node in nodes.items()}
    own = {field.name: field for field in loose.fields} if loose else {}
    for name, raw in content.items():
        if name in own and not isinstance(raw, dict | list):
            yield _seen("", None, own[name], raw, personal=personal)
        elif isinstance(raw, dict | list):
            yield from _rows(nodes, lower.get(name.lower(), loose), name, raw, personal=personal)
        elif raw is not None or name.lower() not in lower:
            yield _unknown("", None, name, raw, personal=personal)


def _rows(nodes: Mapping[str, Node], node: Node | None, name: str, raw: Any, *, personal: bool) -> Iterator[Seen]:
    rows = raw if isinstance(raw, list) else [raw]
    fields = {field.name: field for field in node.fields} if node else {}
    for number, row in enumerate(rows, start=1):
        place = number if isinstance(raw, list) else None
        if not isinstance(row, dict):
            yield _unknown(name, place, "", row, personal=personal, label="规范外内容")
            continue
        for field_name, value in row.items():
            if isinstance(value, dict | list) and value and (field_name in nodes or field_name not in fields):
                yield from _rows(nodes, nodes.get(field_name), field_name, value, personal=personal)
            elif field_name in fields:
                yield _seen(name, place, fields[field_name], value, personal=personal)
            else:
                yield _unknown(name, place, field_name, value, personal=personal)


def _seen(node: str, row: int | None, field: Field, raw: Any, *, personal: bool) -> Seen:
    said = meaning(field, str(raw).strip()) if isinstance(raw, str | int) else None
    shown = _mask(_shown(raw), hidden=is_private(field) and not personal)
    return Seen(node=node, row=row, field=field.name, label=field.label, value=shown, meaning=said or "")


def _output_faults(table: Transaction, content: Mapping[str, Any]) -> Iterator[str]:
    """Values of an answer that do not fit their fields."""
    nodes = {node.name: node for node in table.nodes if node.direction == "out"}
    for name, raw in content.items():
        node = nodes.get(name)
        for number, row in enumerate(raw if isinstance(raw, list) else [raw], start=1):
            if node is None or not isinstance(row, dict):
                continue
            for field in node.fields:
                fault = _fault(field, row.get(field.name))
                if fault:
                    place = f"[{number}]" if isinstance(raw, list) else ""
                    yield f"{name}{place}.{field.name}（{field.label}）{fault}"


def _fault(field: Field, raw: Any) -> str:
    if raw is None or field.type is FieldType.OPEN:
        return ""
    try:
        reader(field, max_length=field.max_length, signed=True)(raw)
    except RefusedError as error:
        return f"{error.problem}，应为{error.expected}"
    return ""


def _sums(content: Mapping[str, Any]) -> Iterator[str]:
    """The three sum rules of a settlement."""
    info = content.get("setlinfo")
    if not isinstance(info, dict) or "medfee_sumamt" not in info or "fund_pay_sumamt" not in info:
        return
    amount = {name: _number(value) for name, value in info.items()}
    cash = amount.get("psn_cash_pay", amount.get("pdn_cash_pay"))
    rules = (
        ("医疗费总额 = 基金支付总额 + 个人负担总金额 + 医院负担金额", "medfee_sumamt",
         (amount.get("fund_pay_sumamt"), amount.get("psn_part_amt"), amount.get("hosp_part_amt", Decimal(0)))),
        ("个人负担总金额 = 个人账户支出 + 个人现金支出", "psn_part_amt", (amount.get("acct_pay"), cash)),
        ("医疗费总额 = 全自费 + 超限价 + 先行自付 + 符合政策范围", "medfee_sumamt",
         tuple(amount.get(part) for part in _PARTS)),
    )  # fmt: skip
    for words, whole, parts in rules:
        total = amount.get(whole)
        known = [part for part in parts if part is not None]
        if total is not None and len(known) == len(parts) and sum(known) != total:
            yield f"金额不平：{words}，{total} ≠ {' + '.join(str(part) for part in known)}"


def _number(value: Any) -> Decimal | None:
    if isinstance(value, bool) or not isinstance(value, int | Decimal | str):
        return Decimal(0) if value is None else None
    try:
        number = Decimal(value)
    except ArithmeticError:
        return None
    return number if number.is_finite() else None


def _shown(value: Any) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        return value
    return msgspec.json.encode(value).decode() if isinstance(value, dict | list | bool) else str(value)


def _mask(text: str, *, hidden: bool) -> str:
    return hide(text) if hidden else text


def _unknown(node: str, row: int | None, name: str, raw: Any, *, personal: bool, label: str = "规范外字段") -> Seen:
    """Something that the specification lacks: nobody knows whether it is about a person, so its look decides."""
    text = _shown(raw)
    if not personal:
        text = hide(text) if PRIVATE_NAMES.search(name) else hide_numbers(text)
    return Seen(node=node, row=row, field=name, label=label, value=text, known=False)
