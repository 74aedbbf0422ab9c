"""Gateway signatures (网关签名) in the request headers: who sends, checked before anything else is read.

Provinces differ: Hunan signs four ``_api_*`` headers with HMAC-SHA1, Guangdong hashes timestamp, secret and nonce
(``x-tif-*``), Zhejiang signs timestamp and body with HMAC-SM3 (``x-ca-*``), others send a bare ``apikey``. Only
Zhejiang's covers the body. Where several are present, the strongest counts.
"""

import base64
import hashlib
import hmac
import re
from collections.abc import Callable, Mapping
from datetime import datetime
from enum import StrEnum
from typing import Final, TypeAlias

import msgspec

SKEW_SECONDS_MAX: Final = 30 * 60
"""A request is refused when its clock differs by more; Hunan's gateway has the same limit."""

_SECONDS: Final = re.compile(r"[0-9]{10}")
_MILLISECONDS: Final = re.compile(r"[0-9]{13}")
_API_SIGNED: Final = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
_TIF: Final = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")

NonceCheck: TypeAlias = Callable[[str], bool]
"""Takes sender and nonce as one text, remembers it for twice the skew, and says whether it is new."""


class Scheme(StrEnum):
    """The ways to sign, strongest first."""

    CA = "x-ca"
    """Zhejiang: HMAC-SM3 over timestamp and body."""
    TIF = "x-tif"
    """Guangdong, Inner Mongolia, Hebei: SHA-256 over timestamp, secret, nonce, timestamp."""
    API = "_api"
    """Hunan: HMAC-SHA1 over the other four headers."""
    API_KEY = "apikey"
    """Inner Mongolia's main call: the key itself."""


class KeyPair(msgspec.Struct, frozen=True):
    """The public key id and the secret of one scheme."""

    key: str
    secret: str


class Credentials(msgspec.Struct, frozen=True, kw_only=True):
    """What an institution may sign with; None where it has no key of that kind."""

    ca: KeyPair | None = None
    tif: KeyPair | None = None
    api: KeyPair | None = None
    api_key: str | None = None


class Signed(msgspec.Struct, frozen=True):
    """The signature is right; ``key`` is the key id, empty for ``apikey``, whose key is the secret itself."""

    scheme: Scheme
    key: str


class Unsigned(msgspec.Struct, frozen=True):
    """No signature header is present; whether that is allowed is for the caller to say."""


class SignatureFault(msgspec.Struct, frozen=True):
    """The signature is wrong or incomplete; ``text`` says in Chinese what to correct."""

    text: str


class _FaultError(Exception):
    """A check failed; the message is the Chinese text."""


def verify(
    headers: Mapping[str, str],
    body: bytes,
    credentials: Credentials,
    now: datetime,
    *,
    nonce_is_new: NonceCheck,
) -> Signed | Unsigned | SignatureFault:
    """Check the signature headers of a request.

    Args:
        headers: header names in any case.
        body: the bytes as received.
        credentials: the keys of the institution that the body names.
        now: aware current time.
        nonce_is_new: called only for a signature that is right, so that nobody else can use up a nonce.
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    try:
        if "x-ca-signature" in known or "x-ca-key" in known:
            return _verify_ca(known, body, credentials.ca, now)
        if any(name in known for name in _TIF):
            return _verify_tif(known, credentials.tif, now, nonce_is_new)
        if "_api_signature" in known or any(name in known for name in _API_SIGNED):
            return _verify_api(known, credentials.api, now)
        if "apikey" in known:
            return _verify_api_key(known["apikey"], credentials.api_key)
    except _FaultError as fault:
        return SignatureFault(str(fault))
    return Unsigned()


def sign_ca(pair: KeyPair, body: bytes, now: datetime) -> dict[str, str]:
    """The headers of Zhejiang's scheme for a body."""
    timestamp = str(int(now.timestamp()))
    return {"x-ca-key": pair.key, "x-ca-signature": f"{timestamp}:{_ca_digest(pair, timestamp, body)}"}


def sign_tif(pair: KeyPair, nonce: str, now: datetime) -> dict[str, str]:
    """The headers of Guangdong's scheme; a nonce is used once."""
    timestamp = str(int(now.timestamp()))
    digest = _tif_digest(pair, nonce, timestamp)
    return dict(zip(_TIF, (pair.key, timestamp, nonce, digest), strict=True))


