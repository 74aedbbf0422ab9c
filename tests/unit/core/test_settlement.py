"""What the case files cannot ask for: permission flags, drawing rules no region has yet, and the words of each step."""

from datetime import date

import msgspec
import pytest

from gongji.core.case import AccountUse, Bill, Case, NotDrawn, Purse, Sharer, Split, YearToDate
from gongji.core.codes import Care, Level, Relation, Scheme, Segment, Status
from gongji.core.explain import explain
from gongji.core.policy import Facts
from gongji.core.refusal import Code, Refusal
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.policyfiles import load, locate

BOOK = load(locate())
DAY = date(2025, 3, 1)


def terms(region: str = "610100", care: Care = Care.OUTPATIENT, **draw: object) -> Terms:
    found = terms_for(BOOK, region, DAY, Scheme.EMPLOYEE, care)
    assert isinstance(found, Terms)
    if not draw:
        return found
    assert found.sharing is not None
    rule = msgspec.structs.replace(found.sharing.draw, **draw)
    return msgspec.structs.replace(found, sharing=msgspec.structs.replace(found.sharing, draw=rule))


def sharer(name: str, available: int, **given: object) -> Sharer:
    return Sharer(id=name, relation=Relation.CHILD, available=available, **given)  # type: ignore[arg-type]


def case(**given: object) -> Case:
    """300 元，起付 200；100 x 60% = 60；个人 240。"""
    basis: dict[str, object] = {
        "facts": Facts(scheme=Scheme.EMPLOYEE, status=Status.ACTIVE, care=Care.OUTPATIENT, level=Level.SECOND),
        "bill": Bill(total=30_000),
        "own": (Purse(segment=Segment.WHOLE, available=4_000),),
        "sharers": (sharer("a", 5_000), sharer("b", 9_000, order=2)),
    }
    return Case(**{**basis, **given})  # type: ignore[arg-type]


def split(rules: Terms, asked: Case) -> Split:
    result = calculate(rules, asked)
    assert isinstance(result, Split)
    return result


def reasons(result: Split) -> dict[str, NotDrawn | None]:
    return {drawn.id: drawn.reason for drawn in result.shared}


def test_own_then_shared() -> None:
    result = split(terms(), case())
    assert (result.fund, result.own_total, result.shared_total, result.cash) == (6_000, 4_000, 14_000, 6_000)
    assert result.ratio == 6_000


def test_no_account_is_used_when_none_is_asked_for() -> None:
    result = split(terms(), case(account_use=AccountUse.NONE))
    assert (result.own_total, result.shared_total, result.cash) == (0, 0, 24_000)
    assert set(reasons(result).values()) == {NotDrawn.NOT_ASKED}


def test_shared_money_must_be_asked_for_unless_it_is_automatic() -> None:
    own_only = case(account_use=AccountUse.OWN)
    assert set(reasons(split(terms(), own_only)).values()) == {NotDrawn.NOT_ASKED}
    assert split(terms(automatic=True), own_only).shared_total == 14_000


def test_own_account_must_be_zero_where_the_region_says_so() -> None:
    rules = terms(own_must_be_zero=True)
    assert set(reasons(split(rules, case())).values()) == {NotDrawn.OWN_ACCOUNT_NOT_ZERO}
    assert split(rules, case(own=(Purse(segment=Segment.WHOLE, available=0),))).shared_total == 14_000


def test_the_largest_balance_is_drawn_first_where_the_region_says_so() -> None:
    assert list(reasons(split(terms(order="largest_balance"), case()))) == ["b", "a"]


def test_an_account_barred_before_takes_no_place() -> None:
    barred = (sharer("x", 9_000, barred=NotDrawn.OUT_OF_REACH), *case().sharers)
    result = split(terms(), case(sharers=barred))
    assert reasons(result) == {"x": NotDrawn.OUT_OF_REACH, "a": None, "b": None}


def test_no_account_is_drawn_where_sharing_is_not_open() -> None:
    closed = msgspec.structs.replace(terms(), sharing=None)
    result = split(closed, case())
    assert set(reasons(result).values()) == {NotDrawn.SHARING_NOT_OPEN}
    assert result.shared_total == 0


def test_without_a_prescription_the_fund_pays_nothing_at_a_pharmacy() -> None:
    facts = msgspec.structs.replace(case().facts, care=Care.PHARMACY)
    asked = case(facts=facts, prescription=False, year_to_date=YearToDate(deductible=20_000))
    result = split(terms(care=Care.PHARMACY), asked)
    assert (result.fund, result.steps[1].rule) == (0, "pharmacy.no_prescription")


@pytest.mark.parametrize(
    ("bill", "field"),
    [
        (Bill(total=0), "bill.total"),
        (Bill(total=100, over_limit=-1), "bill"),
        (Bill(total=100, full_self_pay=60, first_self_pay=41), "bill"),
    ],
)
def test_impossible_bills_are_refused(bill: Bill, field: str) -> None:
    refusal = calculate(terms(), case(bill=bill))
    assert isinstance(refusal, Refusal)
    assert (refusal.code, refusal.field) == (Code.BILL_INVALID, field)


def test_a_region_without_rules_is_refused() -> None:
    refusal = terms_for(BOOK, "999900", DAY, Scheme.EMPLOYEE, Care.OUTPATIENT)
    assert isinstance(refusal, Refusal)
    assert refusal.code is Code.RULE_UNKNOWN


def test_every_step_has_its_sentence() -> None:
    shanghai = terms("310000")
    purses = (Purse(segment=Segment.CURRENT_YEAR, available=1_000), Purse(segment=Segment.HISTORICAL, available=500))
    over_cap = YearToDate(deductible=50_000, pool=65_000_000)
    parts = Bill(total=30_000, full_self_pay=1_000, over_limit=1_000, first_self_pay=1_000)
    capped = sharer("c", 5_000, cap_per_transaction=100)
    told = [
        explain(step)
        for rules, asked in (
            (shanghai, case(own=purses, year_to_date=over_cap, bill=parts, sharers=(capped,))),
            (terms(), case(year_to_date=YearToDate(deductible=20_000, pool=200_000))),
            (terms(), case(bill=Bill(total=5_000, person_share_only=True))),
            (terms(care=Care.PHARMACY), case()),
            (terms(care=Care.PHARMACY), case(prescription=False)),
            (terms("370200", Care.PHARMACY), case()),
        )
        for step in split(rules, asked).steps
    ]
    assert all(told)
    for part in ("由补充基金按 80% 支付", "授权人设定每次最多 1.00 元", "不能用个人账户或共济资金支付", "没有外配处方"):
        assert any(part in text for text in told)
