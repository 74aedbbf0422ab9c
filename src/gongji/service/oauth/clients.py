"""Third-party channels the operator has registered (渠道登记)."""

import hmac
import secrets
from collections.abc import Sequence
from datetime import datetime
from typing import Any, Final
from urllib.parse import urlsplit

import msgspec
from authlib.oauth2.rfc6749 import scope_to_list
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.scopes import Scope, in_order
from gongji.ledger import store
from gongji.service.platform import Platform
from gongji.service.secret import hash_token, new_token

LONGEST: Final = 200
_LOOPBACK: Final = ("127.0.0.1", "[::1]")


class Client(msgspec.Struct, frozen=True, kw_only=True):
    """A channel. The methods are what Authlib asks of a client (its ``ClientMixin``).

    Attributes:
        secret_hash: None for a program on people's own devices, which proves itself by PKCE alone.
        redirect_uris: where a person may be sent back to, letter by letter.
        scopes: the most it may ask for.
        institution: it acts for this institution and for nobody else.
    """

    id: str
    name: str
    secret_hash: bytes | None
    redirect_uris: tuple[str, ...]
    scopes: tuple[Scope, ...]
    institution: str | None
    created_at: datetime
    disabled_at: datetime | None

    def get_client_id(self) -> str:
        """Its id."""
        return self.id

    def get_default_redirect_uri(self) -> None:
        """There is none: a request names it."""

    def get_allowed_scope(self, scope: str | None) -> str | None:
        """The scopes asked for, or None when there are none or one is not allowed."""
        wanted = scope_to_list(scope) or []
        allowed = set(self.scopes)
        return " ".join(wanted) if wanted and allowed.issuperset(wanted) else None

    def check_redirect_uri(self, redirect_uri: str) -> bool:
        """Whether it is one of the registered, letter by letter."""
        return redirect_uri in self.redirect_uris

    def check_client_secret(self, client_secret: str) -> bool:
        """Whether it is the secret."""
        return self.secret_hash is not None and hmac.compare_digest(self.secret_hash, hash_token(client_secret))

    def check_endpoint_auth_method(self, method: str, endpoint: str) -> bool:
        """A channel with a secret must show it, everywhere."""
        return bool(endpoint) and (method == "none") == (self.secret_hash is None)

    def check_response_type(self, response_type: str) -> bool:
        """Only codes."""
        return response_type == "code" and self.institution is None

    def check_grant_type(self, grant_type: str) -> bool:
        """For people codes and their renewal, for institutions their own credentials."""
        if self.institution is not None:
            return grant_type == "client_credentials"
        return grant_type in ("authorization_code", "refresh_token")


class Registered(msgspec.Struct, frozen=True, kw_only=True):
    """A new channel; the secret is told once and cannot be read again."""

    client: Client
    secret: str | None


async def register_client(
    platform: Platform,
    name: str,
    scopes: Sequence[Scope],
    redirect_uris: Sequence[str] = (),
    *,
    public: bool = False,
    institution: str | None = None,
) -> Registered | Refusal:
    """Register a channel."""
    wrong = _wrong(name, scopes, redirect_uris, public=public, institution=institution)
    if wrong:
        return refuse(Code.CLIENT_INVALID, what=wrong)
    secret = None if public else new_token()
    client = Client(
        id=f"ch-{secrets.token_hex(6)}",
        name=name.strip(),
        secret_hash=hash_token(secret) if secret else None,
        redirect_uris=tuple(redirect_uris),
        scopes=in_order(scopes),
        institution=institution,
        created_at=platform.clock(),
        disabled_at=None,
    )
    async with platform.pool.connection() as conn:
        if institution is not None:
            cursor = await store.run(conn, "institutions", codes=[institution])
            if await cursor.fetchone() is None:
                return refuse(Code.INSTITUTION_UNKNOWN, institution=institution)
        await store.run(
            conn,
            "add_oauth_client",
            id=client.id,
            name=client.name,
            secret_hash=client.secret_hash,
            redirect_uris=list(client.redirect_uris),
            scopes=[scope.value for scope in client.scopes],
            institution=institution,
            now=client.created_at,
        )
    return Registered(client=client, secret=secret)


