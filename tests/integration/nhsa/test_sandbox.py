"""Whatever goes wrong on purpose: who asks afterwards is told the truth, undoing works, and the books are right."""

import asyncio
import json
from pathlib import Path
from typing import Any

import httpx
import pytest

from gongji.channels.nhsa.gateway import gateway
from gongji.ledger.verify import verify
from gongji.service.faults import Fault, FaultKind, drop_fault, parse_fault, put_fault, set_faults
from gongji.service.messages import message_state
from gongji.service.platform import Platform
from gongji.service.recorder import BODY_BYTES_MAX, KEPT
from gongji.service.recordings import Wanted, recording, recordings
from gongji.settings import Settings

DONE = [FaultKind.TIMEOUT, FaultKind.ERROR_AFTER, FaultKind.CUT_AFTER, FaultKind.SLOW, FaultKind.DUPLICATE]
NOT_ARRIVED = [FaultKind.ERROR_BEFORE, FaultKind.CUT_BEFORE]
ANSWERED = [FaultKind.ERROR_AFTER, FaultKind.ERROR_BEFORE, FaultKind.SLOW, FaultKind.DUPLICATE]


def words(kind: FaultKind) -> str:
    return f"{kind}=30" if kind.default else kind.value


class Heard:
    """What came over the connection: the body, or none when it was cut."""

    def __init__(self) -> None:
        self.started = self.complete = False
        self.headers: dict[bytes, bytes] = {}
        self.body = b""

    async def send(self, message: Any) -> None:
        if message["type"] == "http.response.start":
            self.started = True
            self.headers = dict(message["headers"])
        else:
            self.body += message["body"]
            self.complete = not message.get("more_body", False)

    @property
    def answer(self) -> Any:
        assert self.complete
        assert int(self.headers[b"content-length"]) == len(self.body)
        return json.loads(self.body)


async def post(city: Any, message: dict[str, Any], fault: str = "") -> Heard:
    """One request without a client library, which would mend or hide what is broken on purpose."""
    heard = Heard()
    came = iter([{"type": "http.request", "body": json.dumps(message).encode()}])

    async def receive() -> Any:
        return next(came, {"type": "http.request", "body": b"", "more_body": False})

    headers = [(b"x-gongji-fault", fault.encode())] if fault else []
    scope = {"type": "http", "method": "POST", "path": "/", "headers": headers}
    await city.app(scope, receive, heard.send)
    return heard


async def green(platform: Platform) -> bool:
    report = await asyncio.to_thread(verify, platform.dsn)
    return report.ok


async def settlement_by_message(city: Any, patient: Any, msgid: str) -> Any:
    return await city.hospital.call("5203", {"data": {"psn_no": patient.person_no, "medins_setl_id": msgid}})


