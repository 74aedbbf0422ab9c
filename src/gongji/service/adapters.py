"""Ways out: the sandbox's visible outbox, and a gateway that takes signed JSON (短信与小程序消息适配器)."""

import asyncio
import hashlib
import hmac
from collections.abc import Mapping
from http import HTTPStatus
from typing import Final, Protocol
from uuid import UUID

import httpx
import msgspec

from gongji.core.notices import Channel, Kind, Side, masked_name, quiet_until, text_of
from gongji.ledger import store
from gongji.service.deliver import DeliveryError, NotNowError
from gongji.service.outbox import Taken
from gongji.service.people import people_by_number
from gongji.service.platform import Platform

SECONDS: Final = 5.0
"""A gateway that has not answered by then is asked again later, under the same delivery id."""

_TRY_AGAIN: Final = frozenset({HTTPStatus.REQUEST_TIMEOUT, HTTPStatus.TOO_EARLY, HTTPStatus.TOO_MANY_REQUESTS})


class Message(msgspec.Struct, frozen=True, kw_only=True):
    """A notice on its way out.

    Attributes:
        delivery_id: the same with every attempt; a receiver that has it already does nothing.
        channel: which way it goes.
        kind: which template.
        to: telephone number for a text message, person number for a mini program.
        title, text: in Chinese.
        facts: what the text names, for templates with blanks.
    """

    delivery_id: UUID
    channel: Channel
    kind: Kind
    to: str
    title: str
    text: str
    facts: dict[str, str]


class Adapter(Protocol):
    """A way out for messages."""

    async def send(self, message: Message) -> None:
        """Send a message.

        Raises:
            DeliveryError: it was not taken.
        """


class OffAdapter:
    """A channel that this installation does not have; its letters wait as dead for an operator."""

    async def send(self, message: Message) -> None:
        """Refuse."""
        raise DeliveryError(f"channel {message.channel.value} is off", final=True)


class SandboxAdapter:
    """Keeps messages where everybody can look at them, once each; fictitious people only."""

    def __init__(self, platform: Platform) -> None:
        self._platform = platform

    async def send(self, message: Message) -> None:
        """Keep the message."""
        async with self._platform.pool.connection() as conn:
            await store.run(
                conn,
                "add_sandbox_message",
                delivery=message.delivery_id,
                channel=message.channel.value,
                kind=message.kind.value,
                address=message.to,
                text=message.text,
                at=self._platform.clock(),
            )


class HttpAdapter:
    """Posts messages as JSON to a gateway, signed with HMAC-SHA256."""

    def __init__(self, url: str, key: str, seconds: float = SECONDS) -> None:
        self._url = url
        self._key = key.encode()
        self._seconds = seconds
        self._client = httpx.AsyncClient(timeout=seconds, follow_redirects=False, trust_env=False)

    async def send(self, message: Message) -> None:
        """Post the message; 2xx means that the gateway has it."""
        await self.post(message.delivery_id, msgspec.json.encode(message))

    async def post(self, delivery: UUID, body: bytes) -> None:
        """Post a body under a delivery id.

        Raises:
            DeliveryError: the gateway did not take it; final for a 4xx that asking again cannot mend.
        """
        signature = hmac.new(self._key, str(delivery).encode() + b"\n" + body, hashlib.sha256).hexdigest()
        headers = {
            "content-type": "application/json",
            "x-gongji-delivery": str(delivery),
            "x-gongji-signature": f"sha256={signature}",
        }
        try:
            # The client's own timeout is for each read: a gateway that drips its answer would never run into it.
            async with (
                asyncio.timeout(self._seconds),
                self._client.stream("POST", self._url, content=body, headers=headers) as answer,
            ):
                status = answer.status_code
        except (TimeoutError, httpx.TimeoutException):
            raise DeliveryError("timeout") from None
        except (httpx.TransportError, httpx.InvalidURL):
            raise DeliveryError("no connection") from None
        if not HTTPStatus(200) <= status < HTTPStatus.MULTIPLE_CHOICES:
            mendable = status >= HTTPStatus.INTERNAL_SERVER_ERROR or status in _TRY_AGAIN
            raise DeliveryError(f"status {status}", final=not mendable)

    async def close(self) -> None:
        """Close the connections."""
        await self._client.aclose()


class NoticeHandler:
    """Delivers notices: finds the address when it is needed, so that the outbox holds none."""

    def __init__(self, platform: Platform, adapters: Mapping[Channel, Adapter]) -> None:
        self._platform = platform
        self._adapters = adapters

    async def deliver(self, taken: Taken) -> None:
        """Send a notice by its channel; names of others are shortened on the way out."""
        letter = taken.letter
        channel, kind = Channel(letter.channel), Kind(letter.payload["kind"])
        until = quiet_until(kind, channel, self._platform.clock())
        if until:
            raise NotNowError(until)
        facts = dict(letter.payload["facts"])
        if "other" in facts:
            facts["other"] = masked_name(facts["other"])
        await self._adapters[channel].send(
            Message(
                delivery_id=taken.id,
                channel=channel,
                kind=kind,
                to=await self._address(channel, letter.recipient),
                title=kind.label,
                text=text_of(kind, Side(letter.payload["side"]), facts),
                facts=facts,
            )
        )

    async def _address(self, channel: Channel, person_no: str) -> str:
        if channel is not Channel.SMS:
            return person_no
        async with self._platform.pool.connection() as conn:
            people = await people_by_number(conn, [person_no])
        phone = people[person_no].phone if person_no in people else ""
        if not phone:
            raise DeliveryError("no telephone number", final=True)
        return phone
