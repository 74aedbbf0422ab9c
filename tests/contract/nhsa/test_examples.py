"""The composed examples of the interface (fictitious persons and codes) are understood, and their answers can be built.

``examples.json`` was composed from the tables and the shapes of captured replies, independently of this code.
"""

import json
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gongji.channels.nhsa import answer, tables
from gongji.channels.nhsa.envelope import Envelope, decode
from gongji.channels.nhsa.fields import Values, read
from gongji.channels.nhsa.tables import Field, FieldType

TEXT = Path(__file__).with_name("examples.json").read_text(encoding="utf-8")
EXAMPLES = json.loads(TEXT, parse_float=Decimal)
CALLS = [example for example in EXAMPLES if "request" in example]
NAMES = [example["name"] for example in CALLS]
RECEIVED = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)


def of(infno: str) -> tables.Transaction:
    found = tables.transaction(infno)
    assert found is not None
    return found


def python_value(field: Field, value: Any) -> Any:
    """What a handler would give for a value of the example."""
    if value is None:
        return None
    match field.type:
        case FieldType.MONEY:
            return int(value * 100)
        case FieldType.DATE:
            return date.fromisoformat(value)
        case FieldType.DATETIME:
            return datetime.fromisoformat(value)
        case _:
            return value


def test_there_are_examples() -> None:
    assert NAMES == ["1101", "2206", "2207", "2208", "2102"]


@pytest.mark.parametrize("example", CALLS, ids=NAMES)
@pytest.mark.parametrize("wrap", [False, True], ids=["object", "text"])
def test_requests_are_understood(example: dict[str, Any], *, wrap: bool) -> None:
    request = dict(example["request"])
    if wrap:
        request["input"] = json.dumps(request["input"])
    envelope = decode(json.dumps(request).encode())
    assert isinstance(envelope, Envelope), envelope
    assert envelope.extra == {}
    values = read(of(envelope.infno), envelope.input)
    assert isinstance(values, Values), values
    assert values.unknown == {}


@pytest.mark.parametrize("example", CALLS, ids=NAMES)
def test_answers_can_be_built(example: dict[str, Any]) -> None:
    transaction = of(example["name"])
    output: dict[str, Any] = {}
    for node, content in example["response"]["output"].items():
        fields = {field.name: field for field in transaction.output(node).fields}
        rows = [
            answer.render(transaction, node, {name: python_value(fields[name], value) for name, value in row.items()})
            for row in (content if isinstance(content, list) else [content])
        ]
        output[node] = rows if isinstance(content, list) else rows[0]
    sent = answer.success(
        output,
        refmsgid=example["response"]["inf_refmsgid"],
        received_at=RECEIVED,
        responded_at=RECEIVED,
    )
    built = json.loads(sent, parse_float=Decimal)
    assert built.keys() == example["response"].keys()
    for node, content in example["response"]["output"].items():
        rows = (
            zip(content, built["output"][node], strict=True)
            if isinstance(content, list)
            else [(content, built["output"][node])]
        )
        for expected, row in rows:
            assert expected.items() <= row.items()


def test_failures_have_the_shape_of_the_example() -> None:
    example = next(example for example in EXAMPLES if example["name"] == "failure")["response"]
    built = json.loads(answer.failure(example["err_msg"], received_at=RECEIVED, responded_at=RECEIVED))
    assert built.keys() == example.keys()
    same = ("infcode", "inf_refmsgid", "err_msg", "output")
    assert {key: built[key] for key in same} == {key: example[key] for key in same}
