"""Write what a batch decided, with set-based statements in one pipeline."""

import hashlib
from collections import Counter
from collections.abc import Sequence
from datetime import date, datetime
from typing import Any

import msgspec
from psycopg.types.json import Jsonb

from gongji.core.account import AccountRef
from gongji.core.codes import Care
from gongji.core.posting import Party
from gongji.core.record import Amounts, Settlement
from gongji.core.refusal import Code, Refusal
from gongji.ledger import rows, store
from gongji.ledger.documents import citations_of, kept
from gongji.ledger.pipeline import Pipeline
from gongji.ledger.sealing import JournalRow, Lane, PostingRow
from gongji.service.commands import Command, Done, FeeLine, Reverse, Settle
from gongji.service.impersonation import record_refused
from gongji.service.notices import tell_of_settlements
from gongji.service.settle import year_change, year_key
from gongji.service.snapshot import YearKey


class Known(msgspec.Struct):
    """What a writer knows to be in the database: ids of accounts that are not personal, and kept citations.

    What a transaction adds is only learned; it is known when the transaction has been committed.
    """

    accounts: dict[AccountRef, int] = {}
    citations: set[str] = set()
    learned_accounts: dict[AccountRef, int] = {}
    learned_citations: set[str] = set()

    def settle(self) -> None:
        """The transaction was committed."""
        self.accounts.update(self.learned_accounts)
        self.citations |= self.learned_citations
        self.forget()

    def forget(self) -> None:
        """The transaction was rolled back, or a new one begins."""
        self.learned_accounts, self.learned_citations = {}, set()

    def account(self, ref: AccountRef) -> int:
        """Id of an account, known or just learned."""
        return self.accounts.get(ref) or self.learned_accounts[ref]


class Decided(msgspec.Struct, frozen=True):
    """A command and what was decided about it.

    Attributes:
        voids: the message it names must do nothing if it comes late.
        used_up: bindings for a single use that end with it.
    """

    command: Command
    outcome: Done | Refusal
    voids: bool = False
    used_up: tuple[str, ...] = ()

    @property
    def fresh(self) -> Settlement | None:
        """The settlement that this command made, if it made one."""
        made = isinstance(self.outcome, Done) and not self.outcome.repeated
        return self.outcome.settlement if made and isinstance(self.outcome, Done) else None


async def write(
    conn: Pipeline,
    lane: Lane,
    known: Known,
    decided: list[Decided],
    now: datetime,
) -> Lane:
    """Write everything the batch decided, with set-based statements; returns the lane after the batch.

    Nothing is sent yet: it leaves with the commit, unless a row is asked for before.
    """
    fresh = [d.fresh for d in decided if d.fresh]
    documents = [rows.encode(kept(s)) for s in fresh]
    journals = [_journal(s, document, known) for s, document in zip(fresh, documents, strict=True)]
    after = lane.advanced(journals) if journals else lane
    messages = _messages(decided)
    if fresh:
        await _write_balances(conn, fresh)
        await _write_citations(conn, known, fresh)
        await store.write_journals(conn, journals, after, now)
        await store.write_seal(conn, lane, after, len(journals), now)
        changes = [s.change for s in fresh]
        await _write_settlements(conn, fresh, changes, documents, now)
        await _write_year_totals(conn, fresh, changes)
        await _write_purchases(conn, decided)
        await _write_stays(conn, fresh)
        await _write_returned_lines(conn, fresh)
        await _write_links(conn, fresh)
        await _write_binding_uses(conn, decided, now)
        await tell_of_settlements(conn, fresh, [binding for d in decided for binding in d.used_up], now)
    if messages:
        await store.write_messages(conn, messages, now)
    for d in decided:
        if isinstance(d.outcome, Refusal):
            await record_refused(conn, d.command, d.outcome, now)
    return after


def _journal(settlement: Settlement, document: bytes, known: Known) -> JournalRow:
    def number(party: Party) -> int:
        return party if isinstance(party, int) else known.account(party)

    return JournalRow(
        booked_at=settlement.settled_at,
        region=settlement.region,
        id=settlement.journal_id,
        kind=_kind(settlement),
        sender=settlement.sender,
        message_id=settlement.message_id,
        reverses=int(settlement.takes_back[14:]) if settlement.takes_back else None,
        document_hash=hashlib.sha256(document).digest(),
        postings=tuple(
            PostingRow(line, number(p.from_), number(p.to), p.amount, p.purpose)
            for line, p in enumerate(settlement.booked, start=1)
        ),
    )


def _kind(settlement: Settlement) -> str:
    if settlement.instead_of:
        return "partial_return"
    return "reversal" if settlement.reverses else "settlement"


async def _write_citations(conn: Pipeline, known: Known, fresh: list[Settlement]) -> None:
    """Keep the sources that have not been kept yet; a transaction that fails just writes them again."""
    new = {key: cite for key, cite in citations_of(fresh).items() if key not in known.citations}
    if new:
        bodies = [Jsonb(msgspec.to_builtins(cite)) for cite in new.values()]
        await store.run(conn, "add_citations", keys=list(new), bodies=bodies)
        known.learned_citations |= new.keys()


