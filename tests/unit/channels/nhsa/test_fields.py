"""Inputs are read by the tables: values exactly, faults all at once, nothing lost, nothing personal repeated."""

from datetime import datetime
from decimal import Decimal
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.channels.nhsa import envelope, tables
from gongji.channels.nhsa.fields import MAX_FAULTS, FieldFault, Values, faults_text, read
from gongji.channels.nhsa.tables import Transaction

SETTLE = {
    "psn_no": "1",
    "mdtrt_cert_type": "02",
    "mdtrt_cert_no": "000000198501020000",
    "med_type": "11",
    "medfee_sumamt": "100.00",
    "psn_setlway": "01",
    "mdtrt_id": "MD1",
    "chrg_bchno": "B1",
    "insutype": "310",
    "acct_used_flag": "2",
    "fulamt_ownpay_amt": "0",
    "overlmt_selfpay": "0",
    "preselfpay_amt": "0",
    "inscp_scp_amt": "100",
}
LINE = {
    "feedetl_sn": "1",
    "mdtrt_id": "MD1",
    "psn_no": "1",
    "chrg_bchno": "B1",
    "fee_ocur_time": "2025-01-02 10:00:00",
    "med_list_codg": "XA",
    "det_item_fee_sumamt": "12.30",
    "cnt": "1",
    "pric": "12.30",
    "bilg_dept_codg": "D1",
    "bilg_dept_name": "内科",
    "bilg_dr_codg": "DR1",
    "bilg_dr_name": "医师甲",
}


def table(infno: str) -> Transaction:
    found = tables.transaction(infno)
    assert found is not None
    return found


def parse(literal: str) -> Any:
    """A JSON literal as the envelope hands it on."""
    raw = b'{"infno":"1","msgid":"1","fixmedins_code":"1","input":{"v":' + literal.encode() + b"}}"
    decoded = envelope.decode(raw)
    assert isinstance(decoded, envelope.Envelope)
    return decoded.input["v"]


def values(infno: str, content: dict[str, Any]) -> Values:
    result = read(table(infno), content)
    assert isinstance(result, Values), result
    return result


def faults(infno: str, content: dict[str, Any]) -> tuple[FieldFault, ...]:
    result = read(table(infno), content)
    assert isinstance(result, tuple), result
    return result


ACCEPTED = [
    # field of the line, JSON literal, value
    ("det_item_fee_sumamt", '"12.30"', 1230),
    ("det_item_fee_sumamt", "12.3", 1230),
    ("det_item_fee_sumamt", "12.30", 1230),
    ("det_item_fee_sumamt", "12", 1200),
    ("det_item_fee_sumamt", '" 12 "', 1200),
    ("det_item_fee_sumamt", '"12.3000"', 1230),
    ("det_item_fee_sumamt", "12.3000", 1230),
    ("det_item_fee_sumamt", '".5"', 50),
    ("det_item_fee_sumamt", "0", 0),
    ("det_item_fee_sumamt", "1.5e1", 1500),
    ("det_item_fee_sumamt", "99999999999999.99", 9999999999999999),
    ("det_item_fee_sumamt", '"007.10"', 710),
    ("cnt", '"2.0000"', Decimal(2)),
    ("cnt", "0.3333", Decimal("0.3333")),
    ("pric", '"0.000001"', Decimal("0.000001")),
    ("prd_days", '""', None),
    ("prd_days", "null", None),
    ("prd_days", '"null"', None),
    ("prd_days", "7", Decimal(7)),
    ("fee_ocur_time", '"2025-01-02"', datetime(2025, 1, 2)),  # noqa: DTZ001 - the wire has no zone
    ("fee_ocur_time", '"2025-01-02 23:59:59"', datetime(2025, 1, 2, 23, 59, 59)),  # noqa: DTZ001
    ("fee_ocur_time", '"2025-01-02T08:00:00"', datetime(2025, 1, 2, 8)),  # noqa: DTZ001
    ("feedetl_sn", "123456789012345678901234567890", "123456789012345678901234567890"),
    ("feedetl_sn", '"0001"', "0001"),
    ("rxno", '"  RX 1 "', "RX 1"),
    ("rxno", "17", "17"),
    ("rxno", f'"{"号" * 30}"', "号" * 30),
    ("rx_circ_flag", '""', None),
    ("hosp_appr_flag", "null", None),
    ("medins_list_codg", '""', None),
]


