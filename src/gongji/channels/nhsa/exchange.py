"""From the bytes of a request to the bytes of its answer (报文处理): decode, authenticate, read, carry out, answer."""

import itertools
import secrets
import time
from collections.abc import Mapping
from datetime import datetime
from functools import lru_cache
from typing import Any, Final
from urllib.parse import quote

import msgspec
import structlog
from prometheus_client import Histogram

from gongji.channels.nhsa import answer, tables
from gongji.channels.nhsa.arranging import with_repeats
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.claims import read_vouchers
from gongji.channels.nhsa.departures import plain
from gongji.channels.nhsa.envelope import Envelope, EnvelopeFault, decode, input_hash
from gongji.channels.nhsa.fields import Values, faults_text, read
from gongji.channels.nhsa.protection import Opened, closed
from gongji.channels.nhsa.registry import HANDLERS, read_table, title
from gongji.channels.nhsa.senders import Known, Senders
from gongji.channels.nhsa.strictness import Strictness
from gongji.channels.nhsa.t2601_undo import REVERSIBLE
from gongji.channels.nhsa.tables import Transaction
from gongji.channels.nhsa.wrapping import SentFile, Unwrapped, unwrap
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.collector import OutcomeUnknownError
from gongji.service.commands import Sender
from gongji.service.files import StoredFile
from gongji.service.messages import note_refused
from gongji.service.platform import Platform
from gongji.settings import Settings

OK: Final = 200
BAD_REQUEST: Final = 400
UNAUTHORIZED: Final = 401

DONE: Final = "done"

JSON: Final = b"application/json; charset=utf-8"
BINARY: Final = b"application/octet-stream"

UNKNOWN_OUTCOME: Final = "系统异常，结果未知，请用原报文号重试或查询"

_ADVICE: Final = {
    Code.CREDENTIAL_UNKNOWN: "；mdtrt_cert_type（就诊凭证类型）受理 01 医保码、02 居民身份证和 03 社会保障卡",
}
"""What a refusal means for the message, beside what it means for the people at the counter."""

_NO_ENVELOPE: Final = {"infno", "msgid", "fixmedins_code"}
_SERIALS: Final = 10**9

log = structlog.get_logger()

SECONDS = Histogram("gongji_national_seconds", "Time of a national message", ["infno", "outcome"])


class Heading(msgspec.Struct, frozen=True):
    """What a message names itself; empty where it cannot be read."""

    institution: str = ""
    transaction: str = ""
    message_id: str = ""

    @property
    def key(self) -> tuple[str, str]:
        """What tells a message from all others."""
        return self.institution, self.message_id


class Answered(msgspec.Struct, frozen=True, kw_only=True):
    """An answer with what log and metrics tell about it: nothing personal.

    ``outcome`` is ``done``, ``refused``, ``unknown`` (ask again) or ``rejected`` (not taken as a message);
    ``heading`` is of the message that is answered.
    """

    body: bytes
    outcome: str
    status: int = OK
    reason: str | None = None
    content_type: bytes = JSON
    headers: tuple[tuple[bytes, bytes], ...] = ()
    heading: Heading = Heading()


