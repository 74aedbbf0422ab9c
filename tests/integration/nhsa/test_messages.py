"""Envelope, addressing, signatures, repeats and undoing: what holds for messages whatever they are about."""

import asyncio
import json
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import httpx
import pytest

from gongji.channels.nhsa import signing, tables
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.gateway import gateway
from gongji.channels.nhsa.registry import HANDLERS, title
from gongji.service.messages import message_state
from gongji.settings import Settings

HOSPITAL = "H61010099901"
XCA = signing.KeyPair(HOSPITAL, "ca-secret")
TIF = signing.KeyPair("paas-test", "tif-secret")
API = signing.KeyPair("ak-test", "api-secret")


def now() -> datetime:
    return datetime.now(ZoneInfo("Asia/Shanghai"))


@pytest.mark.parametrize(
    "path",
    [
        "/fsi/api/rsfComIfsService/callService",
        "/mbs/fmi/fsi/api/callFsiService/callService",
        "/nhsa/1101",
        "/fsi/api/fsiPsnInfoService/queryPsnInfo",
        "/fsi/api/outpatientSettleService/saveSettletmentV2",
        "/",
    ],
)
async def test_the_infno_decides_whatever_the_path(city: Any, path: str) -> None:
    person = await city.person(100)
    message = city.hospital.message("1101", {"data": city.hospital.shown(person)})
    answer = await city.hospital.send(message, path)
    assert answer.status == 200
    assert answer.output["insuinfo"][0]["balc"] == 1


@pytest.mark.parametrize("wrap", [False, True], ids=["object", "text"])
@pytest.mark.parametrize("amount", ["100.00", 100, 100.0, "100"], ids=repr)
async def test_input_as_object_or_text_and_numbers_as_numbers_or_texts(city: Any, wrap: bool, amount: Any) -> None:  # noqa: FBT001
    person = await city.person()
    content: Any = city.pharmacy.purchase(person, "100.00")
    content["druginfo"]["medfee_sumamt"] = amount
    content["drugdetail"] = content["drugdetail"][0] | {"det_item_fee_sumamt": amount, "pric": amount, "cnt": 1}
    if wrap:
        content = json.dumps(content)
    answer = await city.pharmacy.call("2102", content)
    assert answer.info["medfee_sumamt"] == 100
    assert b'"medfee_sumamt":100.00' in (await raw(city, content))


async def raw(city: Any, content: Any) -> bytes:
    message = city.pharmacy.message("2101", content)
    response = await city.http.post("/x", content=json.dumps(message).encode())
    found: bytes = response.content
    return found