async def _write_balances(conn: Pipeline, fresh: list[Settlement]) -> None:
    deltas: Counter[int] = Counter()
    for settlement in fresh:
        for posting in settlement.booked:
            if isinstance(posting.from_, int):
                deltas[posting.from_] -= posting.amount
            if isinstance(posting.to, int):
                deltas[posting.to] += posting.amount
    moved = {account: delta for account, delta in deltas.items() if delta}
    if moved:
        await store.run(conn, "move_balances", ids=list(moved), deltas=list(moved.values()))


async def _write_settlements(
    conn: Pipeline, fresh: list[Settlement], changes: list[Amounts], documents: list[bytes], now: datetime
) -> None:
    await store.run(
        conn,
        "add_settlements",
        day=now.date(),
        settled_at=now,
        regions=[s.region for s in fresh],
        journals=[s.journal_id for s in fresh],
        visits=[s.visit_id for s in fresh],
        batches=[s.batch for s in fresh],
        person_nos=[s.person_no for s in fresh],
        institutions=[s.institution for s in fresh],
        message_ids=[s.message_id for s in fresh],
        cares=[s.care.value for s in fresh],
        reverses=[s.reverses for s in fresh],
        replaces=[s.instead_of.settlement if s.instead_of else None for s in fresh],
        totals=[change.total for change in changes],
        pools=[change.pool for change in changes],
        supplementaries=[change.supplementary for change in changes],
        owns=[change.own for change in changes],
        shareds=[change.shared for change in changes],
        cashes=[change.cash for change in changes],
        balances=[s.balance_after for s in fresh],
        documents=documents,
    )


async def _write_year_totals(conn: Pipeline, fresh: list[Settlement], amounts: list[Amounts]) -> None:
    """Several settlements of one person in a batch are one change, since a statement may touch a row once."""
    changes: dict[YearKey, list[int]] = {}
    for s, amount in zip(fresh, amounts, strict=True):
        if s.benefit is None:
            continue
        change = year_change(s, amount)
        sums = changes.setdefault(year_key(s, s.benefit), [0, 0, 0, 0])
        for at, value in enumerate((change.deductible, change.eligible, change.pool, change.events)):
            sums[at] += value
    if changes:
        await store.run(
            conn,
            "add_year_totals",
            person_nos=[key[0] for key in changes],
            regions=[key[1] for key in changes],
            years=[key[2] for key in changes],
            benefits=[key[3] for key in changes],
            deductibles=[v[0] for v in changes.values()],
            eligibles=[v[1] for v in changes.values()],
            pools=[v[2] for v in changes.values()],
            events=[v[3] for v in changes.values()],
        )


async def _write_binding_uses(conn: Pipeline, decided: list[Decided], now: datetime) -> None:
    """What was drawn through bindings, by the day whose limits it counts to; and which were for a single use."""
    uses: Counter[tuple[str, date]] = Counter()
    for settlement in (d.fresh for d in decided):
        if settlement and settlement.split.shared:
            for binding, amount in settlement.drawn.items():
                uses[binding, settlement.counts_on] += amount
    for sign, statement in ((1, "add_binding_uses"), (-1, "give_back_binding_uses")):
        ordered = sorted(key for key, amount in uses.items() if sign * amount > 0)
        if ordered:
            await store.run(
                conn,
                statement,
                bindings=[binding for binding, _ in ordered],
                days=[day for _, day in ordered],
                amounts=[sign * uses[key] for key in ordered],
            )
    ended = [binding for d in decided for binding in d.used_up]
    if ended:
        await store.run(conn, "end_bindings", ids=ended, reason="used_up", at=now)
        about = {"what": "used_up", "actor": "system", "channel": "settlement"}
        await store.run(conn, "add_binding_events", ids=ended, at=now, **about)


async def _write_purchases(conn: Pipeline, decided: list[Decided]) -> None:
    """A pharmacy purchase brings its own visit and lines."""
    bought = [
        (d.fresh, d.command.purchase)
        for d in decided
        if d.fresh and isinstance(d.command, Settle) and d.command.purchase
    ]
    if not bought:
        return
    await store.run(
        conn,
        "add_visits",
        ids=[s.visit_id for s, _ in bought],
        regions=[s.region for s, _ in bought],
        person_nos=[s.person_no for s, _ in bought],
        institutions=[s.institution for s, _ in bought],
        numbers=[""] * len(bought),
        cares=[Care.PHARMACY.value] * len(bought),
        began=[s.care_on for s, _ in bought],
        details=[Jsonb({})] * len(bought),
        created_at=[s.settled_at for s, _ in bought],
    )
    await store.run(conn, "add_fee_lines", **fee_columns([(s.visit_id, s.batch, p.lines) for s, p in bought]))


