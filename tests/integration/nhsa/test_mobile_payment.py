"""Mobile payment from upload to refund: with consent only, once whoever asks, told to the institution (S20, S21)."""

import asyncio
import base64
import json
import threading
import time
from collections.abc import Iterator
from datetime import datetime, timedelta
from decimal import Decimal
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

import pytest
from psycopg.types.json import Jsonb

from gongji.channels.nhsa import ciphers, mobile_centre, mobile_envelope
from gongji.channels.nhsa.mobile_centre import PaymentNotices
from gongji.core.money import format_yuan
from gongji.core.person import Person
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import deliver, mobile_orders, mobile_payment
from gongji.service.commands import Done, ReturnedItem, ReturnPart, Sender
from gongji.service.deliver import Deliverer
from gongji.service.vouchers import show

ITEM = "XZ99AAZ001A001010199001"
_numbers = iter(range(1, 10_000))


async def token_of(city: Any, institution: Any, person: Person) -> str:
    shown = await show(city.platform, person.person_no, "portal")
    assert not isinstance(shown, Refusal)
    read = await institution.call("1162", {"data": {"ecQrCode": shown.code}})
    token: str = read.output["cardecinfo"]["ecToken"]
    return token


def upload(institution: Any, person: Person, token: str, total: str = "100.00", **other: Any) -> dict[str, Any]:
    number = next(_numbers)
    line = {"feedetlSn": "1", "medListCodg": ITEM, "detItemFeeSumamt": total, "cnt": "1", "pric": total}
    return {
        "data": {
            "orgCodg": institution.code,
            "psnNo": person.person_no,
            "insutype": "310",
            "medOrgOrd": f"ORD{number}",
            "begntime": "2026-01-05 09:00:00",
            "idNo": person.certificate_no,
            "userName": person.name,
            "idType": "01",
            "ecToken": token,
            "iptOtpNo": f"MP{number}",
            "medType": "11",
            "feeType": "01",
            "medfeeSumamt": total,
            "acctUsedFlag": "2",
            "chrgBchno": "1",
            "feedetailList": [line],
        }
        | other
    }


async def ordered(city: Any, person: Person, total: str = "100.00") -> dict[str, Any]:
    """An order: its id, token, and the patient's ecToken."""
    token = await token_of(city, city.hospital, person)
    opened = await city.hospital.call("6201", upload(city.hospital, person, token, total))
    data = opened.output["data"]
    return {"payOrdId": data["payOrdId"], "payToken": data["payToken"], "ecToken": token}


async def agreed(city: Any, person: Person, order: dict[str, Any]) -> str:
    code = await mobile_orders.consent(city.platform, person.person_no, order["payOrdId"], "portal")
    assert not isinstance(code, Refusal), code
    return code


def named(order: dict[str, Any], **other: Any) -> dict[str, Any]:
    return {"data": {"payOrdId": order["payOrdId"], "payToken": order["payToken"]} | other}


async def test_an_order_is_paid_with_consent_and_settled_like_any_bill(city: Any) -> None:
    person, twin = await city.person(3000), await city.person(3000)
    _, plain = await city.hospital.settled(twin, "100.00")
    order = await ordered(city, person)
    before = await city.balance(person)
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "0"
    assert "还没有同意" in (await city.hospital.call("6202", named(order))).error
    assert "还没有同意" in (await city.hospital.call("6202", named(order, payAuthNo="0" * 28))).error
    assert await city.balance(person) == before
    consent = await agreed(city, person, order)
    paid = (await city.hospital.call("6202", named(order, payAuthNo=consent, orgBizSer="1"))).output["data"]
    assert paid["fundPay"] == plain.info["fund_pay_sumamt"]
    assert paid["psnAcctPay"] == plain.info["acct_pay"] == 30
    assert paid["feeSumamt"] == paid["ownPayAmt"] + paid["psnAcctPay"] + paid["fundPay"] == 100
    assert paid["ordStas"] == "4"
    asked = (await city.hospital.call("6301", named(order))).output["data"]
    assert (asked["ordStas"], asked["setlType"], asked["callType"]) == ("4", "ALL", "02")
    own = named(order, medOrgOrd=asked["medOrgOrd"], **{k: str(paid[k]) for k in ("feeSumamt", "ownPayAmt")})
    own["data"] |= {"psnAcctPay": str(paid["psnAcctPay"]), "fundPay": str(paid["fundPay"]), "thdPayType": "W"}
    wrong = {"data": own["data"] | {"fundPay": "1.23"}}
    assert "不一致" in (await city.hospital.call("6204", wrong)).error
    assert (await city.hospital.call("6204", own)).ok
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "6"
    assert verify(city.platform.dsn).ok


