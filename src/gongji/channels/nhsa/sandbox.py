"""What the sandbox does around an exchange (沙箱): keep the pair for the vendor, let go wrong what he asks for.

A fault changes what the sender gets, or how often the message arrives; never what a message that arrives does. So
after each of them the books say the truth, and the sender has to find it out: that is what is tested with it.
"""

import asyncio
import re
import time
from collections.abc import Awaitable, Callable, Mapping
from contextlib import suppress
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import answer
from gongji.channels.nhsa.envelope import decode
from gongji.channels.nhsa.exchange import BAD_REQUEST, DONE, UNKNOWN_OUTCOME, Answered, Exchange, Heading, heading_of
from gongji.channels.nhsa.wrapping import unwrap
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.faults import Fault, FaultKind, Faults, parse_fault
from gongji.service.platform import Platform
from gongji.service.recorder import Taken
from gongji.service.recordings import recording
from gongji.service.undelivered import note_undelivered
from gongji.settings import Settings

ASKING: Final = "x-gongji-fault"
"""Header by which one message asks for a fault of its own; it goes before what is set for the institution."""

Receive = Callable[[], Awaitable[Any]]

_POLL_SECONDS: Final = 0.05
_SERIALS: Final = 10_000


class Exits:
    """How an answer leaves, or does not: given by whoever holds the connection.

    ``respond`` says whether there was still somebody to take it.
    """

    def __init__(
        self, respond: Callable[[Answered], Awaitable[bool]], cut: Callable[[], Awaitable[None]], receive: Receive
    ) -> None:
        self.respond = respond
        self.cut = cut
        self.receive = receive


