"""What a platform of the field has to tolerate, one row a habit of clients in use, and what comes of it here.

Further rows stand where they belong: signatures and every address in ``test_messages.py`` and ``test_signing.py``,
stays (2302 with line 0000) in ``test_stays.py``.
"""

import json
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

Check = Callable[[Any, Any], Awaitable[None]]


def bill(city: Any, person: Any, **other: Any) -> dict[str, Any]:
    return city.pharmacy.message("2101", city.pharmacy.purchase(person, "10.00", **other))  # type: ignore[no-any-return]


async def total(city: Any, body: bytes, **headers: str) -> Any:
    answer = await city.pharmacy.post(body, **headers)
    return answer.info["medfee_sumamt"]


async def paths(city: Any, person: Any) -> None:
    for path in (
        "/fsi/api/rsfComIfsService/callService",
        "/nhsa/2101",
        "/fsi/api/drugStoreSettleService/preSettle",
        "/",
    ):
        assert (await city.pharmacy.send(bill(city, person), path)).info["medfee_sumamt"] == 10


async def path_and_code_differ(city: Any, person: Any) -> None:
    assert (await city.pharmacy.send(bill(city, person), "/nhsa/9999")).info["medfee_sumamt"] == 10


async def content_types(city: Any, person: Any) -> None:
    body = json.dumps(bill(city, person)).encode()
    for kind in ("application/json", "application/json;charset=UTF-8", "text/plain", "text/plain; charset=gbk", ""):
        assert await total(city, body, **({"content-type": kind} if kind else {})) == 10


async def upload_in_parts(city: Any, _person: Any) -> None:
    message = json.dumps(
        city.hospital.message("9101", {"fsUploadIn": {"filename": "a.txt", "fixmedins_code": city.hospital.code}})
    )
    body = (
        f'--b\r\nContent-Disposition: form-data; name="jsonStr"\r\n\r\n{message}\r\n'
        '--b\r\nContent-Disposition: form-data; name="file"; filename="a.txt"\r\n\r\nPK\r\n--b--\r\n'
    )
    answer = await city.hospital.post(body.encode(), **{"content-type": "multipart/form-data; boundary=b"})
    assert answer.ok, answer.content


async def input_as_text(city: Any, person: Any) -> None:
    message = bill(city, person)
    assert await total(city, json.dumps(message | {"input": json.dumps(message["input"])}).encode()) == 10


async def one_object_for_a_list(city: Any, person: Any) -> None:
    message = bill(city, person)
    message["input"]["drugdetail"] = message["input"]["drugdetail"][0]
    assert await total(city, json.dumps(message).encode()) == 10


async def a_list_of_one_for_an_object(city: Any, person: Any) -> None:
    message = bill(city, person)
    message["input"]["druginfo"] = [message["input"]["druginfo"]]
    assert await total(city, json.dumps(message).encode()) == 10


async def numbers(city: Any, person: Any) -> None:
    for amount in ("10", 10, "10.00", "10.0000"):
        message = bill(city, person, medfee_sumamt=amount)
        assert await total(city, json.dumps(message).encode()) == 10
    assert await total(city, json.dumps(bill(city, person)).replace('"10.00"', "10.00").encode()) == 10


async def emptiness(city: Any, person: Any) -> None:
    for empty in ("", None, "null", "  "):
        assert (await city.pharmacy.send(bill(city, person, psn_name=empty, certno=empty))).ok


async def unknown_fields(city: Any, person: Any) -> None:
    message = bill(city, person, own_field=1) | {"vendor": {"a": [1]}}
    message["input"]["further"] = {"b": 1}
    assert await total(city, json.dumps(message).encode()) == 10


async def unknown_codes(city: Any, _person: Any) -> None:
    answer = await city.hospital.call("8888", {})
    assert answer.content["infcode"] == -1
    assert answer.content["err_msg"]


async def infcode_is_an_integer(city: Any, person: Any) -> None:
    for message in (bill(city, person), bill(city, person, medfee_sumamt="x")):
        body = await city.http.post("/", content=json.dumps(message).encode())
        assert b'"infcode":0,' in body.content or b'"infcode":-1,' in body.content


async def message_ids(city: Any, person: Any) -> None:
    message = city.pharmacy.message("2102", city.pharmacy.purchase(person, "10.00"))
    first = await city.pharmacy.send(message)
    assert first.info["medins_setl_id"] == message["msgid"]
    assert (await city.pharmacy.send(message)).info["setl_id"] == first.info["setl_id"]
    lost = {"data": {"psn_no": person.person_no, "medins_setl_id": message["msgid"]}}
    assert (await city.pharmacy.call("5203", lost)).info["setl_id"] == first.info["setl_id"]


async def every_batch(city: Any, person: Any) -> None:
    visit = await city.hospital.visit_with_fees(person)
    assert (await city.hospital.call("2204", {"feedetail": [city.hospital.line(person, visit, "B2")]})).ok
    named = {"mdtrt_id": visit, "psn_no": person.person_no, "chrg_bchno": "0000"}
    assert (await city.hospital.call("2205", {"data": named})).ok
    assert await city.rows("select 1 from fee_line where visit_id = %s", visit) == []


async def both_names_of_cash(city: Any, person: Any) -> None:
    _, settled = await city.hospital.settled(person)
    back = await city.hospital.call("2208", city.hospital.reversal(person, settled))
    assert back.info["psn_cash_pay"] == back.info["pdn_cash_pay"]


ROWS: dict[str, Check] = {
    "one path, a path that ends in the code, a path of a service": paths,
    "a path that says another code than the body": path_and_code_differ,
    "application/json, text/plain, nothing": content_types,
    "multipart for 9101": upload_in_parts,
    "input as object or as a JSON text": input_as_text,
    "one object where a list is specified": one_object_for_a_list,
    "a list of one where an object is specified": a_list_of_one_for_an_object,
    "numbers as numbers or texts": numbers,
    "empty as empty text, null, or the word": emptiness,
    "unknown fields, nodes and envelope keys": unknown_fields,
    "unknown transaction codes": unknown_codes,
    "infcode as an integer": infcode_is_an_integer,
    "the message id as medins_setl_id, for repeats and questions": message_ids,
    "2205 with batch 0000": every_batch,
    "psn_cash_pay and pdn_cash_pay in 2208": both_names_of_cash,
}


@pytest.mark.parametrize("row", ROWS)
async def test_tolerated(city: Any, row: str) -> None:
    await ROWS[row](city, await city.person(100_000))
