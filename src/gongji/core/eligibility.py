"""May A authorise B, and may B draw on A's account now (共济资格): decisions without effects."""

from datetime import date
from functools import lru_cache

import msgspec

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.case import LimitLeft, NotDrawn, Sharer
from gongji.core.codes import AccountState, PlaceKind, Reach, Relation, Scheme, Segment, SharingMode
from gongji.core.family import NO_LIMITS, Binding, BindingState, Limits, Used
from gongji.core.money import Fen, format_yuan
from gongji.core.person import Person
from gongji.core.policy import BindingProof, Draw, Kin, PolicyBook, SharingAcross, SharingLimits, SharingReach
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
    reasons = _unfit(authoriser, account_state, user, on)
    reasons += barred_by_place(book, authoriser, user, relation, on)
    reasons += _too_many(book, authoriser, user, counts, on)
    return foremost(reasons) if reasons else None


def _unfit(authoriser: Person, account_state: AccountState, user: Person, on: date) -> list[Refusal]:
    """Conditions on the two people themselves."""
    reasons = []
    if authoriser.person_no == user.person_no:
        reasons.append(refuse(Code.SELF_BINDING, field="user"))
    if authoriser.scheme is not Scheme.EMPLOYEE:
        reasons.append(refuse(Code.AUTHORISER_NOT_EMPLOYEE, scheme=authoriser.scheme.label))
    if not authoriser.insured_on(on):
        reasons.append(refuse(Code.AUTHORISER_NOT_INSURED, state=authoriser.insurance.label))
    if authoriser.scheme is Scheme.EMPLOYEE and account_state is not AccountState.OPEN:
        reasons.append(refuse(Code.ACCOUNT_NOT_OPEN, state=account_state.label))
    if not user.insured_on(on):
        reasons.append(refuse(Code.USER_NOT_INSURED, field="user", state=user.insurance.label))
    return reasons


def barred_by_place(book: PolicyBook, authoriser: Person, user: Person, relation: Relation, on: date) -> list[Refusal]:
    """Why two people may not share, by the authoriser's place and theirs together: relation and reach."""
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
    if not reaches(book, authoriser.region, user.region, on):
        both = {"mine": region, "theirs": book.name(user.region)}
        closed = not_open_across(book, authoriser.region, user.region, on)
        if closed:
            reasons.append(refuse(Code.ACROSS_NOT_OPEN, field="user", closed=closed, **both))
        else:
            reasons.append(refuse(Code.OUT_OF_REACH, field="user", reach=reach.reach.label, **both))
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


def across(book: PolicyBook, mine: str, theirs: str, on: date) -> SharingAcross | None:
    """The rule for sharing between two provinces, where both take part; it is the authoriser's place's."""
    rules = [book.rule(SharingAcross, region, "sharing.across", on) for region in (mine, theirs)]
    return rules[0] if all(rule is not None and rule.open for rule in rules) else None


def not_open_across(book: PolicyBook, mine: str, theirs: str, on: date) -> str:
    """Which provinces do not share across provinces on a day, or are not known to; empty for two areas of one province.

    Before the nation opened it, places opened it one by one: which ones did is not recorded.
    """
    if mine[:2] == theirs[:2]:
        return ""
    rules = {region: book.rule(SharingAcross, region, "sharing.across", on) for region in (mine, theirs)}
    shut = [region for region, rule in rules.items() if rule is not None and not rule.open]
    unknown = [region for region, rule in rules.items() if rule is None]
    names = "、".join(book.name(f"{region[:2]}0000") for region in shut or unknown)
    if not names:
        return ""
    return f"{names}没有开通跨省共济" if shut else f"未收录{names}当时已开通跨省共济"


def reaches(book: PolicyBook, mine: str, theirs: str, on: date) -> bool:
    """Whether money of one pooling area may be used by people, or at institutions, of another on a day."""
    rule = book.rule(SharingReach, mine, "sharing.reach", on)
    if rule is None:
        return False
    if within_reach(rule.reach, mine, theirs):
        return True
    return mine[:2] != theirs[:2] and across(book, mine, theirs, on) is not None


