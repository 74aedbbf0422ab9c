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
from typing import Final

import msgspec

from gongji.channels.nhsa.protection import Sm2Signer

SKEW_SECONDS_MAX: Final = 30 * 60
"""A request is refused when its clock differs by more; Hunan's gateway has the same limit."""

_SECONDS: Final = re.compile(r"[0-9]{10}")
_MILLISECONDS: Final = re.compile(r"[0-9]{13}")
_API_SIGNED: Final = ("_api_access_key", "_api_name", "_api_timestamp", "_api_version")
_TIF: Final = ("x-tif-paasid", "x-tif-timestamp", "x-tif-nonce", "x-tif-signature")


class Scheme(StrEnum):
    """The ways to sign, strongest first."""

    CA = "x-ca"
    """Zhejiang: HMAC-SM3 over timestamp and body."""
    TIF = "x-tif"
    """Guangdong, Inner Mongolia, Hebei: SHA-256 over timestamp, secret, nonce, timestamp."""
    API = "_api"
    """Hunan: HMAC-SHA1 over the other four headers."""
    BEARER = "oauth2"
    """Jilin: a bearer token that the institution got with its own client credentials."""
    API_KEY = "apikey"
    """Inner Mongolia's main call: the key itself."""
    NONE = "none"
    """No signature at all: in a sandbox only."""
    SM2 = "sm2"
    """Beside any of the others: an SM2 signature in the message itself (``cainfo``)."""


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
    sm2: Sm2Signer | None = None
    sm4: bytes | None = None
    accepts: frozenset[Scheme] | None = None
    """The ways this institution may use; None: all for which it has a key, and none at all in a sandbox."""

    def allows(self, scheme: Scheme) -> bool:
        """Whether the institution may use a way."""
        return self.accepts is None or scheme in self.accepts

    @property
    def signs_messages(self) -> bool:
        """Whether each message must have an SM2 signature."""
        return self.accepts is not None and Scheme.SM2 in self.accepts


class Signed(msgspec.Struct, frozen=True):
    """The signature is right; ``key`` is the key id, empty for ``apikey``, whose key is the secret itself.

    ``nonce`` must be new, where the way has one: sender and nonce as one text.
    """

    scheme: Scheme
    key: str
    nonce: str = ""


class Unsigned(msgspec.Struct, frozen=True):
    """No signature header is present; whether that is allowed is for the caller to say."""


class SignatureFault(msgspec.Struct, frozen=True):
    """The signature is wrong or incomplete; ``text`` says in Chinese what to correct."""

    text: str


class _FaultError(Exception):
    """A check failed; the message is the Chinese text."""


class Adapter(msgspec.Struct, frozen=True):
    """One way to sign headers: which of them tell of it, and how it is checked."""

    scheme: Scheme
    names: tuple[str, ...]
    check: "Callable[[dict[str, str], bytes, Credentials, datetime], Signed]"

    def speaks(self, headers: Mapping[str, str]) -> bool:
        """Whether a request is signed, or begun to be signed, this way."""
        return any(name in headers for name in self.names)


def verify(
    headers: Mapping[str, str], body: bytes, credentials: Credentials, now: datetime
) -> Signed | Unsigned | SignatureFault:
    """Check the signature headers of a request; whether a nonce is new is for the caller to find out.

    Args:
        headers: header names in any case.
        body: the bytes as received.
        credentials: the keys of the institution that the body names.
        now: aware current time.
    """
    known = {name.lower(): value.strip() for name, value in headers.items()}
    adapter = next((one for one in ADAPTERS if one.speaks(known)), None)
    if adapter is None:
        return Unsigned()
    if not credentials.allows(adapter.scheme):
        return SignatureFault(f"本机构没有登记使用 {adapter.scheme.value} 方式，请改用登记的签名方式")
    try:
        return adapter.check(known, body, credentials, now)
    except _FaultError as fault:
        return SignatureFault(str(fault))


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


def _verify_ca(headers: dict[str, str], body: bytes, credentials: Credentials, now: datetime) -> Signed:
    _require(headers, ("x-ca-key", "x-ca-signature"))
    pair = _registered(credentials.ca, headers["x-ca-key"], "x-ca-key")
    timestamp, _, digest = headers["x-ca-signature"].partition(":")
    _check_clock(timestamp, _SECONDS, now, "x-ca-signature")
    _check_digest(digest.upper(), _ca_digest(pair, timestamp, body), "x-ca-signature")
    return Signed(Scheme.CA, pair.key)


def _verify_tif(headers: dict[str, str], _body: bytes, credentials: Credentials, now: datetime) -> Signed:
    _require(headers, _TIF)
    pair = _registered(credentials.tif, headers["x-tif-paasid"], "x-tif-paasid")
    timestamp, nonce = headers["x-tif-timestamp"], headers["x-tif-nonce"]
    _check_clock(timestamp, _SECONDS, now, "x-tif-timestamp")
    _check_digest(headers["x-tif-signature"].lower(), _tif_digest(pair, nonce, timestamp), "x-tif-signature")
    return Signed(Scheme.TIF, pair.key, f"{pair.key}:{nonce}")


def _verify_api(headers: dict[str, str], _body: bytes, credentials: Credentials, now: datetime) -> Signed:
    _require(headers, (*_API_SIGNED, "_api_signature"))
    pair = _registered(credentials.api, headers["_api_access_key"], "_api_access_key")
    _check_clock(headers["_api_timestamp"], _MILLISECONDS, now, "_api_timestamp")
    _check_digest(headers["_api_signature"], _api_digest(pair, headers), "_api_signature")
    return Signed(Scheme.API, pair.key)


def _verify_api_key(headers: dict[str, str], _body: bytes, credentials: Credentials, _now: datetime) -> Signed:
    if not credentials.api_key:
        raise _FaultError("本机构没有登记 apikey，请先在经办端登记")
    _check_digest(headers["apikey"], credentials.api_key, "apikey")
    return Signed(Scheme.API_KEY, "")


ADAPTERS: Final = (
    Adapter(Scheme.CA, ("x-ca-signature", "x-ca-key"), _verify_ca),
    Adapter(Scheme.TIF, _TIF, _verify_tif),
    Adapter(Scheme.API, (*_API_SIGNED, "_api_signature"), _verify_api),
    Adapter(Scheme.API_KEY, ("apikey",), _verify_api_key),
)
"""Strongest first; where a request is signed in several ways, the first counts."""


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
