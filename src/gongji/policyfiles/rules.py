"""The closed set of rules: for each name of a policy file, how its block becomes a value of ``core.policy``."""

from calendar import monthrange
from collections.abc import Callable
from typing import TypeVar

from gongji.core.codes import BillPart, Care, Grade, Level, Purpose, Reach, Relation, Status
from gongji.core.policy import (
    BindingProof,
    Cap,
    CapRow,
    Citation,
    Deductible,
    DeductibleRow,
    Draw,
    Kin,
    MedicalYear,
    Payable,
    PayableRow,
    Prescription,
    Ratio,
    RatioRow,
    Rule,
    Segments,
    SharingLimits,
    SharingPurposes,
    SharingReach,
    When,
)
from gongji.policyfiles.table import Table

DRAW_ORDERS = ("chosen", "largest_balance")
"""Orders in which relatives' accounts may be drawn."""

NO_CAP = "none"
"""How a file says that there is no cap (不封顶)."""

Reader = Callable[[Table, Citation], Rule | None]
Row = TypeVar("Row")


def _when(row: Table) -> When:
    return When(
        level=row.choice("level", Level),
        grade=row.choice("grade", Grade),
        status=row.choice("status", Status),
        care=row.choice("care", Care),
        community=row.flag("community"),
        village=row.flag("village"),
        top=row.flag("top"),
        gp_signed=row.flag("gp_signed"),
        age_from=row.count("age_from", high=150),
        age_below=row.count("age_below", high=150),
        retired_from=row.day("retired_from"),
        retired_before=row.day("retired_before"),
        stay_from=row.count("stay_from", low=1),
    )


def _covers(earlier: When, later: When) -> bool:
    """Whether a row matches every bill that a row after it would match."""
    for name in When.__struct_fields__:
        mine, theirs = getattr(earlier, name), getattr(later, name)
        if mine is None:
            continue
        if theirs is None:
            return False
        if name.endswith("_from"):
            covered = theirs >= mine
        elif name.endswith(("_below", "_before")):
            covered = theirs <= mine
        else:
            covered = theirs == mine
        if not covered:
            return False
    return True


def _conditional_rows(block: Table, value: Callable[[Table, When], Row | None]) -> tuple[Row, ...]:
    """Read rows with their conditions; refuse a row that an earlier one leaves nothing to."""
    seen: list[When] = []
    result = []
    for table in block.rows():
        when = _when(table)
        row = value(table, when)
        table.done()
        above = next((n for n, earlier in enumerate(seen) if _covers(earlier, when)), None)
        if above is not None:
            same = seen[above] == when
            why = "条件重复" if same else "永远轮不到：前面的行已包括它的全部情形"
            table.fault("", f"与第 {above + 1} 行比，{why}")
        seen.append(when)
        if row is not None:
            result.append(row)
    return tuple(result)


def _deductible_row(row: Table, when: When) -> DeductibleRow | None:
    amount = row.amount("amount")
    return None if amount is None else DeductibleRow(when=when, amount=amount)


def _ratio_row(row: Table, when: When) -> RatioRow | None:
    share = row.percent("share")
    return None if share is None else RatioRow(when=when, share=share)


def _cap_row(row: Table, when: When) -> CapRow | None:
    if row.value("amount") == NO_CAP:
        return CapRow(when=when, amount=None)
    amount = row.amount("amount")
    return None if amount is None else CapRow(when=when, amount=amount)


def _deductible(block: Table, cite: Citation) -> Rule:
    return Deductible(cite=cite, rows=_conditional_rows(block, _deductible_row))


def _ratio(block: Table, cite: Citation) -> Rule:
    return Ratio(cite=cite, rows=_conditional_rows(block, _ratio_row))


def _cap(block: Table, cite: Citation) -> Rule:
    above = block.percent("above_share", required=False) or 0
    return Cap(cite=cite, rows=_conditional_rows(block, _cap_row), above_share=above)


def _prescription(block: Table, cite: Citation) -> Rule | None:
    level = block.choice("as_level", Level, required=True)
    return None if level is None else Prescription(cite=cite, as_level=level)


