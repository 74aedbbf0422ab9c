"""Take messages out of what was captured (抓取的报文): a file, a log line, an HTTP dump, a form, several in a row."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from typing import Any, Final

import msgspec

from gongji.channels.nhsa.wrapping import unwrap, unwrap_text

_HTTP: Final = re.compile(rb"(?:[A-Z]{3,7} \S+ )?HTTP/[0-9.]+[^\n]*\n")
_BLANK_LINE: Final = re.compile(rb"\r?\n\r?\n")
_BOUNDARY: Final = re.compile(rb"\s*--([^\r\n]{1,200})\r?\n")
_ENCODINGS: Final = ("utf-8-sig", "gb18030")


class NotAMessageError(ValueError):
    """What was captured holds no message; the text says why and what to do (Chinese)."""


class Captured(msgspec.Struct, frozen=True):
    """One message as it was found; ``how`` names the wrappings it was taken out of, in Chinese."""

    content: dict[str, Any]
    how: tuple[str, ...]


def messages(data: bytes) -> list[Captured]:
    """Every message of a capture, in order.

    Raises:
        NotAMessageError: there is none.
    """
    if not data.strip():
        raise NotAMessageError("没有内容：请给出报文文件，或用 - 从标准输入读取")
    how: list[str] = []
    body = _without_http(data, how)
    boundary = _BOUNDARY.match(body)
    if boundary:
        headers = {"content-type": f"multipart/form-data; boundary={boundary[1].decode('latin-1')}"}
        sent = unwrap(body.lstrip(), headers)
    else:
        sent = unwrap_text(body.strip())
    if sent.form:
        how.append(f"表单 {sent.form}")
    text = _decoded(sent.body, how)
    found = [Captured(content, tuple(how)) for content in _objects(text)]
    if not found:
        raise NotAMessageError(_why(text))
    return found


def _without_http(data: bytes, how: list[str]) -> bytes:
    if not _HTTP.match(data.lstrip()):
        return data
    parts = _BLANK_LINE.split(data, maxsplit=1)
    how.append("HTTP 报文头")
    return parts[1] if len(parts) > 1 else b""


def _decoded(body: bytes, how: list[str]) -> str:
    for encoding in _ENCODINGS:
        try:
            text = body.decode(encoding)
        except UnicodeDecodeError:
            continue
        if encoding != _ENCODINGS[0]:
            how.append("GB18030 编码（规范要求 UTF-8）")
        return text
    raise NotAMessageError("不是文本：报文应为 UTF-8 编码的 JSON；加密的报文请先解密")


def _objects(text: str) -> Iterator[dict[str, Any]]:
    """Every JSON object that is no part of another; what stands between them is passed over."""
    decoder = json.JSONDecoder(parse_float=Decimal)
    at = text.find("{")
    while at >= 0:
        try:
            value, end = decoder.raw_decode(text, at)
        except (ValueError, RecursionError):
            end = at + 1
        else:
            if isinstance(value, dict) and _like_a_message(value):
                yield value
            elif isinstance(value, dict):
                yield from (part for part in value.values() if isinstance(part, dict) and _like_a_message(part))
        at = text.find("{", end)


def _like_a_message(value: dict[str, Any]) -> bool:
    return "infcode" in value or ("input" in value and "infno" in value)


def _why(text: str) -> str:
    start = text.find("{")
    if start < 0:
        return "没有找到 JSON 对象：请求应含 infno 和 input，应答应含 infcode"
    try:
        json.JSONDecoder().raw_decode(text, start)
    except ValueError as fault:
        place = f"第 {fault.lineno} 行第 {fault.colno} 列" if isinstance(fault, json.JSONDecodeError) else ""
        return f"JSON 不完整或写法有误（{place}），请核对是否被截断、引号和反斜杠是否转义"
    except RecursionError:
        return "JSON 嵌套层数过多"
    return "是 JSON，但不是本接口的报文：请求应含 infno 和 input，应答应含 infcode"
