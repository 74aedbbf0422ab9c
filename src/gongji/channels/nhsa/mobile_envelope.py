"""The mobile payment centre's own envelope (移动支付中心报文): ``encData`` under SM4, ``signData`` by SM2.

It has no 18 fields. The text that is signed: every value but signData, encData, extra and empty ones, with ``data`` in
the clear, sorted by name, ``name=value`` joined by ``&``, objects as JSON sorted by key, then ``&key=<appSecret>``. The
key of the data: SM4 of the secret under the first 16 characters of appId, in upper-case hex, of which the first 16
characters. The sources disagree on the user id of SM2, which therefore stands with the institution's keys.
"""

import base64
import json
from collections.abc import Mapping
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import ciphers
from gongji.channels.nhsa.ciphers import CipherError

VERSION: Final = "2.0.1"
_UNSIGNED: Final = frozenset({"signData", "encData", "extra"})
_decoder: Final = msgspec.json.Decoder(dict[str, Any])


class App(msgspec.Struct, frozen=True, kw_only=True):
    """How an institution's program is known to the centre.

    Attributes:
        public_key: its SM2 key, 64 bytes.
        notify_url: where it is told of payments; empty: nowhere.
    """

    app_id: str
    secret: str
    public_key: bytes
    uid: str = ciphers.DEFAULT_UID
    notify_url: str = ""


def app_of(registered: Mapping[str, Any]) -> App:
    """The app as it is registered with the institution's keys.

    Raises:
        CipherError: a key has the wrong form.
        KeyError: one is missing.
    """
    app = App(
        app_id=str(registered["app_id"]),
        secret=str(registered["app_secret"]),
        public_key=ciphers.public_key(str(registered["public_key"])),
        uid=str(registered.get("uid", ciphers.DEFAULT_UID)),
        notify_url=str(registered.get("notify_url", "")),
    )
    data_key(app)
    return app


def data_key(app: App) -> bytes:
    """The SM4 key of an app's data."""
    secret = ciphers.encrypt(ciphers.sm4_key(app.app_id[:16]), app.secret.encode())
    return secret.hex().upper()[:16].encode()


def read_envelope(body: bytes) -> dict[str, Any] | None:
    """The envelope, or None when a body is none of this kind."""
    if b'"encData"' not in body or b'"appId"' not in body:
        return None
    try:
        found = _decoder.decode(body)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return None
    return found if isinstance(found.get("appId"), str) and isinstance(found.get("encData"), str) else None


def opened(envelope: Mapping[str, Any], app: App) -> dict[str, Any]:
    """The data of an envelope whose signature holds.

    Raises:
        CipherError: it cannot be decrypted, is no object, or the signature is wrong; the text says which.
    """
    plain = ciphers.decrypt(data_key(app), ciphers.read_text(envelope["encData"]))
    try:
        data = _decoder.decode(plain)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        raise CipherError("encData 解密后不是 JSON 对象") from None
    text = signed_text(dict(envelope) | {"data": data}, app.secret)
    if not ciphers.verified(app.public_key, text, str(envelope.get("signData", "")), app.uid):
        raise CipherError("signData 不正确，请核对 SM2 密钥、用户标识和签名原文")
    return data


def sealed(app: App, data: Mapping[str, Any], private: bytes, public: bytes, **more: Any) -> dict[str, Any]:
    """An envelope of ours: signed with the platform's key, readable by the app only."""
    envelope = {"appId": app.app_id, "version": VERSION, "encType": "SM4", "signType": "SM2", **more}
    text = signed_text(envelope | {"data": dict(data)}, app.secret)
    secret = ciphers.encrypt(data_key(app), _compact(data).encode())
    signature = base64.b64encode(ciphers.sign(private, public, text, app.uid)).decode()
    return envelope | {"encData": secret.hex().upper(), "signData": signature}


def signed_text(envelope: Mapping[str, Any], secret: str) -> bytes:
    """What ``signData`` signs."""
    parts = [
        f"{name}={_value(value)}"
        for name, value in sorted(envelope.items())
        if name not in _UNSIGNED and value not in (None, "")
    ]
    return "&".join([*parts, f"key={secret}"]).encode(errors="backslashreplace")


def _value(value: Any) -> str:
    return value if isinstance(value, str) else _compact(value)


def _compact(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, sort_keys=True, separators=(",", ":"), default=str)
