"""Split a bill between pooled fund, own account, relatives' accounts and cash, with the reason for every fen.

``calculate`` is the only place where a settlement is computed: pre-settlement, settlement, quote, pages and
simulation all call it. The split sums to the bill by construction and is asserted before it leaves.
"""

import msgspec

from gongji.core.case import AccountUse, Bill, Case, Drawn, NotDrawn, Purse, Sharer, Split, Step
from gongji.core.codes import BillPart, Care, Purpose, Segment
from gongji.core.money import WHOLE, BasisPoints, Fen, format_yuan, round_half_up, share_of
from gongji.core.policy import CapRow, Citation, DeductibleRow, Facts, MissingFactError, RatioRow
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.terms import Benefit, Terms

PURPOSE_OF_CARE = {
    Care.OUTPATIENT: Purpose.OUTPATIENT,
    Care.INPATIENT: Purpose.INPATIENT,
    Care.PHARMACY: Purpose.PHARMACY,
    Care.SPECIAL_DISEASE: Purpose.SPECIAL_DISEASE,
}


def calculate(terms: Terms, case: Case) -> Split | Refusal:
    """Split a bill by the rules of the date of care.

    Args:
        terms: the rules, from ``terms_for`` with the same scheme and care as the case.
        case: patient, bill, yearly figures, own account and the accounts that relatives offer.

    Returns:
        The split, whose parts sum to the total, or the refusal of the first rule that cannot be applied.
    """
    fault = _bill_fault(case.bill)
    if fault:
        return fault
    steps: list[Step] = []
    steps.append(_eligible_step(case.bill))
    current = _current_year_first(terms, case, steps)
    fund = _fund_share(terms, case, case.bill.eligible - current, steps)
    if isinstance(fund, Refusal):
        return fund
    due = _payable(terms, case, case.bill.eligible - current - fund.pool - fund.supplementary, steps)
    own = _draw_own(terms, case, current, due, steps)
    drawn_later = sum(purse.available for purse in own) - current
    shared = _draw_shared(terms, case, due - drawn_later, steps)
    cash = (
        case.bill.total - fund.pool - fund.supplementary - current - drawn_later - sum(drawn.amount for drawn in shared)
    )
    if cash:
        steps.append(Step(rule="cash", amount=cash))
    split = Split(
        total=case.bill.total,
        eligible=case.bill.eligible,
        deductible=fund.deductible,
        pool=fund.pool,
        supplementary=fund.supplementary,
        ratio=fund.ratio,
        own=own,
        shared=shared,
        cash=cash,
        bill=case.bill,
        steps=tuple(steps),
    )
    _assert_conserved(split, case)
    return split


def _bill_fault(bill: Bill) -> Refusal | None:
    parts = (bill.full_self_pay, bill.over_limit, bill.first_self_pay)
    if bill.total <= 0:
        return refuse(Code.BILL_INVALID, field="bill.total", what="总额必须大于零")
    if min(parts) < 0:
        return refuse(Code.BILL_INVALID, field="bill", what="各项金额不能为负数")
    if bill.eligible < 0:
        return refuse(Code.BILL_INVALID, field="bill", what="全自费、超限价、先行自付之和超过总额")
    return None


def _eligible_step(bill: Bill) -> Step:
    if bill.person_share_only:
        return Step(rule="bill.person_share", amount=bill.total)
    return Step(
        rule="bill.eligible",
        amount=bill.eligible,
        facts=(bill.total, bill.full_self_pay, bill.over_limit, bill.first_self_pay),
    )


def _current_year_first(terms: Terms, case: Case, steps: list[Step]) -> Fen:
    """Current-year money pays eligible spending before the deductible begins, where the region says so."""
    if not terms.segments.current_year_pays_first or case.account_use is AccountUse.NONE:
        return 0
    available = sum(p.available for p in case.own if p.segment is Segment.CURRENT_YEAR)
    amount = min(available, case.bill.eligible)
    if amount:
        steps.append(Step(rule="own.current_year_first", amount=amount, facts=(available,), cite=terms.segments.cite))
    return amount


class _Fund(msgspec.Struct, frozen=True):
    """What the funds pay, and the ratio that was applied."""

    deductible: Fen = 0
    pool: Fen = 0
    supplementary: Fen = 0
    ratio: BasisPoints = 0


