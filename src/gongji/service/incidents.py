"""Record what looks like misuse, though nothing was posted (冒用线索)."""

from datetime import datetime

from psycopg.types.json import Jsonb

from gongji.core.refusal import Code, Refusal
from gongji.ledger import store
from gongji.ledger.pipeline import Books
from gongji.service.commands import Sender


async def record_incident(conn: Books, sender: Sender, person_no: str, refusal: Refusal, at: datetime) -> None:
    """Record a refusal because somebody showed another person's credential; other refusals leave no trace here."""
    if refusal.code is not Code.CREDENTIAL_MISMATCH:
        return
    await store.run(
        conn,
        "add_incidents",
        kind=refusal.code.value,
        at=at,
        institution=sender.institution,
        persons=[person_no],
        details=Jsonb({"message_id": sender.message_id, "transaction": sender.transaction}),
    )
