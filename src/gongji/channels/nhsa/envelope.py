"""The request envelope (报文头) of the national interface, table 2 of the specification.

Provinces and vendors fill it differently; what can be understood without guessing is accepted. Numbers keep their
exact decimal value: money never passes through a binary float.
"""

import hashlib
from decimal import Decimal
from typing import Any, Final

import msgspec

MAX_DEPTH: Final = 32
"""Levels of nesting accepted; real messages have about six."""

_BOM: Final = b"\xef\xbb\xbf"
_NUL_ESCAPE: Final = b"\\u0000"
_MALFORMED: Final = "报文不是合法的 JSON"

LABELS: Final = {
    "infno": "交易编号",
    "msgid": "发送方报文ID",
    "mdtrtarea_admvs": "就医地医保区划",
    "insuplc_admdvs": "参保地医保区划",
    "recer_sys_code": "接收方系统代码",
    "dev_no": "设备编号",
    "dev_safe_info": "设备安全信息",
    "cainfo": "数字签名信息",
    "signtype": "签名类型",
    "infver": "接口版本号",
    "opter_type": "经办人类别",
    "opter": "经办人",
    "opter_name": "经办人姓名",
    "inf_time": "交易时间",
    "fixmedins_code": "定点医药机构编号",
    "fixmedins_name": "定点医药机构名称",
    "sign_no": "交易签到流水号",
}
_KNOWN: Final = frozenset({*LABELS, "input"})

# Longer than the table says where the wire is longer: infno "100001", institution codes of 30 in Inner Mongolia.
_REQUIRED: Final = {
    "infno": (6, "请填写交易编号，例如 2207"),
    "msgid": (30, "请填写不超过30位的报文ID：机构编号(12)+时间(14)+顺序号(4)"),
    "fixmedins_code": (30, "请填写定点医药机构编号，例如 H00000000001"),
}

_decoder: Final = msgspec.json.Decoder(float_hook=Decimal)
_canonical: Final = msgspec.json.Encoder(order="deterministic", decimal_format="number")


class Envelope(msgspec.Struct, frozen=True, kw_only=True):
    """A request as it came; texts are stripped, and empty ("", null, "null") is "".

    Attributes:
        infno: transaction code (交易编号), not empty.
        msgid: the sender's message id (发送方报文ID), not empty, at most 30 characters.
        fixmedins_code: institution (定点医药机构编号), not empty.
        insuplc_admdvs: place of insurance (参保地); empty means the same place.
        input: the transaction's input (交易输入); numbers are int or Decimal.
        extra: envelope fields the specification doesn't know, as they came.
    """

    infno: str
    msgid: str
    mdtrtarea_admvs: str
    insuplc_admdvs: str
    recer_sys_code: str
    dev_no: str
    dev_safe_info: str
    cainfo: str
    signtype: str
    infver: str
    opter_type: str
    opter: str
    opter_name: str
    inf_time: str
    fixmedins_code: str
    fixmedins_name: str
    sign_no: str
    input: dict[str, Any]
    extra: dict[str, Any]


class EnvelopeFault(msgspec.Struct, frozen=True):
    """Why a body is no request, in Chinese, with what to correct; ``fields`` names the envelope fields at fault."""

    text: str
    fields: tuple[str, ...] = ()


class _UnreadableError(Exception):
    """A piece of JSON cannot be taken; the message says why."""


def decode(body: bytes) -> Envelope | EnvelopeFault:
    """Read a request body; never raises, whatever the bytes are."""
    try:
        message = _parse(body)
    except _UnreadableError as error:
        return EnvelopeFault(f"{error}，请按 UTF-8 编码的 JSON 报文重发")
    if not isinstance(message, dict):
        return EnvelopeFault(f"报文应为 JSON 对象，收到的是{json_kind(message)}，请按接口规范报文格式重发")
    faults: dict[str, str] = {}
    texts = {name: _text(name, message.get(name), faults) for name in LABELS}
    for name, (limit, remedy) in _REQUIRED.items():
        if name not in faults:
            _check_required(name, texts[name], limit, remedy, faults)
    extra = {name: value for name, value in message.items() if name not in _KNOWN}
    content: dict[str, Any] = {}
    try:
        content = _input(message.get("input"), extra)
    except _UnreadableError as error:
        faults["input"] = f"input（交易输入）{error}"
    if faults:
        return EnvelopeFault("；".join(faults.values()), tuple(faults))
    return Envelope(input=content, extra=extra, **texts)


