"""Captured messages in words: taken out of what they were wrapped in, and said what is wrong with them."""

import json
import re
from contextlib import suppress
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest
from hypothesis import given
from hypothesis import strategies as st
from typer.testing import CliRunner

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.captured import NotAMessageError, messages
from gongji.channels.nhsa.explain import explain
from gongji.channels.nhsa.registry import HANDLERS
from gongji.cli import app
from gongji.service.explained import Explained

WIDE = {"COLUMNS": "220"}
CONTRACT = Path(__file__).parents[3] / "contract" / "nhsa"
MESSAGE = json.dumps(examples.request("2207"), ensure_ascii=False)
SETTLED = (CONTRACT / "2207" / "answer.json").read_text("utf-8")


def explained(data: str | bytes, infno: str = "", *, personal: bool = False) -> list[Explained]:
    return explain(messages(data.encode() if isinstance(data, str) else data), infno, personal=personal)


def changed(**data: Any) -> str:
    message = examples.request("2207")
    message["input"]["data"] |= data
    return json.dumps(message, ensure_ascii=False)


MULTIPART = (
    '--b1\r\nContent-Disposition: form-data; name="jsonStr"\r\n\r\n' + MESSAGE + "\r\n"
    '--b1\r\nContent-Disposition: form-data; name="file"; filename="a.zip"\r\n\r\nPK\r\n--b1--\r\n'
)


@pytest.mark.parametrize(
    "data",
    [
        MESSAGE,
        "\ufeff" + MESSAGE,
        MESSAGE.encode("gb18030"),
        urlencode({"jsonStr": MESSAGE}),
        MULTIPART,
        f"POST /fsi HTTP/1.1\r\ncontent-type: application/json\r\n\r\n{MESSAGE}",
        f"2026-01-05 09:30:00 INFO send {MESSAGE} ok",
        json.dumps({"request": json.loads(MESSAGE), "note": "x"}),
    ],
    ids=["json", "bom", "gb18030", "form", "multipart", "http", "log line", "inside"],
)
def test_a_message_is_found_in_its_wrapping(data: str | bytes) -> None:
    (one,) = explained(data)
    assert (one.kind, one.transaction, one.title, one.offered) == ("request", "2207", "门诊结算", True)
    assert one.refused == ()
    assert one.wrong == ()


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ("", "没有内容"),
        ("   ", "没有内容"),
        ("hello", "没有找到 JSON 对象"),
        ('{"a":1}', "不是本接口的报文"),
        (MESSAGE[:-5], "被截断"),
        (b"\xff\xfe\x00\x81", "不是文本"),
        ("[" * 100_000, "没有找到 JSON 对象"),
    ],
)
def test_what_is_no_message_is_said_why(data: str | bytes, says: str) -> None:
    with pytest.raises(NotAMessageError, match=says):
        explained(data)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        ({"med_type": "9z"}, "data.med_type（医疗类别）不在字典中，收到“9z”"),
        ({"begintime": "1"}, "data.begintime（begintime）规范没有这个字段"),
        ({"Psn_No": "1"}, "应为字段名 psn_no"),
        ({"mdtrt_id": 5}, "data.mdtrt_id（就诊ID）类型不对，是数字"),
        ({"acct_used_flag": "02"}, "data.acct_used_flag（个人账户使用标志）过长，有2个字符"),
        ({"fulamt_ownpay_amt": ""}, "data.fulamt_ownpay_amt（全自费金额）规范必填"),
        ({"exp_content": None}, '空值没有写成 ""'),
        ({"psn_no": " 1 "}, "首尾有空格"),
    ],
)
def test_what_is_tolerated_is_told(data: dict[str, Any], says: str) -> None:
    (one,) = explained(changed(**data))
    assert [text for text in one.wrong if says in text] != []
    assert one.refused == ()


def test_what_would_be_refused_is_told() -> None:
    (one,) = explained(changed(medfee_sumamt="12.345", psn_no=None))
    assert len(one.refused) == 2
    assert any("小数位过多" in text for text in one.refused)


def test_people_are_hidden_unless_asked_for() -> None:
    hidden = {seen.field: seen.value for seen in explained(MESSAGE)[0].fields}
    shown = {seen.field: seen.value for seen in explained(MESSAGE, personal=True)[0].fields}
    assert (hidden["certno"], hidden["opter_name"]) == ("9…", "经…")
    assert (shown["certno"], shown["opter_name"]) == ("999901198501020011", "经办甲")


