"""Answers have the platform's shape and exact numbers."""

import json
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.channels.nhsa import answer, tables
from gongji.channels.nhsa.tables import Transaction

RECEIVED = datetime(2025, 1, 2, 2, 0, 0, 120_000, tzinfo=UTC)
RESPONDED = datetime(2025, 1, 2, 2, 0, 0, 480_999, tzinfo=UTC)


def table(infno: str) -> Transaction:
    found = tables.transaction(infno)
    assert found is not None
    return found


def test_success_has_every_key_of_the_captures() -> None:
    sent = answer.success({}, refmsgid="R1", received_at=RECEIVED, responded_at=RESPONDED)
    assert json.loads(sent) == {
        "output": {},
        "infcode": 0,
        "inf_refmsgid": "R1",
        "refmsg_time": "20250102100000120",
        "respond_time": "20250102100000480",
        "err_msg": None,
        "warn_msg": None,
        "cainfo": None,
        "signtype": None,
    }


def test_no_output_is_null() -> None:
    sent = answer.success(None, refmsgid="R1", received_at=RECEIVED, responded_at=RESPONDED)
    assert b'"output":null' in sent


def test_failure_is_cut_and_has_no_message_id() -> None:
    sent = json.loads(answer.failure("错" * 300, received_at=RECEIVED, responded_at=RESPONDED))
    assert sent["infcode"] == -1
    assert sent["inf_refmsgid"] is None
    assert sent["output"] is None
    assert len(sent["err_msg"]) == 200
    kept = json.loads(answer.failure("错" * 200, received_at=RECEIVED, responded_at=RESPONDED))
    assert kept["err_msg"] == "错" * 200


def test_unknown_code_has_the_shape_of_the_platform() -> None:
    assert json.loads(answer.unknown_infno(20250102)) == {
        "type": "error",
        "infcode": -1,
        "err_msg": "FSI-FSI-交易报文不正确：未知交易编号！,异常流水号:20250102",
    }


def test_message_ids_are_thirty_characters() -> None:
    assert answer.refmsgid("999901", RECEIVED, 7) == "999901202501021000000000000007"
    assert answer.refmsgid("999901", RECEIVED, 10**10 + 7) == "999901202501021000000000000007"
    with pytest.raises(ValueError, match="division"):
        answer.refmsgid("", RECEIVED, 1)


def test_every_field_of_the_table_is_there() -> None:
    row = answer.render(table("2207"), "setlinfo", {"setl_id": "SE1", "acct_pay": 4000})
    assert list(row) == [field.name for field in table("2207").output("setlinfo").fields]
    assert row["setl_id"] == "SE1"
    assert row["balc"] is None


VALUES = [
    # transaction, node, field, value, what stands on the wire
    ("2207", "setlinfo", "medfee_sumamt", 1230, b"12.30"),
    ("2207", "setlinfo", "medfee_sumamt", 5, b"0.05"),
    ("2207", "setlinfo", "medfee_sumamt", 0, b"0.00"),
    ("2208", "setlinfo", "medfee_sumamt", -7, b"-0.07"),
    ("2207", "setlinfo", "medfee_sumamt", 9999999999999999, b"99999999999999.99"),
    ("2207", "setlinfo", "pool_prop_selfpay", answer.Ratio(6000), b"0.6000"),
    ("2207", "setlinfo", "pool_prop_selfpay", answer.Ratio(10_000), b"1.0000"),
    ("2207", "setlinfo", "pool_prop_selfpay", Decimal("0.6"), b"0.6"),
    ("2207", "setlinfo", "age", 40, b"40"),
    ("2207", "setlinfo", "brdy", date(1985, 1, 2), b'"1985-01-02"'),
    ("2207", "setlinfo", "setl_time", datetime(2025, 1, 2, 10, 6, 0, 7), b'"2025-01-02 10:06:00"'),  # noqa: DTZ001
    ("2207", "setlinfo", "setl_time", RECEIVED, b'"2025-01-02 10:00:00"'),
    ("2204", "result", "pric", Decimal("0.000001"), b"0.000001"),
    ("2204", "result", "cnt", Decimal("1E+2"), b"100"),
    ("9001", "signinoutb", "sign_time", RECEIVED, b'"2025-01-02"'),
]


@pytest.mark.parametrize(("infno", "node", "field", "value", "wire"), VALUES)
def test_values_leave_exactly(infno: str, node: str, field: str, value: object, wire: bytes) -> None:
    output = {node: answer.render(table(infno), node, {field: value})}
    sent = answer.success(output, refmsgid="R", received_at=RECEIVED, responded_at=RESPONDED)
    assert b'"%s":%s' % (field.encode(), wire) in sent


WRONG = [
    ("medfee_sumamt", 12.3, TypeError),
    ("medfee_sumamt", Decimal("12.3"), TypeError),
    ("medfee_sumamt", True, TypeError),
    ("pool_prop_selfpay", 0.6, TypeError),
    ("pool_prop_selfpay", 6000, ValueError),
    ("pool_prop_selfpay", Decimal("NaN"), ValueError),
    ("psn_no", 1, TypeError),
    ("brdy", "1985-01-02", TypeError),
    ("setl_time", date(2025, 1, 2), TypeError),
    ("no_such_field", "x", KeyError),
]


@pytest.mark.parametrize(("field", "value", "error"), WRONG)
def test_wrong_values_are_the_callers_mistake(field: str, value: object, error: type[Exception]) -> None:
    with pytest.raises(error):
        answer.render(table("2207"), "setlinfo", {field: value})


def test_unknown_nodes_are_the_callers_mistake() -> None:
    with pytest.raises(KeyError):
        answer.render(table("2207"), "nothing", {})


@given(st.integers(min_value=-(10**16) + 1, max_value=10**16 - 1))
def test_any_amount_keeps_its_value(fen: int) -> None:
    sent = answer.success(
        {"setlinfo": answer.render(table("2207"), "setlinfo", {"balc": fen})},
        refmsgid="R",
        received_at=RECEIVED,
        responded_at=RESPONDED,
    )
    assert json.loads(sent, parse_float=Decimal)["output"]["setlinfo"]["balc"] * 100 == fen
