"""The closed set of rule kinds (政策规则): each holds its figures with its source and how sure it is.

Money is in fen, ratios are in basis points (1/100 %), points of a ratio too: 300 are three percentage points.
"""

from datetime import date, time
from typing import Literal

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import (
    BillPart,
    BindingChannel,
    Care,
    Confidence,
    Level,
    PaperKind,
    ProofWay,
    Purpose,
    Reach,
    Relation,
    SharingMode,
    Status,
)
from gongji.core.facts import When
from gongji.core.hours import OfficeHours
from gongji.core.money import BasisPoints, Fen

DeductibleBasis = Literal[
    "annual_cumulative",
    "once_a_year_highest_level",
    "annual_merged",
    "per_visit",
    "monthly_annual",
    "by_stay",
    "none",
]
"""How a deductible is counted (起付方式)."""


class DeductibleRow(msgspec.Struct, frozen=True, kw_only=True):
    """One deductible (起付标准) in fen. ``amounts`` has one figure, or one for each stay, the last for all later."""

    when: When
    amounts: tuple[Fen, ...]

    @property
    def amount(self) -> Fen:
        """The figure, or that of the first stay."""
        return self.amounts[0]

    def of_stay(self, stay: int) -> Fen:
        """The figure for the nth stay of the year."""
        return self.amounts[min(stay, len(self.amounts)) - 1]


class Reduction(msgspec.Struct, frozen=True, kw_only=True):
    """An amount taken off the deductible (起付线减免), never below zero."""

    when: When
    amount: Fen


class Deductible(msgspec.Struct, frozen=True, kw_only=True):
    """What the person bears of eligible spending before the fund pays (起付标准).

    Attributes:
        basis: ``annual_cumulative``, ``once_a_year_highest_level`` and ``annual_merged`` are one running figure a year,
            where a higher amount at another level costs the difference; ``per_visit`` is borne with each bill;
            ``monthly_annual`` is ``monthly`` in each month until the annual amount is reached; ``by_stay`` goes by
            the number of the stay; ``none`` is no deductible.
        annual_stop: with ``per_visit``, most that is borne in a year.
        monthly: with ``monthly_annual``, most that is borne in a month.
        merged_with: with ``annual_merged``, the other kinds of care that the running figure counts.
    """

    cite: Citation
    basis: DeductibleBasis = "annual_cumulative"
    rows: tuple[DeductibleRow, ...]
    reductions: tuple[Reduction, ...] = ()
    annual_stop: Fen | None = None
    monthly: Fen | None = None
    merged_with: tuple[Care, ...] = ()


BandsOf = Literal["visit_eligible", "year_eligible", "year_fund"]
"""What the bounds of bands count: eligible spending of the bill, of the year, or the fund's payment of the year."""

BandsFrom = Literal["zero", "deductible"]
"""Whether bands of spending begin at zero or above the deductible."""


class Band(msgspec.Struct, frozen=True, kw_only=True):
    """The fund's share up to a bound in fen; the last band has none (分段比例)."""

    to: Fen | None
    share: BasisPoints


class RatioRow(msgspec.Struct, frozen=True, kw_only=True):
    """The fund's share (统筹支付比例) of eligible spending above the deductible; one band is one share for all."""

    when: When
    bands: tuple[Band, ...]

    @property
    def share(self) -> BasisPoints:
        """The share of the first band."""
        return self.bands[0].share


class PointsRow(msgspec.Struct, frozen=True, kw_only=True):
    """Points added to the share of every band, or taken off (增减百分点), once or for each missing year."""

    when: When
    points: BasisPoints
    per_missing_year: bool = False


class Ratio(msgspec.Struct, frozen=True, kw_only=True):
    """The fund's share above the deductible, by bands where a row has several."""

    cite: Citation
    rows: tuple[RatioRow, ...]
    bands_of: BandsOf | None = None
    bands_from: BandsFrom = "zero"
    points: tuple[PointsRow, ...] = ()


CapBasis = Literal["fund_payment", "eligible_spending"]
"""What a cap counts: the fund's payments, or eligible spending with the deductible in it."""


class CapRow(msgspec.Struct, frozen=True, kw_only=True):
    """Most the pooled fund pays, or pays for, in a medical year (最高支付限额); None is no cap."""

    when: When
    amount: Fen | None