def sign_api(pair: KeyPair, name: str, version: str, now: datetime) -> dict[str, str]:
    """The headers of Hunan's scheme; ``name`` is the infno."""
    timestamp = str(int(now.timestamp() * 1000))
    headers = dict(zip(_API_SIGNED, (pair.key, name, timestamp, version), strict=True))
    return headers | {"_api_signature": _api_digest(pair, headers)}


def _verify_ca(headers: dict[str, str], body: bytes, pair: KeyPair | None, now: datetime) -> Signed:
    _require(headers, ("x-ca-key", "x-ca-signature"))
    pair = _registered(pair, headers["x-ca-key"], "x-ca-key")
    timestamp, _, digest = headers["x-ca-signature"].partition(":")
    _check_clock(timestamp, _SECONDS, now, "x-ca-signature")
    _check_digest(digest.upper(), _ca_digest(pair, timestamp, body), "x-ca-signature")
    return Signed(Scheme.CA, pair.key)


def _verify_tif(headers: dict[str, str], pair: KeyPair | None, now: datetime, nonce_is_new: NonceCheck) -> Signed:
    _require(headers, _TIF)
    pair = _registered(pair, headers["x-tif-paasid"], "x-tif-paasid")
    timestamp, nonce = headers["x-tif-timestamp"], headers["x-tif-nonce"]
    _check_clock(timestamp, _SECONDS, now, "x-tif-timestamp")
    _check_digest(headers["x-tif-signature"].lower(), _tif_digest(pair, nonce, timestamp), "x-tif-signature")
    if not nonce_is_new(f"{pair.key}:{nonce}"):
        raise _FaultError("x-tif-nonce 已经用过，每次请求（包括重发）请使用新的随机数")
    return Signed(Scheme.TIF, pair.key)


def _verify_api(headers: dict[str, str], pair: KeyPair | None, now: datetime) -> Signed:
    _require(headers, (*_API_SIGNED, "_api_signature"))
    pair = _registered(pair, headers["_api_access_key"], "_api_access_key")
    _check_clock(headers["_api_timestamp"], _MILLISECONDS, now, "_api_timestamp")
    _check_digest(headers["_api_signature"], _api_digest(pair, headers), "_api_signature")
    return Signed(Scheme.API, pair.key)


def _verify_api_key(key: str, expected: str | None) -> Signed:
    if not expected:
        raise _FaultError("本机构没有登记 apikey，请先在经办端登记")
    _check_digest(key, expected, "apikey")
    return Signed(Scheme.API_KEY, "")


def _require(headers: dict[str, str], names: tuple[str, ...]) -> None:
    missing = [name for name in names if not headers.get(name)]
    if missing:
        raise _FaultError(f"缺少请求头 {'、'.join(missing)}")


def _registered(pair: KeyPair | None, key: str, header: str) -> KeyPair:
    if pair is None or not pair.secret or not _same(pair.key, key):
        raise _FaultError(f"{header} 不是本机构登记的密钥编号")
    return pair


def _check_clock(timestamp: str, form: re.Pattern[str], now: datetime, header: str) -> None:
    if not form.fullmatch(timestamp):
        unit = "13位毫秒" if form is _MILLISECONDS else "10位秒"
        raise _FaultError(f"{header} 的时间戳应为{unit}数")
    seconds = int(timestamp) / 1000 if form is _MILLISECONDS else int(timestamp)
    if abs(now.timestamp() - seconds) > SKEW_SECONDS_MAX:
        raise _FaultError(f"{header} 的时间戳与平台时间相差超过30分钟，请校准时钟")


def _check_digest(received: str, expected: str, header: str) -> None:
    if not _same(received, expected):
        raise _FaultError(f"{header} 不正确，请核对密钥和签名算法")


def _same(left: str, right: str) -> bool:
    return hmac.compare_digest(left.encode(errors="backslashreplace"), right.encode(errors="backslashreplace"))


def _ca_digest(pair: KeyPair, timestamp: str, body: bytes) -> str:
    return hmac.new(pair.secret.encode(), timestamp.encode() + b"\n" + body, "sm3").hexdigest().upper()


def _tif_digest(pair: KeyPair, nonce: str, timestamp: str) -> str:
    text = f"{timestamp}{pair.secret}{nonce}{timestamp}"
    return hashlib.sha256(text.encode(errors="backslashreplace")).hexdigest()


def _api_digest(pair: KeyPair, headers: Mapping[str, str]) -> str:
    text = "&".join(f"{name}={headers[name]}" for name in _API_SIGNED)
    digest = hmac.new(pair.secret.encode(), text.encode(errors="backslashreplace"), hashlib.sha1).digest()
    return base64.b64encode(digest).decode()
