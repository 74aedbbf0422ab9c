"""Plans say what is demanded, and are compiled once."""

import pytest

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.plans import Plan, plan_of
from gongji.channels.nhsa.tables import Transaction

MANDATORY = [
    # transaction, mandatory nodes, optional nodes
    ("2207", {"data"}, set()),
    ("2203", {"mdtrtinfo", "diseinfo"}, set()),
    ("2102", {"druginfo", "drugdetail"}, {"durg_trac_info"}),
    ("4101", {"setlinfo"}, {"opspdiseinfo", "diseinfo", "oprninfo", "icuinfo", "payinfo", "bldinfo"}),
    ("9001", {"signIn"}, set()),
    ("2202", {"data"}, set()),
]


def plan(infno: str) -> Plan:
    transaction = tables.transaction(infno)
    assert transaction is not None
    return plan_of(transaction)


@pytest.mark.parametrize(("infno", "mandatory", "optional"), MANDATORY)
def test_mandatory_nodes(infno: str, mandatory: set[str], optional: set[str]) -> None:
    nodes = plan(infno)
    assert {name for name, node in nodes.items() if node.mandatory} == mandatory
    assert {name for name, node in nodes.items() if not node.mandatory} >= optional


def test_plans_are_compiled_once() -> None:
    assert plan("2204") is plan("2204")


def test_nodes_with_only_a_title_are_left_out() -> None:
    assert list(plan("2166")) == ["data"]
    assert list(plan("4262")) == ["data"]


def test_nested_nodes_hang_below_their_field() -> None:
    nested = {field.field.name for field in plan("2102")["drugdetail"].fields if field.nested is not None}
    assert nested == {"durg_trac_info"}


def test_every_transaction_has_a_plan() -> None:
    for code in tables.transaction_codes():
        for node in plan(code).values():
            assert node.empty_record().keys() == node.names


def test_a_table_of_ones_own_is_compiled_too() -> None:
    assert plan_of(Transaction("2207", "别的", ())) == {}
