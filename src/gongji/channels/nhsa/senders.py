"""Who may send: institutions with their keys, and the nonces they have used (网关认证)."""

import asyncio
import time
from collections.abc import Mapping
from datetime import datetime, timedelta
from itertools import takewhile
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import signing
from gongji.channels.nhsa.ciphers import DEFAULT_UID, public_key, sm4_key
from gongji.channels.nhsa.protection import Opened, Sm2Signer, is_encrypted, opened, sender_of, signature_fault
from gongji.channels.nhsa.signing import Credentials, KeyPair, Scheme, SignatureFault, Signed, Unsigned
from gongji.core.person import Institution
from gongji.core.scopes import Scope
from gongji.service.nonces import nonce_is_new
from gongji.service.oauth.granted import principal_of
from gongji.service.people import registered_institutions
from gongji.service.platform import Platform
from gongji.service.secret import hash_token

FRESH_SECONDS: Final = 10.0
"""How long an institution is remembered: a key that was withdrawn is refused after this time at the latest."""

MAX_INSTITUTIONS: Final = 20_000
MAX_TOKENS: Final = 20_000
NONCE_LIFE: Final = timedelta(seconds=2 * signing.SKEW_SECONDS_MAX)
"""A clock may be early or late by the skew, so that a signature is good for twice as long."""

API_NAME: Final = "_api_name"
BEARER: Final = "bearer "


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
        self._asked: set[str] = set()
        self._reading: dict[str, asyncio.Task[None]] = {}
        self._tokens: dict[bytes, tuple[str, float]] = {}

    async def find(self, code: str) -> Known | None:
        """The institution of that code."""
        known = self._known.get(code)
        if known and known.until > time.monotonic():
            self._asked.add(code)
            return known
        task = self._reading.get(code)
        if task is None:
            due = self._due(code)
            task = asyncio.create_task(self._read(due))
            self._reading.update(dict.fromkeys(due, task))
        # Whoever hangs up does not take the answer from the others.
        await asyncio.shield(task)
        return self._known.get(code)

    def _due(self, code: str) -> list[str]:
        """What is read with an institution: all that were asked for lately and are as old. The others are forgotten."""
        if code not in self._known:
            return [code]
        now = time.monotonic()
        # They stand in the order in which they were read.
        old = {other for other, known in takewhile(lambda item: item[1].until <= now, self._known.items())}
        for other in old - self._asked - {code}:
            del self._known[other]
        due = (old & self._asked | {code}) - self._reading.keys()
        self._asked -= due
        return list(due)

    async def _read(self, codes: list[str]) -> None:
        try:
            found = await registered_institutions(self._platform, codes)
        finally:
            for code in codes:
                del self._reading[code]
                self._known.pop(code, None)
        if len(self._known) >= MAX_INSTITUTIONS:
            self._known.clear()
        until = time.monotonic() + FRESH_SECONDS
        for code, (institution, keys) in found.items():
            try:
                self._known[code] = Known(institution, credentials_of(keys), until)
            except ValueError:
                # Keys of a wrong form harm only the institution that has them, which is then read alone.
                if len(codes) == 1:
                    raise

    async def fault(
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
        verdict = signing.verify(headers, body, credentials, now)
        if isinstance(verdict, Unsigned) and headers.get("authorization", "").lower().startswith(BEARER):
            verdict = await self._by_token(known, headers["authorization"][len(BEARER) :].strip())
        if isinstance(verdict, SignatureFault):
            return f"网关签名校验失败：{verdict.text}"
        if isinstance(verdict, Unsigned) and not (unsigned_allowed and credentials.allows(Scheme.NONE)):
            return "网关签名校验失败：缺少签名请求头，请使用本机构登记的密钥签名"
        if (
            isinstance(verdict, Signed)
            and verdict.nonce
            and not await nonce_is_new(self._platform, verdict.nonce, NONCE_LIFE)
        ):
            return "网关签名校验失败：x-tif-nonce 已经用过，每次请求（包括重发）请使用新的随机数"
        if headers.get(API_NAME, infno) != infno:
            return f"网关签名校验失败：{API_NAME} 与报文的 infno（交易编号）不一致"
        return None

    async def _by_token(self, known: Known | None, token: str) -> Signed | SignatureFault:
        """A bearer token of the institution's own client (OAuth2 client credentials)."""
        if known is None or not known.credentials.allows(Scheme.BEARER):
            return SignatureFault("本机构没有登记使用 oauth2 方式，请改用登记的签名方式")
        hashed, moment = hash_token(token), time.monotonic()
        owner, until = self._tokens.get(hashed, ("", 0.0))
        if until <= moment:
            principal = await principal_of(self._platform, token)
            may = principal is not None and Scope.GATEWAY.value in principal.scopes
            owner = (principal.institution or "") if principal and may else ""
            if len(self._tokens) >= MAX_TOKENS:
                self._tokens.clear()
            self._tokens[hashed] = (owner, moment + FRESH_SECONDS)
        if owner != known.institution.code:
            return SignatureFault("Authorization 令牌无效、已过期，或不是本机构的，请用本机构的 client_id 重新获取")
        return Signed(Scheme.BEARER, owner)

    async def opened(self, body: bytes) -> Opened:
        """The body with its input decrypted, if it is encrypted."""
        if not is_encrypted(body):
            return Opened(body=body)
        known = await self.find(sender_of(body))
        return opened(body, known.credentials.sm4 if known else None)

    def message_fault(self, known: Known | None, body: bytes) -> str | None:
        """Why the message's own signature does not hold; None when it holds or none is asked for."""
        if known is None:
            return None
        credentials = known.credentials
        return signature_fault(body, credentials.sm2, required=credentials.signs_messages)


def credentials_of(keys: Mapping[str, Any]) -> Credentials:
    """The keys as they are registered with the institution.

    Raises:
        CipherError: an SM2 or SM4 key has the wrong form.
        ValueError: a way to sign is unknown.
    """
    accepts = keys.get("accepts")
    return Credentials(
        ca=_pair(keys.get("x_ca"), "key"),
        tif=_pair(keys.get("x_tif"), "paasid"),
        api=_pair(keys.get("api"), "access_key"),
        api_key=keys.get("apikey"),
        sm2=_signer(keys["sm2"]) if "sm2" in keys else None,
        sm4=sm4_key(str(keys["sm4"])) if "sm4" in keys else None,
        accepts=None if accepts is None else frozenset(Scheme(name) for name in accepts),
    )


def _signer(registered: Mapping[str, Any]) -> Sm2Signer:
    over = str(registered.get("over", "input"))
    if over not in ("input", "envelope"):
        raise ValueError(f"sm2.over {over!r} is neither input nor envelope")
    return Sm2Signer(
        public_key=public_key(str(registered.get("public_key", ""))),
        uid=str(registered.get("uid", DEFAULT_UID)),
        over=over,
    )


def _pair(registered: Any, name: str) -> KeyPair | None:
    if not isinstance(registered, dict) or name not in registered or "secret" not in registered:
        return None
    return KeyPair(registered[name], registered["secret"])
