"""Strict mode tells and counts, and refuses nothing; forms, files and odd shapes are understood."""

import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gongji.channels.nhsa.gateway import gateway
from gongji.ledger.verify import verify
from gongji.service.departures import counted
from gongji.settings import Settings

STRICT = {"x-gongji-strict": "1"}
JSON = "application/json; charset=utf-8"


async def posted(city: Any, message: dict[str, Any], **headers: str) -> httpx.Response:
    answer: httpx.Response = await city.http.post("/nhsa", content=json.dumps(message).encode(), headers=headers)
    return answer


async def test_departures_are_told_and_counted_and_nothing_is_refused(city: Any, dsn: str) -> None:
    patient = await city.person(10000)
    visit = await city.hospital.visit_with_fees(patient)
    bill = city.hospital.bill(patient, visit, "100.00")
    bill["data"] |= {"begintime": "2026-01-05", "psn_setlway": "77", "exp_content": None}
    message = city.hospital.message("2207", bill, mdtrtarea_admvs="610199", opter_type=1)
    response = await posted(city, message, **STRICT)
    content = response.json()
    assert content["infcode"] == 0
    found = {(one["node"], one["field"], one["kind"]) for one in content["departures"]}
    assert found >= {
        ("", "opter_type", "type"),
        ("", "mdtrtarea_admvs", "sender"),
        ("data", "begintime", "unknown"),
        ("data", "psn_setlway", "dictionary"),
        ("data", "exp_content", "format"),
        ("data", "fulamt_ownpay_amt", "missing"),
    }
    assert response.headers["x-gongji-departures"] == str(len(content["departures"]))
    assert content["warn_msg"].startswith(f"报文有{len(content['departures'])}处与接口规范不符：")
    assert len(content["warn_msg"]) <= 200
    again = await posted(city, message, **STRICT)
    assert again.json()["output"] == content["output"]
    rows = {(one.place.field, one.place.kind): one for one in await counted(city.platform, city.hospital.code)}
    assert rows["begintime", "unknown"].times == 2
    assert rows["begintime", "unknown"].transaction == "2207"
    assert rows["opter_type", "type"].last_message == message["msgid"]
    assert verify(dsn).ok


