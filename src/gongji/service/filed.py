"""What was filed for the patients of a batch: read only where a bill depends on it (备案)."""

from collections.abc import Sequence
from datetime import date

from gongji.core.codes import Filing, Place
from gongji.core.filing import filing_on
from gongji.core.person import Institution, Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import rows, store
from gongji.ledger.pipeline import Pipeline
from gongji.service.commands import Command, Settle
from gongji.service.snapshot import Snapshot


async def load_filings(conn: Pipeline, snapshot: Snapshot, commands: Sequence[Command]) -> None:
    """Read the filings of patients away from home, and of those whose kind of care must be filed."""
    asked = {c.person_no for c in commands if isinstance(c, Settle) and _depends(snapshot, c)}
    if not asked:
        return
    cursor = await store.run(conn, "filings_of", person_nos=sorted(asked))
    for row in await cursor.fetchall():
        filed = rows.filed(row)
        snapshot.filings.setdefault(filed.person_no, []).append(filed)


def _depends(snapshot: Snapshot, command: Settle) -> bool:
    person = snapshot.people.get(command.person_no)
    institution = snapshot.institutions.get(command.sender.institution)
    if person is None or institution is None:
        return False
    away = snapshot.book.place_of(person.region, institution.region) is not Place.HOME
    return away or command.needs is not None


def filing_of(snapshot: Snapshot, command: Settle, person: Person, institution: Institution, on: date) -> Filing:
    """How care away from home was filed on its day."""
    filings = snapshot.filings.get(person.person_no, ())
    return filing_on(filings, on, institution.region, emergency=command.emergency)


def check_filed(snapshot: Snapshot, command: Settle, institution: Institution, on: date) -> Refusal | None:
    """Some kinds of care are settled only for those who are filed for them."""
    if command.needs is None:
        return None
    filings = snapshot.filings.get(command.person_no, ())
    if any(filed.covers(command.needs, on, institution.region) for filed in filings):
        return None
    return refuse(Code.FILING_MISSING, field="med_type", what=command.needs.label, on=str(on))