def test_codes_are_told_in_words() -> None:
    meanings = {seen.field: seen.meaning for seen in explained(MESSAGE)[0].fields}
    assert meanings["insutype"] == "职工基本医疗保险"
    assert meanings["infno"] == "门诊结算"
    assert meanings["mdtrt_cert_type"] == "居民身份证"


def test_an_answer_follows_its_request_or_is_guessed() -> None:
    both = explained(MESSAGE + "\n" + SETTLED)
    assert [(one.kind, one.transaction, one.guessed) for one in both] == [
        ("request", "2207", False),
        ("answer", "2207", False),
    ]
    (alone,) = explained(SETTLED)
    assert (alone.transaction, alone.guessed) == ("2207", True)


@pytest.mark.parametrize("infno", [code for code in HANDLERS if (CONTRACT / code / "answer.json").exists()])
def test_our_own_answers_hold_nothing_the_tables_do_not_have(infno: str) -> None:
    # Placeholders stand where the platform issues ids and times.
    text = re.sub(r"<[^>]*>", "1", (CONTRACT / infno / "answer.json").read_text("utf-8"))
    (one,) = explained(text, infno)
    paging = {"pageNum", "pageSize", "size", "startRow", "endRow", "pages", "recordCounts", "firstPage", "lastPage"}
    unlisted = {
        "4262": {"stmtResult", "stmtRema"},
        "4263": {"data", "mdtrtId", "fixmedinsCode", "uploadedSumamt", "totalFeeSumamt", "checkTime"},
    }
    unknown = {seen.field for seen in one.fields if not seen.known}
    assert unknown - paging - unlisted.get(infno, set()) == set()
    assert [text for text in one.wrong if "格式不对" not in text] == []


def test_sums_that_do_not_hold_are_told() -> None:
    answer = json.loads(SETTLED)
    answer["output"]["setlinfo"]["psn_part_amt"] += 1
    (one,) = explained(json.dumps(answer), "2207")
    assert len([text for text in one.wrong if text.startswith("金额不平")]) == 2


def test_a_refusal_says_its_reason() -> None:
    (one,) = explained('{"infcode":-1,"err_msg":"FSI-门诊结算失败：总额不符","output":null}', "2207")
    assert one.refused == ("FSI-门诊结算失败：总额不符",)


@given(st.binary(max_size=400))
def test_any_bytes_are_explained_or_said_why_not(data: bytes) -> None:
    with suppress(NotAMessageError):
        explained(data)


@given(
    st.recursive(
        st.none() | st.booleans() | st.integers() | st.text(max_size=9),
        lambda inner: (
            st.lists(inner, max_size=3) | st.dictionaries(st.sampled_from(["data", "setlinfo", "psn_no", "x"]), inner)
        ),
    ),
    st.sampled_from(["2207", "2204", "3101", "9999", "100001"]),
)
def test_any_input_and_output_are_explained(value: Any, infno: str) -> None:
    message = examples.request("2207") | {"infno": infno, "input": value}
    answer = {"infcode": value, "output": value, "err_msg": value}
    for one in explained(json.dumps(message) + json.dumps(answer)):
        assert one.transaction == infno


def run(*words: str, stdin: str | bytes = "") -> Any:
    return CliRunner().invoke(app, ["nhsa", *words], env=WIDE, input=stdin)


def test_the_command_explains_a_file(tmp_path: Path) -> None:
    path = tmp_path / "m.json"
    path.write_text(changed(med_type="9z"), "utf-8")
    result = run("explain", str(path))
    assert result.exit_code == 1
    for words in ("请求：2207 门诊结算", "个人账户使用标志", "使用共济人个账", "与接口规范不符（本平台容许）", "9z"):
        assert words in result.stdout
    assert run("explain", "-", stdin=MESSAGE).exit_code == 0
    (one,) = json.loads(run("explain", "-", "--json", stdin=MESSAGE).stdout)
    assert (one["infno"], one["wrong"]) == ("2207", [])


def test_the_command_says_what_it_cannot_read(tmp_path: Path) -> None:
    result = run("explain", str(tmp_path / "none.json"))
    assert result.exit_code == 2
    assert "不能读取" in result.stderr
    result = run("explain", "-", stdin="x")
    assert result.exit_code == 2
    assert "没有找到 JSON 对象" in result.stderr


def test_the_command_shows_an_example_of_every_transaction() -> None:
    assert json.loads(run("example", "2304").stdout)["infno"] == "2304"
    assert json.loads(run("example", "2304", "--answer").stdout)["infcode"] == 0
    result = run("example", "0000")
    assert result.exit_code == 2
    assert "不在接口规范中" in result.stderr
    assert len(tables.transaction_codes()) == 212
