"""Fields of a form, and the fault beside each."""

from datetime import date

import pytest

from gongji.core.codes import Relation
from gongji.web.form import Form


@pytest.mark.parametrize(("text", "fen"), [("200", 20000), (" 200.5 ", 20050), ("", None)])
def test_amounts(text: str, fen: int | None) -> None:
    form = Form(values={"a": text})
    assert form.yuan("a") == fen
    assert not form.faults


@pytest.mark.parametrize("text", ["0", "-1", "1.234", "1e3", "１", "9" * 15, "x"])
def test_amounts_at_fault(text: str) -> None:
    form = Form(values={"a": text})
    assert form.yuan("a") is None
    assert "a" in form.faults


@pytest.mark.parametrize("text", ["0", "10", "1.0", "x", "-1", "²"])
def test_counts_at_fault(text: str) -> None:
    form = Form(values={"n": text})
    assert form.count("n", 9) is None
    assert form.faults == {"n": "请填写 1 到 9 的整数"}


def test_days_and_choices() -> None:
    form = Form(values={"d": "2026-03-05", "bad": "3/5", "r": "parent"})
    assert form.day("d") == date(2026, 3, 5)
    assert form.day("missing") is None
    assert form.choice("r", Relation, "") is Relation.PARENT
    assert not form.faults
    assert form.day("bad") is None
    assert form.choice("d", Relation, "请选择") is None
    assert set(form.faults) == {"bad", "d"}


def test_first_fault_of_a_field_stays() -> None:
    form = Form(values={})
    form.need("a", "请填写")
    form.fault("a", "另一个")
    assert form.faults == {"a": "请填写"}
    assert Form(values={}).faults == {}
