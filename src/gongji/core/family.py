"""Bindings: a relative's permission to draw on one's account (家庭共济绑定)."""

from datetime import date, datetime
from enum import StrEnum

import msgspec

from gongji.core.codes import Relation, SharingMode
from gongji.core.money import Fen


class BindingState(StrEnum):
    """State of a binding (绑定状态)."""

    PENDING = "pending"
    """待确认"""
    ACTIVE = "active"
    """已绑定"""
    ENDED = "ended"
    """已解除"""


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A binding between an authoriser (共济人) and a user (被共济人).

    Attributes:
        relation: what the user is to the authoriser.
        position: place in the order in which the user's authorisers are drawn, from 1.
        starts_on, ends_on: days on which it may be used, both included; no end is open-ended.
        cap_per_transaction: most the authoriser allows for one settlement in fen, or None.
    """

    id: str
    authoriser: str
    user: str
    relation: Relation
    mode: SharingMode
    position: int
    state: BindingState
    starts_on: date
    ends_on: date | None
    cap_per_transaction: Fen | None
    created_at: datetime

    def holds_on(self, day: date) -> bool:
        """Whether it may be used for care on a day."""
        within = self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)
        return within and self.state is BindingState.ACTIVE
