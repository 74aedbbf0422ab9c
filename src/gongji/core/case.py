"""What goes into a settlement and what comes out: the case, the split and its reasons, as frozen values."""

from enum import IntEnum

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import Purpose, Relation, Segment, SharingMode, Term
from gongji.core.facts import Facts
from gongji.core.money import BasisPoints, Fen


class AccountUse(IntEnum):
    """Whose accounts may pay (个人账户使用标志)."""

    NONE = 0
    """不使用个人账户"""
    OWN = 1
    """使用本人账户"""
    OWN_THEN_SHARED = 2
    """先本人，后共济"""


class NotDrawn(Term):
    """Why a relative's account paid nothing (未动用共济的原因)."""

    NOT_ASKED = "not_asked", "本次未选择使用共济资金"
    SHARING_NOT_OPEN = "sharing_not_open", "当地当时尚未开通家庭共济"
    PURPOSE_NOT_ALLOWED = "purpose_not_allowed", "当地规定共济资金不能用于这类费用"
    RELATION_NOT_ALLOWED = "relation_not_allowed", "亲属关系不在当地当时的共济范围内"
    OUT_OF_REACH = "out_of_reach", "双方参保地不在共济范围内"
    AUTHORISER_NOT_INSURED = "authoriser_not_insured", "授权人未正常参加职工医保"
    ACCOUNT_NOT_OPEN = "account_not_open", "授权人的个人账户已封停或注销"
    OVER_AUTHORISER_LIMIT = "over_authoriser_limit", "超过当地规定的授权人数"
    OWN_ACCOUNT_NOT_ZERO = "own_account_not_zero", "本人账户还有余额，用完后才能使用共济资金"
    NOT_NEEDED = "not_needed", "费用已付清，无需动用"
    CAP_IS_ZERO = "cap_is_zero", "授权人设置的限额为零"
    NOTHING_AVAILABLE = "nothing_available", "可用余额为零"
    ONE_ACCOUNT_MUST_COVER = (
        "one_account_must_cover",
        "余额不足以付清剩余费用，当地规定一次只能由一个共济账户付清",
    )
    ONE_ACCOUNT_PER_SETTLEMENT = (
        "one_account_per_settlement",
        "当地规定一次结算只能使用一个共济账户，已用了前面的账户",
    )
    BELOW_THRESHOLD = "below_threshold", "授权人余额没有超过当地规定的起用数额"
    PLACE_OUT_OF_REACH = "place_out_of_reach", "就医购药的地方不在共济范围内"
    PURPOSE_NOT_AUTHORISED = "purpose_not_authorised", "授权人没有允许用于这类费用"
    PLACE_NOT_AUTHORISED = "place_not_authorised", "授权人没有允许在这类机构使用"
    DAY_LIMIT_REACHED = "day_limit_reached", "授权人设置的每日限额已用完"
    YEAR_LIMIT_REACHED = "year_limit_reached", "授权人设置的每年限额已用完"
    TOTAL_LIMIT_REACHED = "total_limit_reached", "授权人设置的总额已用完"
    BINDING_FROZEN = "binding_frozen", "这条绑定已被冻结"


