"""Undo a message that moved no money: an admission, an upload of lines (冲正); a settlement needs a reversal."""

from typing import Final

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, once
from gongji.service.platform import Platform
from gongji.service.stays import drop_named, undo_admission_in
from gongji.service.visits import own_visit
from gongji.service.writing import void_message

ADMISSION: Final = "2401"
UPLOADS: Final = ("2204", "2301")
UNDONE_HERE: Final = (ADMISSION, *UPLOADS)
"""Transactions that are undone here, in the channel's words."""


async def undo(platform: Platform, sender: Sender, person_no: str, original: tuple[str, str]) -> Answer | Refusal:
    """Take back what a message did; one that never came, or was refused, will do nothing when it comes late.

    Args:
        platform: the open platform.
        sender: who asks, and under which message.
        person_no: the patient.
        original: message id and transaction to undo.
    """

    async def work(conn: AsyncConnection) -> Answer | Refusal:
        return await _undo(conn, sender, person_no, original)

    while True:
        answer = await once(platform, sender, person_no, work)
        unknown = isinstance(answer, Refusal) and answer.code is Code.MESSAGE_UNKNOWN
        if not unknown or await _voided(platform, sender, original):
            return answer


async def _undo(conn: AsyncConnection, sender: Sender, person_no: str, original: tuple[str, str]) -> Answer | Refusal:
    message_id, transaction = original
    cursor = await store.run(conn, "messages", senders=[sender.institution], message_ids=[message_id])
    row = await cursor.fetchone()
    if row is not None and row[4] == "void" and row[2] in ("", transaction):
        return refuse(Code.MESSAGE_VOID, field="omsgid", message_id=message_id)
    if row is None or row[4] != "done" or row[2] != transaction:
        return refuse(Code.MESSAGE_UNKNOWN, field="omsgid", message_id=message_id, transaction=transaction)
    answer = await _take_back(conn, sender, person_no, original, msgspec.json.decode(row[6]))
    if not isinstance(answer, Refusal):
        # Else a late copy of it would be answered "done" with what is no more.
        await store.run(conn, "void_message", sender=sender.institution, message_id=message_id)
    return answer


async def _take_back(
    conn: AsyncConnection, sender: Sender, person_no: str, original: tuple[str, str], done: Answer
) -> Answer | Refusal:
    message_id, transaction = original
    if transaction == ADMISSION:
        return await undo_admission_in(conn, sender, person_no, done["visit"])
    visit = await own_visit(conn, sender.institution, person_no, done["visit"])
    if isinstance(visit, Refusal):
        return visit
    return await drop_named(conn, visit.id, [line["line"]["line_no"] for line in done["lines"]], message_id)


async def _voided(platform: Platform, sender: Sender, original: tuple[str, str]) -> bool:
    """Whether the message will do nothing from now on; not so when it was done in the meantime."""
    async with platform.pool.connection() as conn:
        cursor = await store.run(conn, "messages", senders=[sender.institution], message_ids=[original[0]])
        row = await cursor.fetchone()
        if row is not None and (row[4] == "void" or row[2] != original[1]):
            return True
        try:
            await store.write_messages(conn, [void_message(sender.institution, original)], platform.clock())
        except store.DuplicateMessageError:
            return False
    return True
