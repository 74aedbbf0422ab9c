"""Split a bill between pooled fund, own account, relatives' accounts and cash, with the reason for every fen.

``calculate`` is the only place where a settlement is computed: pre-settlement, settlement, quote, pages and
simulation all call it. The split sums to the bill by construction and is asserted before it leaves.
"""

from gongji.core.case import AccountUse, Bill, Case, Purse, Split, Step
from gongji.core.codes import BillPart, Purpose, Segment
from gongji.core.fund import fund_share
from gongji.core.money import Fen, format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.core.sharing import PURPOSE_OF_CARE, Due, draw_shared
from gongji.core.terms import Terms


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
    eligible = case.bill.eligible
    steps = [_eligible_step(case.bill, eligible)]
    if case.catalogue and not case.bill.person_share_only:
        steps.append(Step(rule="bill.catalogue", amount=0, facts=(case.catalogue, terms.region_name)))
    current = _current_year_first(terms, case, eligible, steps)
    fund = fund_share(terms, case, eligible - current, steps)
    if isinstance(fund, Refusal):
        return fund
    in_scope = eligible - current - fund.first_self_pay - fund.pool - fund.supplementary
    due = _payable(terms, case, in_scope, case.bill.first_self_pay + fund.first_self_pay, steps)
    own = _draw_own(terms, case, current, sum(due.values()), steps)
    drawn_later = sum([purse.available for purse in own]) - current
    _spend_own(terms, due, drawn_later)
    shared = draw_shared(terms, case, due, steps)
    given = sum([drawn.amount for drawn in shared])
    cash = case.bill.total - fund.pool - fund.supplementary - current - drawn_later - given
    if cash:
        steps.append(Step(rule="cash", amount=cash))
    split = Split(
        total=case.bill.total,
        eligible=eligible,
        deductible=fund.deductible,
        pool=fund.pool,
        supplementary=fund.supplementary,
        ratio=fund.ratio,
        counted=fund.counted,
        own=own,
        shared=shared,
        cash=cash,
        bill=case.bill,
        steps=tuple(steps),
    )
    _assert_conserved(split, case)
    return split


def _bill_fault(bill: Bill) -> Refusal | None:
    if bill.total <= 0:
        return refuse(Code.BILL_INVALID, field="bill.total", what="总额必须大于零")
    if bill.full_self_pay < 0 or bill.over_limit < 0 or bill.first_self_pay < 0:
        return refuse(Code.BILL_INVALID, field="bill", what="各项金额不能为负数")
    special = [part.amount for part in bill.by_purpose]
    if special and (sum(special) > bill.full_self_pay or min(special) < 0):
        return refuse(Code.BILL_INVALID, field="bill", what="专项用途费用超过全自费金额")
    if bill.eligible < 0:
        return refuse(Code.BILL_INVALID, field="bill", what="全自费、超限价、先行自付之和超过总额")
    return None


def _eligible_step(bill: Bill, eligible: Fen) -> Step:
    if bill.person_share_only:
        return Step(rule="bill.person_share", amount=bill.total)
    return Step(
        rule="bill.eligible",
        amount=eligible,
        facts=(bill.total, bill.full_self_pay, bill.over_limit, bill.first_self_pay),
    )


def _current_year_first(terms: Terms, case: Case, eligible: Fen, steps: list[Step]) -> Fen:
    """Current-year money pays eligible spending before the deductible begins, where the region says so."""
    rule = terms.segments
    first = rule.current_year_pays_first and terms.care in rule.first_for
    if not first or case.account_use is AccountUse.NONE:
        return 0
    available = sum(p.available for p in case.own if p.segment is Segment.CURRENT_YEAR and not p.wallet)
    amount = min(available, eligible)
    if amount:
        steps.append(Step(rule="own.current_year_first", amount=amount, facts=(available,), cite=rule.cite))
    return amount


