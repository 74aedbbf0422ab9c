"""Who is told what about a split."""

import pytest

from gongji.core.case import Bill, Drawn, NotDrawn, Split, Step
from gongji.core.codes import Relation, SharingMode
from gongji.service.telling import told_to_institution, told_to_patient

NAMES = {"b1": "卢远", "b2": "秦月英"}


def _split(why: NotDrawn, cap: int = 10_000, *where: str) -> Split:
    """A bill of 70 yuan that the first relative pays, while the second pays nothing."""
    child, spouse = Relation.CHILD.label, Relation.SPOUSE.label
    return Split(
        total=7000,
        eligible=7000,
        deductible=0,
        pool=0,
        supplementary=0,
        ratio=0,
        own=(),
        shared=(Drawn(id="b1", amount=7000), Drawn(id="b2", amount=0, reason=why)),
        cash=0,
        bill=Bill(total=7000),
        steps=(
            Step(rule="bill.eligible", amount=7000, facts=(7000, 0, 0, 0)),
            Step(rule="sharing.drawn", amount=7000, facts=(child, SharingMode.LIVE_CALL.label, cap)),
            Step(rule="sharing.not_drawn", amount=0, facts=(spouse, why.label, *where)),
        ),
    )


@pytest.mark.parametrize(("cap", "limit"), [(10_000, "（每次最多 100.00 元）"), (-1, "")])
def test_patient_learns_whose_account_paid(cap: int, limit: str) -> None:
    texts = told_to_patient(_split(NotDrawn.NOT_NEEDED, cap), NAMES)
    assert texts[1] == f"家庭共济：卢远的账户支付 70.00 元{limit}"
    assert texts[2] == "家庭共济：秦月英的账户未动用，费用已付清，无需动用"


def test_patient_learns_between_which_places_money_is_not_good() -> None:
    why = NotDrawn.PLACE_OUT_OF_REACH
    text = told_to_patient(_split(why, -1, "西安市的钱，在咸阳市使用"), NAMES)[2]
    assert text == f"家庭共济：秦月英的账户未动用，{why.label}（西安市的钱，在咸阳市使用）"
    hidden = told_to_patient(_split(NotDrawn.ACCOUNT_NOT_OPEN, -1, "x"), NAMES)[2]
    assert hidden == "家庭共济：秦月英的账户未动用，暂时不能动用或不够付清"


@pytest.mark.parametrize("why", list(NotDrawn))
def test_patient_learns_nothing_of_a_relatives_money(why: NotDrawn) -> None:
    text = told_to_patient(_split(why), NAMES)[2]
    assert "可用余额" not in text
    assert "余额不足" not in text
    assert "封停" not in text
    assert "参加职工医保" not in text


@pytest.mark.parametrize(
    ("why", "told"),
    [
        (NotDrawn.PURPOSE_NOT_ALLOWED, "家庭共济未动用：当地规定共济资金不能用于这类费用"),
        (NotDrawn.NOTHING_AVAILABLE, ""),
        (NotDrawn.CAP_IS_ZERO, ""),
    ],
)
def test_institution_learns_nothing_about_relatives(why: NotDrawn, told: str) -> None:
    texts = told_to_institution(_split(why))
    assert texts[1:] == ["家庭共济账户支付 70.00 元", told]