async def test_paid_often_at_one_time_it_is_posted_once(city: Any) -> None:
    person = await city.person(10_000)
    order = await ordered(city, person)
    consent = await agreed(city, person, order)
    journals = await city.rows("select count(*) from settlement")
    payments = [city.hospital.call("6202", named(order, payAuthNo=consent, orgBizSer=str(n))) for n in range(4)]
    others = [mobile_payment.pay(city.platform, order["payOrdId"]) for _ in range(3)]
    answers = await asyncio.gather(*payments, *others)
    assert all(answer.ok for answer in answers[:4])
    assert len({str(answer.output["data"]) for answer in answers[:4]}) == 1
    assert await city.rows("select count(*) from settlement") == [(journals[0][0] + 1,)]
    letters = await city.rows("select count(*) from outbox where payload->>'order' = %s", order["payOrdId"])
    assert letters == [(1,)]
    assert verify(city.platform.dsn).ok


async def test_the_same_upload_again_is_the_same_order(city: Any) -> None:
    person = await city.person()
    token = await token_of(city, city.hospital, person)
    message = city.hospital.message("6201", upload(city.hospital, person, token))
    first, again = await city.hospital.send(message), await city.hospital.send(message)
    assert first.output == again.output
    changed = dict(message["input"]["data"], iptOtpNo="another", chrgBchno="2")
    assert "已经下过单" in (await city.hospital.call("6201", {"data": changed})).error
    wrong_sum = upload(city.hospital, person, token, medfeeSumamt="99.00")
    assert "不等于明细合计" in (await city.hospital.call("6201", wrong_sum)).error
    other = await city.person()
    assert "身份不一致" in (await city.hospital.call("6201", upload(city.hospital, other, token))).error


async def test_strangers_find_no_order(city: Any) -> None:
    person, other = await city.person(1000), await city.person()
    order = await ordered(city, person)
    assert "没有找到" in (await city.other_hospital.call("6301", named(order))).error
    assert "没有找到" in (await city.hospital.call("6301", named(order | {"payToken": "0" * 28}))).error
    refused = await mobile_orders.consent(city.platform, other.person_no, order["payOrdId"], "portal")
    assert isinstance(refused, Refusal)
    code = await show(city.platform, other.person_no, "portal")
    assert not isinstance(code, Refusal)
    assert "身份不一致" in (await city.hospital.call("6202", named(order, ecAuthCode=code.code))).error
    own = await show(city.platform, person.person_no, "portal")
    assert not isinstance(own, Refusal)
    assert (await city.hospital.call("6202", named(order, ecAuthCode=own.code))).ok