async def test_codes_with_a_letter_stand_for_the_plain_ones(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit_with_fees(patient)
    bill = hospital.bill(patient, visit, "100")
    assert (await hospital.call("2206A", bill)).info["medfee_sumamt"] == 100
    message = hospital.message("2207A", bill)
    assert (await hospital.send(message, "/fsi/api/outpatientSettleService/saveSettletmentA")).ok
    undone = await hospital.call(
        "2601", {"data": {"psn_no": patient.person_no, "omsgid": message["msgid"], "oinfno": "2207A"}}
    )
    assert undone.ok
    described = {"mdtrt_id": visit, "psn_no": patient.person_no, "med_type": "11", "begntime": "2026-01-05"}
    diagnosis = {
        "diag_type": "1",
        "diag_srt_no": "1",
        "diag_code": "I10",
        "diag_name": "x",
        "diag_dept": "x",
        "dise_dor_no": "x",
        "dise_dor_name": "x",
        "diag_time": "2026-01-05 10:00:00",
        "vali_flag": "1",
    }
    assert (await hospital.call("2203A", {"mdtrtinfo": described, "diseinfo": [diagnosis]})).ok


async def test_a_repeat_gets_the_first_answer_and_other_content_is_refused(city: Any) -> None:
    patient, hospital = await city.person(100000), city.hospital
    registration = hospital.message("2201", hospital.registration(patient))
    first = await hospital.send(registration)
    assert (await hospital.send(registration)).output == first.output
    changed = registration | {"input": hospital.registration(patient)}
    assert "已用于内容不同的请求" in (await hospital.send(changed)).error
    visit = first.output["data"]["mdtrt_id"]

    fees = hospital.message("2204", {"feedetail": [hospital.line(patient, visit)]})
    split = await hospital.send(fees)
    assert (
        await hospital.call("2205", {"data": {"mdtrt_id": visit, "chrg_bchno": "B1", "psn_no": patient.person_no}})
    ).ok
    assert (await hospital.send(fees)).output == split.output
    assert (await hospital.call("2204", {"feedetail": [hospital.line(patient, visit)]})).ok

    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    settled = await hospital.send(message)
    books = await city.books()
    assert (await hospital.send(message)).output == settled.output
    # The same content, arranged otherwise, is the same content.
    arranged = {"data": dict(reversed(list(message["input"]["data"].items())))}
    assert (await hospital.send(message | {"input": json.dumps(arranged)})).output == settled.output
    other = {"data": message["input"]["data"] | {"acct_used_flag": "0"}}
    assert "已用于内容不同的请求" in (await hospital.send(message | {"input": other})).error
    assert await city.books() == books
    # Money that comes later doesn't change what was answered.
    reversal = hospital.message("2208", hospital.reversal(patient, settled))
    back = await hospital.send(reversal)
    assert (await hospital.send(reversal)).output == back.output
    assert (await hospital.send(message)).output == settled.output


async def test_a_refused_message_may_be_sent_again(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    assert "没有费用明细" in (await hospital.send(message)).error
    assert (await hospital.call("2204", {"feedetail": [hospital.line(patient, visit)]})).ok
    assert (await hospital.send(message)).ok


def undo(person: Any, message_id: str, infno: str = "2207") -> dict[str, Any]:
    return {"data": {"psn_no": person.person_no, "omsgid": message_id, "oinfno": infno}}


async def test_undoing_a_settlement_whose_answer_was_lost(city: Any) -> None:
    patient, hospital = await city.person(10000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    settled = await hospital.send(message)
    assert await city.balance(patient) == 0
    undoing = hospital.message("2601", undo(patient, message["msgid"]))
    undone = await hospital.send(undoing)
    assert undone.ok
    assert undone.content["output"] is None
    assert await city.balance(patient) == 10000
    assert (await hospital.send(undoing)).ok, "a repeat gets the first answer"
    books = await city.books()
    assert "已撤销" in (await hospital.call("2601", undo(patient, message["msgid"]))).error
    assert "已撤销" in (await hospital.call("2208", hospital.reversal(patient, settled))).error
    assert await city.books() == books


async def test_a_message_undone_before_it_came_does_nothing(city: Any) -> None:
    patient, hospital = await city.person(10000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    late = hospital.message("2207", hospital.bill(patient, visit, "100"))
    undoing = hospital.message("2601", undo(patient, late["msgid"]))
    books = await city.books()
    assert "没有收到过" in (await hospital.send(undoing)).error
    assert "没有收到过" in (await hospital.send(undoing)).error, "the same undoing again"
    assert "没有收到过" in (await hospital.call("2601", undo(patient, late["msgid"]))).error
    assert "已被冲正" in (await hospital.send(late)).error
    assert await city.books() == books
    assert (await hospital.call("2207", hospital.bill(patient, visit, "100"))).ok


async def test_undoing_names_the_right_transaction(city: Any) -> None:
    patient, other, hospital = await city.person(10000), await city.person(), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    settled = await hospital.send(message)
    books = await city.books()
    assert "没有收到过" in (await hospital.call("2601", undo(patient, message["msgid"], "2102"))).error
    assert "自己的撤销交易" in (await hospital.call("2601", undo(patient, message["msgid"], "2201"))).error
    assert "没有收到过" in (await hospital.call("2601", undo(patient, message["msgid"], "2204"))).error
    assert "不属于" in (await hospital.call("2601", undo(other, message["msgid"]))).error
    assert "没有收到过" in (await city.other_hospital.call("2601", undo(patient, message["msgid"]))).error
    assert await city.books() == books
    assert (await hospital.send(message)).output == settled.output, "a wrong undoing leaves the message as it is"
    assert (await hospital.call("2601", undo(patient, message["msgid"]))).ok


async def test_undoing_an_upload_whose_answer_was_lost(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2204", {"feedetail": [hospital.line(patient, visit), hospital.line(patient, visit)]})
    assert (await hospital.send(message)).ok
    undoing = hospital.message("2601", undo(patient, message["msgid"], "2204"))
    assert (await hospital.send(undoing)).content["output"] is None
    assert (await hospital.send(undoing)).ok, "a repeat gets the first answer"
    rows = await city.rows("select count(*) from fee_line where visit_id = %s", visit)
    assert rows == [(1,)], "the lines of the other message stay"
    assert "已被冲正" in (await hospital.send(message)).error
    assert "已被冲正" in (await hospital.call("2601", undo(patient, message["msgid"], "2204"))).error
    assert (await hospital.call("2207", hospital.bill(patient, visit, "100"))).ok


async def test_an_upload_that_is_settled_stays(city: Any) -> None:
    patient, other, hospital = await city.person(), await city.person(), city.hospital
    visit = await hospital.visit(patient)
    message = hospital.message("2204", {"feedetail": [hospital.line(patient, visit)]})
    assert (await hospital.send(message)).ok
    assert "不是该参保人" in (await hospital.call("2601", undo(other, message["msgid"], "2204"))).error
    assert "没有收到过" in (await city.other_hospital.call("2601", undo(patient, message["msgid"], "2204"))).error
    settled = await hospital.call("2207", hospital.bill(patient, visit, "100"))
    assert "已结算" in (await hospital.call("2601", undo(patient, message["msgid"], "2204"))).error
    assert (await hospital.call("2208", hospital.reversal(patient, settled))).ok
    assert (await hospital.call("2601", undo(patient, message["msgid"], "2204"))).ok


async def test_an_upload_undone_before_it_came_does_nothing(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit(patient)
    late = hospital.message("2204", {"feedetail": [hospital.line(patient, visit)]})
    assert "没有收到过" in (await hospital.call("2601", undo(patient, late["msgid"], "2204"))).error
    assert "已被冲正" in (await hospital.send(late)).error
    assert await city.rows("select 1 from fee_line where visit_id = %s", visit) == []


async def test_an_upload_and_its_undoing_at_once(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    for _ in range(5):
        visit = await hospital.visit(patient)
        message = hospital.message("2204", {"feedetail": [hospital.line(patient, visit)]})
        await asyncio.gather(
            hospital.send(message),
            hospital.call("2601", undo(patient, message["msgid"], "2204")),
            hospital.send(message),
        )
        assert (await message_state(city.platform, hospital.code, message["msgid"])).state == "void"
        assert await city.rows("select 1 from fee_line where visit_id = %s", visit) == []


async def test_undoing_a_reversal_tells_the_truth_about_it(city: Any) -> None:
    patient, hospital = await city.person(10000), city.hospital
    _, settled = await hospital.settled(patient)
    reversal = hospital.message("2208", hospital.reversal(patient, settled))
    assert (await hospital.send(reversal)).ok
    books = await city.books()
    assert "已办成的撤销" in (await hospital.call("2601", undo(patient, reversal["msgid"], "2208"))).error
    assert await city.books() == books
    _, settled = await hospital.settled(patient)
    late = hospital.message("2208", hospital.reversal(patient, settled))
    assert "没有收到过" in (await hospital.call("2601", undo(patient, late["msgid"], "2208"))).error
    books = await city.books()
    assert "已被冲正" in (await hospital.send(late)).error
    assert await city.books() == books


@pytest.mark.parametrize("spoilt", ["", "abc"])
async def test_a_message_refused_for_its_fields_is_not_called_never_seen(city: Any, spoilt: str) -> None:
    patient, hospital = await city.person(10000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100", medfee_sumamt=spoilt))
    assert (await hospital.send(message)).error
    state = await message_state(city.platform, hospital.code, message["msgid"])
    assert (state.state, state.code) == ("refused", "input_invalid")
    lost = {"psn_no": patient.person_no, "medins_setl_id": message["msgid"]}
    assert "没有办理" in (await hospital.call("5203", {"data": lost})).error
    assert (await hospital.send(message | {"input": hospital.bill(patient, visit, "100")})).ok
    assert (await message_state(city.platform, hospital.code, message["msgid"])).state == "done"
    assert (await hospital.call("5203", {"data": lost})).info["medfee_sumamt"] == 100
    for wrong in ({}, {"medins_setl_id": 5}, {"setl_id": "1"}, {"mdtrt_id": visit}):
        assert "medins_setl_id" in (await hospital.call("5203", {"data": {"psn_no": patient.person_no} | wrong})).error


async def test_unknown_fields_are_kept(city: Any) -> None:
    patient = await city.person()
    content = city.pharmacy.purchase(patient, "10.5", local_field={"a": [1, 2.5]})
    content["further"] = [{"b": "c"}]
    message = city.pharmacy.message("2102", content)
    assert (await city.pharmacy.send(message)).ok
    rows = await city.rows("select unknown from message where message_id = %s", message["msgid"])
    assert rows[0][0]["druginfo"] == [{"local_field": {"a": [1, "2.5"]}}]
    assert rows[0][0]["further"] == [{"b": "c"}]


async def test_unknown_and_missing_transactions(city: Any) -> None:
    unknown = await city.hospital.call("7777", {"data": {}})
    assert unknown.content.keys() == {"type", "infcode", "err_msg"}
    assert "未知交易编号" in unknown.error
    infno = next(code for code in tables.transaction_codes() if plain(code) not in HANDLERS)
    table = tables.transaction(infno)
    assert table is not None
    missing = await city.hospital.call(infno, {"data": {}})
    assert missing.error == f"本平台暂未提供交易 {infno} {title(table)}"


async def test_health_and_methods(city: Any) -> None:
    healthy = await city.http.get("/healthz")
    assert (healthy.status_code, healthy.json()) == (200, {"status": "ok"})
    for method in ("GET", "PUT", "DELETE"):
        refused = await city.http.request(method, "/nhsa/2207")
        assert refused.status_code == 405
        assert refused.json()["infcode"] == -1


async def test_an_unreachable_database_is_told(city: Any) -> None:
    await city.platform.pool.close()
    assert (await city.http.get("/healthz")).status_code == 503
    answer = await city.hospital.call("1101", {"data": {}})
    assert answer.status == 200
    assert "结果未知" in answer.error


async def test_signatures(city: Any) -> None:
    body = json.dumps(city.hospital.message("1101", {"data": city.hospital.shown(await city.person())})).encode()
    post = city.hospital.post
    moment = now()
    assert (await post(body, **signing.sign_ca(XCA, body, moment))).ok
    assert (await post(body, **signing.sign_api(API, "1101", "1.0", moment))).ok
    assert (await post(body, apikey="key-itself")).ok
    once = signing.sign_tif(TIF, "nonce-1", moment)
    assert (await post(body, **once)).ok
    wrong = (
        once,
        signing.sign_ca(XCA, body + b" ", moment),
        signing.sign_tif(signing.KeyPair("paas-test", "guess"), "nonce-2", moment),
        signing.sign_api(API, "2207", "1.0", moment),
        {"apikey": "guess"},
        {"_api_name": "2207", "apikey": "key-itself"},
    )
    for headers in wrong:
        refused = await post(body, **headers)
        assert refused.status == 401
        assert refused.error.startswith("网关签名校验失败")


async def test_production_refuses_unsigned_messages(city: Any) -> None:
    app = gateway(city.platform, Settings(production=True, data=Path("unused")))
    body = json.dumps(city.hospital.message("1101", {"data": city.hospital.shown(await city.person())})).encode()
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        assert (await http.post("/", content=body)).status_code == 401
        signed = await http.post("/", content=body, headers={"apikey": "key-itself"})
        assert (signed.status_code, signed.json()["infcode"]) == (200, 0)


async def test_the_server_may_start_and_stop_the_application(city: Any) -> None:
    came = iter([{"type": "lifespan.startup"}, {"type": "lifespan.shutdown"}])
    sent = []

    async def receive() -> dict[str, str]:
        return next(came)

    async def send(message: Any) -> None:
        sent.append(message["type"])

    await city.app({"type": "lifespan"}, receive, send)
    assert sent == ["lifespan.startup.complete", "lifespan.shutdown.complete"]


async def test_one_log_line_a_message_without_personal_data(city: Any, capsys: pytest.CaptureFixture[str]) -> None:
    person = await city.person(100)
    capsys.readouterr()
    await city.hospital.call("1101", {"data": city.hospital.shown(person, psn_name="别人")})
    lines = capsys.readouterr().out.strip().splitlines()
    assert len(lines) == 1
    assert "person_details_mismatch" in lines[0]
    for private in (person.name, person.certificate_no, person.card_no, "别人"):
        assert private not in lines[0]