class Cap(msgspec.Struct, frozen=True, kw_only=True):
    """Cap of a medical year; above it a supplementary fund may pay ``above_share``.

    ``shared_with`` names the other kinds of care whose payments count to the same cap; ``formula`` tells where
    the amounts come from.
    """

    cite: Citation
    basis: CapBasis = "fund_payment"
    rows: tuple[CapRow, ...]
    above_share: BasisPoints = 0
    shared_with: tuple[Care, ...] = ()
    formula: str = ""


class SameAs(msgspec.Struct, frozen=True, kw_only=True):
    """A rule that says what another kind of care says; ``subject`` is the other's file."""

    cite: Citation
    subject: str

    @property
    def target(self) -> str:
        """Name of the rule that is meant."""
        return f"{self.subject}.{self.cite.rule.partition('.')[2]}"


class Prescription(msgspec.Struct, frozen=True, kw_only=True):
    """A prescription filled at a pharmacy is settled as an outpatient visit of this level (外配处方)."""

    cite: Citation
    as_level: Level
    as_community: bool = False


class AwayHome(msgspec.Struct, frozen=True, kw_only=True):
    """Whether care elsewhere in the province is settled like care at home (省内就医)."""

    cite: Citation
    province_counts_as_home: bool


class AwayPoints(msgspec.Struct, frozen=True, kw_only=True):
    """Points off the fund's share for care away from home (异地就医降低百分点), never below zero."""

    cite: Citation
    rows: tuple[PointsRow, ...]


class AwayRow(msgspec.Struct, frozen=True, kw_only=True):
    """Part of eligible spending that is borne first."""

    when: When
    share: BasisPoints


class AwayFirstSelfPay(msgspec.Struct, frozen=True, kw_only=True):
    """Part of eligible spending borne first for care away from home; the rest is settled as at home (异地先行自付)."""

    cite: Citation
    rows: tuple[AwayRow, ...]


class AwayFiling(msgspec.Struct, frozen=True, kw_only=True):
    """Care away from home that is settled only after a filing (异地就医须先备案)."""

    cite: Citation
    rows: tuple[When, ...]


class Segments(msgspec.Struct, frozen=True, kw_only=True):
    """Whether the account is kept as current-year and historical money (当年/历年).

    ``first_for`` names the care that current-year money pays before the deductible; it matters only with
    ``current_year_pays_first``.
    """

    cite: Citation
    kept: bool
    current_year_pays_first: bool = False
    first_for: tuple[Care, ...] = (Care.OUTPATIENT, Care.PHARMACY, Care.SPECIAL_DISEASE)


class PayableRow(msgspec.Struct, frozen=True, kw_only=True):
    """Parts of the person's burden that account money may pay for a kind of care."""

    care: Care
    parts: tuple[BillPart, ...]


class Payable(msgspec.Struct, frozen=True, kw_only=True):
    """What account money, own or shared, may pay (个人账户支付范围)."""

    cite: Citation
    rows: tuple[PayableRow, ...]

    def parts(self, care: Care) -> tuple[BillPart, ...]:
        """Payable parts for a kind of care; empty when none."""
        for row in self.rows:
            if row.care is care:
                return row.parts
        return ()


class MedicalYear(msgspec.Struct, frozen=True, kw_only=True):
    """Day on which yearly figures start again (医保年度)."""

    cite: Citation
    month: int
    day: int

    def year_of(self, on: date) -> int:
        """The medical year a day belongs to, named by the calendar year it starts in."""
        return on.year if (on.month, on.day) >= (self.month, self.day) else on.year - 1


class VoucherLife(msgspec.Struct, frozen=True, kw_only=True):
    """How long an e-voucher's code and the token an institution gets for it are good (医保码有效期).

    Attributes:
        seconds: from showing the code until it is refused.
        token_minutes: from reading the code until the token is refused.
    """

    cite: Citation
    seconds: int
    token_minutes: int


class Kin(msgspec.Struct, frozen=True, kw_only=True):
    """Relatives who may be bound (共济亲属范围)."""

    cite: Citation
    relations: tuple[Relation, ...]


class SharingReach(msgspec.Struct, frozen=True, kw_only=True):
    """How far apart authoriser and user may be insured."""

    cite: Citation
    reach: Reach


class SharingAcross(msgspec.Struct, frozen=True, kw_only=True):
    """Sharing between provinces (跨省共济): how, and whether the place takes part; both places must.

    Attributes:
        open: whether the place takes part.
        mode: how money is shared between provinces.
        both_agree: the relative must confirm a binding, and its end.
        ends_with_insurance: a binding ends when the insurance relation of the relative changes.
    """

    cite: Citation
    open: bool
    mode: SharingMode
    both_agree: bool = False
    ends_with_insurance: bool = False