@pytest.mark.parametrize(("name", "literal", "value"), ACCEPTED)
def test_accepted(name: str, literal: str, value: object) -> None:
    row = values("2204", {"feedetail": [LINE | {name: parse(literal)}]}).rows("feedetail")[0]
    assert row[name] == value
    assert type(row[name]) is type(value)


REFUSED = [
    # field of the line, JSON literal, a part of the text
    ("det_item_fee_sumamt", "12.340000000000001", "小数位过多，有15位，收到“12.340000000000001”"),
    ("det_item_fee_sumamt", '"12.345"', "小数位过多"),
    ("det_item_fee_sumamt", "1e2", "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"1e2"', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", "1e999999999", "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"NaN"', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"Infinity"', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"1,234.00"', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"１２"', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"."', "不是普通的十进制数字"),
    ("det_item_fee_sumamt", '"-0.01"', "为负数"),
    ("det_item_fee_sumamt", "-3", "为负数"),
    ("det_item_fee_sumamt", "100000000000000", "整数位过多，有15位"),
    ("det_item_fee_sumamt", "9" * 300, "过长"),
    ("det_item_fee_sumamt", "true", "类型不对，是布尔值"),
    ("det_item_fee_sumamt", "{}", "类型不对，是对象"),
    ("det_item_fee_sumamt", '""', "不能为空"),
    ("cnt", "-1", "为负数"),
    ("cnt", "0.33333", "小数位过多"),
    ("prd_days", "100", "整数位过多，有3位，收到“100”，应为至多2位整数和2位小数的数字"),
    ("fee_ocur_time", '"2025-02-30"', "不是存在的日期时间"),
    ("fee_ocur_time", '"2025-01-02 25:00:00"', "不是存在的日期时间"),
    ("fee_ocur_time", '"20250102"', "格式不对"),
    ("fee_ocur_time", '"2025-W01-1"', "格式不对"),
    ("fee_ocur_time", "20250102", "类型不对，是数字"),
    ("feedetl_sn", '"A1"', "含有数字以外的字符"),
    ("feedetl_sn", "-1", "含有数字以外的字符"),
    ("feedetl_sn", f'"{"1" * 31}"', "过长，有31位"),
    ("rxno", f'"{"号" * 31}"', "过长，有31个字符"),
    ("rxno", "[]", "类型不对，是列表"),
    ("rxno", '{"certno": "1"}', "类型不对，是对象，应为"),
    ("mdtrt_id", '" "', "feedetail[2].mdtrt_id（就诊ID）不能为空"),
]


@pytest.mark.parametrize(("name", "literal", "text"), REFUSED)
def test_refused(name: str, literal: str, text: str) -> None:
    (fault,) = faults("2204", {"feedetail": [LINE, LINE | {name: parse(literal)}]})
    assert (fault.node, fault.row, fault.field) == ("feedetail", 2, name)
    assert text in fault.text
    assert len(fault.received) <= 40


def test_all_faults_come_at_once_and_are_capped() -> None:
    many = faults("2204", {"feedetail": [{}] * 50})
    assert len(many) == MAX_FAULTS
    assert faults_text(many).startswith("共20处：feedetail[1].feedetl_sn（费用明细流水号）不能为空")
    few = faults("2207", {"data": SETTLE | {"psn_no": "", "medfee_sumamt": "x"}})
    assert [fault.field for fault in few] == ["psn_no", "medfee_sumamt"]


@pytest.mark.parametrize("name", ["certno", "mdtrt_cert_no", "psn_name", "card_sn"])
def test_personal_values_are_never_repeated(name: str) -> None:
    secret = "秘" * 60
    found = faults("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": "1"} | {name: secret}})
    assert found[0].field == name
    assert "秘" not in faults_text(found)


def test_a_monstrous_number_is_refused_without_being_written_out() -> None:
    (fault,) = faults("2204", {"feedetail": LINE | {"cnt": 10**5000}})
    assert fault.received == "超长数字"


