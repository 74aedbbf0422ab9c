"""Somebody shows another person's credential (冒用): nothing is posted, the evidence is kept."""

from datetime import datetime
from typing import Final

from psycopg.types.json import Jsonb

from gongji.core.incidents import IncidentKind
from gongji.core.refusal import Code, Refusal
from gongji.ledger import store
from gongji.ledger.pipeline import Books
from gongji.service.commands import Claimed, Command, Sender, Settle

BY_CREDENTIAL: Final = {"certificate": "person_by_certificate", "card": "person_by_card"}
"""Statement that finds the owner of a credential by its number."""


async def record_impersonation(
    conn: Books,
    sender: Sender,
    person_no: str,
    claimed: Claimed | None,
    at: datetime,
    total: int | None = None,
) -> None:
    """Keep who was to be treated, whose credential was shown, where and when.

    The own former card is no misuse: who still carries it is told to show the new one, and that is all.
    """
    shown = claimed.credential if claimed else None
    stated = [shown.number if shown else "", claimed.certificate_no if claimed else ""]
    numbers = [number.strip().upper() for number in stated if number.strip()]
    cursor = await store.run(conn, "holder_of_credential", numbers=numbers, person_no=person_no)
    holder, own_former, region = await cursor.fetchone() or (None, False, None)
    if shown and shown.owner not in ("", person_no):
        holder = shown.owner
    if own_former and holder is None:
        return
    details = {
        "message_id": sender.message_id,
        "transaction": sender.transaction,
        "patient": person_no,
        "holder": holder,
        "shown": shown.kind if shown else "stated",
    }
    if total is not None:
        details["amount"] = total
    await store.run(
        conn,
        "add_incident",
        kind=IncidentKind.IMPERSONATION.value,
        key="",
        at=at,
        region=region or "",
        institution=sender.institution,
        persons=list(dict.fromkeys(person for person in (person_no, holder) if person)),
        details=Jsonb(details),
    )


async def record_refused(conn: Books, command: Command, refusal: Refusal, at: datetime) -> None:
    """Record a command that was refused because of another person's credential; other refusals leave no trace here."""
    if refusal.code is Code.CREDENTIAL_MISMATCH and isinstance(command, Settle):
        await record_impersonation(conn, command.sender, command.person_no, command.claimed, at, command.total)