@pytest.mark.parametrize("kind", DONE)
async def test_what_arrived_is_done_once_and_found_by_its_message(city: Any, kind: FaultKind) -> None:
    patient, hospital = await city.person(20000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    heard = await post(city, message, words(kind))
    assert heard.complete is (kind in ANSWERED)
    if kind is FaultKind.ERROR_AFTER:
        assert "结果未知" in heard.answer["err_msg"]
    elif kind in ANSWERED:
        assert heard.answer["infcode"] == 0
        assert heard.headers[b"x-gongji-fault"].startswith(kind.encode())
    assert await city.balance(patient) == 10000, "paid once, whatever the sender heard"
    state = await message_state(city.platform, hospital.code, message["msgid"])
    assert state.state == "done"
    found = await settlement_by_message(city, patient, message["msgid"])
    assert found.info["setl_id"] == state.settlement
    assert found.info["medins_setl_id"] == message["msgid"]
    undo = {"data": {"psn_no": patient.person_no, "omsgid": message["msgid"], "oinfno": "2207"}}
    assert (await hospital.call("2601", undo)).ok
    assert await city.balance(patient) == 20000
    assert (await settlement_by_message(city, patient, message["msgid"])).info["refd_setl_flag"] == "1"
    assert await green(city.platform)


@pytest.mark.parametrize("kind", NOT_ARRIVED)
async def test_what_did_not_arrive_was_never_seen(city: Any, kind: FaultKind) -> None:
    patient, hospital = await city.person(20000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    books = await city.books()
    heard = await post(city, message, words(kind))
    assert heard.complete is (kind in ANSWERED)
    assert await city.books() == books
    assert (await message_state(city.platform, hospital.code, message["msgid"])).state == "never_seen"
    assert "没有收到过" in (await settlement_by_message(city, patient, message["msgid"])).error
    undo = {"data": {"psn_no": patient.person_no, "omsgid": message["msgid"], "oinfno": "2207"}}
    assert "没有收到过" in (await hospital.call("2601", undo)).error
    assert "已被冲正" in (await hospital.send(message)).error, "what was undone stays undone when it comes late"
    assert (await message_state(city.platform, hospital.code, message["msgid"])).state == "void"
    assert await city.books() == books
    assert await green(city.platform)


@pytest.mark.parametrize("kind", [FaultKind.ERROR_BEFORE, FaultKind.CUT_AFTER])
async def test_the_same_message_again_ends_the_doubt(city: Any, kind: FaultKind) -> None:
    patient, hospital = await city.person(20000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    message = hospital.message("2207", hospital.bill(patient, visit, "100"))
    await post(city, message, words(kind))
    assert (await hospital.send(message)).ok
    assert await city.balance(patient) == 10000


async def test_a_fault_of_the_institution_lasts_as_long_as_it_was_set_for(city: Any) -> None:
    patient, hospital, other = await city.person(), city.hospital, city.other_hospital
    shown = {"data": hospital.shown(patient)}
    refused = await put_fault(city.platform, hospital.code, Fault(FaultKind.ERROR_AFTER, 0), "1101", 2)
    assert refused is None
    await asyncio.sleep(0.6)  # until the gateway asks again
    assert (await other.call("1101", shown)).ok
    assert (await hospital.call("9001", {"signIn": {"opter_no": "op1", "mac": "00", "ip": "10.0.0.1"}})).ok
    assert "结果未知" in (await hospital.call("1101", shown)).error
    header = await post(city, hospital.message("1101", shown), "slow=0")
    assert header.answer["infcode"] == 0, "the header goes before what is set, and uses nothing up"
    assert [fault.remaining for fault in await set_faults(city.platform)] == [1]
    assert "结果未知" in (await hospital.call("1101", shown)).error
    assert (await hospital.call("1101", shown)).ok
    assert await set_faults(city.platform) == []
    assert not await drop_fault(city.platform, hospital.code)


async def test_faults_of_nobody_or_of_no_kind_are_refused(city: Any) -> None:
    refused = await put_fault(city.platform, "H99999999999", Fault(FaultKind.SLOW, 1))
    assert refused is not None
    assert refused.code.value == "institution_unknown"
    patient = await city.person()
    message = city.hospital.message("2201", city.hospital.registration(patient))
    heard = await post(city, message, "explode")
    assert heard.answer["infcode"] == -1
    assert "X-Gongji-Fault" in heard.answer["err_msg"]
    assert (await message_state(city.platform, city.hospital.code, message["msgid"])).state == "never_seen"


@pytest.mark.parametrize(
    ("text", "milliseconds"),
    [("slow=1500", 1500), (" SLOW ", 5000), ("timeout=0", 0), ("cut-after", 0)],
)
def test_what_a_fault_may_look_like(text: str, milliseconds: int) -> None:
    fault = parse_fault(text)
    assert fault is not None
    assert fault.milliseconds == milliseconds
    assert parse_fault(fault.words) == fault


@pytest.mark.parametrize(
    "text", ["", "late", "slow=", "slow=-1", "slow=1e3", "slow=999999999", "cut-after=5", "slow=٣"]
)
def test_what_is_no_fault(text: str) -> None:
    assert parse_fault(text) is None


async def test_pairs_are_kept_as_they_came(city: Any) -> None:
    patient = await city.person(100)
    message = city.hospital.message("1101", {"data": city.hospital.shown(patient)})
    body = json.dumps(message, ensure_ascii=False).encode()
    answer = await city.hospital.post(body, **{"content-type": "text/plain"})
    assert answer.ok
    page = await recordings(city.platform, Wanted(message_id=message["msgid"]))
    (one,) = page.recordings
    assert (one.institution, one.transaction, one.outcome, one.fault) == (city.hospital.code, "1101", "done", "")
    assert one.answered
    assert one.institution_name == "测试机构"
    found = await recording(city.platform, one.id)
    assert found is not None
    assert found[1].request == body
    assert found[1].content_type == "text/plain"
    assert json.loads(found[1].answer or b"")["infcode"] == 0


async def test_what_is_no_message_is_kept_too(city: Any) -> None:
    await city.hospital.post(b"not json")
    (newest, *_) = (await recordings(city.platform, Wanted(outcome="rejected"))).recordings
    assert (newest.status, newest.reason, newest.institution) == (400, "envelope", "")


async def test_too_many_and_too_long_ones_are_forgotten(city: Any) -> None:
    long = b"{" + b" " * BODY_BYTES_MAX + b"}"
    await city.hospital.post(long)
    (newest, *_) = (await recordings(city.platform, Wanted(), most=1)).recordings
    assert newest.request_size == len(long)
    found = await recording(city.platform, newest.id)
    assert found is not None
    assert found[1].request is None
    await city.rows("insert into recording (at, microseconds, institution, transaction, message_id, outcome, fault,"
                    " answered, status, content_type, request_size, answer_size) select now(), 0, '', '', '',"
                    " 'rejected', '', true, 200, '', 0, 0 from generate_series(1, 1500) returning 1")  # fmt: skip
    await city.rows("update recording set at = now() - interval '8 days' where id = (select max(id) from recording)"
                    " returning 1")  # fmt: skip
    await city.hospital.post(b"{}")
    ((count, oldest, newest_id),) = await city.rows(
        "select count(*), min(at) > now() - interval '7 days', max(id) from recording"
    )
    assert count == KEPT - 1
    assert oldest
    page = await recordings(city.platform, Wanted(), most=100)
    assert page.recordings[0].id == newest_id
    assert page.next == page.recordings[-1].id


async def test_production_records_nothing_and_knows_no_faults(city: Any) -> None:
    app = gateway(city.platform, Settings(production=True, data=Path("unused")))
    await put_fault(city.platform, city.hospital.code, Fault(FaultKind.ERROR_AFTER, 0))
    body = json.dumps(city.hospital.message("1101", {"data": city.hospital.shown(await city.person())})).encode()
    before = await city.rows("select max(id) from recording")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        headers = {"apikey": "key-itself", "x-gongji-fault": "error-before"}
        answer = (await http.post("/", content=body, headers=headers)).json()
    await drop_fault(city.platform, city.hospital.code)
    assert answer["infcode"] == 0
    assert await city.rows("select max(id) from recording") == before


async def test_the_recorder_can_be_switched_off(city: Any) -> None:
    app = gateway(city.platform, Settings(recorder=False, data=Path("unused")))
    before = await city.rows("select max(id) from recording")
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway") as http:
        assert (await http.post("/", content=b"{}")).status_code == 400
    assert await city.rows("select max(id) from recording") == before


async def test_a_recorder_that_cannot_write_costs_nobody_his_answer(city: Any) -> None:
    patient = await city.person()
    async with city.platform.pool.connection() as conn:
        await conn.execute("alter table recording rename to elsewhere")
    try:
        assert (await city.hospital.call("1101", {"data": city.hospital.shown(patient)})).ok
    finally:
        async with city.platform.pool.connection() as conn:
            await conn.execute("alter table elsewhere rename to recording")


async def test_replays(city: Any) -> None:
    patient, hospital = await city.person(50000), city.hospital
    message = hospital.message("2102", hospital.purchase(patient, "10"))
    first = await city.pharmacy.send(message | {"fixmedins_code": city.pharmacy.code})
    (kept,) = (await recordings(city.platform, Wanted(message_id=message["msgid"]))).recordings
    sandbox = city.app._sandbox
    again = await sandbox.replay(kept.id, renewed=False)
    found = await recording(city.platform, again)
    assert found is not None
    assert found[0].replays == kept.id
    assert json.loads(found[1].answer)["output"]["setlinfo"]["setl_id"] == first.info["setl_id"]
    assert await city.balance(patient) == 49000
    anew = await recording(city.platform, await sandbox.replay(kept.id, renewed=True))
    assert anew is not None
    assert anew[0].message_id != message["msgid"]
    assert json.loads(anew[1].answer)["output"]["setlinfo"]["setl_id"] != first.info["setl_id"]
    assert await city.balance(patient) == 48000
    gone = await sandbox.replay(10**15, renewed=False)
    assert "已不保存" in gone.text
