"""Valid messages, mutated at random: always an answer, never a fault of the server, and no money moves on a refusal."""

import copy
import json
from collections.abc import Iterator
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

Path = tuple[Any, ...]

SCALARS = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(),
    st.sampled_from([10**400, -1, 0, 2**63, 10**16]),
    st.floats(allow_nan=False, allow_infinity=False),
    st.text(max_size=60),
    st.sampled_from(
        ["", "null", "0", "-0", "1e5", "٣", "9" * 5000, "\u0000", "\ud800", "2026-02-30", "0000-01-01", "9999-12-31"]
    ),
)
VALUES = st.recursive(
    SCALARS,
    lambda inner: st.one_of(st.lists(inner, max_size=3), st.dictionaries(st.text(max_size=5), inner, max_size=3)),
)
KINDS = ("1101", "2201", "2203", "2204", "2205", "2206", "2207", "2208", "2101", "2102", "2103", "2601", "5203", "9001")


def places(value: Any, path: Path = ()) -> Iterator[Path]:
    """Every place in a message."""
    yield path
    children = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    for key, child in children:
        yield from places(child, (*path, key))


def changed(message: dict[str, Any], path: Path, action: str, value: Any) -> Any:
    result = copy.deepcopy(message)
    if not path:
        return value
    holder: Any = result
    for key in path[:-1]:
        holder = holder[key]
    if action == "remove":
        del holder[path[-1]]
    elif action == "wrap":
        holder[path[-1]] = [holder[path[-1]], holder[path[-1]]]
    elif action == "add" and isinstance(holder, dict):
        holder["further"] = value
    else:
        holder[path[-1]] = value
    return result


@pytest.fixture
async def bench(city: Any) -> dict[str, Any]:
    patient = await city.person(100_000_000)
    hospital, pharmacy = city.hospital, city.pharmacy
    visit = await hospital.visit_with_fees(patient)
    _, settled = await hospital.settled(patient)
    bought = await pharmacy.call("2102", pharmacy.purchase(patient, "1"))
    named = {"psn_no": patient.person_no, "mdtrt_id": visit, "chrg_bchno": "B1"}
    described = {"mdtrt_id": visit, "psn_no": patient.person_no, "med_type": "11", "begntime": "2026-01-05"}
    contents = {
        "1101": {"data": hospital.shown(patient)},
        "2201": hospital.registration(patient),
        "2203": {"mdtrtinfo": described, "diseinfo": []},
        "2204": {"feedetail": [hospital.line(patient, visit, "B2")]},
        "2205": {"data": named | {"chrg_bchno": "B3"}},
        "2206": hospital.bill(patient, visit, "100"),
        "2207": hospital.bill(patient, visit, "100"),
        "2208": hospital.reversal(patient, settled),
        "2101": pharmacy.purchase(patient, "1"),
        "2102": pharmacy.purchase(patient, "1"),
        "2103": pharmacy.reversal(patient, bought),
        "2601": {"data": {"psn_no": patient.person_no, "omsgid": "none", "oinfno": "2207"}},
        "5203": hospital.reversal(patient, settled),
        "9001": {"signIn": {"opter_no": "op1", "mac": "00", "ip": "10.0.0.1"}},
    }
    return {
        "city": city,
        "contents": contents,
        "count": iter(range(10**6)),
    }


@settings(max_examples=150, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(data=st.data(), infno=st.sampled_from(KINDS), steps=st.integers(1, 3))
async def test_mutated_messages(bench: dict[str, Any], data: st.DataObject, infno: str, steps: int) -> None:
    city = bench["city"]
    sender = city.pharmacy if infno.startswith("210") else city.hospital
    message: Any = sender.message(infno, bench["contents"][infno])
    for _ in range(steps):
        if not isinstance(message, dict):
            break
        path = data.draw(st.sampled_from(list(places(message))))
        action = data.draw(st.sampled_from(["replace", "remove", "wrap", "add"]))
        message = changed(message, path, action, data.draw(VALUES))
    books = await city.books()
    answer = await city.hospital.post(json.dumps(message).encode())
    assert answer.status < 500
    assert answer.content["infcode"] in (0, -1)
    if not answer.ok:
        assert "结果未知" not in answer.error
        assert await city.books() == books


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(body=st.binary(max_size=300))
async def test_any_bytes(bench: dict[str, Any], body: bytes) -> None:
    answer = await bench["city"].hospital.post(body)
    assert answer.status == 400
    assert answer.content["infcode"] == -1
