"""The tables load completely, and their types are understood."""

import pytest

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.tables import FieldType

TYPES = [
    # as the source writes it, kind, length, precision, scale
    ("s(30)", FieldType.TEXT, 30, None, None),
    ("s", FieldType.TEXT, None, None, None),
    ("s(2,000)", FieldType.TEXT, 2000, None, None),
    ("s(1M)", FieldType.TEXT, 1_000_000, None, None),
    ("s(16,2)", FieldType.TEXT, None, None, None),
    ("字符(40)", FieldType.TEXT, 40, None, None),
    ("VARCHAR(6)", FieldType.TEXT, 6, None, None),
    ("num(30)", FieldType.DIGITS, 30, None, None),
    ("num", FieldType.DIGITS, None, None, None),
    ("num(16,2)", FieldType.MONEY, None, 16, 2),
    ("n(16,2)", FieldType.MONEY, None, 16, 2),
    ("n((16,2))", FieldType.MONEY, None, 16, 2),
    ("n(（16,2）)", FieldType.MONEY, None, 16, 2),
    ("数值(16,2)", FieldType.MONEY, None, 16, 2),
    ("n(5,4)", FieldType.NUMBER, None, 5, 4),
    ("n(2)", FieldType.NUMBER, None, 2, 0),
    ("n", FieldType.NUMBER, None, None, None),
    ("date", FieldType.DATE, None, None, None),
    ("date(20)", FieldType.DATETIME, None, None, None),
    ("datetime", FieldType.DATETIME, None, None, None),
    ("date(16,2)", FieldType.OPEN, None, None, None),
    ("s?", FieldType.OPEN, None, None, None),
    ("Map<String,String>", FieldType.OPEN, None, None, None),
]


@pytest.mark.parametrize(("declared", "kind", "length", "precision", "scale"), TYPES)
def test_types_are_read(
    declared: str, kind: FieldType, length: int | None, precision: int | None, scale: int | None
) -> None:
    assert tables.read_type(declared) == (kind, length, precision, scale)


def test_every_transaction_of_the_specification_loads() -> None:
    codes = tables.transaction_codes()
    assert len(codes) == 212
    for code in codes:
        transaction = tables.transaction(code)
        assert transaction is not None
        for node in transaction.nodes:
            names = [field.name for field in node.fields]
            assert len(names) == len(set(names))
            assert all(name and " " not in name for name in names)


def test_a_field_carries_what_the_table_says() -> None:
    settlement = tables.transaction("2207")
    assert settlement is not None
    fields = {field.name: field for field in settlement.inputs()[0].fields}
    amount = fields["medfee_sumamt"]
    assert (amount.label, amount.type, amount.precision, amount.scale) == ("医疗费总额", FieldType.MONEY, 16, 2)
    assert amount.required
    assert amount.national
    assert fields["certno"].required
    assert not fields["certno"].national
    assert fields["insutype"].coded


def test_unknown_codes_have_no_transaction() -> None:
    assert tables.transaction("9999X") is None


def test_dictionaries_give_texts() -> None:
    assert tables.dictionary("insutype")["310"] == "职工基本医疗保险"
    with pytest.raises(KeyError):
        tables.dictionary("no_such_dictionary")


def test_outputs_have_their_names_on_the_wire() -> None:
    sign_out, reversal = tables.transaction("9002"), tables.transaction("2208")
    assert sign_out is not None
    assert reversal is not None
    assert sign_out.output("signoutoutb").fields[0].name == "sign_time"
    names = {field.name for field in reversal.output("setlinfo").fields}
    assert {"psn_cash_pay", "pdn_cash_pay"} <= names
    with pytest.raises(KeyError):
        sign_out.output("sign_time")
