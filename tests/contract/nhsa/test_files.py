"""The files of requests and answers are what the tables of the specification say, whatever program wrote them."""

import json
import re
from collections.abc import Iterator
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.captured import Captured
from gongji.channels.nhsa.departures import ALIASES
from gongji.channels.nhsa.envelope import Envelope, decode
from gongji.channels.nhsa.explain import explain
from gongji.channels.nhsa.registry import HANDLERS, table_of
from gongji.channels.nhsa.strict import differences
from gongji.channels.nhsa.tables import Field, FieldType, Node

FOLDER = Path(__file__).parent
CODES = [*HANDLERS, *(alias for alias in ALIASES if tables.transaction(alias))]
FILES = ("9102",)
"""Answered by the bytes of a file."""

PLACEHOLDER = re.compile(r"<[^>]+>")
STANDING = {
    FieldType.TEXT: "1",
    FieldType.DIGITS: "1",
    FieldType.DATE: "2026-01-05",
    FieldType.DATETIME: "2026-01-05 10:00:00",
}
"""What a placeholder stands for: ids that the platform issues, and the time."""

NOT_SAID = {
    # Only a dictionary below another one has a parent.
    ("1901", "parent_value"),
    # A drug's code has 23 characters; the document gives 20 here and 50 elsewhere.
    ("3101", "hilist_code"),
    ("3102", "hilist_code"),
    # Of special diseases and births alone.
    *(("6201", name) for name in ("diseCodg", "fetts", "matnType", "extData")),
    # The order makes the visit.
    ("6201", "mdtrtId"),
    ("6202", "mdtrtId"),
}
"""(transaction, input field) where the letter of the specification cannot be kept."""

NULL_ON_THE_WIRE = {
    # Captured replies: a preview has neither time nor id, and no clearing.
    **dict.fromkeys([("2101", "setl_time"), ("2101", "mdtrt_id"), ("2206", "setl_time"), ("2206A", "setl_time")]),
    # Not registered with institutions; a dictionary without a parent; whoever told a list told no ethnic group.
    **dict.fromkeys([("1201", "uscc"), ("1901", "parentValue"), ("4103", "naty"), ("4103", "hsorg_opter")]),
    # Of special diseases, of stays, of drugs alone.
    **dict.fromkeys(
        (code, name)
        for code, name in [
            ("4103", "opsp_dise_name"),
            ("4103", "opsp_dise_code"),
            ("4103", "ipt_med_type"),
            ("5202", "inout_diag_type"),
            ("5204", "dosform_name"),
            ("5205", "spec"),
        ]
    ),
    # The limit of a fund is mandatory by the document and null in every captured reply.
    **dict.fromkeys((code, "crt_payb_lmt_amt") for code in CODES),
}
"""(transaction, field) that is mandatory by the tables and null all the same."""


def named(code: str) -> tuple[dict[str, Any], Any]:
    """Request and answer of a transaction; numbers are exact."""
    folder = FOLDER / code
    request = json.loads((folder / "request.json").read_text("utf-8"), parse_float=Decimal)
    path = folder / "answer.json"
    return request, json.loads(path.read_text("utf-8"), parse_float=Decimal) if path.exists() else None


def filled(value: Any, fields: dict[str, Field], name: str = "") -> Any:
    """The same with something that fits in place of each placeholder."""
    if isinstance(value, dict):
        return {key: filled(child, fields, key) for key, child in value.items()}
    if isinstance(value, list):
        return [filled(child, fields, name) for child in value]
    if isinstance(value, str) and PLACEHOLDER.fullmatch(value):
        return STANDING.get(fields[name].type, 1) if name in fields else "1"
    return value


def fields_of(code: str, direction: str) -> dict[str, Field]:
    table = table_of(code)
    assert table
    return {field.name: field for node in table.nodes if node.direction == direction for field in node.fields}


def rows(node: Node, output: Any) -> Iterator[dict[str, Any]]:
    """The rows of an output node; fields that stand in the output itself are one."""
    if node.name.startswith("("):
        found = output.get("data", output) if isinstance(output, dict) else output
    else:
        found = output.get(node.name)
        if found is None and "data" in output and isinstance(output["data"], dict):
            found = output["data"].get(node.name)
    yield from found if isinstance(found, list) else [found] if found is not None else []


@pytest.mark.parametrize("code", CODES)
def test_every_transaction_that_is_offered_has_its_files(code: str) -> None:
    request, answer = named(code)
    assert request["infno"] == code
    assert (answer is None) == (code in FILES)


@pytest.mark.parametrize("code", CODES)
def test_a_request_is_to_the_letter_of_the_specification(code: str) -> None:
    request, _ = named(code)
    request["input"] = filled(request["input"], fields_of(code, "in"))
    envelope = decode(json.dumps(request, default=str).encode())
    assert isinstance(envelope, Envelope)
    found = differences(request, envelope, table_of(code))
    assert [str(one) for one in found if (code, one.field) not in NOT_SAID] == []


@pytest.mark.parametrize("code", [code for code in CODES if code not in FILES])
def test_an_answer_has_what_the_tables_say(code: str) -> None:
    _, answer = named(code)
    assert answer["infcode"] == 0
    output = filled(answer["output"], fields_of(code, "out"))
    (explained,) = explain([Captured(answer | {"output": output}, ())], code)
    assert explained.wrong == ()
    table = table_of(code)
    assert table
    for node in (node for node in table.nodes if node.direction == "out" and "TXT" not in node.name and output):
        found = list(rows(node, output))
        for row in found:
            assert row.keys() == {field.name for field in node.fields}
            missing = {field.name for field in node.fields if field.required and row[field.name] is None}
            assert missing <= {name for infno, name in NULL_ON_THE_WIRE if infno == code}