def _fund_share(terms: Terms, case: Case, base: Fen, steps: list[Step]) -> _Fund | Refusal:
    """What the funds pay of the eligible spending that is left after current-year money."""
    if case.bill.person_share_only:
        return _Fund()
    if terms.care is Care.PHARMACY:
        if not case.prescription:
            steps.append(Step(rule="pharmacy.no_prescription", amount=0))
            return _Fund()
        if terms.benefit is None:
            steps.append(Step(rule="pharmacy.benefit_unknown", amount=0, facts=(terms.region_name,)))
            return _Fund()
    benefit = terms.benefit
    if benefit is None:
        what = f"{terms.scheme.label}{terms.care.label}待遇（{terms.on}）"
        return refuse(Code.RULE_UNKNOWN, field="care.type", region=terms.region_name, what=what)
    facts = case.facts
    if benefit.prescription is not None:
        facts = msgspec.structs.replace(facts, level=benefit.prescription.as_level)
        steps.append(
            Step(
                rule="pharmacy.prescription",
                amount=0,
                facts=(benefit.prescription.as_level.label,),
                cite=benefit.prescription.cite,
            )
        )
    try:
        rows = _rows(benefit, facts)
    except MissingFactError as missing:
        return refuse(Code.FACT_MISSING, field=missing.fact, what=_FACT_NAMES.get(missing.fact, missing.fact))
    if rows is None:
        what = "该人员类别与医院级别的待遇"
        return refuse(Code.RULE_UNKNOWN, field="care", region=terms.region_name, what=what)
    return _apply(benefit, rows, case, base, steps)


_FACT_NAMES = {
    "care.level": "医院级别",
    "person.birth_date": "出生日期或年龄",
    "person.retired_on": "退休日期",
}


def _rows(benefit: Benefit, facts: Facts) -> tuple[DeductibleRow, RatioRow, CapRow] | None:
    deductible = next((row for row in benefit.deductible.rows if row.when.matches(facts)), None)
    ratio = next((row for row in benefit.ratio.rows if row.when.matches(facts)), None)
    cap = next((row for row in benefit.cap.rows if row.when.matches(facts)), None)
    return (deductible, ratio, cap) if deductible and ratio and cap else None


def _apply(
    benefit: Benefit,
    rows: tuple[DeductibleRow, RatioRow, CapRow],
    case: Case,
    base: Fen,
    steps: list[Step],
) -> _Fund:
    """Deductible, then the fund's share, then the cap and what pays above it."""
    line, ratio, cap = rows
    used = case.year_to_date.deductible
    deductible = min(base, max(0, line.amount - used))
    steps.append(
        Step(
            rule="deductible.annual_cumulative",
            amount=deductible,
            facts=(line.amount, used),
            cite=benefit.deductible.cite,
        )
    )
    above = base - deductible
    pool = share_of(above, ratio.share)
    supplementary = 0
    cut: Step | None = None
    if cap.amount is not None:
        room = max(0, cap.amount - case.year_to_date.pool)
        if pool > room:
            beyond = above - round_half_up(room * WHOLE, ratio.share)
            pool, supplementary = room, share_of(beyond, benefit.cap.above_share)
            cut = Step(
                rule="cap.fund_payment",
                amount=supplementary,
                facts=(cap.amount, case.year_to_date.pool, beyond, benefit.cap.above_share),
                cite=benefit.cap.cite,
            )
    if above:
        steps.append(Step(rule="ratio.fund_share", amount=pool, facts=(above, ratio.share), cite=benefit.ratio.cite))
    if cut:
        steps.append(cut)
    return _Fund(deductible, pool, supplementary, ratio.share)


def _payable(terms: Terms, case: Case, in_scope: Fen, steps: list[Step]) -> Fen:
    """The part of the person's burden that account money may pay; the rest is cash."""
    bill = case.bill
    amounts = (
        (BillPart.IN_SCOPE, in_scope),
        (BillPart.FIRST_SELF_PAY, bill.first_self_pay),
        (BillPart.OVER_LIMIT, bill.over_limit),
        (BillPart.FULL_SELF_PAY, bill.full_self_pay),
    )
    allowed = terms.payable.parts(terms.care)
    due = 0
    for part, amount in amounts:
        if part in allowed:
            due += amount
        elif amount and case.account_use is not AccountUse.NONE:
            steps.append(Step(rule="account.not_payable", amount=amount, facts=(part.label,), cite=terms.payable.cite))
    return due


def _draw_own(terms: Terms, case: Case, current: Fen, due: Fen, steps: list[Step]) -> tuple[Purse, ...]:
    """Take from the own purses in their order; what current-year money paid before counts as drawn."""
    if case.account_use is AccountUse.NONE:
        return ()
    drawn = []
    for purse in case.own:
        before = current if purse.segment is Segment.CURRENT_YEAR else 0
        amount = min(purse.available - before, due)
        due -= amount
        drawn.append(Purse(segment=purse.segment, available=before + amount))
        if amount:
            steps.append(
                Step(
                    rule="own.account",
                    amount=amount,
                    facts=(purse.segment.value, purse.available - before),
                    cite=terms.payable.cite,
                )
            )
    return tuple(drawn)


