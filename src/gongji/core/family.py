"""Bindings: a relative's permission to draw on one's account (家庭共济绑定)."""

from datetime import date, datetime

import msgspec

from gongji.core.codes import BindingTerm, PlaceKind, Purpose, Relation, SharingMode, Term
from gongji.core.money import Fen


class BindingState(Term):
    """State of a binding (绑定状态)."""

    REVIEW = "review", "待审核"
    """材料提交后由经办人员审核"""
    PENDING = "pending", "待确认"
    ACTIVE = "active", "已绑定"
    FROZEN = "frozen", "已冻结"
    """经办机构暂停使用"""
    ENDED = "ended", "已解除"
    """解除，或没有成立"""


class Limits(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What an authoriser allows (授权人设置的限制), amounts in fen; None is no limit of his.

    Attributes:
        per_transaction: most for one settlement.
        per_day, per_year: most for a day and a calendar year, by the day of payment.
        total: most for the whole life of the binding.
        quota: with a quota, what is to be frozen when the binding becomes active.
        purposes: what may be paid, or None for all that the region allows.
        places: kinds of institution where it may be paid, or None for all.
    """

    per_transaction: Fen | None = None
    per_day: Fen | None = None
    per_year: Fen | None = None
    total: Fen | None = None
    quota: Fen | None = None
    purposes: tuple[Purpose, ...] | None = None
    places: tuple[PlaceKind, ...] | None = None


NO_LIMITS = Limits()


class Used(msgspec.Struct, frozen=True, kw_only=True):
    """What has been drawn through a binding and not been given back, in fen (已用额度)."""

    day: Fen = 0
    year: Fen = 0
    total: Fen = 0


class Binding(msgspec.Struct, frozen=True, kw_only=True):
    """A binding between an authoriser (共济人) and a user (被共济人).

    Attributes:
        relation: what the user is to the authoriser.
        position: place in the order in which the user's authorisers are drawn, from 1.
        starts_on, ends_on: days on which it may be used, both included; no end is open-ended.
        limits: what the authoriser allows at most.
        term: whether it lasts, or ends when it has been used once.
        ended_reason: why it ended or never began, one of ``core.notices.EndReason``; empty while it lives.
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
    limits: Limits = NO_LIMITS
    term: BindingTerm = BindingTerm.LONG_TERM
    created_at: datetime
    ended_reason: str = ""

    def covers(self, day: date) -> bool:
        """Whether a day lies within its period, whatever its state."""
        return self.starts_on <= day and (self.ends_on is None or day <= self.ends_on)

    def over_on(self, day: date) -> bool:
        """Whether its last day has passed."""
        return self.ends_on is not None and self.ends_on < day

    def holds_on(self, day: date) -> bool:
        """Whether it may be used for care on a day."""
        return self.covers(day) and self.state is BindingState.ACTIVE

    @property
    def label(self) -> str:
        """Its state as people read it: what never began is 已驳回, what was used once is 已失效."""
        return _ENDED_AS.get(self.ended_reason, self.state.label)


_ENDED_AS = {"rejected": "已驳回", "declined": "已拒绝", "used_up": "已失效", "expired": "已到期"}
