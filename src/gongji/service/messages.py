"""Do a piece of business once per message: a repeat with the same content gets the first answer again (幂等)."""

from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Claimed, Sender
from gongji.service.impersonation import record_impersonation
from gongji.service.platform import Platform

log = structlog.get_logger()

Answer = dict[str, Any]
Work = Callable[[AsyncConnection], Awaitable[Answer | Refusal]]


class _RefusedError(Exception):
    """Rolls the transaction back; what it carries is the answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.code.value)
        self.refusal = refusal


async def once(
    platform: Platform, sender: Sender, person_no: str | None, work: Work, claimed: Claimed | None = None
) -> Answer | Refusal:
    """Run ``work`` in one transaction, with the person's accounts locked, unless its message was answered before.

    Args:
        platform: the open platform.
        sender: whose message it is.
        person_no: whose money, visits and bindings the work may change, or None.
        work: the business; a refusal it returns undoes whatever it had written.
        claimed: what was shown and stated about the person, kept when it was somebody else's.
    """
    for _ in range(2):
        try:
            return await _attempt(platform, sender, person_no, work)
        except _RefusedError as refused:
            answered = await _answered_meanwhile(platform, sender)
            if answered is not None:
                return answered
            await _remember(platform, sender, refused.refusal)
            await note_refusal(platform, sender, person_no or "", refused.refusal, claimed)
            return refused.refusal
        except store.DuplicateMessageError:
            # The same message was answered while this one ran: the second round finds that answer.
            continue
    return refuse(Code.BUSY)


async def _attempt(platform: Platform, sender: Sender, person_no: str | None, work: Work) -> Answer | Refusal:
    async with platform.pool.connection() as conn, conn.transaction():
        if person_no is not None:
            await store.lock_accounts(conn, [person_no])
        known = await _known(conn, sender)
        if known is not None:
            await store.forget_undelivered(conn, [(sender.institution, sender.message_id)])
            return known
        answer = await work(conn)
        if isinstance(answer, Refusal):
            raise _RefusedError(answer)
        row = _row(sender, "done", msgspec.json.encode(answer))
        await store.write_messages(conn, [row], platform.clock())
        return answer


async def _answered_meanwhile(platform: Platform, sender: Sender) -> Answer | Refusal | None:
    """What the same message was answered while this one waited for it, and then met what that one had done."""
    async with platform.pool.connection() as conn:
        return await _known(conn, sender)


def _row(sender: Sender, outcome: str, answer: bytes) -> store.MessageRow:
    return store.MessageRow(
        sender=sender.institution,
        message_id=sender.message_id,
        transaction=sender.transaction,
        input_hash=sender.input_hash,
        outcome=outcome,
        settlement_id=None,
        answer=answer,
        unknown=sender.unknown,
    )


async def _remember(platform: Platform, sender: Sender, refusal: Refusal) -> None:
    """Keep that a message was refused, for whoever lost the answer; what is done already stays as it is."""
    async with platform.pool.connection() as conn:
        row = _row(sender, "refused", refusal.code.value.encode())
        await store.write_messages(conn, [row], platform.clock(), expect_all=False)


class MessageState(msgspec.Struct, frozen=True, kw_only=True):
    """What became of a message (报文状态).

    Attributes:
        state: ``done``, ``refused`` (nothing was posted), ``void`` (taken back before it came) or ``never_seen``.
        transaction: which business it was.
        settlement: id of the settlement it made, if it made one.
        code: code of the refusal.
    """

    state: str
    transaction: str | None = None
    settlement: str | None = None
    code: str | None = None


async def message_state(platform: Platform, institution: str, message_id: str) -> MessageState:
    """What became of a message, for an institution that lost the answer."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "messages", senders=[institution], message_ids=[message_id])
        row = await cursor.fetchone()
    if row is None:
        return MessageState(state="never_seen")
    refused = row[4] == "refused"
    return MessageState(
        state=row[4], transaction=row[2], settlement=row[5], code=bytes(row[6]).decode() if refused else None
    )


async def note_refused(platform: Platform, sender: Sender, code: str) -> None:
    """Keep that a message was refused before any business looked at it; what is known of it already stays.

    Whoever lost the answer is told of the refusal, not that the message never came. It is worth less than the answer:
    a database that fails now does not change it.
    """
    try:
        async with platform.pool.connection() as conn:
            await store.run(
                conn,
                "note_refused_message",
                sender=sender.institution,
                message_id=sender.message_id,
                transaction=sender.transaction,
                input_hash=sender.input_hash,
                answer=code.encode(),
                received_at=platform.clock(),
            )
    except psycopg.Error as error:
        log.warning("refusal not kept", error=type(error).__name__)


async def _known(conn: AsyncConnection, sender: Sender) -> Answer | Refusal | None:
    cursor = await store.run(conn, "messages", senders=[sender.institution], message_ids=[sender.message_id])
    row = await cursor.fetchone()
    if row is None or row[4] == "refused":
        return None
    if row[4] == "void":
        return refuse(Code.MESSAGE_VOID, field="msgid", message_id=sender.message_id)
    if bytes(row[3]) != sender.input_hash or row[2] != sender.transaction:
        return refuse(Code.MESSAGE_REUSED, field="msgid", message_id=sender.message_id)
    answer: Answer = msgspec.json.decode(row[6])
    return answer


async def note_refusal(
    platform: Platform,
    sender: Sender,
    person_no: str,
    refusal: Refusal,
    claimed: Claimed | None,
    total: int | None = None,
) -> None:
    """Record the incident of a refusal that no batch writes, once the refused work has been rolled back."""
    if refusal.code is Code.CREDENTIAL_MISMATCH:
        async with platform.pool.connection() as conn:
            await record_impersonation(conn, sender, person_no, claimed, platform.clock(), total)
