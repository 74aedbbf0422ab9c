"""Decide one partial return: the bill without what was returned, and each payer's exact difference (部分退费).

The rest is computed by the rules of the day of care and the figures of the first settlement; no payer may pay more than
he did. What he pays less goes back to him, the last payer first.
"""

from collections.abc import Sequence

import msgspec

from gongji.core.account import AccountKind, AccountRef, PersonalAccount
from gongji.core.case import Bill, Case, LimitLeft, NotDrawn, PurposePart, Split
from gongji.core.codes import SharingMode
from gongji.core.lines import LineSplit, total_of
from gongji.core.money import Fen
from gongji.core.posting import Posting
from gongji.core.record import Replaced, Returned, Settlement, amounts_of, settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.settlement import calculate
from gongji.core.terms import terms_for
from gongji.ledger.pipeline import Pipeline
from gongji.service.commands import Command, Done, ReturnPart
from gongji.service.line_returns import lines_left, take
from gongji.service.reverse import NotLockedError, original_of, undone
from gongji.service.settle import POSTED_AS, apply_booked
from gongji.service.snapshot import Snapshot

Payer = tuple[str, str | int]
"""What a payment is posted as, and whose it is: an account, or the owner of several."""


async def load_returnable(conn: Pipeline, snapshot: Snapshot, commands: Sequence[Command]) -> None:
    """Read the lines that returns name; most batches have none."""
    for command in commands:
        original = snapshot.settlements.get(command.settlement_id) if isinstance(command, ReturnPart) else None
        if isinstance(command, ReturnPart) and original is not None:
            numbers = [item.line_no for item in command.items]
            known = snapshot.returnable.setdefault(original.visit_id, {})
            known |= await lines_left(conn, original.visit_id, numbers)


def decide_return(snapshot: Snapshot, command: ReturnPart) -> Done | Refusal:
    """Settle the rest of a bill in memory, in the place of the settlement of the whole."""
    original = original_of(snapshot, command)
    if isinstance(original, Refusal):
        return original
    payers = {p.from_ for p in original.postings if isinstance(p.from_, int)}
    if not payers <= snapshot.accounts.keys():
        raise NotLockedError(original.id)
    returned = _returned(snapshot, command, original)
    if isinstance(returned, Refusal):
        return returned
    split = _rest(snapshot, original, total_of(one.parts for one in returned))
    if isinstance(split, Refusal):
        return split
    kept, less = _divided(snapshot, original, split)
    back = undone(snapshot, less)
    return Done(
        settlement=_record(snapshot, command, original, split, kept, returned, back),
        patient=snapshot.people[original.person_no],
    )


def _returned(snapshot: Snapshot, command: ReturnPart, original: Settlement) -> tuple[Returned, ...] | Refusal:
    """What is taken from each line; a line may be named once."""
    lines = snapshot.returnable.get(original.visit_id, {})
    named = [item.line_no for item in command.items]
    twice = next((number for number in named if named.count(number) > 1), None)
    if twice is not None or not named:
        return refuse(Code.RETURN_INVALID, field="items", line=twice or "", what="至少写一条明细，每条只写一次")
    result = []
    for item in command.items:
        left = lines.get(item.line_no)
        if left is None or left.batch != original.batch:
            return refuse(Code.FEE_UNKNOWN, field="items", visit=original.visit_id, line=item.line_no)
        parts = take(left, item.line_no, item.quantity, None)
        if isinstance(parts, Refusal):
            return parts
        one = Returned(line_no=item.line_no, item=left.item, quantity=item.quantity, price=left.price, parts=parts)
        result.append(one)
    return tuple(result)


def _rest(snapshot: Snapshot, original: Settlement, gone: LineSplit) -> Split | Refusal:
    """The bill without what was returned, by the rules of its day, no payer paying more than he did."""
    before = original.split
    bill = _less(before.bill, gone)
    if bill.total == 0:
        return refuse(Code.NOT_RETURNABLE, field="items", what="退回的是全部费用，请撤销整笔结算")
    scheme = original.case.facts.scheme
    terms = terms_for(snapshot.book, original.region, original.care_on, scheme, original.care)
    if isinstance(terms, Refusal):
        return terms
    split = calculate(terms, _at_most(msgspec.structs.replace(original.case, bill=bill), before))
    if isinstance(split, Refusal):
        return split
    if split.pool > before.pool or split.supplementary > before.supplementary:
        return refuse(Code.NOT_RETURNABLE, field="items", what="按现行规定重算后基金支付增加，请撤销整笔后重新结算")
    return split


def _less(bill: Bill, gone: LineSplit) -> Bill:
    amounts = {part.purpose: part.amount for part in gone.by_purpose}
    return msgspec.structs.replace(
        bill,
        total=bill.total - gone.amount,
        full_self_pay=bill.full_self_pay - gone.full_self_pay,
        over_limit=bill.over_limit - gone.over_limit,
        first_self_pay=bill.first_self_pay - gone.first_self_pay,
        by_purpose=tuple(
            PurposePart(purpose=p.purpose, amount=p.amount - amounts.get(p.purpose, 0), barred=p.barred)
            for p in bill.by_purpose
        ),
    )


