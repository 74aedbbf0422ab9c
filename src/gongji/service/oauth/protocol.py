"""The protocol itself, by Authlib: what was asked goes in, the answer and what to write come out (OAuth2 协议).

Nothing here reads or writes the database. What a request names is read before, under locks, and what Authlib decides
to keep is written after, both by ``exchange``.
"""

import logging
from collections.abc import Mapping
from typing import Any, Final

import msgspec
from authlib.oauth2.rfc6749 import AuthorizationServer, OAuth2Request
from authlib.oauth2.rfc6749 import grants as standard
from authlib.oauth2.rfc6749.errors import InvalidRequestError
from authlib.oauth2.rfc6749.requests import BasicOAuth2Payload
from authlib.oauth2.rfc7009 import RevocationEndpoint
from authlib.oauth2.rfc7636 import CodeChallenge

from gongji.core.scopes import Scope
from gongji.service.oauth.clients import Client
from gongji.service.secret import new_token

# At its debug level it writes tokens.
logging.getLogger("authlib").setLevel(logging.WARNING)

ACCESS_SECONDS: Final = 3600
ACCESS_PREFIX: Final = "gja_"
REFRESH_PREFIX: Final = "gjr_"
_METHODS: Final = ["client_secret_basic", "client_secret_post", "none"]


class Reply(msgspec.Struct, frozen=True):
    """An HTTP answer."""

    status: int
    body: Any
    headers: dict[str, str]


class Held(msgspec.Struct, frozen=True, kw_only=True):
    """A code or token that a request names, as it is in the database. The methods are what Authlib asks of one."""

    kind: str = "code"
    client_id: str
    grant: str | None
    person_no: str | None
    scopes: tuple[str, ...]
    live: bool
    used: bool
    redirect_uri: str = ""
    code_challenge: str = ""
    code_challenge_method: str = "S256"

    def get_redirect_uri(self) -> str:
        """Where the code was sent to."""
        return self.redirect_uri

    def get_scope(self) -> str:
        """Its scopes."""
        return " ".join(self.scopes)

    def check_client(self, client: Client) -> bool:
        """Whether it was given to this channel."""
        return self.client_id == client.id


class Request(OAuth2Request):  # type: ignore[misc]  # the library has no types
    """A request to the authorization server. TLS ends before us, so the scheme is what the outside sees."""

    def __init__(self, method: str, values: Mapping[str, str], headers: Mapping[str, str]) -> None:
        super().__init__(method, "https://gongji/", headers={"Authorization": headers.get("authorization", "")})
        self._values = dict(values)
        self.payload = BasicOAuth2Payload(self._values)

    @property
    def form(self) -> dict[str, str]:
        """The fields of the form."""
        return self._values

    @property
    def args(self) -> dict[str, str]:
        """The parameters of the address."""
        return self._values


class Server(AuthorizationServer):  # type: ignore[misc]
    """Answers one request.

    Attributes:
        client: the channel the request names, if it is known and not disabled.
        code, token: what the request brings, if it is known.
        issued: the tokens to keep, if any.
        misused: a code or refresh token came a second time: the whole grant falls.
        revoked: the token that was brought is to be revoked.
    """

    def __init__(self, client: Client | None, code: Held | None = None, token: Held | None = None) -> None:
        super().__init__(scopes_supported=[scope.value for scope in Scope])
        self.client, self.code, self.token = client, code, token
        self.issued: dict[str, Any] | None = None
        self.misused = False
        self.revoked = False
        self.register_token_generator("default", _make_token)
        self.register_grant(CodeGrant, [Pkce(required=True)])
        self.register_grant(RefreshGrant)
        self.register_grant(OwnGrant)
        self.register_endpoint(Revocation)

    def query_client(self, client_id: str) -> Client | None:
        """The channel of the request."""
        return self.client if self.client and self.client.id == client_id else None

    def save_token(self, token: dict[str, Any], request: Request) -> None:
        """Keep what is to be written; ``request`` has been authenticated."""
        self.issued = dict(token) if request.client else None

    def create_oauth2_request(self, request: Request) -> Request:
        """It is one already."""
        return request

    def send_signal(self, name: str, *args: object, **kwargs: object) -> None:
        """Nobody listens."""

    def handle_response(self, status: int, body: Any, headers: list[tuple[str, str]]) -> Reply:
        """The answer as a value."""
        return Reply(status, body, dict(headers))


