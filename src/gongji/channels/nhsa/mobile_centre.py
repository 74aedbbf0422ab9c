"""The mobile payment centre (移动支付中心): its envelope in, the same transactions, its envelope out; and 6302.

``/org/local/api/hos/uldFeeInfo`` and the other paths name the transaction; a path that ends in the code does too.
"""

import hashlib
from datetime import datetime, timedelta
from typing import Any, Final

import httpx
import msgspec

from gongji.channels.nhsa import ciphers, mobile_envelope
from gongji.channels.nhsa.ciphers import CipherError
from gongji.channels.nhsa.exchange import Answered, Exchange
from gongji.channels.nhsa.mobile_envelope import App, app_of
from gongji.channels.nhsa.orders import amounts, payment_words
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger import store
from gongji.service.deliver import DeliveryError
from gongji.service.mobile_payment import Paid, settled
from gongji.service.outbox import Taken
from gongji.service.people import institution_names
from gongji.service.platform import Platform

PATHS: Final = {
    "uldFeeInfo": "6201",
    "pay_order": "6202",
    "refund_Order": "6203",
    "query_order_info": "6301",
    "revoke_order": "6401",
}
CODES: Final = frozenset({"6201", "6202", "6203", "6204", "6301", "6401"})
SKEW: Final = timedelta(minutes=30)
KEYS: Final = "mobile_sm2"
"""Setting that holds the platform's own SM2 key, public then private, in hex."""
SECONDS: Final = 5.0
OK, FAILED = 0, -1
_encoder: Final = msgspec.json.Encoder(decimal_format="number")
_decoder: Final = msgspec.json.Decoder(dict[str, Any])


class MobileCentre:
    """Translates between the centre's envelope and ordinary messages."""

    def __init__(self, platform: Platform, exchange: Exchange) -> None:
        self._platform = platform
        self._exchange = exchange

    async def answer(self, envelope: dict[str, Any], path: str) -> Answered:
        """Answer an envelope; what cannot be read is answered unencrypted."""
        last = path.rstrip("/").rpartition("/")[2]
        infno = PATHS.get(last, last)
        if infno not in CODES:
            return _plain(f"地址 {path[:80]} 不是移动支付的交易，请核对接口地址")
        async with self._platform.pool.connection() as conn:
            cursor = await store.run(conn, "institution_of_app", app=envelope["appId"].replace("\x00", ""))
            row = await cursor.fetchone()
        if row is None:
            return _plain("appId 没有登记，请先在经办端登记")
        institution, keys = row
        app = app_of(keys["mobile"])
        try:
            data = mobile_envelope.opened(envelope, app)
        except CipherError as fault:
            return _plain(f"报文校验失败：{fault}")
        if not self._on_time(envelope.get("timestamp")):
            return _plain("报文校验失败：timestamp 与平台时间相差超过30分钟，请校准时钟")
        message = self._message(infno, institution, envelope, data)
        answered = await self._exchange.answer(_encoder.encode(message), {}, proved=institution)
        return msgspec.structs.replace(answered, body=await self._sealed(app, _decoder.decode(answered.body)))

    def _on_time(self, timestamp: Any) -> bool:
        text = str(timestamp)
        if not (text.isascii() and text.isdigit() and len(text) == len("1735783200000")):
            return False
        return abs(datetime.fromtimestamp(int(text) / 1000, CHINA) - self._platform.clock()) <= SKEW

    def _message(self, infno: str, institution: str, envelope: dict[str, Any], data: dict[str, Any]) -> dict[str, Any]:
        """An ordinary message; its id follows from the content, so that the same content again is the same message."""
        digest = hashlib.sha256(f"{infno}\n{institution}\n{envelope['encData'].upper()}".encode()).hexdigest()
        return {
            "infno": infno,
            "msgid": f"M{digest[:29]}",
            "fixmedins_code": institution,
            "inf_time": f"{self._platform.clock():%Y-%m-%d %H:%M:%S}",
            "input": {"data": data},
        }

    async def _sealed(self, app: App, answer: dict[str, Any]) -> bytes:
        done = answer.get("infcode") == OK
        public, private = await platform_keys(self._platform)
        output = (answer.get("output") or {}).get("data") or {}
        envelope = mobile_envelope.sealed(
            app,
            output,
            private,
            public,
            timestamp=str(int(self._platform.clock().timestamp() * 1000)),
            code=OK if done else FAILED,
            message=answer.get("err_msg") or "成功",
            success=done,
            type="success" if done else "error",
        )
        return _encoder.encode(envelope)


