"""Consent, exchange, renewal and return of tokens, each one transaction (授权与换取令牌)."""

import base64
import binascii
import secrets
from collections.abc import Mapping
from datetime import datetime, timedelta
from http import HTTPStatus
from typing import Final

import msgspec
from authlib.common.urls import add_params_to_uri
from authlib.oauth2.rfc6749 import OAuth2Error
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope, read_scopes
from gongji.ledger import store
from gongji.service import throttle
from gongji.service.oauth.clients import Client, read_client
from gongji.service.oauth.protocol import ACCESS_SECONDS, Held, Reply, Request, Server
from gongji.service.people import people_by_number
from gongji.service.platform import Platform
from gongji.service.secret import hash_token, new_token

CODE_LIFE: Final = timedelta(minutes=2)
REFRESH_LIFE: Final = timedelta(days=30)
GRANT_LIFE: Final = timedelta(days=180)
"""How long a person's consent lasts; then he is asked again."""

ASKED: Final = (
    "response_type",
    "client_id",
    "redirect_uri",
    "scope",
    "state",
    "code_challenge",
    "code_challenge_method",
)
"""Parameters of a request for consent."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """What a channel asks a person for, after all checks of form.

    Attributes:
        card_bound: the person has shown this channel's page his card before, and that consent lasts.
    """

    client: Client
    scopes: tuple[Scope, ...]
    redirect_uri: str
    expires_at: datetime
    card_bound: bool


class RejectedError(Exception):
    """The request is wrong; ``back`` is where to send the person, or None when nobody may be trusted with him."""

    def __init__(self, back: str | None) -> None:
        super().__init__("authorization request rejected")
        self.back = back


async def consent_wanted(platform: Platform, person_no: str, values: Mapping[str, str]) -> Wanted:
    """Check a request for consent.

    Raises:
        RejectedError: it is not one that may be shown.
    """
    async with platform.pool.connection() as conn:
        client = await _live_client(conn, values.get("client_id", ""))
        request = Request("GET", values, {})
        server = Server(client)
        try:
            grant = server.get_consent_grant(request)
            scopes = read_scopes(request.scope)
        except (OAuth2Error, ValueError) as fault:
            raise RejectedError(_back(server, fault)) from None
        now = platform.clock()
        cursor = await store.run(conn, "oauth_grant_live", person_no=person_no, client=grant.client.id, now=now)
        return Wanted(
            client=grant.client,
            scopes=scopes,
            redirect_uri=grant.redirect_uri,
            expires_at=now + GRANT_LIFE,
            card_bound=await cursor.fetchone() is not None,
        )


def _back(server: Server, fault: Exception) -> str | None:
    """Where an error is told: to the channel, if the address is one of its own."""
    if not isinstance(fault, OAuth2Error) or not fault.redirect_uri:
        return None
    reply: Reply = server.handle_response(*fault())
    return reply.headers.get("Location")


def back_to(wanted: Wanted, values: Mapping[str, str], **answer: str) -> str:
    """The address that takes the person and the answer back to the channel."""
    state = values.get("state")
    params = [*answer.items(), *([("state", state)] if state else [])]
    return str(add_params_to_uri(wanted.redirect_uri, params))


async def consent(platform: Platform, person_no: str, values: Mapping[str, str], card_no: str) -> str | Refusal:
    """A person allows what was asked: his address back to the channel, with a code.

    He must have been real-name verified and, the first time, bind his card by its number (绑定社保卡).

    Raises:
        RejectedError: the request is not one that may be answered.
    """
    wanted = await consent_wanted(platform, person_no, values)
    async with platform.pool.connection() as conn:
        refusal = await _may_consent(conn, platform, person_no, wanted, card_no)
        if refusal:
            return refusal
        now, code, grant = platform.clock(), new_token(), f"gr-{secrets.token_hex(8)}"
        async with conn.transaction():
            # The row of the person keeps two consents at one time apart.
            await store.lock_accounts(conn, [person_no])
            await store.run(conn, "replace_oauth_grant", person_no=person_no, client=wanted.client.id, now=now)
            await store.run(
                conn,
                "add_oauth_grant",
                id=grant,
                client=wanted.client.id,
                person_no=person_no,
                scopes=[scope.value for scope in wanted.scopes],
                now=now,
                expires=wanted.expires_at,
            )
            await store.run(
                conn,
                "add_oauth_code",
                code_hash=hash_token(code),
                grant=grant,
                redirect_uri=wanted.redirect_uri,
                challenge=values["code_challenge"],
                expires=now + CODE_LIFE,
            )
    return back_to(wanted, values, code=code)


async def _may_consent(
    conn: AsyncConnection, platform: Platform, person_no: str, wanted: Wanted, card_no: str
) -> Refusal | None:
    person = (await people_by_number(conn, [person_no]))[person_no]
    if not person.real_name_verified:
        return refuse(Code.NOT_REAL_NAME)
    if wanted.card_bound:
        return None
    if not card_no.strip():
        return refuse(Code.INPUT_INVALID, field="card_no", what="请填写您的社保卡号")
    refusal = await throttle.count(conn, platform, throttle.CARD, person_no)
    if refusal:
        return refusal
    if card_no.strip().upper() != person.card_no.upper():
        return refuse(Code.CARD_MISMATCH, field="card_no")
    await throttle.forget(conn, throttle.CARD, person_no)
    return None


async def answer_token_request(
    platform: Platform, form: Mapping[str, str], headers: Mapping[str, str], address: str
) -> Reply | Refusal:
    """Exchange a code or a refresh token, or let an institution's service in."""
    if await _is_shut(platform, address):
        return refuse(Code.LOGIN_LOCKED)
    async with platform.pool.connection() as conn, conn.transaction():
        client = await _live_client(conn, _client_id(form, headers))
        now = platform.clock()
        code = await _code(conn, form.get("code", ""), now)
        token = await _token(conn, form.get("refresh_token", ""), now, kind="refresh")
        server = Server(client, code, token)
        reply: Reply = server.create_token_response(Request("POST", form, headers))
        await _write(conn, server, form, now)
    if reply.status != HTTPStatus.OK:
        await throttle.count_once(platform, throttle.TOKEN_FAILURES, address)
    return reply