def raw_message(body: bytes) -> dict[str, Any] | None:
    """The message as it came, keys and types untouched; None when it is no JSON object."""
    try:
        message = _parse(body)
    except _UnreadableError:
        return None
    return message if isinstance(message, dict) else None


def input_hash(envelope: Envelope, file: bytes = b"") -> bytes:
    """SHA-256 over transaction code, input and a file: equal for the same content, however the JSON was arranged.

    A repeated message id with another hash is another request and must be refused.
    """
    return hashlib.sha256(_canonical.encode([envelope.infno, envelope.input]) + file).digest()


def json_kind(value: Any) -> str:
    """The Chinese name of a JSON type, for texts which must not repeat the value itself."""
    if value is None:
        return "空值"
    if isinstance(value, bool):
        return "布尔值"
    if isinstance(value, str):
        return "文本"
    if isinstance(value, list):
        return "列表"
    return "对象" if isinstance(value, dict) else "数字"


def _parse(data: bytes | str) -> Any:
    body = data.encode() if isinstance(data, str) else data
    body = body.removeprefix(_BOM)
    if _NUL_ESCAPE in body:
        # PostgreSQL cannot store it, and no institution has a reason to send it.
        raise _UnreadableError("报文含有空字符（\\u0000）")
    try:
        value = _decoder.decode(body)
    except UnicodeDecodeError:
        raise _UnreadableError("报文不是 UTF-8 编码") from None
    except RecursionError:
        raise _UnreadableError("报文嵌套层数过多") from None
    except (msgspec.MsgspecError, ArithmeticError):
        raise _UnreadableError(_MALFORMED) from None
    if _too_deep(value):
        raise _UnreadableError("报文嵌套层数过多")
    return value


def _too_deep(value: Any) -> bool:
    level = [value] if type(value) in (dict, list) else []
    for _ in range(MAX_DEPTH):
        if not level:
            return False
        level = [
            child
            for container in level
            for child in (container.values() if type(container) is dict else container)
            if type(child) in (dict, list)
        ]
    return bool(level)


def _text(name: str, value: Any, faults: dict[str, str]) -> str:
    if value is None:
        return ""
    if isinstance(value, str):
        text = value.strip()
        return "" if text == "null" else text
    if isinstance(value, int | Decimal) and not isinstance(value, bool):
        return str(value)
    faults[name] = f"{name}（{LABELS[name]}）应为文本，收到的是{json_kind(value)}"
    return ""


def _check_required(name: str, text: str, limit: int, remedy: str, faults: dict[str, str]) -> None:
    if not text:
        faults[name] = f"缺少 {name}（{LABELS[name]}），{remedy}"
    elif len(text) > limit:
        faults[name] = f"{name}（{LABELS[name]}）有{len(text)}位，超过{limit}位，{remedy}"


def _input(value: Any, extra: dict[str, Any]) -> dict[str, Any]:
    """The input as an object, from an object or from a JSON text that holds one; clients send both."""
    if isinstance(value, str) and value.strip() not in ("", "null"):
        if extra.get("enc_type") or extra.get("enctype"):
            raise _UnreadableError("是密文：本平台不接收加密的交易输入，请关闭报文加密后重发")
        try:
            value = _parse(value.strip().removeprefix("\ufeff"))
        except _UnreadableError as error:
            raise _UnreadableError(f"应为 JSON 对象或装有 JSON 对象的文本：{error}") from None
    if isinstance(value, dict):
        return value
    if value is None or isinstance(value, str):
        raise _UnreadableError('缺失，请填写 JSON 对象，例如 {"data":{...}}')
    raise _UnreadableError(f"应为 JSON 对象，收到的是{json_kind(value)}")
