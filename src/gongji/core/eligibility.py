"""May A authorise B, and may B draw on A's account now (共济资格): decisions without effects."""

from datetime import date

import msgspec

from gongji.core.account import PersonalAccount
from gongji.core.case import NotDrawn, Sharer
from gongji.core.codes import AccountState, Insurance, Reach, Relation, Scheme, Segment, SharingMode
from gongji.core.family import Binding
from gongji.core.money import Fen
from gongji.core.person import Person
from gongji.core.policy import BindingProof, Draw, Kin, PolicyBook, SharingLimits, SharingReach
from gongji.core.refusal import Code, Refusal, foremost, refuse


class Counts(msgspec.Struct, frozen=True, kw_only=True):
    """How many live bindings the two sides already have."""

    users_of_authoriser: int
    authorisers_of_user: int
    between_them: int


def may_bind(
    book: PolicyBook,
    authoriser: Person,
    account_state: AccountState,
    user: Person,
    relation: Relation,
    counts: Counts,
    on: date,
) -> Refusal | None:
    """Whether the authoriser may let the user draw on his account, by the rules of a day; None is yes.

    Every condition is looked at; the one that stands first in the order of precedence is answered.
    """
    reasons = _unfit(authoriser, account_state, user)
    reasons += _outside(book, authoriser, user, relation, on)
    reasons += _too_many(book, authoriser, user, counts, on)
    return foremost(reasons) if reasons else None


def _unfit(authoriser: Person, account_state: AccountState, user: Person) -> list[Refusal]:
    """Conditions on the two people themselves."""
    reasons = []
    if authoriser.person_no == user.person_no:
        reasons.append(refuse(Code.SELF_BINDING, field="user"))
    if authoriser.scheme is not Scheme.EMPLOYEE:
        reasons.append(refuse(Code.AUTHORISER_NOT_EMPLOYEE, scheme=authoriser.scheme.label))
    if authoriser.insurance is not Insurance.INSURED:
        reasons.append(refuse(Code.AUTHORISER_NOT_INSURED, state=authoriser.insurance.label))
    if authoriser.scheme is Scheme.EMPLOYEE and account_state is not AccountState.OPEN:
        reasons.append(refuse(Code.ACCOUNT_NOT_OPEN, state=account_state.label))
    if user.insurance is not Insurance.INSURED:
        reasons.append(refuse(Code.USER_NOT_INSURED, field="user", state=user.insurance.label))
    return reasons


def _outside(book: PolicyBook, authoriser: Person, user: Person, relation: Relation, on: date) -> list[Refusal]:
    """Conditions on relation and place."""
    region = book.name(authoriser.region)
    kin = book.rule(Kin, authoriser.region, "sharing.kin", on)
    reach = book.rule(SharingReach, authoriser.region, "sharing.reach", on)
    if kin is None or reach is None:
        return [refuse(Code.SHARING_NOT_OPEN, region=region, on=str(on))]
    reasons = []
    if relation not in kin.relations:
        allowed = "、".join(kind.label for kind in kin.relations)
        reasons.append(
            refuse(Code.RELATION_NOT_ALLOWED, field="relation", relation=relation.label, region=region, allowed=allowed)
        )
    if not within_reach(reach.reach, authoriser.region, user.region):
        reasons.append(
            refuse(
                Code.OUT_OF_REACH,
                field="user",
                mine=region,
                theirs=book.name(user.region),
                reach=reach.reach.label,
            )
        )
    return reasons


def _too_many(book: PolicyBook, authoriser: Person, user: Person, counts: Counts, on: date) -> list[Refusal]:
    """Limits on how many may be bound: the authoriser's region limits users, the user's region authorisers."""
    if counts.between_them:
        return [refuse(Code.ALREADY_BOUND, field="user")]
    reasons = []
    giving = book.rule(SharingLimits, authoriser.region, "sharing.limits", on)
    most = giving.users_per_authoriser if giving else None
    if most is not None and counts.users_of_authoriser >= most:
        reasons.append(refuse(Code.TOO_MANY_USERS, region=book.name(authoriser.region), limit=str(most)))
    taking = book.rule(SharingLimits, user.region, "sharing.limits", on)
    most = taking.authorisers_per_user if taking else None
    if most is not None and counts.authorisers_of_user >= most:
        reasons.append(refuse(Code.TOO_MANY_AUTHORISERS, region=book.name(user.region), limit=str(most)))
    return reasons


def within_reach(reach: Reach, mine: str, theirs: str) -> bool:
    """Whether two pooling areas are near enough for a reach."""
    if reach is Reach.SAME_POOL:
        return mine == theirs
    return reach is Reach.NATION or mine[:2] == theirs[:2]


def proof_for(book: PolicyBook, region: str, on: date) -> BindingProof | None:
    """What binding asks for in a region on a day."""
    return book.rule(BindingProof, region, "sharing.binding", on)


def offered(
    book: PolicyBook,
    binding: Binding,
    authoriser: Person,
    accounts: tuple[PersonalAccount, ...],
    user_region: str,
    on: date,
) -> Sharer:
    """What a binding that holds on the date of care offers to the settlement, or why it offers nothing."""
    draw = book.rule(Draw, authoriser.region, "sharing.draw", on)
    reach = book.rule(SharingReach, authoriser.region, "sharing.reach", on)
    usable = usable_for_sharing(accounts, historical_only=bool(draw and draw.historical_only))
    barred = None
    if draw is None or reach is None:
        barred = NotDrawn.SHARING_NOT_OPEN
    elif not within_reach(reach.reach, authoriser.region, user_region):
        barred = NotDrawn.OUT_OF_REACH
    elif authoriser.scheme is not Scheme.EMPLOYEE or authoriser.insurance is not Insurance.INSURED:
        barred = NotDrawn.AUTHORISER_NOT_INSURED
    elif not any(account.state is AccountState.OPEN for account in accounts):
        barred = NotDrawn.ACCOUNT_NOT_OPEN
    money = sum(account.available for account in usable)
    available = above_threshold(money, draw, binding.mode)
    if barred is None and money and not available:
        barred = NotDrawn.BELOW_THRESHOLD
    return Sharer(
        id=binding.id,
        relation=binding.relation,
        available=available,
        mode=binding.mode,
        order=binding.position,
        cap_per_transaction=binding.cap_per_transaction,
        barred=barred,
    )


def usable_for_sharing(accounts: tuple[PersonalAccount, ...], *, historical_only: bool) -> tuple[PersonalAccount, ...]:
    """The authoriser's accounts that may be shared, in the order they are drawn: historical money first."""
    usable = [a for a in accounts if not (historical_only and a.segment is Segment.CURRENT_YEAR)]
    return tuple(sorted(usable, key=lambda a: a.segment is Segment.CURRENT_YEAR))


def above_threshold(money: Fen, draw: Draw | None, mode: SharingMode) -> Fen:
    """The part of an authoriser's money that may be shared; what was set aside for the family counts in full."""
    if draw is None or mode is not SharingMode.LIVE_CALL:
        return money
    return max(0, money - draw.threshold)