class Sandbox:
    """The exchange of a sandbox, with recorder and faults."""

    def __init__(self, platform: Platform, settings: Settings, exchange: Exchange) -> None:
        self._platform = platform
        self._exchange = exchange
        self._faults = Faults(platform)
        self._recording = settings.recorder
        self._replays = 0

    async def serve(self, body: bytes, headers: Mapping[str, str], exits: Exits) -> None:
        """Answer one request by the exits, unless a fault is to happen; keep what was said."""
        asked = headers.get(ASKING)
        message = _Message(body, headers, parse_fault(asked) if asked else await self._set_for(body, headers))
        if message.fault is not None:
            await self._fail(message, exits)
            return
        if asked:
            await exits.respond(self._unknown_fault())
            return
        answered, taken = await self._exchanged(message)
        delivered = await exits.respond(answered)
        await self._keep(taken if delivered else msgspec.structs.replace(taken, answered=False))

    async def replay(self, number: int, *, renewed: bool) -> int | Refusal | None:
        """Send a recorded request again, unsigned and without a fault.

        Args:
            number: the recording.
            renewed: under a new message id, so that it is new business; else to the byte, so that it is a repeat.

        Returns:
            The number of the new recording, None when it was not kept; or why it cannot be sent.
        """
        found = await recording(self._platform, number)
        if found is None or found[1].request is None:
            what = f"通信记录 {number} 已不保存" if found is None else f"通信记录 {number} 的报文过长，没有保存原文"
            return refuse(Code.INPUT_INVALID, field="recording", what=f"{what}，请让 HIS 重新发送")
        body = found[1].request
        headers = {"content-type": found[1].content_type}
        if renewed:
            body = self._renewed(body, found[0].message_id, found[0].institution)
        _, taken = await self._exchanged(_Message(body, headers, None))
        return await self._keep(msgspec.structs.replace(taken, replays=number))

    def _renewed(self, body: bytes, message_id: str, institution: str) -> bytes:
        """The same bytes with another message id: institution, time, number."""
        self._replays = (self._replays + 1) % _SERIALS
        fresh = f"{institution[:12]}{self._platform.clock():%Y%m%d%H%M%S}{self._replays:04d}"
        named = re.compile(rb"(msgid[^:%]{0,4}(?::|%3A)[^A-Za-z0-9]{0,8}?(?:%22)?)" + re.escape(message_id.encode()))
        return named.sub(lambda found: found[1] + fresh.encode(), body, count=1)

    async def _set_for(self, body: bytes, headers: Mapping[str, str]) -> Fault | None:
        """The fault that is set for the message's institution; nearly always none is, for nobody."""
        if not await self._faults.any():
            return None
        heading = _heading(body, headers)
        return await self._faults.take(heading.institution, heading.transaction)

    async def _exchanged(self, message: "_Message") -> tuple[Answered, Taken]:
        at, started = self._platform.clock(), time.perf_counter()
        answered = await self._exchange.answer(message.body, message.headers)
        taken = Taken(
            at=at,
            microseconds=round((time.perf_counter() - started) * 1_000_000),
            institution=answered.heading.institution,
            transaction=answered.heading.transaction,
            message_id=answered.heading.message_id,
            outcome=answered.outcome,
            reason=answered.reason,
            fault=message.fault.words if message.fault else "",
            answered=True,
            status=answered.status,
            content_type=message.headers.get("content-type", "")[:200],
            request=message.body,
            answer=answered.body,
        )
        return answered, taken

    async def _fail(self, message: "_Message", exits: Exits) -> None:
        """Let the fault happen; what is recorded is what the exchange really answered."""
        fault = message.fault
        if fault is None:
            raise ValueError("no fault to inject")
        if fault.kind in (FaultKind.ERROR_BEFORE, FaultKind.CUT_BEFORE):
            await self._not_arrived(message, fault, exits)
            return
        if fault.kind is FaultKind.DUPLICATE:
            (_, first), (answered, taken) = await asyncio.gather(self._exchanged(message), self._exchanged(message))
            await exits.respond(_marked(answered, fault))
            await self._keep(msgspec.structs.replace(first, answered=False))
            await self._keep(taken)
            return
        answered, taken = await self._exchanged(message)
        if fault.kind is FaultKind.SLOW:
            await asyncio.sleep(fault.milliseconds / 1000)
            await exits.respond(_marked(answered, fault))
            slow = taken.microseconds + fault.milliseconds * 1000
            await self._keep(msgspec.structs.replace(taken, microseconds=slow))
            return
        # Kept first: while the sender still waits in vain, the page shows what has been done.
        await self._keep(msgspec.structs.replace(taken, answered=False))
        if answered.outcome == DONE:
            await note_undelivered(self._platform, *answered.heading.key)
        if fault.kind is FaultKind.ERROR_AFTER:
            await exits.respond(_marked(self._unknown_outcome(), fault))
            return
        if fault.kind is FaultKind.TIMEOUT:
            await _hold(exits.receive, fault.milliseconds)
        await exits.cut()

    async def _not_arrived(self, message: "_Message", fault: Fault, exits: Exits) -> None:
        answered = self._unknown_outcome()
        if fault.kind is FaultKind.ERROR_BEFORE:
            await exits.respond(_marked(answered, fault))
        else:
            await exits.cut()
        heading = _heading(message.body, message.headers)
        taken = Taken(
            at=self._platform.clock(),
            microseconds=0,
            institution=heading.institution,
            transaction=heading.transaction,
            message_id=heading.message_id,
            outcome="rejected",
            reason="fault",
            fault=fault.words,
            answered=fault.kind is FaultKind.ERROR_BEFORE,
            status=answered.status,
            content_type=message.headers.get("content-type", "")[:200],
            request=message.body,
            answer=answered.body if fault.kind is FaultKind.ERROR_BEFORE else b"",
        )
        await self._keep(taken)

    async def _keep(self, taken: Taken) -> int | None:
        return await self._platform.recorder.keep(taken) if self._recording else None

    def _unknown_outcome(self) -> Answered:
        return self._failed(UNKNOWN_OUTCOME, 200, "unknown")

    def _unknown_fault(self) -> Answered:
        kinds = "、".join(f"{kind.value}={kind.default}" if kind.default else kind.value for kind in FaultKind)
        return self._failed(f"请求头 X-Gongji-Fault 无法识别，报文没有受理；可用：{kinds}", BAD_REQUEST, "rejected")

    def _failed(self, text: str, status: int, outcome: str) -> Answered:
        now = self._platform.clock()
        body = answer.failure(text, received_at=now, responded_at=now)
        return Answered(body=body, outcome=outcome, status=status, reason="fault")


class _Message(msgspec.Struct, frozen=True):
    """A request and what is to go wrong with it."""

    body: bytes
    headers: Mapping[str, str]
    fault: Fault | None


def _heading(body: bytes, headers: Mapping[str, str]) -> Heading:
    return heading_of(decode(unwrap(body, headers).body))


def _marked(answered: Answered, fault: Fault) -> Answered:
    """The answer with a header that says what was injected, so that nobody looks for the fault elsewhere."""
    return msgspec.structs.replace(answered, headers=(*answered.headers, (ASKING.encode(), fault.words.encode())))


async def _hold(receive: Receive, milliseconds: int) -> None:
    """Say nothing, until the sender has given up or the time is over."""
    with suppress(TimeoutError):
        async with asyncio.timeout(milliseconds / 1000):
            # Some servers say "nothing more" at once, and more than once.
            while (await receive())["type"] != "http.disconnect":  # noqa: ASYNC110
                await asyncio.sleep(_POLL_SECONDS)
