"""An example of every message (报文示例), made from the tables: fictitious, complete, and understood by the reader."""

from collections.abc import Iterator, Mapping
from typing import Any, Final

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.tables import Field, FieldType, Node, Transaction
from gongji.channels.nhsa.vocabulary import dictionary_of

INSTITUTION: Final = "H99999900001"

_MOMENT: Final = "2026-01-05 09:30:00"

_TOLD: Final = {
    "psn_no": "99990000000000000000000001",
    "psn_No": "99990000000000000000000001",
    "psnNo": "99990000000000000000000001",
    "certno": "999901198501020011",
    "cert_no": "999901198501020011",
    "mdtrt_cert_no": "999901198501020011",
    "psn_name": "测试甲",
    "psnName": "测试甲",
    "patn_name": "测试甲",
    "fixmedins_code": INSTITUTION,
    "fixmedinsCode": INSTITUTION,
    "fixmedins_name": "演示医院",
    "fixmedinsName": "演示医院",
    "med_list_codg": "XZ99AAZ001A001010199001",
    "hilist_code": "XZ99AAZ001A001010199001",
    "diag_code": "I10.x00x002",
    "diag_name": "高血压",
    "admdvs": "999901",
    "orgCodg": INSTITUTION,
    "idNo": "999901198501020011",
    "userName": "测试甲",
    "begntime": "2026-01-05 09:30:00",
    "medListCodg": "XZ99AAZ001A001010199001",
    "medType": "11",
    "acctUsedFlag": "2",
    "refdType": "ALL",
    "setl_ym": "202601",
    "cum_ym": "202601",
    "oinfno": "2207",
    "exp_content": "",
    "type": "insutype",
    "page_num": "1",
    "page_size": "100",
}
"""Values that read better than what a type alone gives."""

_OPEN: Final[dict[str, Any]] = {"medtype_list": ["11"], "rule_ids": ["R01"], "in": "5rWL6K+V"}
"""Values of fields that have no plain type; the file of 9101 is base64."""

_CHOSEN: Final = {
    "insutype": "310",
    "med_type": "11",
    "mdtrt_cert_type": "02",
    "psn_cert_type": "01",
    "psn_type": "11",
    "gend": "1",
    "naty": "01",
    "acct_used_flag": "2",
    "fund_pay_type": "310100",
    "list_type": "101",
}
"""The code of a dictionary that stands in an example; else its first."""


def request(infno: str) -> dict[str, Any]:
    """A whole request.

    Raises:
        KeyError: the specification has no such transaction.
    """
    table = _known(infno)
    return {
        "infno": infno,
        "msgid": f"{INSTITUTION}202601050930000001",
        "mdtrtarea_admvs": "999901",
        "insuplc_admdvs": "999901",
        "recer_sys_code": "FSI_LOCAL",
        "dev_no": "",
        "dev_safe_info": "",
        "cainfo": "",
        "signtype": "",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "op001",
        "opter_name": "经办甲",
        "inf_time": _MOMENT,
        "fixmedins_code": INSTITUTION,
        "fixmedins_name": "演示医院",
        "sign_no": "",
        "input": content(table),
    }


def content(table: Transaction) -> dict[str, Any]:
    """The input of a request: every node and every field of the tables."""
    nodes = {node.name: node for node in table.inputs()}
    return {name: _rows(nodes[name], nodes, ()) for name in _outermost(nodes)}


def answer(infno: str) -> dict[str, Any]:
    """A whole answer; nodes that have only a title in the source are left out of ``output``.

    Raises:
        KeyError: the specification has no such transaction.
    """
    table = _known(infno)
    return {
        "infcode": 0,
        "inf_refmsgid": "999901202601050930000000000001",
        "refmsg_time": "20260105093000120",
        "respond_time": "20260105093000480",
        "err_msg": None,
        "output": _output(table),
        "warn_msg": None,
        "cainfo": None,
        "signtype": None,
    }


def _output(table: Transaction) -> dict[str, Any] | None:
    nodes = {node.name: node for node in table.nodes if node.direction == "out"}
    if not nodes:
        return None
    output: dict[str, Any] = {}
    for name in _outermost(nodes):
        if nodes[name].on_wire:
            output[name] = _rows(nodes[name], nodes, ())
        elif name.startswith("("):
            output |= _row(nodes[name], nodes, (name,))
    return output


def _known(infno: str) -> Transaction:
    table = tables.transaction(infno)
    if table is None:
        raise KeyError(infno)
    return table


def _outermost(nodes: Mapping[str, Node]) -> Iterator[str]:
    """The nodes that hang below no field of another."""
    below = {
        field.name
        for node in nodes.values()
        for field in node.fields
        if field.type is FieldType.OPEN and field.name != node.name
    }
    return (name for name in nodes if name not in below)


def _rows(node: Node, nodes: Mapping[str, Node], path: tuple[str, ...]) -> Any:
    row = _row(node, nodes, (*path, node.name))
    return [row] if node.many else row


def _row(node: Node, nodes: Mapping[str, Node], path: tuple[str, ...]) -> dict[str, Any]:
    row: dict[str, Any] = {}
    for field in node.fields:
        if field.type is FieldType.OPEN and field.name in nodes:
            if field.name not in path:
                row[field.name] = _rows(nodes[field.name], nodes, path)
        else:
            row[field.name] = value_of(field)
    return row


def value_of(field: Field) -> Any:
    """A value that fits a field, as text like most clients write it."""
    codes = dictionary_of(field)
    if codes is not None:
        known = tables.dictionary(codes)
        chosen = _CHOSEN.get(codes, "")
        fitting = [code for code in known if field.max_length is None or len(code) <= field.max_length]
        return chosen if chosen in fitting else next(iter(fitting), "")
    match field.type:
        case FieldType.TEXT:
            return _text(field)
        case FieldType.DIGITS:
            return "1"
        case FieldType.MONEY:
            return "100.00"
        case FieldType.NUMBER:
            return (
                _TOLD.get(field.name, "1") if field.precision is None or field.precision > (field.scale or 0) else "0"
            )
        case FieldType.DATE:
            return _MOMENT[:10]
        case FieldType.DATETIME:
            return _MOMENT
        case FieldType.OPEN:
            return _OPEN.get(field.name, [])


def _text(field: Field) -> str:
    told = _TOLD.get(field.name)
    if told is not None and (field.max_length is None or len(told) <= field.max_length):
        return told
    if field.coded or field.name.endswith(("flag", "Flag", "type", "Type")):
        return "1"
    if field.name.endswith(("_no", "_sn", "_id", "_codg", "_code", "Id", "No", "Sn", "Code")):
        return "1001"[: field.max_length]
    return field.label[: field.max_length].strip() or "1"