class SharingLimits(msgspec.Struct, frozen=True, kw_only=True):
    """How many may be bound, and how much one relative's account may pay of one bill in fen; None is no limit."""

    cite: Citation
    users_per_authoriser: int | None = None
    authorisers_per_user: int | None = None
    max_per_transaction: Fen | None = None


class SharingPurposes(msgspec.Struct, frozen=True, kw_only=True):
    """Purposes of account money. The name of the rule says whether they are open, added, left to places or barred."""

    cite: Citation
    purposes: tuple[Purpose, ...]


class Draw(msgspec.Struct, frozen=True, kw_only=True):
    """How relatives' accounts are drawn after the user's own (共济支付顺序).

    Attributes:
        order: ``chosen`` by the family, ``largest_balance`` first, or by ``binding_date``.
        one_account_must_cover: a relative's account pays the whole remainder or nothing.
        one_account_per_settlement: one relative's account pays what it can, the others nothing.
        own_must_be_zero: shared money only when the user's own account was empty before the bill.
        historical_only: only the authoriser's historical money may be shared.
        automatic: shared money is drawn whenever the own account may be used, without being asked for.
        threshold: fen of the authoriser's balance that may not be shared by a live call.
        mode: how money is shared in this place; the binding says which is used.
        moves_back: whether money in the family account may be moved back while bindings last; None is not known.
    """

    cite: Citation
    order: str = "chosen"
    one_account_must_cover: bool = False
    one_account_per_settlement: bool = False
    own_must_be_zero: bool = False
    historical_only: bool = False
    automatic: bool = False
    threshold: Fen = 0
    mode: SharingMode = SharingMode.LIVE_CALL
    moves_back: bool | None = None


class BindingProof(msgspec.Struct, frozen=True, kw_only=True):
    """What binding asks for (绑定手续)."""

    cite: Citation
    notice: str
    commitment: str
    confirm_by_user: bool = False


class ProofPapers(msgspec.Struct, frozen=True, kw_only=True):
    """How a relation is proved, by the way of application (绑定证明材料).

    Attributes:
        online: what is asked for online: a signed commitment, or papers that are reviewed.
        documents: papers to upload where they are asked for online.
        counter: papers that a clerk must have seen.
        asks_card: the relative's card number is asked for as well.
        closed: channels by which the place takes no application.
    """

    cite: Citation
    online: ProofWay = ProofWay.COMMITMENT
    documents: tuple[PaperKind, ...] = ()
    counter: tuple[PaperKind, ...] = ()
    asks_card: bool = False
    closed: tuple[BindingChannel, ...] = ()


class LinkTerms(msgspec.Struct, frozen=True, kw_only=True):
    """Which bindings are made, and for how long they last (关联类型).

    Attributes:
        long_term_employees_only: for long only between employees.
        single_use: for a single use as well.
        ends_with_suspension: a binding ends when the insurance of either side is suspended (停保); else it only pauses.
    """

    cite: Citation
    long_term_employees_only: bool = False
    single_use: bool = True
    ends_with_suspension: bool = False


class Guardianship(msgspec.Struct, frozen=True, kw_only=True):
    """Who speaks for those who are too young, where a place asks the user, by what they are to the child (监护人)."""

    cite: Citation
    minor_under: int
    relations: tuple[Relation, ...]


class Pattern(msgspec.Struct, frozen=True, kw_only=True):
    """From when on something looks like misuse (线索阈值).

    Attributes:
        most: this many in the window, or more, are an incident.
        minutes: length of the window.
        places: at how many places at least, where that matters.
        refuse_from: from this many on the business itself is refused, or None for never.
    """

    cite: Citation
    most: int
    minutes: int
    places: int = 1
    refuse_from: int | None = None


class Category(msgspec.Struct, frozen=True, kw_only=True):
    """A class of spending with the purposes in it, and who says that account money may be meant for it."""

    key: str
    name: str
    purposes: tuple[Purpose, ...]
    source: str


class Categories(msgspec.Struct, frozen=True, kw_only=True):
    """The eight classes of spending that account money may be open to (八大类支出)."""

    cite: Citation
    rows: tuple[Category, ...]


