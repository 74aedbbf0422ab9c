"""Record what looks like misuse, though nothing was posted (冒用线索)."""

from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal
from gongji.ledger import store
from gongji.ledger.pipeline import Books
from gongji.service.commands import Credential, Sender

BY_CREDENTIAL: Final = {"certificate": "person_by_certificate", "card": "person_by_card"}
"""Statement that finds the owner of a credential by its number."""


async def record_incident(
    conn: Books,
    sender: Sender,
    person_no: str,
    refusal: Refusal,
    at: datetime,
    shown: Credential | None = None,
) -> None:
    """Record a refusal because somebody showed another person's credential; other refusals leave no trace here.

    Args:
        conn: the caller's transaction.
        sender: who sent the message.
        person_no: the patient.
        refusal: what was answered.
        at: when.
        shown: the credential, by which its owner is found and named too.
    """
    if refusal.code is not Code.CREDENTIAL_MISMATCH:
        return
    owner = await _owner(conn, shown) if shown else None
    await store.run(
        conn,
        "add_incidents",
        kind=refusal.code.value,
        at=at,
        institution=sender.institution,
        persons=[person_no, *([owner] if owner and owner != person_no else [])],
        details=Jsonb(
            {
                "message_id": sender.message_id,
                "transaction": sender.transaction,
                "patient": person_no,
                "shown": shown.kind if shown else None,
                "owner": owner,
            }
        ),
    )


async def _owner(conn: Books, shown: Credential) -> str | None:
    """Whose credential it is, or None when nobody has that number."""
    if shown.kind not in BY_CREDENTIAL:
        return shown.owner or None
    cursor = await store.run(conn, BY_CREDENTIAL[shown.kind], number=shown.number.upper())
    row = await cursor.fetchone()
    return row[0] if row else None