def fee_columns(bills: list[tuple[str, str, Sequence[FeeLine]]], sent_with: str | None = None) -> dict[str, Any]:
    """Columns for ``add_fee_lines`` from the lines of visits, each with its visit and batch.

    ``sent_with`` is the message that uploaded them, by which they can be taken back.
    """
    lines = [(visit, batch, line) for visit, batch, bill in bills for line in bill]
    return {
        "visits": [visit for visit, _, _ in lines],
        "line_nos": [line.line_no for _, _, line in lines],
        "batches": [batch for _, batch, _ in lines],
        "items": [line.item for _, _, line in lines],
        "amounts": [line.split.amount for _, _, line in lines],
        "full": [line.split.full_self_pay for _, _, line in lines],
        "over": [line.split.over_limit for _, _, line in lines],
        "first": [line.split.first_self_pay for _, _, line in lines],
        "purposes": [line.split.by_purpose[0].purpose if line.split.by_purpose else None for _, _, line in lines],
        "returns": [line.returns for _, _, line in lines],
        "details": [
            Jsonb({"quantity": str(line.quantity), "price": str(line.price), **line.details}) for _, _, line in lines
        ],
        "sent_with": sent_with,
    }


async def _write_stays(conn: Pipeline, fresh: list[Settlement]) -> None:
    """The lines of a stay that were not settled before belong to the settlement's batch now."""
    for settlement in fresh:
        if settlement.care is Care.INPATIENT and not settlement.takes_back:
            await store.run(conn, "put_open_lines_in_batch", visit=settlement.visit_id, batch=settlement.batch)


async def _write_returned_lines(conn: Pipeline, fresh: list[Settlement]) -> None:
    """What was returned stands beside the lines of the bill, as lines with negative amounts."""
    bills: list[tuple[str, str, Sequence[FeeLine]]] = [
        (s.visit_id, s.batch, _returns(s)) for s in fresh if s.instead_of
    ]
    if bills:
        await store.run(conn, "add_fee_lines", **fee_columns(bills))


def _returns(settlement: Settlement) -> list[FeeLine]:
    returned = settlement.instead_of.returned if settlement.instead_of else ()
    return [
        FeeLine(
            line_no=f"R{settlement.journal_id}-{place}",
            item=one.item,
            quantity=-one.quantity,
            price=one.price,
            split=one.parts.negative,
            returns=one.line_no,
        )
        for place, one in enumerate(returned, start=1)
    ]


async def _write_links(conn: Pipeline, fresh: list[Settlement]) -> None:
    """Which batches are settled now, and which settlements have been taken back."""
    taken_back = [s for s in fresh if s.takes_back]
    if taken_back:
        await store.run(
            conn,
            "add_reversals",
            settlements=[s.takes_back for s in taken_back],
            reversed_by=[s.id for s in taken_back],
        )
    gone = {s.takes_back for s in taken_back}
    if gone:
        await store.run(conn, "free_settled_batches", settlements=list(gone))
    settled = [s for s in fresh if not s.reverses and s.id not in gone]
    if settled:
        await store.run(
            conn,
            "add_settled_batches",
            visits=[s.visit_id for s in settled],
            batches=[s.batch for s in settled],
            settlements=[s.id for s in settled],
        )


def _messages(decided: list[Decided]) -> list[store.MessageRow]:
    """What is remembered of each message: the last word of the batch about each key."""
    remembered: dict[tuple[str, str], store.MessageRow] = {}
    for d in decided:
        sender = d.command.sender
        key = (sender.institution, sender.message_id)
        repeated = isinstance(d.outcome, Done) and d.outcome.repeated
        reused = isinstance(d.outcome, Refusal) and d.outcome.code in (Code.MESSAGE_REUSED, Code.MESSAGE_VOID)
        if repeated or reused:
            continue
        remembered[key] = store.MessageRow(
            sender=sender.institution,
            message_id=sender.message_id,
            transaction=sender.transaction,
            input_hash=sender.input_hash,
            outcome="refused" if isinstance(d.outcome, Refusal) else "done",
            settlement_id=d.outcome.settlement.id if isinstance(d.outcome, Done) else None,
            answer=d.outcome.code.value.encode() if isinstance(d.outcome, Refusal) else b"",
            unknown=sender.unknown,
        )
        if d.voids and isinstance(d.command, Reverse) and d.command.original:
            void = void_message(sender.institution, d.command.original)
            remembered[void.sender, void.message_id] = void
    return list(remembered.values())


def void_message(sender: str, original: tuple[str, str]) -> store.MessageRow:
    """A message taken back before it came must do nothing when it comes late."""
    message_id, transaction = original
    return store.MessageRow(
        sender=sender,
        message_id=message_id,
        transaction=transaction,
        input_hash=b"",
        outcome="void",
        settlement_id=None,
        answer=b"",
        unknown={},
    )