def _payable(terms: Terms, case: Case, in_scope: Fen, first_self_pay: Fen, steps: list[Step]) -> Due:
    """The part of the person's burden that account money may pay, by purpose; the rest is cash."""
    bill = case.bill
    special = sum([part.amount for part in bill.by_purpose])
    amounts = (
        (BillPart.IN_SCOPE, in_scope),
        (BillPart.FIRST_SELF_PAY, first_self_pay),
        (BillPart.OVER_LIMIT, bill.over_limit),
        (BillPart.FULL_SELF_PAY, bill.full_self_pay - special),
    )
    allowed = terms.payable.parts(terms.care)
    ordinary = 0
    for part, amount in amounts:
        if part in allowed:
            ordinary += amount
        elif amount and case.account_use is not AccountUse.NONE:
            steps.append(Step(rule="account.not_payable", amount=amount, facts=(part.label,), cite=terms.payable.cite))
    due = {PURPOSE_OF_CARE[terms.care]: ordinary}
    for use in bill.by_purpose:
        reason = use.barred or _not_open(terms, use.purpose)
        if not reason:
            due[use.purpose] = due.get(use.purpose, 0) + use.amount
        elif case.account_use is not AccountUse.NONE:
            facts = (use.purpose.label, reason)
            cite = terms.uses.cite(use.purpose)
            steps.append(Step(rule="account.purpose_barred", amount=use.amount, facts=facts, cite=cite))
    return due


def _not_open(terms: Terms, purpose: Purpose) -> str:
    """Why accounts of the region may not pay for a purpose, or nothing."""
    if purpose in terms.uses.allowed:
        return ""
    barred = terms.uses.barred
    if barred and purpose in barred.purposes:
        return "国家规定个人账户不得支付"
    return f"{terms.region_name}没有开放这一用途"


def _spend_own(terms: Terms, due: Due, amount: Fen) -> None:
    """Own money pays first what relatives' money may not pay."""
    if not amount:
        return
    allowed = terms.sharing.allowed if terms.sharing else frozenset()
    for purpose in sorted(due, key=lambda p: p in allowed) if len(due) > 1 else due:
        taken = min(amount, due[purpose])
        due[purpose] -= taken
        amount -= taken


def _draw_own(terms: Terms, case: Case, current: Fen, due: Fen, steps: list[Step]) -> tuple[Purse, ...]:
    """Take from the own purses in their order; what current-year money paid before counts as drawn."""
    if case.account_use is AccountUse.NONE:
        return ()
    drawn = []
    for purse in case.own:
        before = current if purse.segment is Segment.CURRENT_YEAR and not purse.wallet else 0
        amount = min(purse.available - before, due)
        due -= amount
        drawn.append(Purse(segment=purse.segment, available=before + amount, wallet=purse.wallet))
        if amount and purse.wallet:
            steps.append(Step(rule="own.wallet", amount=amount, facts=(purse.available,)))
        elif amount:
            told = (purse.segment, purse.available - before)
            steps.append(Step(rule="own.account", amount=amount, facts=told, cite=terms.payable.cite))
    return tuple(drawn)


def _assert_conserved(split: Split, case: Case) -> None:
    """Money is neither created nor lost, and nobody pays more than he has; a breach is a fault of ours."""
    paid = split.pool + split.supplementary + split.cash
    least = min(split.pool, split.supplementary, split.cash)
    for purse in split.own:
        paid += purse.available
        least = min(least, purse.available)
    for drawn in split.shared:
        paid += drawn.amount
    if paid != split.total or least < 0:
        raise AssertionError(f"split of {format_yuan(split.total)} pays {format_yuan(paid)}")
    if split.shared:
        _assert_offered(split, case)


def _assert_offered(split: Split, case: Case) -> None:
    offers = {sharer.id: sharer.available for sharer in case.sharers}
    if any(not 0 <= drawn.amount <= offers[drawn.id] for drawn in split.shared):
        raise AssertionError("a relative's account pays more than it offers")
