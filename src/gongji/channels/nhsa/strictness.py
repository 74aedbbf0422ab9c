"""Strict mode (严格模式): tell the vendor where his message is not as the specification has it, and refuse nothing.

Switched on by the header ``X-Gongji-Strict: 1`` in the sandbox, or for all messages by ``GONGJI_STRICT=1``. The answer
then has the header ``X-Gongji-Departures`` with their number and a summary in ``warn_msg``, a key that captured
replies have. Who asked by header also finds the list in the key ``departures``. What was told is counted by place.
"""

from collections.abc import Mapping, Sequence
from typing import Final

import msgspec

from gongji.channels.nhsa.answer import ERROR_LENGTH
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.envelope import Envelope, raw_message
from gongji.channels.nhsa.strict import differences
from gongji.channels.nhsa.tables import transaction
from gongji.channels.nhsa.wrapping import Unwrapped
from gongji.core.person import Institution
from gongji.service.departures import Place, count
from gongji.service.platform import Platform
from gongji.settings import Settings

ASKING: Final = "x-gongji-strict"
COUNT: Final = b"x-gongji-departures"

_TAIL: Final = b'"warn_msg":null,"cainfo":null,"signtype":null}'
"""How every answer with an envelope ends."""


class Report(msgspec.Struct, frozen=True):
    """An answer's body and further headers after what was found was added."""

    body: bytes
    headers: tuple[tuple[bytes, bytes], ...]


class Strictness:
    """Finds, counts and tells departures when asked."""

    def __init__(self, platform: Platform, settings: Settings) -> None:
        self._platform = platform
        self._always = settings.strict
        self._header_counts = not settings.production

    def asked(self, headers: Mapping[str, str]) -> bool:
        """Whether a message is to be compared."""
        return self._always or (self._header_counts and by_header(headers))

    async def report(
        self,
        envelope: Envelope,
        sent: Unwrapped,
        headers: Mapping[str, str],
        institution: Institution | None,
        body: bytes,
    ) -> Report:
        """The answer with what was found in the message; counted when the institution is known."""
        table = transaction(envelope.infno) or transaction(plain(envelope.infno))
        message = raw_message(sent.body) or {}
        region = institution.region if institution else ""
        found = differences(message, envelope, table, form=sent.form, region=region)
        if found and institution is not None and table is not None:
            await count(self._platform, institution.code, envelope.infno, envelope.msgid, found)
        listed = self._header_counts and by_header(headers)
        return Report(_told(body, found, listed=listed), ((COUNT, str(len(found)).encode()),))


def by_header(headers: Mapping[str, str]) -> bool:
    """Whether the sender asks for the report."""
    return headers.get(ASKING, "").strip().lower() in ("1", "true", "on")


def sentence(place: Place) -> str:
    """A departure in one Chinese sentence."""
    where = ".".join(part for part in (place.node or "报文头", place.field) if part)
    received = f"，收到“{place.received}”" if place.received else ""
    return f"{where}（{place.label}）{place.problem}{received}，应为{place.expected}"


def _told(body: bytes, found: Sequence[Place], *, listed: bool) -> bytes:
    """The answer with a summary in warn_msg, and the whole list for who asked; the rest stays to the byte."""
    if not body.endswith(_TAIL):
        return body
    summary = None
    if found:
        text = f"报文有{len(found)}处与接口规范不符：" + "；".join(sentence(place) for place in found)
        summary = text if len(text) <= ERROR_LENGTH else text[: ERROR_LENGTH - 1] + "…"
    tail = b'"warn_msg":' + msgspec.json.encode(summary) + b',"cainfo":null,"signtype":null'
    if listed:
        rows = [msgspec.structs.asdict(place) | {"text": sentence(place)} for place in found]
        tail += b',"departures":' + msgspec.json.encode(rows)
    return body.removesuffix(_TAIL) + tail + b"}"
