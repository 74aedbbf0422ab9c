"""Decide one reversal: each payer gets exactly his own part back, also after the binding has ended (结算撤销、冲正)."""

import msgspec

from gongji.core.posting import Posting, bring_back, run_backwards
from gongji.core.record import Settlement, settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Done, Reverse
from gongji.service.settle import apply_booked
from gongji.service.snapshot import Snapshot
from gongji.service.stay_bill import later_settlement, note_reversed


class NotLockedError(RuntimeError):
    """The settlement was made while this batch was locking accounts: the work must be done again."""


def original_of(snapshot: Snapshot, command: Reverse) -> Settlement | Refusal:
    """The settlement a command takes back, if it is the sender's to take back."""
    target = command.settlement_id
    if command.original:
        message_id, transaction = command.original
        message = snapshot.messages.get((command.sender.institution, message_id))
        if message is None or message.settlement_id is None or message.transaction != transaction:
            return refuse(Code.MESSAGE_UNKNOWN, field="omsgid", message_id=message_id, transaction=transaction)
        target = message.settlement_id
    original = snapshot.settlements.get(target)
    if original is None:
        return refuse(Code.SETTLEMENT_UNKNOWN, field="setl_id", settlement=target)
    elsewhere = (
        original.institution != command.sender.institution
        or original.person_no != command.person_no
        or (command.visit_id and original.visit_id != command.visit_id)
    )
    if elsewhere:
        return refuse(Code.SETTLEMENT_ELSEWHERE, field="setl_id", settlement=target)
    if original.care not in command.cares:
        what = f"这是{original.care.label}的结算，要用{original.care.label}的撤销交易"
        return refuse(Code.NOT_REVERSIBLE, field="setl_id", what=what)
    if original.reverses:
        return refuse(Code.NOT_REVERSIBLE, field="setl_id", what=f"结算[{original.id}]本身是一笔已办成的撤销")
    if original.id in snapshot.reversed:
        return refuse(Code.ALREADY_REVERSED, field="setl_id", settlement=target)
    return later_settlement(snapshot, original) or original


def decide_reversal(snapshot: Snapshot, command: Reverse) -> Done | Refusal:
    """Take a settlement back in memory, by the original's own split."""
    original = original_of(snapshot, command)
    if isinstance(original, Refusal):
        return original
    payers = {p.from_ for p in original.postings if isinstance(p.from_, int)}
    if not payers <= snapshot.accounts.keys():
        raise NotLockedError(original.id)
    postings = undone(snapshot, original.postings)
    journal = snapshot.journal_ids.pop()
    own = {a.id for a in snapshot.accounts_of(original.person_no)}
    returned = sum(p.amount for p in postings if p.to in own)
    balance = sum(a.balance for a in snapshot.accounts_of(original.person_no))
    return Done(
        settlement=msgspec.structs.replace(
            original,
            id=settlement_id(original.region, snapshot.now.date(), journal),
            journal_id=journal,
            sender=command.sender.institution,
            message_id=command.sender.message_id,
            settled_at=snapshot.now,
            postings=postings,
            balance_after=balance + returned,
            reverses=original.id,
            instead_of=None,
        ),
        patient=snapshot.people[original.person_no],
    )


def undone(snapshot: Snapshot, postings: tuple[Posting, ...]) -> tuple[Posting, ...]:
    """Postings run backwards; money for an account that is closed or left behind goes where its owner finds it."""
    back: list[Posting] = []
    for posting in run_backwards(postings):
        account = snapshot.accounts.get(posting.to) if isinstance(posting.to, int) else None
        back += [posting] if account is None else bring_back(posting, account, snapshot.money_of(account.owner))
    return tuple(back)


def apply_reversal(snapshot: Snapshot, reversal: Settlement) -> None:
    """Make a decided reversal visible to the commands after it in the batch."""
    apply_booked(snapshot, reversal)
    snapshot.settled.pop((reversal.visit_id, reversal.batch), None)
    note_reversed(snapshot, reversal)