def _plain(text: str) -> Answered:
    body = _encoder.encode({"code": FAILED, "message": text, "success": False, "type": "error"})
    return Answered(body=body, outcome="rejected", reason="envelope")


async def platform_keys(platform: Platform) -> tuple[bytes, bytes]:
    """The platform's own SM2 key, public and private; the first process that needs it makes it for all."""
    public, private = ciphers.new_key_pair()
    async with platform.pool.connection() as conn:
        await store.run(conn, "claim_setting", key=KEYS, value=(public + private).hex())
        cursor = await store.run(conn, "setting", key=KEYS)
        (text,) = await cursor.fetchone() or ("",)
    both = bytes.fromhex(text)
    return both[:64], both[64:]


class PaymentNotices:
    """Tells institutions of payments (6302); the letter was written before the payment, so first it finds out."""

    def __init__(self, platform: Platform, seconds: float = SECONDS) -> None:
        self._platform = platform
        self._client = httpx.AsyncClient(timeout=seconds, follow_redirects=False, trust_env=False)

    async def deliver(self, taken: Taken) -> None:
        """Finish the payment if it was interrupted, and tell the institution."""
        paid = await settled(self._platform, taken.letter.payload["order"])
        if isinstance(paid, Refusal) or paid.settlement is None:
            return
        async with self._platform.pool.connection() as conn:
            cursor = await store.run(conn, "institution_credentials", code=paid.order.institution)
            (keys,) = await cursor.fetchone() or ({},)
        if not keys.get("mobile", {}).get("notify_url"):
            return
        await self._post(app_of(keys["mobile"]), await self._words(paid), str(taken.id))

    async def _words(self, paid: Paid) -> dict[str, Any]:
        order = paid.order
        names = await institution_names(self._platform, [order.institution])
        words = await payment_words(self._platform, paid)
        parts = amounts(order, paid.settlement)
        parts["ownpayAmt"] = parts.pop("ownPayAmt")
        return {
            **words,
            **{name: f"{amount:.2f}" for name, amount in parts.items()},
            "hiChrgTime": words["traceTime"][8:],
            "hiDocSn": order.settlement_id,
            "hiRgstSn": order.visit_id,
            "orgName": names.get(order.institution, ""),
        }

    async def _post(self, app: App, words: dict[str, Any], delivery: str) -> None:
        public, private = await platform_keys(self._platform)
        timestamp = str(int(self._platform.clock().timestamp() * 1000))
        body = mobile_envelope.sealed(app, words, private, public, timestamp=timestamp, transType="6302")
        headers = {"content-type": "application/json", "x-gongji-delivery": delivery}
        try:
            answer = await self._client.post(app.notify_url, content=_encoder.encode(body), headers=headers)
            told = _decoder.decode(answer.content)
        except httpx.TimeoutException:
            raise DeliveryError("timeout") from None
        except (httpx.TransportError, httpx.InvalidURL):
            raise DeliveryError("no connection") from None
        except (msgspec.MsgspecError, UnicodeDecodeError):
            raise DeliveryError("answer is no JSON") from None
        inner = told.get("data")
        if told.get("success") is not True and not (isinstance(inner, dict) and inner.get("success") is True):
            raise DeliveryError("not taken")

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()