async def test_a_consent_is_for_one_order_and_five_minutes(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await city.person(1000)
    first, second = await ordered(city, person), await ordered(city, person)
    consent = await agreed(city, person, first)
    await agreed(city, person, second)
    assert "还没有同意" in (await city.hospital.call("6202", named(second, payAuthNo=consent))).error
    monkeypatch.setattr(city.platform, "clock", lambda: datetime.now(CHINA) + timedelta(minutes=6))
    assert "还没有同意" in (await city.hospital.call("6202", named(first, payAuthNo=consent))).error


def refund(order: dict[str, Any], paid: dict[str, Any], kind: str = "ALL", serial: str = "R1", **other: Any) -> Any:
    amounts = {"totlRefdAmt": str(paid["feeSumamt"]), "psnAcctRefdAmt": str(paid["psnAcctPay"])}
    amounts |= {"fundRefdAmt": str(paid["fundPay"]), "cashRefdAmt": str(paid["ownPayAmt"])}
    who = {"payOrdId": order["payOrdId"], "ecToken": order["ecToken"]}
    return {"data": amounts | who | {"appRefdSn": f"{order['payOrdId']}{serial}"[-40:], "refdType": kind} | other}


async def paid_order(city: Any, person: Person) -> tuple[dict[str, Any], dict[str, Any]]:
    order = await ordered(city, person)
    consent = await agreed(city, person, order)
    paid = (await city.hospital.call("6202", named(order, payAuthNo=consent))).output["data"]
    return order, paid


async def test_a_refund_gives_everybody_his_part_back_once(city: Any) -> None:
    person = await city.person(3000)
    order, paid = await paid_order(city, person)
    assert await city.balance(person) == 0
    before = await city.books()
    assert "不一致" in (await city.hospital.call("6203", refund(order, paid, psnAcctRefdAmt="1.00"))).error
    assert await city.books() == before
    wanted = refund(order, paid)
    answers = await asyncio.gather(*(city.hospital.call("6203", wanted) for _ in range(3)))
    assert all(answer.output["data"]["refStatus"] == "SUCC" for answer in answers)
    assert len({answer.output["data"]["hiFefdSn"] for answer in answers}) == 1
    assert await city.balance(person) == 3000
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "7"
    again = await city.hospital.call("6203", refund(order, paid, serial="R2"))
    assert "已撤销" in again.error
    assert await city.balance(person) == 3000
    assert "已退款" in (await city.hospital.call("6202", named(order, payAuthNo="0" * 28))).error
    assert verify(city.platform.dsn).ok


async def test_what_was_returned_at_the_counter_is_not_refunded_again(city: Any) -> None:
    """Most of an order is returned in part; the refund is of what stands, and one of the whole is refused."""
    person = await city.person(30_00)
    order, paid = await paid_order(city, person)
    [(settlement,)] = await city.rows("select settlement_id from mobile_order where id = %s", order["payOrdId"])
    sender = Sender(
        institution=city.hospital.code,
        message_id=city.hospital.message("x", {})["msgid"],
        transaction="partial_return",
        input_hash=b"",
    )
    item = ReturnedItem(line_no="1", quantity=Decimal("0.9"))
    command = ReturnPart(sender=sender, person_no=person.person_no, settlement_id=settlement, items=(item,))
    done = await city.platform.batcher.submit(command)
    assert isinstance(done, Done), done
    split = done.settlement.split
    assert "不一致" in (await city.hospital.call("6203", refund(order, paid))).error
    left = {
        "feeSumamt": format_yuan(split.total),
        "psnAcctPay": format_yuan(split.own_total),
        "fundPay": format_yuan(split.fund),
        "ownPayAmt": format_yuan(split.cash),
    }
    assert (await city.hospital.call("6203", refund(order, left))).ok
    assert await city.balance(person) == 30_00
    assert verify(city.platform.dsn).ok


async def test_insurance_first_then_cash_in_parts(city: Any) -> None:
    person = await city.person(3000)
    order, paid = await paid_order(city, person)
    own = paid["ownPayAmt"]
    asked = (await city.hospital.call("6301", named(order))).output["data"]
    by_undo = refund(order, paid, "HI", cashRefdAmt="0", ecToken=asked["revsToken"])
    assert (await city.hospital.call("6203", by_undo)).ok
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "8"
    assert await city.balance(person) == 3000
    part = refund(order, paid, "CASH", "R2", cashRefdAmt="1.00", totlRefdAmt="1.00")
    assert (await city.hospital.call("6203", part)).ok
    assert (await city.hospital.call("6203", part)).ok
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "11"
    rest = refund(order, paid, "CASH", "R3", cashRefdAmt=str(own - 1), totlRefdAmt=str(own - 1))
    assert (await city.hospital.call("6203", rest)).ok
    assert (await city.hospital.call("6301", named(order))).output["data"]["ordStas"] == "7"
    more = refund(order, paid, "CASH", "R4", cashRefdAmt="0.01", totlRefdAmt="0.01")
    assert "不一致" in (await city.hospital.call("6203", more)).error


async def test_an_unpaid_order_is_taken_back_with_its_lines_and_a_paid_one_is_not(city: Any) -> None:
    person = await city.person(3000)
    order = await ordered(city, person)
    assert (await city.hospital.call("6401", named(order))).output["data"]["success"] is True
    assert (await city.hospital.call("6401", named(order))).output["data"]["success"] is True
    refused = await mobile_payment.pay(city.platform, order["payOrdId"])
    assert isinstance(refused, Refusal)
    paid, _ = await paid_order(city, person)
    assert "医保已支付" in (await city.hospital.call("6401", named(paid))).error


async def test_revoking_and_paying_at_one_time_does_one_of_both(city: Any) -> None:
    for _ in range(4):
        person = await city.person(3000)
        order = await ordered(city, person)
        paid, revoked = await asyncio.gather(
            mobile_payment.pay(city.platform, order["payOrdId"]), city.hospital.call("6401", named(order))
        )
        assert isinstance(paid, Refusal) is revoked.ok
        assert (await city.balance(person) == 3000) is revoked.ok
    assert verify(city.platform.dsn).ok


async def test_a_payment_that_a_crash_interrupted_is_finished_by_whoever_asks(city: Any) -> None:
    person = await city.person(3000)
    order = await ordered(city, person)
    await city.rows("update mobile_order set state = 'paying' where id = %s returning id", order["payOrdId"])
    asked = (await city.hospital.call("6301", named(order))).output["data"]
    assert asked["ordStas"] == "4"
    assert await city.balance(person) == 0


APP = {"app_id": "APP0000000000000001", "app_secret": "secret-of-the-app-000001"}


class Receiver:
    """An institution's server for 6302, which refuses every letter the first time."""

    def __init__(self) -> None:
        self.got: list[dict[str, Any]] = []
        self.letters: list[str] = []
        receiver = self

        class Handler(BaseHTTPRequestHandler):
            def do_POST(self) -> None:
                receiver.got.append(json.loads(self.rfile.read(int(self.headers["content-length"]))))
                letter = self.headers["x-gongji-delivery"]
                answer = json.dumps({"success": letter in receiver.letters, "message": ""}).encode()
                receiver.letters.append(letter)
                self.send_response(200)
                self.send_header("content-length", str(len(answer)))
                self.end_headers()
                self.wfile.write(answer)

            def log_message(self, *_: object) -> None:
                pass

        self.server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
        threading.Thread(target=self.server.serve_forever, args=(0.05,), daemon=True).start()

    @property
    def url(self) -> str:
        return f"http://127.0.0.1:{self.server.server_port}/notify"


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    made = Receiver()
    yield made
    made.server.shutdown()
    made.server.server_close()


async def test_the_centres_envelope_and_the_notice_of_a_payment(
    city: Any, receiver: Receiver, monkeypatch: pytest.MonkeyPatch
) -> None:
    public, private = ciphers.new_key_pair()
    registered = APP | {"public_key": public.hex(), "notify_url": receiver.url}
    app = mobile_envelope.app_of(registered)
    await city.rows(
        "update institution set credentials = credentials || %s where code = %s returning code",
        Jsonb({"mobile": registered}),
        city.hospital.code,
    )
    person = await city.person(3000)
    token = await token_of(city, city.hospital, person)
    content = upload(city.hospital, person, token)["data"]

    async def post(path: str, data: dict[str, Any], **changed: Any) -> dict[str, Any]:
        stamp = str(int(time.time() * 1000))
        body = mobile_envelope.sealed(app, data, private, public, timestamp=stamp) | changed
        answer: dict[str, Any] = (await city.http.post(f"/org/local/api/hos/{path}", json=body)).json()
        return answer

    theirs, _ = await mobile_centre.platform_keys(city.platform)

    def read(answer: dict[str, Any]) -> dict[str, Any]:
        assert answer["success"] is True, answer
        data = json.loads(ciphers.decrypt(mobile_envelope.data_key(app), bytes.fromhex(answer["encData"])))
        text = mobile_envelope.signed_text(answer | {"data": data}, app.secret)
        assert ciphers.verified(theirs, text, answer["signData"], app.uid)
        found: dict[str, Any] = data
        return found

    order = read(await post("uldFeeInfo", content))
    assert read(await post("uldFeeInfo", content)) == order
    assert (
        "signData 不正确"
        in (await post("uldFeeInfo", content, signData=base64.b64encode(b"0" * 64).decode()))["message"]
    )
    late = mobile_envelope.sealed(app, content, private, public, timestamp="1735783200000")
    answer = (await city.http.post("/org/local/api/hos/uldFeeInfo", json=late)).json()
    assert "请校准时钟" in answer["message"]
    assert "appId 没有登记" in (await post("uldFeeInfo", content, appId="nobody"))["message"]
    consent = await agreed(city, person, order)
    wanted = {"payOrdId": order["payOrdId"], "payToken": order["payToken"], "payAuthNo": consent, "orgBizSer": "1"}
    paid = read(await post("pay_order", wanted))
    assert paid["ordStas"] == "4"
    assert (await post("no_such_thing", wanted))["success"] is False

    monkeypatch.setattr(deliver, "wait_after", lambda *_: timedelta(0))
    notices = PaymentNotices(city.platform)
    deliverer = Deliverer(city.platform, {mobile_payment.LETTER: notices})
    told: list[tuple[dict[str, Any], dict[str, Any]]] = []
    for _ in range(40):
        await deliverer.round()
        opened = [(json.loads(_decrypted(app, got)), got) for got in receiver.got]
        told = [(data, got) for data, got in opened if data["payOrdId"] == order["payOrdId"]]
        if len(told) > 1:
            break
    await notices.close()
    assert len(told) == 2
    data, got = told[1]
    assert (data["callType"], data["feeSumamt"]) == ("02", "100.00")
    text = mobile_envelope.signed_text(got | {"data": data}, app.secret)
    assert ciphers.verified(theirs, text, got["signData"], app.uid)


def _decrypted(app: mobile_envelope.App, envelope: dict[str, Any]) -> bytes:
    return ciphers.decrypt(mobile_envelope.data_key(app), bytes.fromhex(envelope["encData"]))
