"""Departures from the tables fit the tables they depart from."""

from gongji.channels.nhsa import departures, tables


def test_every_departure_names_what_exists() -> None:
    """A departure that no longer fits its table would silently do nothing."""
    named = {**departures.REQUIRED_INSTEAD, **departures.NOT_REQUIRED}
    named |= {(code, node): frozenset({field}) for code, node, field in departures.LENGTHS}
    for (code, node_name), fields in named.items():
        transaction = tables.transaction(code)
        assert transaction is not None
        node = {node.name: node for node in transaction.inputs()}[node_name]
        assert fields <= {field.name for field in node.fields}


def test_departures_of_whole_transactions_name_existing_codes() -> None:
    codes = set(tables.transaction_codes())
    named = {code for code, _ in departures.RENAMED_OUTPUT_NODES} | {code for code, _ in departures.ADDED_OUTPUT_FIELDS}
    named |= {code for code, _ in departures.RENAMED_INPUT_NODES} | departures.UNWRAPPED
    assert codes >= departures.SIGNED
    assert named <= codes


def test_changed_nodes_and_types_are_there() -> None:
    for code, name in departures.LIST_NODES | set(departures.RENAMED_INPUT_NODES):
        transaction = tables.transaction(code)
        assert transaction is not None
        shown = departures.RENAMED_INPUT_NODES.get((code, name), name)
        assert shown in {node.name for node in transaction.inputs()}
    for code, node_name, field_name in departures.RETYPED:
        transaction = tables.transaction(code)
        assert transaction is not None
        node = next(node for node in transaction.nodes if node.name == node_name)
        assert field_name in {field.name for field in node.fields}