def _draw_shared(terms: Terms, case: Case, due: Fen, steps: list[Step]) -> tuple[Drawn, ...]:
    """Take from relatives' accounts in the region's order until nothing is due."""
    result = []
    tried = 0
    closed = _closed(terms, case)
    for sharer in _in_order(terms, case.sharers):
        reason = closed or _ineligible(terms, sharer)
        if reason is None:
            tried += 1
            reason = _not_drawn(terms, sharer, due, tried)
        amount = 0 if reason else min(_offer(sharer), due)
        due -= amount
        result.append(Drawn(id=sharer.id, amount=amount, reason=reason))
        facts: tuple[str | int, ...]
        if reason:
            facts = (sharer.relation.label, reason.label)
            steps.append(Step(rule="sharing.not_drawn", amount=0, facts=facts, cite=_sharing_cite(terms, reason)))
        else:
            cap = -1 if sharer.cap_per_transaction is None else sharer.cap_per_transaction
            facts = (sharer.relation.label, sharer.mode.label, cap)
            steps.append(Step(rule="sharing.drawn", amount=amount, facts=facts, cite=_sharing_cite(terms, None)))
    return tuple(result)


def _sharing_cite(terms: Terms, reason: NotDrawn | None) -> Citation | None:
    """The block that decided whether a relative's account was drawn."""
    if terms.sharing is None:
        return None
    if reason is NotDrawn.RELATION_NOT_ALLOWED:
        return terms.sharing.kin.cite
    if reason is NotDrawn.PURPOSE_NOT_ALLOWED:
        return terms.sharing.purposes.cite
    if reason is NotDrawn.OVER_AUTHORISER_LIMIT:
        return terms.sharing.limits.cite
    return terms.sharing.draw.cite


def _in_order(terms: Terms, sharers: tuple[Sharer, ...]) -> list[Sharer]:
    if terms.sharing and terms.sharing.draw.order == "largest_balance":
        return sorted(sharers, key=lambda s: (-s.available, s.order))
    return sorted(sharers, key=lambda s: s.order)


def _offer(sharer: Sharer) -> Fen:
    cap = sharer.cap_per_transaction
    return sharer.available if cap is None else min(sharer.available, cap)


def _closed(terms: Terms, case: Case) -> NotDrawn | None:
    """Why this bill may draw on no relative's account at all."""
    sharing = terms.sharing
    if sharing is None:
        return NotDrawn.SHARING_NOT_OPEN
    automatic = case.account_use is AccountUse.OWN and sharing.draw.automatic
    if case.account_use is not AccountUse.OWN_THEN_SHARED and not automatic:
        return NotDrawn.NOT_ASKED
    if PURPOSE_OF_CARE[terms.care] not in sharing.purposes.purposes:
        return NotDrawn.PURPOSE_NOT_ALLOWED
    if sharing.draw.own_must_be_zero and any(purse.available for purse in case.own):
        return NotDrawn.OWN_ACCOUNT_NOT_ZERO
    return None


def _ineligible(terms: Terms, sharer: Sharer) -> NotDrawn | None:
    """Why this relative's account may not be drawn at all; such an account takes up no place in the order."""
    if terms.sharing and sharer.relation not in terms.sharing.kin.relations:
        return NotDrawn.RELATION_NOT_ALLOWED
    return sharer.barred


def _not_drawn(terms: Terms, sharer: Sharer, due: Fen, place: int) -> NotDrawn | None:
    """Why an eligible account pays nothing of what is still due."""
    if terms.sharing is None:
        return NotDrawn.SHARING_NOT_OPEN
    limit = terms.sharing.limits.authorisers_per_user
    if limit is not None and place > limit:
        return NotDrawn.OVER_AUTHORISER_LIMIT
    if due == 0:
        return NotDrawn.NOT_NEEDED
    if _offer(sharer) == 0:
        return NotDrawn.CAP_IS_ZERO if sharer.available else NotDrawn.NOTHING_AVAILABLE
    if terms.sharing.draw.one_account_must_cover and _offer(sharer) < due:
        return NotDrawn.ONE_ACCOUNT_MUST_COVER
    return None


def _assert_conserved(split: Split, case: Case) -> None:
    """Money is neither created nor lost, and nobody pays more than he has; a breach is a fault of ours."""
    paid = split.fund + split.own_total + split.shared_total + split.cash
    amounts = (split.pool, split.supplementary, split.cash, *(p.available for p in split.own))
    if paid != split.total or min(amounts) < 0:
        raise AssertionError(f"split of {format_yuan(split.total)} pays {format_yuan(paid)}")
    offers = {sharer.id: sharer.available for sharer in case.sharers}
    if any(not 0 <= drawn.amount <= offers[drawn.id] for drawn in split.shared):
        raise AssertionError("a relative's account pays more than it offers")
