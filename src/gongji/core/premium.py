"""Premiums and insurance products that account money may pay: what is due, when, and what it opens (保费代缴)."""

from calendar import monthrange
from collections.abc import Sequence
from datetime import date, datetime

import msgspec

from gongji.core.codes import Confidence, PremiumKind, Scheme, Status
from gongji.core.money import Fen, format_yuan
from gongji.core.person import Person
from gongji.core.policy import PolicyBook, Premium, PremiumLate, PremiumPayer, PremiumRefund, PremiumRow
from gongji.core.posting import Posting
from gongji.core.record import parse_settlement_id
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.terms import uses_of

EARLIEST_YEAR = 1998
"""No employee insurance before it, so nothing to pay for."""

MONTHS = 12

COVERING = frozenset({PremiumKind.RESIDENT, PremiumKind.EMPLOYEE})
"""Premiums that open basic medical insurance for the days they cover."""


class Wanted(msgspec.Struct, frozen=True, kw_only=True):
    """A premium somebody wants to pay: for whom, which, and for which year.

    Attributes:
        person_no: the insured person.
        year: the coverage year; of missing years the year that is missing.
        product: key of the insurance product, or empty.
    """

    person_no: str
    kind: PremiumKind
    year: int
    product: str = ""


class Entered(msgspec.Struct, frozen=True, kw_only=True):
    """A figure that an agency entered when it was published (缴费标准登记); money in fen.

    Attributes:
        status: kind of people it is for, or None for everybody.
        opens_on, closes_on: the collecting period, or None where it was not told.
    """

    region: str
    kind: PremiumKind
    year: int
    amount: Fen
    source: str
    status: Status | None = None
    product: str = ""
    name: str = ""
    opens_on: date | None = None
    closes_on: date | None = None