async def _is_shut(platform: Platform, address: str) -> bool:
    async with platform.pool.connection() as conn:
        return await throttle.is_spent(conn, platform, throttle.TOKEN_FAILURES, address)


async def _write(conn: AsyncConnection, server: Server, form: Mapping[str, str], now: datetime) -> None:
    """What Authlib decided, once the answer is certain."""
    held = server.token if form.get("grant_type") == "refresh_token" else server.code
    if server.misused and held and held.grant:
        await store.run(conn, "revoke_oauth_grant", id=held.grant, now=now, why="reused")
    issued, client = server.issued, server.client
    if issued is None or client is None:
        return
    grant = None
    if form.get("grant_type") == "authorization_code":
        await store.run(conn, "use_oauth_code", code_hash=hash_token(form["code"]), now=now)
        grant = server.code
    elif form.get("grant_type") == "refresh_token":
        await store.run(conn, "use_oauth_token", token_hash=hash_token(form["refresh_token"]), now=now)
        grant = server.token
    scopes = issued["scope"].split() or [scope.value for scope in client.scopes]
    tokens = [("access", issued["access_token"], scopes, timedelta(seconds=ACCESS_SECONDS))]
    if grant and "refresh_token" in issued:
        # A renewal may ask for less; the next one may ask for all again.
        tokens.append(("refresh", issued["refresh_token"], list(grant.scopes), REFRESH_LIFE))
    for kind, text, allowed, life in tokens:
        await store.run(
            conn,
            "add_oauth_token",
            token_hash=hash_token(text),
            kind=kind,
            client=client.id,
            grant=grant.grant if grant else None,
            scopes=allowed,
            expires=now + life,
        )


async def give_back(platform: Platform, form: Mapping[str, str], headers: Mapping[str, str]) -> Reply:
    """A channel returns a token: an access token alone, a refresh token with everything of its grant (RFC 7009)."""
    async with platform.pool.connection() as conn, conn.transaction():
        client = await _live_client(conn, _client_id(form, headers))
        now, text = platform.clock(), form.get("token", "")
        held = await _token(conn, text, now)
        server = Server(client, token=held)
        reply: Reply = server.create_endpoint_response("revocation", Request("POST", form, headers))
        if server.revoked:
            await store.run(conn, "revoke_oauth_token", token_hash=hash_token(text), now=now)
            if held and held.grant and held.kind == "refresh":
                await store.run(conn, "revoke_oauth_grant", id=held.grant, now=now, why="client")
    return reply


def _client_id(form: Mapping[str, str], headers: Mapping[str, str]) -> str:
    """The channel a request names: in the Basic header or in the form."""
    scheme, _, rest = headers.get("authorization", "").partition(" ")
    if scheme.lower() != "basic":
        return form.get("client_id", "")
    try:
        return base64.b64decode(rest, validate=True).decode().partition(":")[0]
    except (binascii.Error, UnicodeDecodeError):
        return ""


async def _live_client(conn: AsyncConnection, client_id: str) -> Client | None:
    client = await read_client(conn, client_id) if "\x00" not in client_id else None
    return client if client and client.disabled_at is None else None


async def _code(conn: AsyncConnection, text: str, now: datetime) -> Held | None:
    if not text:
        return None
    cursor = await store.run(conn, "oauth_code", code_hash=hash_token(text))
    row = await cursor.fetchone()
    if row is None:
        return None
    return Held(
        grant=row[0],
        client_id=row[1],
        person_no=row[2],
        scopes=tuple(row[3]),
        redirect_uri=row[4],
        code_challenge=row[5],
        live=row[6] > now and row[8] > now and row[9] is None,
        used=row[7] is not None,
    )


async def _token(conn: AsyncConnection, text: str, now: datetime, kind: str | None = None) -> Held | None:
    if not text:
        return None
    cursor = await store.run(conn, "oauth_token", token_hash=hash_token(text))
    row = await cursor.fetchone()
    if row is None or (kind and row[0] != kind):
        return None
    return Held(
        kind=row[0],
        client_id=row[1],
        grant=row[2],
        person_no=row[3],
        scopes=tuple(row[4]),
        live=row[5] > now and row[7] is None and (row[8] is None or row[8] > now),
        used=row[6] is not None,
    )