NODE_FAULTS = [
    ("2204", {}, "feedetail（门诊费用明细信息上传）缺失，应为对象列表"),
    ("2204", {"feedetail": []}, "缺失"),
    ("2204", {"feedetail": "null"}, "缺失"),
    ("2204", {"feedetail": ["x"]}, "feedetail[1]（门诊费用明细信息上传）类型不对，是文本"),
    ("2207", {"data": None}, "data（门诊结算）缺失，应为一个对象"),
    ("2207", {"data": [SETTLE, SETTLE]}, "data（门诊结算）有2个，应为一个对象"),
    ("2207", {"data": 7}, "data（门诊结算）类型不对，是数字"),
    ("2203", {"mdtrtinfo": {"mdtrt_id": "1", "psn_no": "1", "med_type": "11", "begntime": "2025-01-02"}}, "diseinfo"),
]


@pytest.mark.parametrize(("infno", "content", "text"), NODE_FAULTS)
def test_node_faults(infno: str, content: dict[str, Any], text: str) -> None:
    (fault,) = faults(infno, content)
    assert text in fault.text


def test_an_object_may_stand_for_a_list_and_a_list_of_one_for_an_object() -> None:
    assert len(values("2204", {"feedetail": LINE}).rows("feedetail")) == 1
    assert values("2207", {"data": [SETTLE]}).node("data")["medfee_sumamt"] == 10_000


def test_additions_of_one_province_are_not_demanded() -> None:
    record = values("2207", {"data": SETTLE}).node("data")
    assert record["certno"] is None
    assert record["exp_content"] is None


def test_a_person_is_read_by_voucher_alone() -> None:
    content = {"data": {"mdtrt_cert_type": "01", "mdtrt_cert_no": "TOKEN", "begntime": "2025-01-02"}}
    assert values("1101", content).node("data")["begntime"] == datetime(2025, 1, 2)  # noqa: DTZ001
    found = faults("1101", {"data": {"psn_name": "甲"}})
    assert [fault.field for fault in found] == ["mdtrt_cert_type", "mdtrt_cert_no"]


def test_a_pharmacy_must_send_the_core() -> None:
    found = faults("2102", {"druginfo": {"psn_no": "1"}, "drugdetail": [{"feedetl_sn": "1"}]})
    assert {(fault.node, fault.field) for fault in found} == {
        ("druginfo", "mdtrt_cert_type"),
        ("druginfo", "mdtrt_cert_no"),
        ("druginfo", "begntime"),
        ("druginfo", "medfee_sumamt"),
        ("druginfo", "insutype"),
        ("druginfo", "acct_used_flag"),
        ("druginfo", "med_type"),
        ("drugdetail", "fee_ocur_time"),
        ("drugdetail", "med_list_codg"),
        ("drugdetail", "det_item_fee_sumamt"),
        ("drugdetail", "cnt"),
        ("drugdetail", "pric"),
    }
    assert [fault.field for fault in faults("2103", {"data": {}})] == ["setl_id", "mdtrt_id", "psn_no"]


def test_an_ordinary_visit_has_no_special_disease() -> None:
    visit = {"mdtrt_id": "1", "psn_no": "1", "med_type": "11", "begntime": "2025-01-02", "dise_codg": ""}
    diagnosis = {
        "diag_type": "1",
        "diag_srt_no": 1,
        "diag_code": "J06.900",
        "diag_name": "急性上呼吸道感染",
        "diag_dept": "内科",
        "dise_dor_no": "D1",
        "dise_dor_name": "医师甲",
        "diag_time": "2025-01-02 10:00:00",
        "vali_flag": "1",
    }
    read_visit = values("2203", {"mdtrtinfo": visit, "diseinfo": diagnosis})
    assert read_visit.node("mdtrtinfo")["dise_codg"] is None
    assert read_visit.rows("diseinfo")[0]["diag_srt_no"] == Decimal(1)


def test_what_1101_gave_may_be_sent_back() -> None:
    record = values("2206", {"data": SETTLE | {"psn_type": "1101", "psn_name": "长" * 50}}).node("data")
    assert record["psn_type"] == "1101"


