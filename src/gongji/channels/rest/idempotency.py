"""The same piece of business once: what a caller's Idempotency-Key stands for (幂等键)."""

import hashlib
import re
import secrets
from typing import Annotated, Final

import msgspec
from litestar.params import HeaderParameter

from gongji.channels.rest.callers import Caller
from gongji.channels.rest.problems import invalid
from gongji.service.commands import Sender

HEADER: Final = "Idempotency-Key"
_KEY: Final = re.compile(r"[!-~]{1,64}", re.ASCII)

IdempotencyKey = Annotated[
    str | None,
    HeaderParameter(name=HEADER, description="1 到 64 个可见的 ASCII 字符；同一个键只办理一次，重发得到第一次的答复"),
]
"""Type of a handler's parameter ``key``."""


def sender_of(caller: Caller, key: str | None, transaction: str, content: object) -> Sender:
    """The message that ``service.messages.once`` knows a piece of business by.

    A key belongs to a person and the channel it came by, so that two channels cannot meet. Without one the business
    is new each time.

    Args:
        caller: who asks.
        key: the header.
        transaction: name of the business; a key used for another is refused.
        content: what was asked, in any form msgspec can encode; a repeat with other content is refused.
    """
    if key is not None and not _KEY.fullmatch(key):
        raise invalid(f"{HEADER} 是 1 到 64 个可见的 ASCII 字符", HEADER)
    return Sender(
        institution=f"{caller.channel}/{caller.person_no}",
        message_id=key or secrets.token_urlsafe(18),
        transaction=transaction,
        input_hash=hashlib.sha256(msgspec.json.encode(content)).digest(),
    )
