"""Undo an upload whose answer was lost (冲正上传): its lines go, and the message does nothing if it comes late."""

import msgspec
from psycopg import AsyncConnection

from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.service.commands import Sender
from gongji.service.messages import Answer, answered_before, message_row
from gongji.service.platform import Platform
from gongji.service.visits import UPLOADED_TO, own_visit


async def undo_upload(
    platform: Platform, sender: Sender, person_no: str, message_id: str, transaction: str
) -> Answer | Refusal:
    """Take back what a message uploaded, all of it or nothing.

    Args:
        platform: the open platform.
        sender: the undoing message itself; sent again, it gets the same answer.
        person_no: the patient whose visit it is about.
        message_id: the message to undo, of the same institution.
        transaction: which business that was, in the channel's words.

    Returns:
        An empty answer; or why not. One that never came, or was refused, is void from then on.
    """
    original = msgspec.structs.replace(sender, message_id=message_id, transaction=transaction, input_hash=b"")
    for _ in range(2):
        try:
            async with platform.pool.connection() as conn, conn.transaction():
                await store.lock_accounts(conn, [person_no])
                known = await answered_before(conn, sender)
                if known is not None:
                    return known
                answer = await _undo(conn, platform, original, person_no)
                refused = isinstance(answer, Refusal)
                kept = answer.code.value.encode() if isinstance(answer, Refusal) else msgspec.json.encode(answer)
                row = message_row(sender, "refused" if refused else "done", kept)
                await store.expect_all(await store.write_messages(conn, [row], platform.clock()), 1)
                return answer
        except store.DuplicateMessageError:
            # The original was done while this one ran: the second round finds what it did.
            continue
    return refuse(Code.BUSY)


async def _undo(conn: AsyncConnection, platform: Platform, original: Sender, person_no: str) -> Answer | Refusal:
    cursor = await store.run(conn, "messages", senders=[original.institution], message_ids=[original.message_id])
    row = await cursor.fetchone()
    named = {"message_id": original.message_id, "transaction": original.transaction}
    if row is None or row[4] == "refused":
        void = message_row(original, "void", b"")
        await store.expect_all(await store.write_messages(conn, [void], platform.clock()), 1)
        return refuse(Code.MESSAGE_UNKNOWN, field="omsgid", **named)
    if row[4] == "void":
        return refuse(Code.MESSAGE_VOID, field="omsgid", message_id=original.message_id)
    if row[2] != original.transaction:
        return refuse(Code.MESSAGE_UNKNOWN, field="omsgid", **named)
    return await _take_back(conn, original, person_no, msgspec.json.decode(row[6]).get(UPLOADED_TO, []))


async def _take_back(conn: AsyncConnection, original: Sender, person_no: str, visits: list[str]) -> Answer | Refusal:
    for visit in visits:
        own = await own_visit(conn, original.institution, person_no, visit)
        if isinstance(own, Refusal):
            return own
    uploaded = {"visits": visits, "message_id": original.message_id}
    cursor = await store.run(conn, "uploaded_and_settled", **uploaded)
    settled = await cursor.fetchone()
    if settled:
        return refuse(Code.ALREADY_SETTLED, field="omsgid", batch=settled[0], settlement=settled[1])
    await store.run(conn, "drop_uploaded", **uploaded)
    await store.run(conn, "void_message", sender=original.institution, message_id=original.message_id)
    return {}