def _at_most(case: Case, paid: Split) -> Case:
    """The case in which every account offers what it paid."""
    drawn = {one.id: one.amount for one in paid.shared}
    own = case.own
    if paid.own:
        own = tuple(
            msgspec.structs.replace(purse, available=gave.available)
            for purse, gave in zip(case.own, paid.own, strict=True)
        )
    sharers = tuple(
        msgspec.structs.replace(
            sharer, left=(*sharer.left, LimitLeft(amount=drawn.get(sharer.id, 0), reason=NotDrawn.NOT_NEEDED))
        )
        for sharer in case.sharers
    )
    return msgspec.structs.replace(case, own=own, sharers=sharers)


def _divided(snapshot: Snapshot, original: Settlement, split: Split) -> tuple[tuple[Posting, ...], tuple[Posting, ...]]:
    """The original's postings as far as they stand, and what of them goes back; the first to pay keeps paying."""
    due = _due(snapshot, original, split)
    kept, less = [], []
    stays = 0
    for posting in original.postings:
        # Money of another region passes a clearing account: the second leg is as long as the first.
        second = isinstance(posting.from_, AccountRef) and posting.from_.kind is AccountKind.CLEARING_RECEIVABLE
        if not second:
            payer = _payer(snapshot, posting)
            stays = min(posting.amount, due.get(payer, 0))
            due[payer] = due.get(payer, 0) - stays
        if stays:
            kept.append(msgspec.structs.replace(posting, amount=stays))
        if posting.amount > stays:
            less.append(msgspec.structs.replace(posting, amount=posting.amount - stays))
    if any(due.values()):
        raise AssertionError(f"the rest of {original.id} is paid by somebody who did not pay the whole")
    return tuple(kept), tuple(less)


def _payer(snapshot: Snapshot, posting: Posting) -> Payer:
    if not isinstance(posting.from_, int):
        return posting.purpose, ""
    account = snapshot.accounts[posting.from_]
    return posting.purpose, account.id if posting.purpose == "own" else account.owner


def _due(snapshot: Snapshot, original: Settlement, split: Split) -> dict[Payer, Fen]:
    """What each payer bears of the rest."""
    person = original.person_no
    due: dict[Payer, Fen] = {("pool", ""): split.pool, ("supplementary", ""): split.supplementary}
    due["wallet", person] = split.wallet
    for account in _own(snapshot, original):
        due["own", account.id] = split.own_of(account.segment)
    authorisers = {payer.binding: payer.authoriser for payer in original.payers}
    modes = {sharer.id: sharer.mode for sharer in original.case.sharers}
    for drawn in split.shared:
        if drawn.amount:
            purpose = POSTED_AS[modes.get(drawn.id, SharingMode.LIVE_CALL)]
            payer = (purpose, authorisers[drawn.id])
            due[payer] = due.get(payer, 0) + drawn.amount
    return due


def _own(snapshot: Snapshot, original: Settlement) -> list[PersonalAccount]:
    """The own accounts that paid, also where they have been closed since."""
    ids = {p.from_ for p in original.postings if p.purpose == "own" and isinstance(p.from_, int)}
    return [snapshot.accounts[number] for number in sorted(ids)]


def _record(
    snapshot: Snapshot,
    command: ReturnPart,
    original: Settlement,
    split: Split,
    kept: tuple[Posting, ...],
    returned: tuple[Returned, ...],
    back: tuple[Posting, ...],
) -> Settlement:
    journal = snapshot.journal_ids.pop()
    own = snapshot.accounts_of(original.person_no)
    ids = {account.id for account in own}
    return msgspec.structs.replace(
        original,
        id=settlement_id(original.region, snapshot.now.date(), journal),
        journal_id=journal,
        sender=command.sender.institution,
        message_id=command.sender.message_id,
        settled_at=snapshot.now,
        case=msgspec.structs.replace(original.case, bill=split.bill),
        split=split,
        postings=kept,
        cites=(),
        balance_after=sum(a.balance for a in own) + sum(p.amount for p in back if p.to in ids),
        policy_digest=snapshot.book.digest,
        drawn_on=original.counts_on,
        instead_of=Replaced(
            settlement=original.id,
            amounts=amounts_of(original.split),
            drawn={one.id: one.amount for one in original.split.shared if one.amount},
            returned=returned,
            given_back=back,
        ),
    )


def apply_return(snapshot: Snapshot, rest: Settlement) -> None:
    """Make a decided return visible to the commands after it in the batch."""
    if rest.instead_of is None:
        raise AssertionError(f"{rest.id} is no return")
    apply_booked(snapshot, rest)
    snapshot.settled[rest.visit_id, rest.batch] = rest.id
    stay = snapshot.stays.get(rest.visit_id)
    if stay is not None:
        stay.settled = [rest if s.id == rest.instead_of.settlement else s for s in stay.settled]
