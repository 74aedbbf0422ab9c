"""One database transaction for a batch of commands: lock, read, decide, post, commit (批量结算).

A batch of one is the same code. A refusal of one command leaves the others alone.
"""

from collections.abc import Sequence
from datetime import datetime

from gongji.core.account import AccountRef
from gongji.core.policy import PolicyBook
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.ledger import store
from gongji.ledger.pipeline import BooksConnection, Pipeline
from gongji.ledger.sealing import Lane
from gongji.service.commands import Command, Done, ReturnPart, Settle
from gongji.service.loading import load
from gongji.service.return_part import apply_return, decide_return
from gongji.service.reverse import apply_reversal, decide_reversal
from gongji.service.settle import apply_settlement, decide_settlement
from gongji.service.snapshot import KnownMessage, Snapshot
from gongji.service.writing import Decided, Known, write

Outcome = Done | Refusal

VOID = KnownMessage(transaction="", input_hash=b"", outcome="void", settlement_id=None, answer=b"")
"""A message that was taken back before it came."""


async def run_batch(
    conn: BooksConnection,
    lane: Lane,
    book: PolicyBook,
    known: Known,
    commands: Sequence[Command],
    now: datetime,
) -> tuple[list[Outcome], Lane]:
    """Decide and write a batch in one transaction on a connection in autocommit mode.

    Args:
        conn: the writer's connection, which holds the lane.
        lane: the writer's chain of seals as it stands.
        book: all rules.
        known: what the writer knows to be in the database; it learns from the batch.
        commands: what was asked, in order of arrival; a later one sees the effects of an earlier one.
        now: time of booking.

    Returns:
        One outcome a command, in order, and the lane after the batch.
    """
    known.forget()
    # A statement waits for nobody until its rows are asked for: two round trips a batch, whatever its size.
    async with Pipeline(conn) as books:
        snapshot = await load(books, book, commands, now, lock=True)
        decided = [_decided(snapshot, command) for command in commands]
        await _learn_accounts(books, known, [d.fresh for d in decided if d.fresh])
        if repeated := [d.command.sender for d in decided if isinstance(d.outcome, Done) and d.outcome.repeated]:
            await store.forget_undelivered(books, [(sender.institution, sender.message_id) for sender in repeated])
        lane = await write(books, lane, known, decided, now)
    known.settle()
    return [d.outcome for d in decided], lane


def _decided(snapshot: Snapshot, command: Command) -> Decided:
    ended = len(snapshot.used_up)
    outcome = decide(snapshot, command)
    refused = isinstance(outcome, Refusal) and outcome.code is Code.MESSAGE_UNKNOWN
    if not refused or isinstance(command, Settle) or command.original is None:
        return Decided(command, outcome, used_up=tuple(snapshot.used_up[ended:]))
    # Only a message that did nothing may be declared void: what is done, or void already, stays as it is.
    key = (command.sender.institution, command.original[0])
    known = snapshot.messages.get(key)
    if known is not None and known.outcome != "refused":
        return Decided(command, outcome)
    snapshot.messages[key] = VOID
    return Decided(command, outcome, voids=True)


def decide(snapshot: Snapshot, command: Command) -> Outcome:
    """Answer one command from the snapshot and let the next ones see what it did."""
    key = (command.sender.institution, command.sender.message_id)
    known = snapshot.messages.get(key)
    if known and known.outcome == "done":
        return _again(snapshot, command, known)
    if known and known.outcome == "void":
        return refuse(Code.MESSAGE_VOID, field="msgid", message_id=command.sender.message_id)
    outcome: Outcome
    if isinstance(command, Settle):
        outcome = decide_settlement(snapshot, command)
        if isinstance(outcome, Done):
            apply_settlement(snapshot, outcome.settlement)
    elif isinstance(command, ReturnPart):
        outcome = decide_return(snapshot, command)
        if isinstance(outcome, Done):
            apply_return(snapshot, outcome.settlement)
    else:
        outcome = decide_reversal(snapshot, command)
        if isinstance(outcome, Done):
            apply_reversal(snapshot, outcome.settlement)
    if isinstance(outcome, Done):
        snapshot.messages[key] = KnownMessage(
            transaction=command.sender.transaction,
            input_hash=command.sender.input_hash,
            outcome="done",
            settlement_id=outcome.settlement.id,
            answer=b"",
        )
    return outcome


def _again(snapshot: Snapshot, command: Command, known: KnownMessage) -> Outcome:
    """The first answer for the same content; a refusal for other content under the same number."""
    settlement = snapshot.settlements.get(known.settlement_id or "")
    if known.input_hash != command.sender.input_hash or settlement is None:
        return refuse(Code.MESSAGE_REUSED, field="msgid", message_id=command.sender.message_id)
    return Done(settlement=settlement, patient=snapshot.people[settlement.person_no], repeated=True)


async def _learn_accounts(conn: Pipeline, known: Known, settlements: list[Settlement]) -> None:
    """Find, or open, the accounts that are met for the first time."""
    refs = {party for s in settlements for p in s.booked for party in (p.from_, p.to)}
    missing = [ref for ref in refs if isinstance(ref, AccountRef) and ref not in known.accounts]
    if missing:
        known.learned_accounts.update(await store.account_ids(conn, missing))