class Exchange:
    """Answers national messages; holds what lives longer than one of them."""

    def __init__(self, platform: Platform, settings: Settings) -> None:
        self._platform = platform
        self._settings = settings
        self._senders = Senders(platform)
        self._strictness = Strictness(platform, settings)
        self._serials = itertools.count(secrets.randbelow(_SERIALS))

    async def answer(self, body: bytes, headers: Mapping[str, str], *, proved: str = "") -> Answered:
        """Answer one request; never raises. ``proved`` is who sent it, where that is known already."""
        started = time.perf_counter()
        received_at = self._platform.clock()
        sent = unwrap(body, headers)
        opened = Opened(body=sent.body)
        message: Envelope | EnvelopeFault = EnvelopeFault("")
        try:
            opened = await self._senders.opened(sent.body)
            sent = msgspec.structs.replace(sent, body=opened.body)
            message = EnvelopeFault(opened.fault, ("input",)) if opened.fault else decode(sent.body)
            if isinstance(message, EnvelopeFault):
                answered = self._malformed(message, received_at)
            else:
                answered = await self._exchange(message, sent, body, headers, received_at, proved)
                if self._strictness.asked(headers):
                    answered = await self._reported(message, sent, headers, answered)
        except OutcomeUnknownError:
            answered = self._failed(UNKNOWN_OUTCOME, received_at, outcome="unknown", reason="outcome_unknown")
        except Exception as error:  # noqa: BLE001 - an institution must get an answer whatever happens
            # The text of an error may repeat what was sent; its type and place may not.
            log.error(  # noqa: TRY400 - a traceback would show values
                "national message failed", error=type(error).__name__, place=_place(error)
            )
            answered = self._failed(UNKNOWN_OUTCOME, received_at, outcome="unknown", reason="unexpected")
        _tell(message, answered, time.perf_counter() - started)
        named = heading_of(message)
        if opened.key and answered.content_type == JSON:
            return msgspec.structs.replace(answered, body=closed(answered.body, opened.key), heading=named)
        return msgspec.structs.replace(answered, heading=named)

    async def _exchange(
        self,
        envelope: Envelope,
        sent: Unwrapped,
        body: bytes,
        headers: Mapping[str, str],
        received_at: datetime,
        proved: str,
    ) -> Answered:
        known = await self._senders.find(envelope.fixmedins_code)
        unsigned_allowed = not self._settings.production
        fault = None
        if not proved or proved != envelope.fixmedins_code:
            fault = await self._senders.fault(
                known, envelope.infno, headers, body, received_at, unsigned_allowed=unsigned_allowed
            ) or self._senders.message_fault(known, sent.body)
        if fault:
            return self._failed(fault, received_at, status=UNAUTHORIZED, outcome="rejected", reason="signature")
        table = read_table(envelope.infno)
        if table is None:
            return Answered(body=answer.unknown_infno(next(self._serials)), outcome="rejected", reason="unknown_infno")
        if plain(envelope.infno) not in HANDLERS:
            text = f"本平台暂未提供交易 {envelope.infno} {title(table)}"
            return self._failed(text, received_at, reason="not_offered")
        if known is None:
            return self._refused(
                table,
                refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=envelope.fixmedins_code),
                received_at,
            )
        envelope = with_repeats(envelope, sent.body, table)
        values = read(table, envelope.input)
        if not isinstance(values, Values):
            await self._note(_sender(envelope, known, sent.file), Code.INPUT_INVALID)
            text = f"FSI-{title(table)}失败：{faults_text(values)}"
            return self._failed(text, received_at, reason="fields")
        return await self._carry_out(envelope, values, known, received_at, sent.file)

    async def _reported(
        self, envelope: Envelope, sent: Unwrapped, headers: Mapping[str, str], answered: Answered
    ) -> Answered:
        """The answer with what in the message is not as the specification has it.

        What was done stays done and is answered, even if it cannot be reported.
        """
        try:
            return await self._with_report(envelope, sent, headers, answered)
        except Exception as error:  # noqa: BLE001 - the report is worth less than the answer
            log.error(  # noqa: TRY400 - a traceback would show values
                "departures not reported", error=type(error).__name__, place=_place(error)
            )
            return answered

    async def _with_report(
        self, envelope: Envelope, sent: Unwrapped, headers: Mapping[str, str], answered: Answered
    ) -> Answered:
        known = await self._senders.find(envelope.fixmedins_code)
        institution = known.institution if known and answered.outcome != "rejected" else None
        report = await self._strictness.report(envelope, sent, headers, institution, answered.body)
        return msgspec.structs.replace(answered, body=report.body, headers=(*answered.headers, *report.headers))

    async def _carry_out(
        self, envelope: Envelope, values: Values, known: Known, received_at: datetime, file: SentFile | None
    ) -> Answered:
        sender = _sender(envelope, known, file, msgspec.to_builtins(values.unknown))
        call = Call(
            envelope=envelope,
            values=values,
            platform=self._platform,
            sender=sender,
            received_at=received_at,
            file=file,
        )
        output = await read_vouchers(call) or await HANDLERS[sender.transaction](call)
        if isinstance(output, Refusal):
            await self._note(sender, output.code)
            return self._refused(values.transaction, output, received_at)
        return self._done(output, known, received_at)

    async def _note(self, sender: Sender, code: Code) -> None:
        """What was refused before a service saw it is kept too, where the sender may ask for it or undo it."""
        if sender.transaction in REVERSIBLE:
            await note_refused(self._platform, sender, code.value)

    def _done(self, output: Output, known: Known, received_at: datetime) -> Answered:
        if isinstance(output, StoredFile):
            named = f"attachment; filename*=UTF-8''{quote(output.name, safe='')}".encode()
            disposition = ((b"content-disposition", named),)
            return Answered(body=output.content, outcome=DONE, content_type=BINARY, headers=disposition)
        now = self._platform.clock()
        body = answer.success(
            output,
            refmsgid=answer.refmsgid(known.institution.region, now, next(self._serials)),
            received_at=received_at,
            responded_at=now,
        )
        return Answered(body=body, outcome=DONE)

    def _refused(self, table: Transaction, refusal: Refusal, received_at: datetime) -> Answered:
        text = f"FSI-{title(table)}失败：{refusal.text}{_ADVICE.get(refusal.code, '')}"
        return self._failed(text, received_at, reason=refusal.code.value)

    def _malformed(self, fault: EnvelopeFault, received_at: datetime) -> Answered:
        """A body without an envelope is a bad request; an envelope with a fault is answered as a message."""
        no_envelope = not fault.fields or set(fault.fields) >= _NO_ENVELOPE
        status = BAD_REQUEST if no_envelope else OK
        return self._failed(fault.text, received_at, status=status, outcome="rejected", reason="envelope")

    def _failed(
        self, text: str, received_at: datetime, *, status: int = OK, outcome: str = "refused", reason: str
    ) -> Answered:
        body = answer.failure(text, received_at=received_at, responded_at=self._platform.clock())
        return Answered(body=body, outcome=outcome, status=status, reason=reason)