class PremiumRow(msgspec.Struct, frozen=True, kw_only=True):
    """What some people pay, in fen.

    Attributes:
        statuses: kinds of people it is for; none named is everybody.
        product: key of an insurance product, or empty; ``name`` is what people call it.
        amount: None where the product is known and its price is not.
    """

    statuses: tuple[Status, ...] = ()
    product: str = ""
    name: str = ""
    amount: Fen | None = None


class Premium(msgspec.Struct, frozen=True, kw_only=True):
    """A premium of the coverage years that the block spans (缴费标准).

    Attributes:
        minimum: the figures are the country's least; what a place asks is not known from them.
        subsidy: what the state adds for a person, in fen.
        opens_on, closes_on: days between which it is collected (集中缴费期), or None where they are not known.
        covers_from, covers_to: days covered, where that is not the calendar year.
    """

    cite: Citation
    rows: tuple[PremiumRow, ...]
    minimum: bool = False
    subsidy: Fen | None = None
    opens_on: date | None = None
    closes_on: date | None = None
    covers_from: date | None = None
    covers_to: date | None = None


class PremiumLate(msgspec.Struct, frozen=True, kw_only=True):
    """Months that a resident waits for cover when he pays after the collecting period (等待期)."""

    cite: Citation
    months: int


class PremiumRefund(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a premium is given back as long as its cover has not begun (退费)."""

    cite: Citation
    before_cover: bool


class PremiumPayer(msgspec.Struct, frozen=True, kw_only=True):
    """How accounts pay a premium: whether one of them must pay all of it (代缴账户要求)."""

    cite: Citation
    one_account_must_cover: bool


class WalletTransfer(msgspec.Struct, frozen=True, kw_only=True):
    """Transfers to a relative's wallet (医保钱包转账).

    Attributes:
        per_day: how many a sender may send in a day; None is no limit.
        most: most fen of one transfer; None is no limit.
        closed_from, closed_until: time of day in which none is sent; the second may lie on the next day.
        returned_at: time of the day after sending at which money that was not accepted goes back.
    """

    cite: Citation
    per_day: int | None
    most: Fen | None
    closed_from: time
    closed_until: time
    returned_at: time

    def closed_at(self, at: time) -> bool:
        """Whether nothing is sent at a time of the day."""
        if self.closed_from <= self.closed_until:
            return self.closed_from <= at < self.closed_until
        return at >= self.closed_from or at < self.closed_until


class WalletOpening(msgspec.Struct, frozen=True, kw_only=True):
    """Whether a place has the wallet (医保钱包开通); a transfer needs it in both places.

    ``passed_on`` says whether wallet money may be sent on to another wallet; None is not known.
    """

    cite: Citation
    open: bool
    passed_on: bool | None = None


class StatedItem(msgspec.Struct, frozen=True, kw_only=True):
    """One thing a place states: a key for programs, a name, its content and a remark for people.

    Attributes:
        value: the content in words, whatever way it was written.
        amount: the content in fen, where it is an amount.
        table: the content as rows, where it is a table; the first row holds the headings.
        hours: the content as opening hours, where it is that.
        source: who says so, where the item has another source than its block; ``confidence`` goes with it.
    """

    key: str
    name: str
    value: str
    note: str = ""
    amount: Fen | None = None
    table: tuple[tuple[str, ...], ...] = ()
    hours: OfficeHours | None = None
    source: str = ""
    confidence: Confidence | None = None


class Statement(msgspec.Struct, frozen=True, kw_only=True):
    """Rules that are told but not calculated: withdrawal grounds, hotlines, premiums, channels (其他规定)."""

    cite: Citation
    items: tuple[StatedItem, ...]

    def item(self, key: str) -> StatedItem | None:
        """The item of a key."""
        return next((item for item in self.items if item.key == key), None)


Rule = (
    Deductible
    | Ratio
    | Cap
    | SameAs
    | Prescription
    | AwayHome
    | AwayPoints
    | AwayFirstSelfPay
    | AwayFiling
    | Segments
    | Payable
    | MedicalYear
    | VoucherLife
    | Kin
    | SharingReach
    | SharingAcross
    | SharingLimits
    | SharingPurposes
    | Draw
    | BindingProof
    | ProofPapers
    | LinkTerms
    | Guardianship
    | Pattern
    | Categories
    | Premium
    | PremiumLate
    | PremiumRefund
    | PremiumPayer
    | WalletTransfer
    | WalletOpening
    | Statement
)