class Standard(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What is due and who says so (缴费标准); money in fen.

    Attributes:
        name: what people read, such as ``2027 年度居民医保费``.
        opens_on, closes_on: the collecting period, or None.
        covers_from, covers_to: the days a premium paid in time covers.
    """

    name: str
    amount: Fen
    opens_on: date | None
    closes_on: date | None
    covers_from: date
    covers_to: date
    source: str
    confidence: Confidence
    product: str = ""


class Part(msgspec.Struct, frozen=True, kw_only=True):
    """What one account holder pays of a premium in fen; ``binding`` is empty where it is his own premium."""

    payer: str
    binding: str
    amount: Fen


class PremiumPayment(msgspec.Struct, frozen=True, kw_only=True, omit_defaults=True):
    """A premium that was paid, or given back, as it is kept with its journal.

    Attributes:
        wanted: whose premium, which and for which year.
        region: where the person was insured when it was paid.
        standard: what was due, and who says so.
        covers_from, covers_to: the days it covers.
        parts: who paid what, in the order of payment.
        paid_by: who asked for it, and by which channel.
        refunds: id of the payment that this one gives back.
    """

    wanted: Wanted
    region: str
    standard: Standard
    covers_from: date
    covers_to: date
    parts: tuple[Part, ...]
    paid_by: str
    channel: str
    paid_at: datetime
    policy_digest: str
    postings: tuple[Posting, ...]
    refunds: str | None = None

    @property
    def drawn(self) -> dict[str, Fen]:
        """What it drew through each binding, or gave back (negative), in fen."""
        sign = -1 if self.refunds else 1
        return {part.binding: sign * part.amount for part in self.parts if part.binding}

    @property
    def counts_on(self) -> date:
        """The day whose limits it counts to: its own, or that of the payment it gives back."""
        original = parse_settlement_id(self.refunds) if self.refunds else None
        return original[1] if original else self.paid_at.date()


def unfit(person: Person, wanted: Wanted, today: date) -> Refusal | None:
    """Why such a premium cannot be paid for such a person at all, or None."""
    if wanted.kind is PremiumKind.MISSING_YEARS:
        return _unfit_for_missing_years(person, wanted, today)
    if wanted.year not in (today.year, today.year + 1):
        return refuse(Code.PREMIUM_YEAR_CLOSED, field="year", years=f"{today.year} 和 {today.year + 1}")
    if wanted.kind is PremiumKind.RESIDENT and person.scheme is not Scheme.RESIDENT:
        return _not_for(wanted, f"这位参保人参加的是{person.scheme.label}")
    if wanted.kind is PremiumKind.EMPLOYEE:
        if person.scheme is not Scheme.EMPLOYEE:
            return _not_for(wanted, f"这位参保人参加的是{person.scheme.label}")
        if person.status is Status.RETIRED or person.employer:
            return _not_for(wanted, "退休人员不缴，有单位的职工由单位代扣")
    if (wanted.kind is PremiumKind.COMMERCIAL) is not bool(wanted.product):
        what = "请写明要买的产品" if not wanted.product else "只有商业健康保险要写产品"
        return refuse(Code.INPUT_INVALID, field="product", what=what)
    return None


def _unfit_for_missing_years(person: Person, wanted: Wanted, today: date) -> Refusal | None:
    if person.scheme is not Scheme.EMPLOYEE or person.status is not Status.RETIRED:
        return _not_for(wanted, "只有退休人员补缴不足的年限")
    if not person.missing_years:
        return _not_for(wanted, "这位参保人的缴费年限不缺")
    if not EARLIEST_YEAR <= wanted.year < today.year:
        return refuse(Code.PREMIUM_YEAR_CLOSED, field="year", years=f"{EARLIEST_YEAR} 至 {today.year - 1}")
    return None


def _not_for(wanted: Wanted, why: str) -> Refusal:
    return refuse(Code.PREMIUM_NOT_FOR, field="kind", premium=wanted.kind.label, why=why)


def closed_to(book: PolicyBook, region: str, kind: PremiumKind, on: date) -> Refusal | None:
    """Why account money of a region may not pay such a premium on a day, with who says so; None where it may."""
    uses = uses_of(book, region, on)
    if kind.purpose in uses.allowed:
        return None
    cite = uses.cite(kind.purpose)
    what = "购买商业保险" if kind is PremiumKind.COMMERCIAL else f"用个人账户支付{kind.label}"
    rule = f"共济用途所列没有这一项，依据：{cite.source}" if cite else "当地的用途未收录"
    return refuse(Code.PURPOSE_NOT_OPEN, field="kind", region=book.name(region), what=what, rule=rule)


def standard_of(
    book: PolicyBook, entered: Sequence[Entered], person: Person, wanted: Wanted, today: date
) -> Standard | Refusal:
    """What a person has to pay: the figure that the agency entered, or else the one of the policy files.

    Args:
        book: the rules.
        entered: figures for the person's region, kind and year, newest first.
        person: the insured person.
        wanted: what is to be paid.
        today: the day of payment; missing years are paid by its rules, others by those of the coverage year.
    """
    unknown = refuse(
        Code.RULE_UNKNOWN,
        field="year",
        region=book.name(person.region),
        what=f" {wanted.year} 年度{wanted.kind.label}标准",
    )
    mine = [e for e in entered if e.status in (None, person.status)]
    if mine:
        found = next((e for e in mine if e.product == wanted.product), None)
        return _of_entered(found, wanted) if found else _no_product(book, person, [e.name for e in mine])
    on = today if wanted.kind in (PremiumKind.MISSING_YEARS, PremiumKind.COMMERCIAL) else date(wanted.year, 1, 1)
    rule = book.rule(Premium, person.region, f"premium.{wanted.kind.value}", on)
    if rule is None or rule.minimum:
        return unknown
    rows = [row for row in rule.rows if not row.statuses or person.status in row.statuses]
    row = next((row for row in rows if row.product == wanted.product), None)
    if row is None and wanted.product:
        return _no_product(book, person, [row.name for row in rows])
    return unknown if row is None or row.amount is None else _of_rule(rule, row, row.amount, wanted)


def _no_product(book: PolicyBook, person: Person, known: list[str]) -> Refusal:
    return refuse(
        Code.PRODUCT_UNKNOWN, field="product", region=book.name(person.region), products="、".join(known) or "未收录"
    )


def _named(wanted: Wanted, product: str) -> str:
    return f"{wanted.year} 年度{product or wanted.kind.label}"


def _of_entered(entered: Entered, wanted: Wanted) -> Standard:
    return Standard(
        name=_named(wanted, entered.name),
        amount=entered.amount,
        opens_on=entered.opens_on,
        closes_on=entered.closes_on,
        covers_from=date(wanted.year, 1, 1),
        covers_to=date(wanted.year, 12, 31),
        source=entered.source,
        confidence=Confidence.HIGH,
        product=entered.product,
    )


def _of_rule(rule: Premium, row: PremiumRow, amount: Fen, wanted: Wanted) -> Standard:
    return Standard(
        name=_named(wanted, row.name if row.product else ""),
        amount=amount,
        opens_on=rule.opens_on,
        closes_on=rule.closes_on,
        covers_from=rule.covers_from or date(wanted.year, 1, 1),
        covers_to=rule.covers_to or date(wanted.year, 12, 31),
        source=rule.cite.source,
        confidence=rule.cite.confidence,
        product=row.product,
    )


def cover_of(
    book: PolicyBook, region: str, kind: PremiumKind, standard: Standard, today: date
) -> tuple[date, date] | Refusal:
    """First and last day that a premium covers when it is paid today.

    Whoever pays in time is covered from the first day, or from the day of payment when the period goes on into the
    year. A resident who pays later waits first.
    """
    first, last = standard.covers_from, standard.covers_to
    if kind is PremiumKind.MISSING_YEARS:
        return first, last
    if standard.opens_on and today < standard.opens_on:
        return refuse(Code.PREMIUM_NOT_COLLECTED, field="year", premium=standard.name, period=_period(standard))
    if standard.closes_on and today > standard.closes_on:
        return _late(book, region, kind, standard, today)
    if today >= first and not standard.closes_on:
        what = f" {standard.name}的集中缴费期"
        return refuse(Code.RULE_UNKNOWN, field="year", region=book.name(region), what=what)
    return max(first, today), last


def _late(
    book: PolicyBook, region: str, kind: PremiumKind, standard: Standard, today: date
) -> tuple[date, date] | Refusal:
    rule = book.rule(PremiumLate, region, "premium.late", today) if kind is PremiumKind.RESIDENT else None
    first = max(standard.covers_from, _months_later(today, rule.months)) if rule else None
    if first is None or first > standard.covers_to:
        return refuse(Code.PREMIUM_NOT_COLLECTED, field="year", premium=standard.name, period=_period(standard))
    return first, standard.covers_to


def _period(standard: Standard) -> str:
    return f"{standard.opens_on or ''}至{standard.closes_on or ''}"


def _months_later(day: date, months: int) -> date:
    """The same day some months later, or the last of that month."""
    year, month = divmod(day.year * MONTHS + day.month - 1 + months, MONTHS)
    return date(year, month + 1, min(day.day, monthrange(year, month + 1)[1]))


def one_must_cover(book: PolicyBook, region: str, on: date) -> bool:
    """Whether one account must pay the whole premium, or several may in turn."""
    rule = book.rule(PremiumPayer, region, "premium.payer", on)
    return rule is not None and rule.one_account_must_cover


def not_refundable(book: PolicyBook, payment: PremiumPayment, today: date) -> Refusal | None:
    """Why a premium is not given back today, or None."""
    if payment.wanted.kind in (PremiumKind.COMMERCIAL, PremiumKind.MISSING_YEARS):
        who = "承保的保险公司" if payment.wanted.kind is PremiumKind.COMMERCIAL else "参保地医保经办机构"
        return refuse(Code.PREMIUM_NOT_REFUNDABLE, why=f"这一项请向{who}申请退费")
    rule = book.rule(PremiumRefund, payment.region, "premium.refund", today)
    if rule is None or not rule.before_cover:
        return refuse(Code.PREMIUM_NOT_REFUNDABLE, why="当地的退费规定未收录，请联系参保地医保经办机构")
    if today >= payment.covers_from:
        return refuse(Code.PREMIUM_NOT_REFUNDABLE, why=f"待遇已从 {payment.covers_from} 开始")
    return None


def amount_differs(standard: Standard, confirmed: Fen) -> Refusal | None:
    """What was confirmed must be what is due: nobody pays more, less, or what he was not shown."""
    if confirmed == standard.amount:
        return None
    due, shown = format_yuan(standard.amount), format_yuan(confirmed)
    return refuse(Code.PREMIUM_AMOUNT, field="amount", premium=standard.name, due=due, shown=shown)