def mode_for(book: PolicyBook, mine: str, theirs: str, asked: SharingMode | None, on: date) -> SharingMode | Refusal:
    """How money is shared between two pooling areas; between provinces the mode is not the family's to choose.

    Within a province a place that moves money to a family account also lets it be called at settlement if asked.
    """
    offered_modes = modes_offered(book, mine, theirs, on)
    if asked is None or asked in offered_modes:
        return asked or offered_modes[0]
    allowed = "、".join(mode.label for mode in offered_modes)
    return refuse(Code.MODE_NOT_OFFERED, field="mode", asked=asked.label, allowed=allowed)


def modes_offered(book: PolicyBook, mine: str, theirs: str, on: date) -> tuple[SharingMode, ...]:
    """The ways two pooling areas offer on a day, the usual one first."""
    draw = book.rule(Draw, mine, "sharing.draw", on)
    own = draw.mode if draw else SharingMode.LIVE_CALL
    if within_reach(Reach.PROVINCE, mine, theirs):
        return tuple(dict.fromkeys((own, SharingMode.LIVE_CALL)))
    rule = across(book, mine, theirs, on)
    return (rule.mode,) if rule else (own,)


def proof_for(book: PolicyBook, region: str, on: date) -> BindingProof | None:
    """What binding asks for in a region on a day."""
    return book.rule(BindingProof, region, "sharing.binding", on)


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """Where and when shared money is asked for: the user's region, the place's region and kind, and the day.

    ``place`` is None where money is not spent at an institution, such as for a premium.
    """

    user_region: str
    place_region: str
    place: PlaceKind | None
    on: date


def offered(
    book: PolicyBook,
    binding: Binding,
    authoriser: Person,
    accounts: tuple[PersonalAccount, ...],
    visit: Visit,
    used: Used,
) -> Sharer:
    """What a binding offers to a payment, or why it offers nothing.

    Args:
        book: the rules.
        binding: the binding, whose period covers the day.
        authoriser: whose money it is.
        accounts: everything that is the authoriser's: his account, and what he has set aside.
        visit: where and when it is asked for.
        used: what has been drawn through the binding before.
    """
    draw = book.rule(Draw, authoriser.region, "sharing.draw", visit.on)
    usable = usable_for(accounts, binding, historical_only=bool(draw and draw.historical_only))
    barred, detail = _barred(book, binding, authoriser, accounts, visit)
    money = sum([account.available for account in usable])
    available = above_threshold(money, draw, binding.mode)
    if barred is None and money and not available:
        barred = NotDrawn.BELOW_THRESHOLD
    return Sharer(
        id=binding.id,
        relation=binding.relation,
        available=available,
        mode=binding.mode,
        order=binding.position,
        cap_per_transaction=binding.limits.per_transaction,
        barred=barred,
        detail=detail,
        left=limits_left(binding.limits, used),
        purposes=binding.limits.purposes,
    )


def _barred(
    book: PolicyBook,
    binding: Binding,
    authoriser: Person,
    accounts: tuple[PersonalAccount, ...],
    visit: Visit,
) -> tuple[NotDrawn | None, str]:
    """The first reason why nothing may be drawn here, and what it is about."""
    out, detail = _out_of_reach(book, authoriser.region, visit)
    own = [account for account in accounts if account.kind is AccountKind.PERSONAL]
    places = binding.limits.places
    reasons = (
        (out is not None, out, detail),
        (binding.state is not BindingState.ACTIVE, NotDrawn.BINDING_FROZEN, ""),
        (
            authoriser.scheme is not Scheme.EMPLOYEE or not authoriser.insured_on(visit.on),
            NotDrawn.AUTHORISER_NOT_INSURED,
            "",
        ),
        (all(account.state is not AccountState.OPEN for account in own), NotDrawn.ACCOUNT_NOT_OPEN, ""),
        (
            places is not None and visit.place is not None and visit.place not in places,
            NotDrawn.PLACE_NOT_AUTHORISED,
            visit.place.label if visit.place else "",
        ),
    )
    return next(((reason, about) for holds, reason, about in reasons if holds), (None, ""))


