"""What is accepted as a request, and what is said when it isn't one."""

import json
from decimal import Decimal
from typing import Any

import pytest

from gongji.channels.nhsa.envelope import Envelope, EnvelopeFault, decode, input_hash

GOOD = {
    "infno": "2208",
    "msgid": "H99999900001202501021100000004",
    "fixmedins_code": "H99999900001",
    "input": {"data": {"setl_id": "SE1", "mdtrt_id": "MD1", "psn_no": "1"}},
}


def body(**changes: object) -> bytes:
    return json.dumps({**GOOD, **changes}, ensure_ascii=False).encode()


def accepted(raw: bytes) -> Envelope:
    result = decode(raw)
    assert isinstance(result, Envelope), result
    return result


def refused(raw: bytes) -> EnvelopeFault:
    result = decode(raw)
    assert isinstance(result, EnvelopeFault), result
    return result


TOLERATED = [
    # what, body, field, value
    ("number for the code", body(infno=2208), "infno", "2208"),
    ("number for the institution", body(fixmedins_code=123456789012), "fixmedins_code", "123456789012"),
    ("blanks around", body(msgid=" M1 "), "msgid", "M1"),
    ("null", body(sign_no=None), "sign_no", ""),
    ("the text null", body(insuplc_admdvs="null"), "insuplc_admdvs", ""),
    ("absent operator", body(), "opter", ""),
    ("byte order mark", b"\xef\xbb\xbf" + body(), "infno", "2208"),
    ("duplicate key, last counts", b'{"infno":"1",' + body()[1:], "infno", "2208"),
    ("institution code of 30", body(fixmedins_code="H" * 30), "fixmedins_code", "H" * 30),
    ("letters in the code", body(infno="2203A"), "infno", "2203A"),
    ("input as text", body(input='{"data":{"a":1}}'), "input", {"data": {"a": 1}}),
    ("input as text with a mark", body(input='\ufeff{"data":{}}'), "input", {"data": {}}),
    ("unknown fields are kept", body(enctype="", serv_code="x"), "extra", {"enctype": "", "serv_code": "x"}),
]


@pytest.mark.parametrize(("what", "raw", "field", "value"), TOLERATED, ids=[row[0] for row in TOLERATED])
def test_tolerated(what: str, raw: bytes, field: str, value: object) -> None:
    assert getattr(accepted(raw), field) == value


DEEP = b'{"infno":"2208","input":' + b'{"a":' * 60 + b"1" + b"}" * 60 + b"}"

FAULTS = [
    # what, body, a part of the text, fields
    ("nothing", b"", "不是合法的 JSON", ()),
    ("cut off", body()[:-5], "不是合法的 JSON", ()),
    ("not a number", b'{"infno":NaN}', "不是合法的 JSON", ()),
    ("an exponent beyond all bounds", b'{"infno":1e99999999999999999999}', "不是合法的 JSON", ()),
    ("GB18030", json.dumps(GOOD | {"opter_name": "经办"}, ensure_ascii=False).encode("gb18030"), "UTF-8", ()),
    ("half a surrogate pair", b'{"infno":"\\ud800"}', "JSON", ()),
    ("a NUL", body(opter="a\x00"), "空字符", ()),
    ("a list", b"[]", "收到的是列表", ()),
    ("a text", b'"2207"', "收到的是文本", ()),
    ("deep", DEEP, "嵌套", ()),
    ("a nesting bomb", b"[" * 1_000_000, "嵌套", ()),
    ("a nesting bomb in the input text", body(input="[" * 100_000), "嵌套", ("input",)),
    ("no code", body(infno=""), "缺少 infno（交易编号）", ("infno",)),
    ("long code", body(infno="2207ABC"), "infno（交易编号）有7位", ("infno",)),
    ("no message id", body(msgid=None), "缺少 msgid（发送方报文ID）", ("msgid",)),
    ("long message id", body(msgid="1" * 31), "msgid（发送方报文ID）有31位，超过30位", ("msgid",)),
    ("no institution", body(fixmedins_code="null"), "缺少 fixmedins_code", ("fixmedins_code",)),
    ("long institution", body(fixmedins_code="1" * 31), "定点医药机构编号", ("fixmedins_code",)),
    ("object for a text", body(opter={}), "opter（经办人）应为文本，收到的是对象", ("opter",)),
    ("truth value for a text", body(infno=True), "infno（交易编号）应为文本", ("infno",)),
    ("no input", body(input=""), "input（交易输入）缺失", ("input",)),
    ("list as input", body(input=[]), "input（交易输入）应为 JSON 对象，收到的是列表", ("input",)),
    ("text that is no JSON", body(input="abc"), "input（交易输入）应为", ("input",)),
    ("text that holds a list", body(input="[1]"), "收到的是列表", ("input",)),
    ("encrypted", body(input="q83v", enc_type="SM4"), "密文", ("input",)),
    ("several at once", body(infno="", msgid=""), "msgid", ("infno", "msgid")),
]


@pytest.mark.parametrize(("what", "raw", "text", "fields"), FAULTS, ids=[row[0] for row in FAULTS])
def test_faults(what: str, raw: bytes, text: str, fields: tuple[str, ...]) -> None:
    fault = refused(raw)
    assert text in fault.text
    assert fault.fields == fields


def test_decimals_stay_exact() -> None:
    raw = body(input={}).replace(b'"input": {}', b'"input": {"data": {"a": 12.340000000000001, "b": 0.10}}')
    assert accepted(raw).input == {"data": {"a": Decimal("12.340000000000001"), "b": Decimal("0.10")}}


def test_hash_ignores_order_and_wrapping() -> None:
    as_object = accepted(body(input={"data": {"a": "1", "b": 1.5}, "rows": [{"x": None}]}))
    reordered = accepted(body(msgid="OTHER", input={"rows": [{"x": None}], "data": {"b": 1.5, "a": "1"}}))
    as_text = accepted(body(input='{"data":{"b":1.5,"a":"1"},"rows":[{"x":null}]}'))
    assert input_hash(as_object) == input_hash(reordered) == input_hash(as_text)
    assert len(input_hash(as_object)) == 32


@pytest.mark.parametrize(
    "changes", [{"infno": "2207"}, {"input": {"data": {"a": "2"}}}, {"input": {"data": {"a": "1", "b": ""}}}]
)
def test_hash_differs_for_other_content(changes: dict[str, Any]) -> None:
    first = accepted(body(input={"data": {"a": "1"}}))
    other = accepted(body(**{"input": {"data": {"a": "1"}}, **changes}))
    assert input_hash(first) != input_hash(other)
