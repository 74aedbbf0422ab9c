"""What an event in a person's life does to his bindings (人员变动对绑定的影响): decisions without effects."""

from datetime import date

import msgspec

from gongji.core.codes import Insurance, Relation, Term
from gongji.core.family import Binding
from gongji.core.incidents import IncidentKind
from gongji.core.notices import EndReason
from gongji.core.policy import LinkTerms


class LifeKind(Term):
    """Kind of an event (变动类别)."""

    DEATH = "death", "死亡"
    DIVORCE = "divorce", "离婚"
    INSURANCE_SUSPENDED = "insurance_suspended", "暂停参保"
    INSURANCE_ENDED = "insurance_ended", "终止参保"
    INSURANCE_RESUMED = "insurance_resumed", "恢复参保"
    CARD_REPLACED = "card_replaced", "换发社保卡"
    MOVED = "moved", "转移参保地"


class LifeEvent(msgspec.Struct, frozen=True, kw_only=True):
    """Something that happened to a person.

    Attributes:
        on: the day it happened, which may lie before the day it is reported.
        other: of a divorce, the former spouse.
        card_no: the new card, where one was given.
        to: of a move, the pooling area in which he is insured from that day on.
        takes_balance: of a move, whether the new place takes over what is on his account.
    """

    person_no: str
    kind: LifeKind
    on: date
    other: str = ""
    card_no: str = ""
    to: str = ""
    takes_balance: bool = True


INSURANCE_AFTER = {
    LifeKind.DEATH: Insurance.ENDED,
    LifeKind.INSURANCE_SUSPENDED: Insurance.SUSPENDED,
    LifeKind.INSURANCE_ENDED: Insurance.ENDED,
    LifeKind.INSURANCE_RESUMED: Insurance.INSURED,
    LifeKind.MOVED: Insurance.INSURED,
}
"""State of the person's insurance after an event."""

MISUSE = {
    LifeKind.DEATH: IncidentKind.AFTER_DEATH,
    LifeKind.INSURANCE_ENDED: IncidentKind.AFTER_INSURANCE,
    LifeKind.DIVORCE: IncidentKind.AFTER_DIVORCE,
    LifeKind.MOVED: IncidentKind.AFTER_MOVE,
}
"""What it is when a settlement stands after the day of an event that was reported too late."""

_BY_MARRIAGE = frozenset({Relation.SPOUSE, Relation.SPOUSE_PARENT})


def ending(event: LifeEvent, binding: Binding, terms: LinkTerms | None = None) -> EndReason | None:
    """Why an event ends a binding of its person, or None when the binding goes on.

    A suspended insurance ends a binding only where the authoriser's place says so; elsewhere it cannot be used
    meanwhile, and can again afterwards. A card may be replaced at any time, because a binding is between people.
    """
    if event.kind is LifeKind.DEATH:
        return EndReason.DIED
    suspended = event.kind is LifeKind.INSURANCE_SUSPENDED and terms is not None and terms.ends_with_suspension
    if event.kind is LifeKind.INSURANCE_ENDED or suspended:
        return EndReason.INSURANCE_CHANGED
    if event.kind is LifeKind.DIVORCE and binding.relation in _BY_MARRIAGE and _concerns(event, binding):
        return EndReason.DIVORCED
    return None


def _concerns(event: LifeEvent, binding: Binding) -> bool:
    """A binding of the former spouses with each other, or of one of them with the other's parents."""
    pair = {event.person_no, event.other}
    if binding.relation is Relation.SPOUSE:
        return {binding.authoriser, binding.user} == pair
    return binding.authoriser in pair