def _make_token(*, scope: str | None, include_refresh_token: bool, **_others: object) -> dict[str, Any]:
    token = {
        "token_type": "Bearer",
        "access_token": new_token(ACCESS_PREFIX),
        "expires_in": ACCESS_SECONDS,
        "scope": scope or "",
    }
    return token | ({"refresh_token": new_token(REFRESH_PREFIX)} if include_refresh_token else {})


class Pkce(CodeChallenge):  # type: ignore[misc]
    """Asked of every channel, with or without a secret, and only hashed (RFC 9700)."""

    SUPPORTED_CODE_CHALLENGE_METHOD: Final = ["S256"]

    def validate_code_challenge(self, grant: Any, redirect_uri: str) -> None:
        """A request for a code must bring one."""
        values = grant.request.payload.data
        if not values.get("code_challenge") or values.get("code_challenge_method") != "S256":
            raise InvalidRequestError("code_challenge with code_challenge_method S256 is required")
        super().validate_code_challenge(grant, redirect_uri)


class CodeGrant(standard.AuthorizationCodeGrant):  # type: ignore[misc]
    """Codes for people."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = _METHODS

    def query_authorization_code(self, _code: str, client: Client) -> Held | None:
        """The code, if it is good for this channel; a second use of it is noted."""
        held = self.server.code
        if held is None or not held.check_client(client):
            return None
        if held.used:
            self.server.misused = True
            return None
        return held if held.live else None

    def authenticate_user(self, authorization_code: Held) -> str | None:
        """Whose it is."""
        return authorization_code.person_no

    def delete_authorization_code(self, authorization_code: Held) -> None:
        """It stays, marked as used."""


class RefreshGrant(standard.RefreshTokenGrant):  # type: ignore[misc]
    """Renewal: each refresh token is good once, its second use ends the grant."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = _METHODS
    INCLUDE_NEW_REFRESH_TOKEN: Final = True

    def authenticate_refresh_token(self, _refresh_token: str) -> Held | None:
        """The token, if it is good; a second use of it is noted."""
        held = self.server.token
        if held is None or not held.check_client(self.request.client):
            return None
        if held.used:
            self.server.misused = True
            return None
        return held if held.live else None

    def authenticate_user(self, refresh_token: Held) -> str | None:
        """Whose it is."""
        return refresh_token.person_no

    def revoke_old_credential(self, refresh_token: Held) -> None:
        """It stays, marked as used."""


class OwnGrant(standard.ClientCredentialsGrant):  # type: ignore[misc]
    """Institutions' own services; nobody's personal data."""

    TOKEN_ENDPOINT_AUTH_METHODS: Final = ["client_secret_basic", "client_secret_post"]

    def validate_token_request(self) -> None:
        """Scopes are those of the channel."""
        super().validate_token_request()
        wanted = self.request.payload.scope
        if wanted and self.request.client.get_allowed_scope(wanted) is None:
            raise InvalidRequestError("scope is not allowed to this client")


class Revocation(RevocationEndpoint):  # type: ignore[misc]
    """A channel gives a token back (RFC 7009)."""

    CLIENT_AUTH_METHODS: Final = _METHODS

    def query_token(self, _token: str, _hint: str | None) -> Held | None:
        """The token, if it is this channel's; another's is answered like one that never was."""
        held = self.server.token
        return held if held and held.check_client(self.server.client) else None

    def revoke_token(self, _token: Held, _request: Request) -> None:
        """Note it."""
        self.server.revoked = True