def test_a_reversal_may_name_a_long_code() -> None:
    content = {"data": {"psn_no": "1", "omsgid": "M1", "oinfno": "2207A"}}
    assert values("2601", content).node("data")["oinfno"] == "2207A"


def test_nothing_is_lost() -> None:
    found = values("2207", {"data": SETTLE | {"card_token": "t"}, "more": [{"a": 1}], "loose": "x"})
    assert found.unknown == {"data": [{"card_token": "t"}], "more": [{"a": 1}], "": [{"loose": "x"}]}


def test_nested_nodes_are_read_inside_their_row() -> None:
    drug = {"feedetl_sn": "1", "fee_ocur_time": "2025-01-02", "med_list_codg": "X", "cnt": 1, "pric": 1}
    trace = {"feedetl_sn": 1, "drug_trac_codg": "T", "trdn_flag": "0"}
    line = drug | {"det_item_fee_sumamt": 1, "durg_trac_info": [trace]}
    bill = {
        "psn_no": "1",
        "mdtrt_cert_type": "02",
        "mdtrt_cert_no": "1",
        "begntime": "2025-01-02",
        "medfee_sumamt": 1,
        "insutype": "310",
        "acct_used_flag": "1",
        "med_type": "41",
    }
    row = values("2102", {"druginfo": bill, "drugdetail": line}).rows("drugdetail")[0]
    assert row["durg_trac_info"] == [trace | {"feedetl_sn": "1"}]
    (fault,) = faults("2102", {"druginfo": bill, "drugdetail": line | {"durg_trac_info": ["x"]}})
    assert "durg_trac_info[1]" in fault.text


def test_totals_of_a_period_may_be_negative() -> None:
    amounts = [field.name for field in table("3201").inputs()[0].fields if field.type is tables.FieldType.MONEY]
    result = read(table("3201"), {"data": dict.fromkeys(amounts, "-1.00")})
    assert isinstance(result, tuple)
    assert not {fault.field for fault in result} & set(amounts)


def test_absent_optional_nodes_are_empty_and_unknown_names_are_errors() -> None:
    found = values("2207", {"data": SETTLE})
    with pytest.raises(KeyError):
        found.node("nothing")
    with pytest.raises(KeyError):
        found.rows("nothing")


JSON_LEAVES = st.none() | st.booleans() | st.integers() | st.decimals() | st.text() | st.floats()
JSON_LEAVES |= st.sampled_from(["", "null", "2025-01-02", "12.30", "-1", "1e5", "9" * 400, 10**4000])
KEYS = st.text() | st.sampled_from(["data", "feedetail", "druginfo", "drugdetail", "durg_trac_info", *LINE, *SETTLE])
JSON_VALUES = st.recursive(
    JSON_LEAVES,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(KEYS, inner, max_size=6),
    max_leaves=20,
)


@given(
    infno=st.sampled_from(tables.transaction_codes()) | st.sampled_from(["2204", "2207", "2102"]),
    content=st.dictionaries(KEYS, JSON_VALUES, max_size=6),
)
def test_reading_never_raises(infno: str, content: dict[str, Any]) -> None:
    result = read(table(infno), content)
    if isinstance(result, tuple):
        assert 0 < len(result) <= MAX_FAULTS
        assert faults_text(result)


@given(
    st.binary()
    | st.text().map(str.encode)
    | st.dictionaries(KEYS, st.none() | st.booleans() | st.integers() | st.text()).map(msgspec.json.encode)
    | st.recursive(
        st.none() | st.integers() | st.text() | st.floats(allow_nan=False),
        lambda inner: st.lists(inner) | st.dictionaries(KEYS, inner),
    ).map(lambda content: msgspec.json.encode({"infno": "2207", "msgid": 1, "fixmedins_code": "1", "input": content}))
)
def test_decoding_and_reading_never_raise(raw: bytes) -> None:
    result = envelope.decode(raw)
    if isinstance(result, envelope.Envelope):
        assert len(envelope.input_hash(result)) == 32
        read(table("2207"), result.input)
    else:
        assert result.text
