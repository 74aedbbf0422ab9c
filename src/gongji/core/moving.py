"""Moving to another pooling area (转移接续): may it be, where money goes, which bindings go on.

These are decisions without effects. The money of the account moves with its owner. Care before the first day in the new
place stays with the old one.
"""

from collections.abc import Sequence
from datetime import date

import msgspec

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.codes import AccountState, Segment, SharingMode
from gongji.core.eligibility import across, barred_by_place, mode_for
from gongji.core.family import Binding
from gongji.core.money import Fen
from gongji.core.notices import EndReason
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.posting import Posting
from gongji.core.refusal import Code, Refusal, refuse


class Moved(msgspec.Struct, frozen=True, kw_only=True):
    """What a move booked, kept with its journal; in fen.

    Attributes:
        left, to: pooling areas.
        on: first day in the new one.
        amount: what went along.
        held: what the new place did not take over, and the old one keeps for the owner.
        postings: what was booked; none where there was nothing.
    """

    person_no: str
    left: str
    to: str
    on: date
    amount: Fen
    held: Fen
    postings: tuple[Posting, ...]


def move_fault(
    book: PolicyBook, person: Person, accounts: Sequence[PersonalAccount], to: str, on: date
) -> Refusal | None:
    """Why somebody cannot be moved.

    Args:
        book: the rules.
        person: as he is before.
        accounts: everything that is his, and not left behind by an earlier move.
        to: the pooling area he goes to.
        on: his first day there.
    """
    region = book.regions.get(to)
    if region is None or not region.pooling:
        return refuse(Code.LIFE_EVENT_INVALID, field="to", what=f"{to or '（空）'} 不是收录的统筹区")
    if to == person.region:
        return refuse(Code.LIFE_EVENT_INVALID, field="to", what=f"已在{region.name}参保")
    if person.moved and on <= person.moved[-1][0]:
        what = f"{person.moved[-1][0]} 已登记过转移，日期要在那以后"
        return refuse(Code.LIFE_EVENT_INVALID, field="on", what=what)
    frozen = next((account for account in accounts if account.state is AccountState.FROZEN), None)
    return refuse(Code.ACCOUNT_NOT_OPEN, state=frozen.state.label) if frozen else None


def kind_there(account: PersonalAccount) -> AccountKind:
    """Kind of the account that takes over the money: what is still frozen for an ended binding is free again."""
    return AccountKind.PERSONAL if account.kind is AccountKind.QUOTA_HOLD else account.kind


def segment_there(account: PersonalAccount, kept: Sequence[Segment]) -> Segment:
    """Which segment takes over the money, where a place keeps others: what was saved before the move is historical."""
    if account.kind is AccountKind.WALLET:
        return Segment.WHOLE
    return account.segment if account.segment in kept else kept[-1]


def ended_by_move(
    book: PolicyBook, binding: Binding, before: Person, authoriser: Person, user: Person, on: date
) -> EndReason | None:
    """Why a binding ends when one of its sides moves, or None when it goes on.

    A quota goes back with the move of the authoriser, since it is a part of the account that moves. Any other binding
    goes on where the two could be bound so by the rules of the day.

    Args:
        book: the rules.
        binding: the binding.
        before: who moves, as he was.
        authoriser: as he is after it.
        user: as he is after it.
        on: the first day in the new place.
    """
    if binding.mode is SharingMode.QUOTA_HOLD:
        mine, theirs = (before if side.person_no == before.person_no else side for side in (authoriser, user))
        rule = across(book, mine.region, theirs.region, on)
        if before.person_no == authoriser.person_no or (rule and rule.ends_with_insurance):
            return EndReason.INSURANCE_CHANGED
    apart = barred_by_place(book, authoriser, user, binding.relation, on)
    mode = mode_for(book, authoriser.region, user.region, binding.mode, on)
    return EndReason.MOVED if apart or isinstance(mode, Refusal) else None