class PurposePart(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Lines of a bill that are not ordinary care, such as a vaccine or a check-up, in fen (专项用途费用).

    ``barred`` says why accounts may not pay them here, where that does not follow from the purpose alone.
    """

    purpose: Purpose
    amount: Fen
    barred: str = ""


class Bill(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A bill in fen: its total and the parts outside the fund's scope (费用构成).

    ``by_purpose`` names the part of ``full_self_pay`` that is not ordinary care: each has a purpose of its own, which
    accounts may pay or not.
    """

    total: Fen
    full_self_pay: Fen = 0
    over_limit: Fen = 0
    first_self_pay: Fen = 0
    by_purpose: tuple[PurposePart, ...] = ()
    person_share_only: bool = False
    """The total is what the person bears; the fund step is skipped."""

    @property
    def eligible(self) -> Fen:
        """Spending in the fund's scope (符合政策范围金额)."""
        return self.total - self.full_self_pay - self.over_limit - self.first_self_pay


class YearToDate(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What the medical year holds before this bill, in fen (年度累计).

    ``events`` counts earlier visits or stays; ``deductible_of_month`` is what the month already bore of the deductible.
    ``deductible_of_stay`` and ``eligible_of_stay`` are what earlier settlements of the same stay bore and held
    (中途结算): a stay is one event, however often it is settled.
    """

    deductible: Fen = 0
    eligible: Fen = 0
    pool: Fen = 0
    events: int = 0
    deductible_of_month: Fen = 0
    deductible_of_stay: Fen = 0
    eligible_of_stay: Fen = 0


class Purse(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An own account or segment, or the own wallet, and what may be taken from it."""

    segment: Segment
    available: Fen
    wallet: bool = False


class LimitLeft(msgspec.Struct, frozen=True, kw_only=True):
    """What a limit of the authoriser's still allows in fen, and what is said when that is nothing."""

    amount: Fen
    reason: NotDrawn


class Sharer(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A relative's account that an active binding offers (共济授权人).

    Attributes:
        id: the binding's id, or the caller's name for it.
        relation: what the user is to the authoriser, or the reverse; both directions of a kind are one kind.
        available: what may be drawn now.
        order: position chosen by the family, from 1.
        cap_per_transaction: most the authoriser allows for one settlement, or None.
        barred: why nothing may be drawn, decided before; or None. ``detail`` names what it is about.
        left: what the authoriser's limits of day, year and life still allow.
        purposes: what the authoriser lets be paid, or None for all that the region allows.
    """

    id: str
    relation: Relation
    available: Fen
    mode: SharingMode = SharingMode.LIVE_CALL
    order: int = 1
    cap_per_transaction: Fen | None = None
    barred: NotDrawn | None = None
    detail: str = ""
    left: tuple[LimitLeft, ...] = ()
    purposes: tuple[Purpose, ...] | None = None


class Case(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Everything a settlement depends on besides the rules."""

    facts: Facts
    bill: Bill
    year_to_date: YearToDate = YearToDate()
    own: tuple[Purse, ...] = ()
    sharers: tuple[Sharer, ...] = ()
    account_use: AccountUse = AccountUse.OWN_THEN_SHARED
    prescription: bool = True
    """At a pharmacy: the drugs were prescribed, so the fund may pay (外配处方)."""
    catalogue: str = ""
    """Name of the place of care whose catalogue divided the bill; empty at home (就医地目录)."""


class Step(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One reason: the rule, the amount it gave, and the figures its text names."""

    rule: str
    amount: Fen
    facts: tuple[str | int, ...] = ()
    cite: Citation | None = None


class Drawn(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What one relative's account pays; ``reason`` says why nothing, else None."""

    id: str
    amount: Fen
    reason: NotDrawn | None = None


class Split(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Who pays what, in fen, and why.

    ``counted`` says whether the fund's rules were applied, so that the bill counts to the year's figures.
    """

    total: Fen
    eligible: Fen
    deductible: Fen
    pool: Fen
    supplementary: Fen
    ratio: BasisPoints
    own: tuple[Purse, ...]
    """What each own purse pays; ``available`` is the amount drawn."""
    shared: tuple[Drawn, ...]
    cash: Fen
    bill: Bill
    steps: tuple[Step, ...]
    counted: bool = False

    @property
    def fund(self) -> Fen:
        """What the funds pay together."""
        return self.pool + self.supplementary

    @property
    def own_total(self) -> Fen:
        """What the patient's own account pays."""
        return sum([purse.available for purse in self.own])

    @property
    def shared_total(self) -> Fen:
        """What relatives' accounts pay together."""
        return sum([drawn.amount for drawn in self.shared])

    def own_of(self, segment: Segment) -> Fen:
        """What one segment of the own account pays."""
        return sum([purse.available for purse in self.own if purse.segment is segment and not purse.wallet])

    @property
    def wallet(self) -> Fen:
        """What the own wallet pays, a part of ``own_total``."""
        return sum([purse.available for purse in self.own if purse.wallet])