def heading_of(message: Envelope | EnvelopeFault) -> Heading:
    """What a decoded message names itself."""
    if isinstance(message, EnvelopeFault):
        return Heading()
    return Heading(message.fixmedins_code, plain(message.infno), message.msgid)


def _sender(envelope: Envelope, known: Known, file: SentFile | None, unknown: dict[str, Any] | None = None) -> Sender:
    return Sender(
        institution=known.institution.code,
        message_id=envelope.msgid,
        transaction=plain(envelope.infno),
        input_hash=input_hash(envelope, file.content if file else b""),
        unknown=unknown or {},
    )


def _place(error: Exception) -> str:
    """File and line where an error was raised."""
    trace = error.__traceback__
    while trace and trace.tb_next:
        trace = trace.tb_next
    return f"{trace.tb_frame.f_code.co_filename}:{trace.tb_lineno}" if trace else ""


@lru_cache(maxsize=2048)
def _seconds(infno: str, outcome: str) -> Histogram:
    """The series of a transaction and outcome; codes that nobody knows share one."""
    return SECONDS.labels(infno if tables.transaction(plain(infno)) else "unknown", outcome)


def _tell(message: Envelope | EnvelopeFault, answered: Answered, seconds: float) -> None:
    """One log line and one observation a message."""
    infno = message.infno if isinstance(message, Envelope) else ""
    _seconds(infno, answered.outcome).observe(seconds)
    log.info(
        "national message",
        infno=infno,
        msgid=message.msgid if isinstance(message, Envelope) else "",
        institution=message.fixmedins_code if isinstance(message, Envelope) else "",
        infcode=0 if answered.outcome == DONE else -1,
        refusal=answered.reason,
        milliseconds=round(seconds * 1000, 1),
    )