def _segments(block: Table, cite: Citation) -> Rule | None:
    block.value("kept", required=True)
    kept = block.flag("kept")
    first = block.flag("current_year_pays_first") or False
    if first and kept is False:
        block.fault("current_year_pays_first", "账户不分段时没有当年账户可以先付")
    return None if kept is None else Segments(cite=cite, kept=kept, current_year_pays_first=first)


def _payable(block: Table, cite: Citation) -> Rule:
    rows = []
    seen: set[Care] = set()
    for table in block.rows():
        care = table.choice("care", Care, required=True)
        parts = table.choices("parts", BillPart)
        table.done()
        if care in seen:
            table.fault("care", "条件重复：同一医疗类别只能写一行")
        if care is not None and parts is not None:
            seen.add(care)
            rows.append(PayableRow(care=care, parts=parts))
    return Payable(cite=cite, rows=tuple(rows))


def _medical_year(block: Table, cite: Citation) -> Rule | None:
    month = block.count("month", low=1, high=12, required=True)
    # 2 月 29 日不是每年都有，不能作年度起始日：用平年的天数。
    last = monthrange(2023, month)[1] if month else 31
    day = block.count("day", low=1, high=last, required=True)
    return None if month is None or day is None else MedicalYear(cite=cite, month=month, day=day)


def _kin(block: Table, cite: Citation) -> Rule | None:
    relations = block.choices("relations", Relation)
    return None if relations is None else Kin(cite=cite, relations=relations)


def _reach(block: Table, cite: Citation) -> Rule | None:
    reach = block.choice("reach", Reach, required=True)
    return None if reach is None else SharingReach(cite=cite, reach=reach)


def _limits(block: Table, cite: Citation) -> Rule:
    return SharingLimits(
        cite=cite,
        users_per_authoriser=block.count("users_per_authoriser", low=1),
        authorisers_per_user=block.count("authorisers_per_user", low=1),
    )


def _purposes(block: Table, cite: Citation) -> Rule | None:
    purposes = block.choices("purposes", Purpose)
    return None if purposes is None else SharingPurposes(cite=cite, purposes=purposes)


def _draw(block: Table, cite: Citation) -> Rule | None:
    order = block.text("order")
    if order is not None and order not in DRAW_ORDERS:
        block.fault("order", f"没有支付顺序 {order!r}；可用：{'、'.join(DRAW_ORDERS)}")
        order = None
    rule = Draw(
        cite=cite,
        order=order or DRAW_ORDERS[0],
        one_account_must_cover=block.flag("one_account_must_cover") or False,
        own_must_be_zero=block.flag("own_must_be_zero") or False,
        historical_only=block.flag("historical_only") or False,
        automatic=block.flag("automatic") or False,
    )
    return rule if order else None


def _binding(block: Table, cite: Citation) -> Rule | None:
    notice = block.text("notice")
    commitment = block.text("commitment")
    confirm = block.flag("confirm_by_user") or False
    if notice is None or commitment is None:
        return None
    return BindingProof(cite=cite, notice=notice, commitment=commitment, confirm_by_user=confirm)


READERS: dict[str, Reader] = {
    "outpatient.deductible": _deductible,
    "outpatient.ratio": _ratio,
    "outpatient.cap": _cap,
    "pharmacy.prescription": _prescription,
    "account.segments": _segments,
    "account.medical_year": _medical_year,
    "account.payable": _payable,
    "sharing.kin": _kin,
    "sharing.reach": _reach,
    "sharing.limits": _limits,
    "sharing.purposes": _purposes,
    "sharing.draw": _draw,
    "sharing.binding": _binding,
}
"""Every rule a policy file may hold, by ``subject.rule``; the subject is the file's name."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    subject: tuple(name.partition(".")[2] for name in READERS if name.startswith(f"{subject}."))
    for subject in dict.fromkeys(name.partition(".")[0] for name in READERS)
}
"""Rules of each subject."""
