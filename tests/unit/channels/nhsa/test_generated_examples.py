"""The example of every transaction is understood, and is as the specification has it to the letter."""

import json

import pytest

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.envelope import Envelope, decode
from gongji.channels.nhsa.fields import Values, read
from gongji.channels.nhsa.strict import differences
from gongji.channels.nhsa.strictness import sentence

CODES = tables.transaction_codes()


@pytest.mark.parametrize("infno", CODES)
def test_the_example_is_understood_and_exact(infno: str) -> None:
    message = examples.request(infno)
    envelope = decode(json.dumps(message).encode())
    assert isinstance(envelope, Envelope), envelope
    table = tables.transaction(infno)
    assert table is not None
    values = read(table, envelope.input)
    assert isinstance(values, Values), [fault.text for fault in values]
    assert values.unknown == {}
    assert [sentence(place) for place in differences(message, envelope, table)] == []


@pytest.mark.parametrize("infno", CODES)
def test_the_answer_has_every_field_of_every_node(infno: str) -> None:
    table = tables.transaction(infno)
    assert table is not None
    text = json.dumps(examples.answer(infno)["output"])
    nodes = [node for node in table.nodes if node.direction == "out" and node.on_wire]
    assert [field.name for node in nodes for field in node.fields if f'"{field.name}"' not in text] == []
