"""Who may send: institutions with their keys, and the nonces they have used (网关认证)."""

import time
from collections.abc import Mapping
from datetime import datetime
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import signing
from gongji.channels.nhsa.signing import Credentials, KeyPair, SignatureFault, Unsigned
from gongji.core.person import Institution
from gongji.service.people import registered_institution
from gongji.service.platform import Platform

FRESH_SECONDS: Final = 10.0
"""How long an institution is remembered: a key that was withdrawn is refused after this time at the latest."""

MAX_INSTITUTIONS: Final = 20_000
MAX_NONCES: Final = 200_000
NONCE_SECONDS: Final = 2 * signing.SKEW_SECONDS_MAX
"""A clock may be early or late by the skew, so that a signature is good for twice as long."""

API_NAME: Final = "_api_name"


class Known(msgspec.Struct, frozen=True):
    """An institution as it was read, and until when that counts."""

    institution: Institution
    credentials: Credentials
    until: float


class Senders:
    """Institutions by code, read at most every few seconds; unknown ones are asked for each time."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform
        self._known: dict[str, Known] = {}
        self._nonces = Nonces()

    async def find(self, code: str) -> Known | None:
        """The institution of that code."""
        known = self._known.get(code)
        if known and known.until > time.monotonic():
            return known
        found = await registered_institution(self._platform, code)
        if found is None:
            self._known.pop(code, None)
            return None
        if len(self._known) >= MAX_INSTITUTIONS:
            self._known.clear()
        institution, keys = found
        known = Known(institution, credentials_of(keys), time.monotonic() + FRESH_SECONDS)
        self._known[code] = known
        return known

    def fault(
        self,
        known: Known | None,
        infno: str,
        headers: Mapping[str, str],
        body: bytes,
        now: datetime,
        *,
        unsigned_allowed: bool,
    ) -> str | None:
        """Why the request is not taken for the institution's own, in Chinese; None when it is."""
        credentials = known.credentials if known else Credentials()
        verdict = signing.verify(headers, body, credentials, now, nonce_is_new=self._nonces.is_new)
        if isinstance(verdict, SignatureFault):
            return f"网关签名校验失败：{verdict.text}"
        if isinstance(verdict, Unsigned) and not unsigned_allowed:
            return "网关签名校验失败：缺少签名请求头，请使用本机构登记的密钥签名"
        if headers.get(API_NAME, infno) != infno:
            return f"网关签名校验失败：{API_NAME} 与报文的 infno（交易编号）不一致"
        return None


class Nonces:
    """Nonces of the last hour. When there are too many, the oldest are forgotten: message ids still tell repeats."""

    def __init__(self, limit: int = MAX_NONCES) -> None:
        self._limit = limit
        self._until: dict[str, float] = {}

    def is_new(self, nonce: str) -> bool:
        """Remember a nonce and say whether it was unknown."""
        now = time.monotonic()
        while self._until:
            oldest = next(iter(self._until))
            if self._until[oldest] > now and len(self._until) < self._limit:
                break
            del self._until[oldest]
        if nonce in self._until:
            return False
        self._until[nonce] = now + NONCE_SECONDS
        return True


def credentials_of(keys: Mapping[str, Any]) -> Credentials:
    """The keys as they are registered with the institution."""
    return Credentials(
        ca=_pair(keys.get("x_ca"), "key"),
        tif=_pair(keys.get("x_tif"), "paasid"),
        api=_pair(keys.get("api"), "access_key"),
        api_key=keys.get("apikey"),
    )


def _pair(registered: Any, name: str) -> KeyPair | None:
    if not isinstance(registered, dict) or name not in registered or "secret" not in registered:
        return None
    return KeyPair(registered[name], registered["secret"])