async def test_a_report_that_fails_costs_nobody_his_answer(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("gongji.channels.nhsa.strictness.count", broken)
    patient = await city.person(10000)
    visit = await city.hospital.visit_with_fees(patient)
    bill = city.hospital.bill(patient, visit, "100.00", more="x")
    answer = (await posted(city, city.hospital.message("2207", bill), **STRICT)).json()
    assert (answer["infcode"], answer["warn_msg"]) == (0, None)


async def test_without_the_switch_answers_are_as_ever(city: Any) -> None:
    message = city.hospital.message("1901", {"data": {"type": "insutype", "admdvs": "1", "date": "2026-01-01"}})
    plain = await posted(city, message)
    assert plain.json()["warn_msg"] is None
    assert "departures" not in plain.json()
    assert "x-gongji-departures" not in plain.headers


async def test_an_installation_may_compare_every_message(city: Any) -> None:
    app = gateway(city.platform, Settings(data=Path("unused"), strict=True))
    message = city.pharmacy.message("9001", {"signIn": {"opter_no": "1", "mac": "0", "ip": "1", "more": "x"}})
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        response = await http.post("/", content=json.dumps(message).encode())
    content = response.json()
    assert content["infcode"] == 0
    assert "signIn.more" in content["warn_msg"]
    assert "departures" not in content, "only who asks for it gets a key that captured replies do not have"
    rows = await counted(city.platform, city.pharmacy.code)
    assert [(one.place.node, one.place.field) for one in rows if one.place.kind == "unknown"] == [("signIn", "more")]


async def test_others_are_not_counted_for_an_institution(city: Any) -> None:
    message = city.hospital.message("9001", {"signIn": {}}, fixmedins_code="H99999999999")
    response = await posted(city, message, **STRICT)
    assert response.json()["infcode"] == -1
    assert int(response.headers["x-gongji-departures"]) > 0
    assert await city.rows("select count(*) from departure where institution = 'H99999999999'") == [(0,)]


async def test_names_of_people_are_not_kept(city: Any) -> None:
    patient = await city.person()
    shown = city.hospital.shown(patient, psn_name="很" * 60, certno="9" * 60)
    await posted(city, city.hospital.message("1101", {"data": shown}), **STRICT)
    rows = await city.rows("select string_agg(received || problem || expected, '') from departure")
    assert "很很" not in rows[0][0]
    assert "999999" not in rows[0][0]


async def test_a_file_comes_in_a_form_and_goes_as_it_is(city: Any) -> None:
    content = bytes(range(256)) * 8000  # two megabytes, more than a message may have
    upload = city.hospital.message(
        "9101", {"fsUploadIn": {"filename": "账单.zip", "fixmedins_code": city.hospital.code}}
    )
    form = {"jsonStr": (None, json.dumps(upload).encode()), "file": ("账单.zip", content)}
    answer = await city.http.post("/fsi/api/fileupload/upload", files=form)
    number = answer.json()["output"]["file_qury_no"]
    again = await city.http.post("/fsi/api/fileupload/upload", files=form)
    assert again.json()["output"]["file_qury_no"] == number
    other = await city.http.post("/", files=form | {"file": ("账单.zip", b"other")})
    assert "已用于内容不同的请求" in other.json()["err_msg"]
    asked = {"fsDownloadIn": {"file_qury_no": number, "filename": "账单.zip", "fixmedins_code": "plc"}}
    got = await posted(city, city.hospital.message("9102", asked))
    assert (got.headers["content-type"], got.content) == ("application/octet-stream", content)
    assert got.headers["content-disposition"] == "attachment; filename*=UTF-8''%E8%B4%A6%E5%8D%95.zip"
    refused = await posted(city, city.pharmacy.message("9102", asked))
    assert refused.headers["content-type"] == JSON
    assert "未找到文件" in refused.json()["err_msg"]


@pytest.mark.parametrize("value", [None, "", [], [1, 256], "不是base64", 5, {}])
async def test_an_upload_without_a_file_is_refused(city: Any, value: Any) -> None:
    answer = await city.hospital.call("9101", {"fsUploadIn": {"in": value, "filename": "a"}})
    assert "没有文件" in answer.error


@pytest.mark.parametrize(
    "body",
    [b"", b"--x\r\n", b'--x\r\nContent-Disposition: form-data; name="jsonStr"\r\n\r\n{', b"\xff\xfe", b"--x--\r\n"],
)
async def test_a_broken_form_is_a_bad_request(city: Any, body: bytes) -> None:
    answer = await city.hospital.post(body, **{"content-type": "multipart/form-data; boundary=x"})
    assert answer.status == 400
    assert answer.content["infcode"] == -1


async def test_a_message_in_a_form_field(city: Any) -> None:
    message = city.hospital.message("1201", {"medinsInfo": {"fixmedins_code": city.hospital.code}})
    response = await city.http.post("/", data={"jsonStr": json.dumps(message)}, headers=STRICT)
    content = response.json()
    assert content["output"]["medinsinfo"]["fixmedins_name"] == "测试机构"
    found = {(one["node"], one["kind"]) for one in content["departures"]}
    assert found >= {("", "shape"), ("medinsInfo", "shape")}


async def test_rows_sent_under_the_same_key_are_all_kept(city: Any) -> None:
    patient = await city.person()
    visit = await city.hospital.visit(patient)
    lines = [city.hospital.line(patient, visit) for _ in range(3)]
    message = city.hospital.message("2204", "<lines>")
    rows = ",".join(f'"feedetail":{json.dumps(line)}' for line in lines)
    body = json.dumps(message).replace('"<lines>"', f"{{{rows}}}").encode()
    answer = await city.hospital.post(body)
    assert [row["feedetl_sn"] for row in answer.output["result"]] == [line["feedetl_sn"] for line in lines]
    again = await city.hospital.post(body)
    assert again.output == answer.output