@lru_cache(maxsize=8192)
def _out_of_reach(book: PolicyBook, mine: str, visit: Visit) -> tuple[NotDrawn | None, str]:
    """Why money of a region may not be used by this user, or at this place."""
    if book.rule(Draw, mine, "sharing.draw", visit.on) is None:
        return NotDrawn.SHARING_NOT_OPEN, ""
    if book.rule(SharingReach, mine, "sharing.reach", visit.on) is None:
        return NotDrawn.SHARING_NOT_OPEN, ""
    if not reaches(book, mine, visit.user_region, visit.on):
        both = f"{book.name(mine)}与{book.name(visit.user_region)}"
        return NotDrawn.OUT_OF_REACH, both + _across_closed(book, mine, visit.user_region, visit.on)
    if not reaches(book, mine, book.pool_of(visit.place_region), visit.on):
        there = f"{book.name(mine)}的钱，在{book.name(visit.place_region)}使用"
        return NotDrawn.PLACE_OUT_OF_REACH, there + _across_closed(book, mine, visit.place_region, visit.on)
    return None, ""


def _across_closed(book: PolicyBook, mine: str, theirs: str, on: date) -> str:
    closed = not_open_across(book, mine, theirs, on)
    return f"；{closed}" if closed else ""


def limits_left(limits: Limits, used: Used) -> tuple[LimitLeft, ...]:
    """What the authoriser's limits of day, year and life still allow, in fen."""
    if limits is NO_LIMITS:
        return ()
    stated = (
        (limits.per_day, used.day, NotDrawn.DAY_LIMIT_REACHED),
        (limits.per_year, used.year, NotDrawn.YEAR_LIMIT_REACHED),
        (limits.total, used.total, NotDrawn.TOTAL_LIMIT_REACHED),
    )
    return tuple(
        [LimitLeft(amount=max(0, limit - gone), reason=reason) for limit, gone, reason in stated if limit is not None]
    )


def limits_fault(limits: Limits) -> Refusal | None:
    """What is wrong with limits that an authoriser sets; a limit of zero is his way to pause."""
    amounts = (limits.per_transaction, limits.per_day, limits.per_year, limits.total, limits.quota)
    if any(amount is not None and not 0 <= amount <= MOST_LIMIT for amount in amounts):
        what = f"金额在 0 到 {format_yuan(MOST_LIMIT)} 元之间"
        return refuse(Code.LIMIT_INVALID, field="limits", what=what)
    if limits.purposes == () or limits.places == ():
        return refuse(Code.LIMIT_INVALID, field="limits", what="至少要允许一种用途和一类机构")
    return None


MOST_LIMIT = 99_999_999_999
"""The largest limit in fen that an authoriser may set."""

KIND_OF_MODE = {
    SharingMode.LIVE_CALL: AccountKind.PERSONAL,
    SharingMode.FAMILY_ACCOUNT: AccountKind.FAMILY,
    SharingMode.QUOTA_HOLD: AccountKind.QUOTA_HOLD,
}
"""Which of the authoriser's accounts each mode draws."""


def usable_for(
    accounts: tuple[PersonalAccount, ...], binding: Binding, *, historical_only: bool
) -> tuple[PersonalAccount, ...]:
    """The authoriser's accounts that a binding draws, in their order."""
    kind = KIND_OF_MODE[binding.mode]
    own = [a for a in accounts if a.kind is kind and a.binding in ("", binding.id)]
    return usable_for_sharing(tuple(own), historical_only=historical_only and kind is AccountKind.PERSONAL)


def usable_for_sharing(accounts: tuple[PersonalAccount, ...], *, historical_only: bool) -> tuple[PersonalAccount, ...]:
    """The authoriser's accounts that may be shared, in the order they are drawn: historical money first."""
    usable = [a for a in accounts if not (historical_only and a.segment is Segment.CURRENT_YEAR)]
    return tuple(sorted(usable, key=lambda a: a.segment is Segment.CURRENT_YEAR))


def above_threshold(money: Fen, draw: Draw | None, mode: SharingMode) -> Fen:
    """The part of an authoriser's money that may be shared; what was set aside for the family counts in full."""
    if draw is None or mode is not SharingMode.LIVE_CALL:
        return money
    return max(0, money - draw.threshold)