async def keep_client(
    conn: AsyncConnection,
    client_id: str,
    name: str,
    scopes: Sequence[Scope],
    redirect_uris: Sequence[str],
    now: datetime,
) -> str | None:
    """Register a channel without a secret under an id of our own, or renew it; what is wrong with it, or None.

    One that was shut off stays so.
    """
    wrong = _wrong(name, scopes, redirect_uris, public=True, institution=None)
    if wrong:
        return wrong
    await store.run(
        conn,
        "keep_oauth_client",
        id=client_id,
        name=name,
        redirect_uris=list(redirect_uris),
        scopes=[scope.value for scope in in_order(scopes)],
        now=now,
    )
    return None


async def client_of(platform: Platform, client_id: str) -> Client | None:
    """A channel by its id that has not been shut off."""
    async with platform.pool.connection() as conn:
        client = await read_client(conn, client_id)
    return client if client and client.disabled_at is None else None


def _wrong(
    name: str, scopes: Sequence[Scope], redirect_uris: Sequence[str], *, public: bool, institution: str | None
) -> str | None:
    if not name.strip() or len(name) > LONGEST or not name.isprintable():
        return f"名称是 1 到 {LONGEST} 个字符"
    if not scopes:
        return "至少要有一个授权范围"
    if any(scope.personal is (institution is not None) for scope in scopes):
        return "代表机构的渠道只能有 messages:read、gateway 和 reconcile，面向个人的渠道不能有它们"
    if institution is not None:
        return "代表机构的渠道没有回调地址，并且必须有密钥" if redirect_uris or public else None
    if not redirect_uris:
        return "至少要有一个回调地址"
    return next((f"回调地址 {uri} {why}" for uri in redirect_uris if (why := _wrong_uri(uri))), None)


def _wrong_uri(uri: str) -> str | None:
    """What is wrong with an address to send people back to (RFC 8252 for programs on a device)."""
    try:
        parts = urlsplit(uri)
    except ValueError:
        return "不是网址"
    if not uri.isascii() or not uri.isprintable() or " " in uri or len(uri) > LONGEST or parts.fragment or "*" in uri:
        return "不能有空格、通配符、# 或非 ASCII 字符"
    if parts.username is not None or parts.password is not None:
        return "不能带用户名"
    if parts.scheme == "https" and parts.hostname:
        return None
    if parts.scheme == "http" and parts.netloc.rpartition(":")[0] in _LOOPBACK:
        return None
    # A scheme of one's own must be a name somebody owns, turned round: com.example.app
    if "." in parts.scheme:
        return None
    return "必须是 https 网址；本机程序可以用 http://127.0.0.1:端口 或 com.example.app: 这样的地址"


async def read_client(conn: AsyncConnection, client_id: str) -> Client | None:
    """A channel by its id, disabled or not."""
    cursor = await store.run(conn, "oauth_client", id=client_id)
    row = await cursor.fetchone()
    return _client(row) if row else None


async def all_clients(platform: Platform) -> list[Client]:
    """Every channel."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "oauth_clients")
        return [_client(row) for row in await cursor.fetchall()]


async def disable_client(platform: Platform, client_id: str) -> bool:
    """Shut a channel off at once, with all its tokens; whether there is one."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "disable_oauth_client", id=client_id, now=platform.clock())
        return await cursor.fetchone() is not None


def _client(row: tuple[Any, ...]) -> Client:
    return Client(
        id=row[0],
        name=row[1],
        secret_hash=None if row[2] is None else bytes(row[2]),
        redirect_uris=tuple(row[3]),
        scopes=in_order(Scope(text) for text in row[4]),
        institution=row[5],
        created_at=row[6],
        disabled_at=row[7],
    )
