"""Where a client of Jilin gets its bearer token, beside the messages (令牌地址): ``/auth/oauth/token``."""

from collections.abc import Mapping
from typing import Final
from urllib.parse import parse_qs

import msgspec

from gongji.channels.nhsa.exchange import Answered
from gongji.core.refusal import Refusal
from gongji.service.oauth.password import answer_gateway_token
from gongji.service.platform import Platform

PATH: Final = "/auth/oauth/token"
MOST_FIELDS: Final = 20
TOO_MANY: Final = 429


async def answer_token(
    platform: Platform, query: bytes, body: bytes, headers: Mapping[str, str], address: str
) -> Answered:
    """Answer a request for a token, with its fields in the body or in the address, as both occur.

    The answer is that of OAuth2 (RFC 6749, 5.1 and 5.2), not a message.
    """
    reply = await answer_gateway_token(platform, {**_fields(query), **_fields(body)}, headers, address)
    if isinstance(reply, Refusal):
        told = {"error": "temporarily_unavailable", "error_description": reply.text}
        return Answered(body=msgspec.json.encode(told), outcome="refused", status=TOO_MANY, reason=reply.code.value)
    done = reply.body.get("access_token") is not None
    further = tuple((name.lower().encode(), value.encode()) for name, value in reply.headers.items())
    return Answered(
        body=msgspec.json.encode(reply.body),
        outcome="done" if done else "refused",
        status=reply.status,
        headers=tuple(pair for pair in further if pair[0] in (b"www-authenticate", b"pragma")),
    )


def _fields(text: bytes) -> dict[str, str]:
    """Fields of a form; one that stands twice is left out, and so is missed."""
    try:
        found = parse_qs(text.decode(), max_num_fields=MOST_FIELDS)
    except ValueError:
        return {}
    return {name: values[0] for name, values in found.items() if len(values) == 1 and "\x00" not in values[0]}
