"""The national gateway (国家接口网关) as a plain ASGI application: every POST is a message, whatever its path."""

from collections.abc import Awaitable, Callable, Coroutine, MutableMapping
from datetime import datetime
from typing import Any, Final, TypeAlias

from gongji.channels.nhsa import answer
from gongji.channels.nhsa.exchange import DONE, JSON, Answered, Exchange
from gongji.channels.nhsa.mobile_centre import MobileCentre
from gongji.channels.nhsa.mobile_envelope import read_envelope
from gongji.channels.nhsa.sandbox import Exits, Sandbox
from gongji.channels.nhsa.token_path import PATH as TOKEN_PATH
from gongji.channels.nhsa.token_path import answer_token
from gongji.service.origin import origin_of
from gongji.service.platform import Platform
from gongji.service.undelivered import note_undelivered
from gongji.settings import Settings

BODY_BYTES_MAX: Final = 1_048_576
FILE_BYTES_MAX: Final = 16 * BODY_BYTES_MAX
"""A form with a file (9101)."""

OK: Final = 200
METHOD_NOT_ALLOWED: Final = 405
TOO_LARGE: Final = 413
UNAVAILABLE: Final = 503

HEALTH_PATH: Final = "/healthz"

Message: TypeAlias = MutableMapping[str, Any]
Scope: TypeAlias = MutableMapping[str, Any]
Receive: TypeAlias = Callable[[], Awaitable[Message]]
Send: TypeAlias = Callable[[Message], Awaitable[None]]


class TooLargeError(Exception):
    """The body has more bytes than a message may have."""


class DisconnectedError(Exception):
    """The client left before its request was complete."""


class Gateway:
    """The application: health, method and size here, everything about messages in :class:`Exchange`."""

    def __init__(self, platform: Platform, settings: Settings) -> None:
        self._platform = platform
        self._settings = settings
        self._exchange = Exchange(platform, settings)
        self._centre = MobileCentre(platform, self._exchange)
        self._sandbox = None if settings.production else Sandbox(platform, settings, self._exchange)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve one connection event."""
        if scope["type"] == "lifespan":
            await _live(receive, send)
        elif scope["type"] == "http":
            await self._serve(scope, receive, send)

    async def _serve(self, scope: Scope, receive: Receive, send: Send) -> None:
        method, path = scope["method"], scope["path"]
        if method == "GET" and path == HEALTH_PATH:
            healthy = await self._platform.answers()
            body = b'{"status":"ok"}' if healthy else b'{"status":"unavailable"}'
            await _respond(send, OK if healthy else UNAVAILABLE, body)
            return
        if method != "POST":
            text = f"不支持 {method} 请求，请用 POST 发送报文"
            await _respond(send, METHOD_NOT_ALLOWED, self._failure(text), ((b"allow", b"POST"),))
            return
        headers = {name.decode("latin-1").lower(): value.decode("latin-1") for name, value in scope["headers"]}
        form = headers.get("content-type", "").startswith("multipart/")
        limit = FILE_BYTES_MAX if form else BODY_BYTES_MAX
        try:
            body = await _read(headers.get("content-length", ""), receive, limit)
        except TooLargeError:
            text = f"报文超过 {limit} 字节，请减少明细分次发送"
            await _respond(send, TOO_LARGE, self._failure(text), ((b"connection", b"close"),))
            return
        except DisconnectedError:
            return
        if path == TOKEN_PATH:
            peer = (scope.get("client") or ("",))[0]
            address = origin_of(peer, headers.get("x-forwarded-for", ""), "", self._settings.proxies).address
            token = await answer_token(self._platform, scope.get("query_string", b""), body, headers, address)
            await _answer(send, token)
            return
        centre = read_envelope(body)
        if centre is not None:
            await self._deliver(send, receive, await self._centre.answer(centre, path))
        elif self._sandbox:
            await self._sandbox.serve(body, headers, self._exits(send, receive))
        else:
            await self._deliver(send, receive, await self._exchange.answer(body, headers))

    async def _deliver(self, send: Send, receive: Receive, answered: Answered) -> bool:
        """Send an answer. Where something was done and nobody waits for the answer any more, note that it was lost.

        What leaves is not yet received: a sender that dies on the way is told from the others only by what it asks.
        """
        done = answered.outcome == DONE
        lost = done and _gone(receive)
        try:
            await _answer(send, answered)
        except OSError:
            lost = done
        if lost:
            await note_undelivered(self._platform, *answered.heading.key)
        return not lost

    def _exits(self, send: Send, receive: Receive) -> Exits:
        async def respond(answered: Answered) -> bool:
            return await self._deliver(send, receive, answered)

        async def cut() -> None:
            # A server cannot be asked to hang up. It does so when an answer that was announced does not come.
            headers = [(b"content-type", JSON), (b"content-length", b"1"), (b"connection", b"close")]
            await send({"type": "http.response.start", "status": OK, "headers": headers})
            await send({"type": "http.response.body", "body": b"", "more_body": True})

        return Exits(respond, cut, receive)

    def _failure(self, text: str) -> bytes:
        now: datetime = self._platform.clock()
        return answer.failure(text, received_at=now, responded_at=now)


def gateway(platform: Platform, settings: Settings) -> Gateway:
    """The ASGI application of the national interface.

    Args:
        platform: open before the first request comes.
        settings: in production, unsigned messages are refused.
    """
    return Gateway(platform, settings)


async def _read(content_length: str, receive: Receive, limit: int) -> bytes:
    if content_length.isdecimal() and int(content_length[:20]) > limit:
        raise TooLargeError
    chunks: list[bytes] = []
    size = 0
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise DisconnectedError
        chunk: bytes = message.get("body", b"")
        size += len(chunk)
        if size > limit:
            raise TooLargeError
        chunks.append(chunk)
        if not message.get("more_body", False):
            return b"".join(chunks)


async def _answer(send: Send, answered: Answered) -> None:
    await _respond(send, answered.status, answered.body, answered.headers, answered.content_type)


def _gone(receive: Receive) -> bool:
    """Whether the client has hung up, as far as the server knows. Waits for nothing.

    Once the request is complete a server has one thing left to say, that the client is gone; it says so at once or
    waits. One step of it tells which, for a microsecond or two; a timer would cost twenty.
    """
    saying = receive()
    if not isinstance(saying, Coroutine):
        return False
    try:
        saying.send(None)
    except StopIteration as said:
        message: Message = said.value
        return bool(message["type"] == "http.disconnect")
    saying.close()
    return False


async def _respond(
    send: Send, status: int, body: bytes, further: tuple[tuple[bytes, bytes], ...] = (), content_type: bytes = JSON
) -> None:
    headers = [
        (b"content-type", content_type),
        (b"content-length", str(len(body)).encode()),
        (b"cache-control", b"no-store"),
        *further,
    ]
    await send({"type": "http.response.start", "status": status, "headers": headers})
    await send({"type": "http.response.body", "body": body})


async def _live(receive: Receive, send: Send) -> None:
    """Starting and stopping is the composition root's affair; the server only wants to hear yes."""
    while True:
        message = await receive()
        await send({"type": f"{message['type']}.complete"})
        if message["type"] == "lifespan.shutdown":
            return
