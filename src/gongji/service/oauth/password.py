"""The password grant of an institution's program (密码模式), as clients of Jilin ask for their bearer token.

It gives nothing that client credentials do not give: whoever knows the client's secret gets a token for the gateway.
"""

import base64
import binascii
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final

from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.service.oauth.clients import read_client
from gongji.service.oauth.exchange import answer_token_request
from gongji.service.oauth.protocol import Reply
from gongji.service.platform import Platform

_REFUSED: Final = Reply(
    HTTPStatus.BAD_REQUEST,
    {
        "error": "invalid_grant",
        "error_description": "username must be the institution's code, password the secret of its client",
    },
    {},
)


async def answer_gateway_token(
    platform: Platform, form: Mapping[str, str], headers: Mapping[str, str], address: str
) -> Reply | Refusal:
    """A token for the gateway, by the password grant or by client credentials.

    Args:
        platform: the open platform.
        form: the fields of the request; ``username`` is the institution's code and ``password`` the client's secret.
        headers: with the client's id and secret as Basic credentials.
        address: whose failures are counted.
    """
    wanted = {"grant_type": "client_credentials", "scope": Scope.GATEWAY.value}
    if form.get("grant_type") != "password":
        return await answer_token_request(platform, wanted | dict(form), headers, address)
    client_id, secret = _basic(headers)
    async with platform.pool.connection() as conn:
        client = await read_client(conn, client_id)
    same = hmac.compare_digest(form.get("password", "").encode(), secret.encode())
    if client is None or not client.institution or form.get("username") != client.institution or not same:
        return _REFUSED
    # Whether the secret is right, and how often a wrong one may be tried, is decided there.
    return await answer_token_request(platform, wanted, headers, address)


def _basic(headers: Mapping[str, str]) -> tuple[str, str]:
    """Id and secret of the Basic header; empty where there is none."""
    try:
        text = base64.b64decode(headers.get("authorization", "").partition(" ")[2], validate=True).decode()
    except (binascii.Error, UnicodeDecodeError):
        return "", ""
    name, _, secret = text.replace("\x00", "").partition(":")
    return name, secret
