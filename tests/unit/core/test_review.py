"""The five rules of a review, each by cases."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.core.review import Limit, Order, Rule, Visit, review

DAY = date(2026, 1, 5)


def order(number: str = "1", item: str = "X1", quantity: str = "1", price: str = "10", **other: object) -> Order:
    amount = int(Decimal(quantity) * Decimal(price) * 100)
    stated = {
        "id": number,
        "item": item,
        "name": "演示药",
        "drug": True,
        "on": DAY,
        "quantity": Decimal(quantity),
        "price": Decimal(price),
        "amount": amount,
    }
    return Order(**(stated | other))  # type: ignore[arg-type]


def visit(*orders: Order, gender: str = "1", age: int = 40, diagnoses: tuple[str, ...] = ("I10",)) -> Visit:
    return Visit(id="V", gender=gender, age=age, diagnoses=diagnoses, orders=orders)


LIMITS = {
    "Q": Limit(item="Q", max_quantity=Decimal(2), basis="b"),
    "A": Limit(item="A", min_age=18, max_age=60, basis="b"),
    "G": Limit(item="G", gender="2", basis="b"),
    "D": Limit(item="D", diagnoses=("C34", "C78"), basis="b"),
}

CASES = [
    ("twice on a day", visit(order("1"), order("2", quantity="3")), ["R01"], 3000),
    ("twice on two days", visit(order("1"), order("2", on=date(2026, 1, 6))), [], 0),
    ("twice, no drug", visit(order("1", drug=False), order("2", drug=False)), [], 0),
    ("at the most", visit(order(item="Q", quantity="2")), [], 0),
    ("above the most", visit(order(item="Q", quantity="5")), ["R02"], 3000),
    ("too young", visit(order(item="A"), age=17), ["R03"], 1000),
    ("just old enough", visit(order(item="A"), age=18), [], 0),
    ("too old", visit(order(item="A"), age=61), ["R03"], 1000),
    ("other sex", visit(order(item="G")), ["R04"], 1000),
    ("sex not known", visit(order(item="G"), gender="9"), [], 0),
    ("right sex", visit(order(item="G"), gender="2"), [], 0),
    ("diagnosis missing", visit(order(item="D")), ["R05"], 1000),
    ("diagnosis below", visit(order(item="D"), diagnoses=("I10", "C34.900")), [], 0),
    ("no diagnosis at all", visit(order(item="D"), diagnoses=()), ["R05"], 1000),
    ("nothing ordered", visit(), [], 0),
]


@pytest.mark.parametrize(("case", "reviewed", "rules", "amount"), CASES, ids=[case[0] for case in CASES])
def test_rules(case: str, reviewed: Visit, rules: list[str], amount: int) -> None:
    found = review(reviewed, LIMITS)
    assert [finding.rule for finding in found] == rules, case
    assert sum(finding.amount for finding in found) == amount


def test_only_the_chosen_rules_are_asked() -> None:
    both = visit(order("1", item="G"), order("2", item="G"))
    assert {finding.rule for finding in review(both, LIMITS)} == {"R01", "R04"}
    assert [finding.rule for finding in review(both, LIMITS, [Rule.DUPLICATE_DRUG])] == ["R01"]


@given(st.lists(st.tuples(st.sampled_from("XQAGD"), st.integers(1, 9)), max_size=8), st.integers(0, 99))
def test_a_finding_never_costs_more_than_its_orders(ordered: list[tuple[str, int]], age: int) -> None:
    orders = [order(str(place), item, str(quantity)) for place, (item, quantity) in enumerate(ordered)]
    amounts = {one.id: one.amount for one in orders}
    for finding in review(visit(*orders, age=age), LIMITS):
        assert 0 <= finding.amount <= sum(amounts[one] for one in finding.orders)
