"""Single values become what their field stands for; :mod:`test_fields` has the kinds that occur in 2204."""

from datetime import date
from decimal import Decimal

import pytest

from gongji.channels.nhsa.coercion import RefusedError, reader
from gongji.channels.nhsa.tables import Field, read_type


def value(declared: str, raw: object, *, signed: bool = False) -> object:
    kind, length, precision, scale = read_type(declared)
    field = Field(
        name="x",
        label="某",
        type=kind,
        max_length=length,
        precision=precision,
        scale=scale,
        coded=False,
        required=False,
        national=False,
    )
    return reader(field, max_length=length, signed=signed)(raw)


ACCEPTED = [
    ("date", "2025-01-02", date(2025, 1, 2)),
    ("date", "2025-01-02 10:00:00", date(2025, 1, 2)),
    ("date", "null", None),
    ("datetime", None, None),
    ("s", "a" * 10_000, "a" * 10_000),
    ("s(6)", Decimal("1.0"), "1.0"),
    ("n", "-12.5", Decimal("-12.5")),
    ("n(4,1)", "-1.5", Decimal("-1.5")),
    ("n(2)", "01", Decimal(1)),
    ("n(5,4)", "1.0000", Decimal(1)),
    ("s?", {"a": [1]}, {"a": [1]}),
    ("布尔", True, True),
    ("List", "", None),
]


@pytest.mark.parametrize(("declared", "raw", "expected"), ACCEPTED)
def test_accepted(declared: str, raw: object, expected: object) -> None:
    assert value(declared, raw) == expected


REFUSED = [
    ("n(2)", "1.5", "小数位过多"),
    ("n(2)", 100, "整数位过多"),
    ("n(16,6)", "-1", "为负数"),
    ("s(1)", "01", "过长，有2个字符"),
    ("s(1)", 12.5, "类型不对"),
    ("date", {}, "类型不对，是对象"),
    ("date", "2025-13-01", "不是存在的日期时间"),
]


@pytest.mark.parametrize(("declared", "raw", "problem"), REFUSED)
def test_refused(declared: str, raw: object, problem: str) -> None:
    with pytest.raises(RefusedError, match=problem) as refused:
        value(declared, raw)
    assert refused.value.expected


def test_amounts_may_be_negative_only_where_that_means_something() -> None:
    assert value("n(16,2)", "-12.30", signed=True) == -1230
    with pytest.raises(RefusedError, match="为负数"):
        value("n(16,2)", "-12.30")
