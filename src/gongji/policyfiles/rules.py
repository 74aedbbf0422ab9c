"""The closed set of rules: for each name of a policy file, how its block becomes a value of ``core.rules``."""

from calendar import monthrange
from collections.abc import Callable

import msgspec

from gongji.core.citation import Citation
from gongji.core.codes import (
    BillPart,
    BindingChannel,
    Care,
    PaperKind,
    PremiumKind,
    ProofWay,
    Purpose,
    Reach,
    Relation,
    SharingMode,
)
from gongji.core.rules import (
    BindingProof,
    Draw,
    Guardianship,
    Kin,
    LinkTerms,
    MedicalYear,
    Pattern,
    Payable,
    PayableRow,
    ProofPapers,
    Rule,
    SameAs,
    Segments,
    SharingAcross,
    SharingLimits,
    SharingPurposes,
    SharingReach,
    VoucherLife,
    WalletOpening,
    WalletTransfer,
)
from gongji.policyfiles.facts import TOLD, read_statement
from gongji.policyfiles.fund_rules import (
    read_away_filing,
    read_away_first,
    read_away_home,
    read_away_points,
    read_cap,
    read_deductible,
    read_prescription,
    read_ratio,
)
from gongji.policyfiles.premium_rules import read_categories, read_late, read_payer, read_premium, read_refund
from gongji.policyfiles.table import Table

DRAW_ORDERS = ("chosen", "largest_balance", "binding_date")
"""Orders in which relatives' accounts may be drawn."""

LONGEST_TOKEN_MINUTES = 7 * 24 * 60
"""Keys that sign tokens are kept a little longer than this."""

Reader = Callable[[Table, Citation], Rule | None]


def _segments(block: Table, cite: Citation) -> Rule | None:
    block.value("kept", required=True)
    kept = block.flag("kept")
    first = block.flag("current_year_pays_first") or False
    if first and kept is False:
        block.fault("current_year_pays_first", "账户不分段时没有当年账户可以先付")
    first_for = block.choices("first_for", Care, required=False)
    if first_for is not None and not first:
        block.fault("first_for", "只在 current_year_pays_first = true 时写 first_for")
    if kept is None:
        return None
    rule = Segments(cite=cite, kept=kept, current_year_pays_first=first)
    return rule if first_for is None else msgspec.structs.replace(rule, first_for=first_for)


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


def _voucher_life(block: Table, cite: Citation) -> Rule | None:
    seconds = block.count("seconds", low=10, high=600, required=True)
    minutes = block.count("token_minutes", low=1, high=LONGEST_TOKEN_MINUTES, required=True)
    return (
        None if seconds is None or minutes is None else VoucherLife(cite=cite, seconds=seconds, token_minutes=minutes)
    )


def _kin(block: Table, cite: Citation) -> Rule | None:
    relations = block.choices("relations", Relation)
    return None if relations is None else Kin(cite=cite, relations=relations)


def _reach(block: Table, cite: Citation) -> Rule | None:
    reach = block.choice("reach", Reach, required=True)
    return None if reach is None else SharingReach(cite=cite, reach=reach)


def _across(block: Table, cite: Citation) -> Rule | None:
    block.value("open", required=True)
    opened = block.flag("open")
    mode = block.choice("mode", SharingMode)
    if opened and mode is None:
        block.fault("mode", "开通跨省共济时要写明方式")
    if opened is None or (opened and mode is None):
        return None
    return SharingAcross(
        cite=cite,
        open=opened,
        mode=mode or SharingMode.QUOTA_HOLD,
        both_agree=block.flag("both_agree") or False,
        ends_with_insurance=block.flag("ends_with_insurance") or False,
    )


def _limits(block: Table, cite: Citation) -> Rule:
    return SharingLimits(
        cite=cite,
        users_per_authoriser=block.count("users_per_authoriser", low=1),
        authorisers_per_user=block.count("authorisers_per_user", low=1),
        max_per_transaction=block.amount("max_per_transaction", required=False),
    )


def _purposes(block: Table, cite: Citation) -> Rule | None:
    purposes = block.choices("purposes", Purpose)
    return None if purposes is None else SharingPurposes(cite=cite, purposes=purposes)


def _draw(block: Table, cite: Citation) -> Rule | None:
    order = block.word("order", DRAW_ORDERS, required=True)
    rule = Draw(
        cite=cite,
        order=order or DRAW_ORDERS[0],
        one_account_must_cover=block.flag("one_account_must_cover") or False,
        one_account_per_settlement=block.flag("one_account_per_settlement") or False,
        own_must_be_zero=block.flag("own_must_be_zero") or False,
        historical_only=block.flag("historical_only") or False,
        automatic=block.flag("automatic") or False,
        threshold=block.amount("threshold", required=False) or 0,
        mode=block.choice("mode", SharingMode) or SharingMode.LIVE_CALL,
        moves_back=block.flag("moves_back"),
    )
    return rule if order else None


def _binding(block: Table, cite: Citation) -> Rule | None:
    notice = block.text("notice")
    commitment = block.text("commitment")
    confirm = block.flag("confirm_by_user") or False
    if notice is None or commitment is None:
        return None
    return BindingProof(cite=cite, notice=notice, commitment=commitment, confirm_by_user=confirm)


def _proof(block: Table, cite: Citation) -> Rule | None:
    online = block.word("online", (ProofWay.COMMITMENT.value, ProofWay.DOCUMENTS.value), required=True)
    documents = block.choices("documents", PaperKind, required=False) or ()
    counter = block.choices("counter", PaperKind)
    closed = block.choices("closed", BindingChannel, required=False) or ()
    asks_card = block.flag("asks_card") or False
    if online is None or counter is None:
        return None
    if bool(documents) != (online == ProofWay.DOCUMENTS.value):
        block.fault("documents", 'documents 只在 online = "documents" 时写，且至少一种')
    return ProofPapers(
        cite=cite, online=ProofWay(online), documents=documents, counter=counter, asks_card=asks_card, closed=closed
    )


def _terms(block: Table, cite: Citation) -> Rule:
    employees, single = block.flag("long_term_employees_only"), block.flag("single_use")
    return LinkTerms(
        cite=cite,
        long_term_employees_only=employees or False,
        single_use=single is not False,
        ends_with_suspension=block.flag("ends_with_suspension") or False,
    )


def _guardian(block: Table, cite: Citation) -> Rule | None:
    under = block.count("minor_under", low=1, high=30, required=True)
    relations = block.choices("relations", Relation)
    return (
        None if under is None or relations is None else Guardianship(cite=cite, minor_under=under, relations=relations)
    )


def _pattern(block: Table, cite: Citation) -> Rule | None:
    most = block.count("most", low=2, required=True)
    days, minutes = block.count("days", low=1, high=366), block.count("minutes", low=1)
    places = block.count("places", low=1) or 1
    refuse_from = block.count("refuse_from", low=1)
    if (days is None) == (minutes is None):
        block.fault("days", "days（天）、minutes（分钟）写一项")
    if most is None or (days is None and minutes is None):
        return None
    window = days * 24 * 60 if days else minutes or 0
    return Pattern(cite=cite, most=most, minutes=window, places=places, refuse_from=refuse_from)


def _wallet_transfer(block: Table, cite: Citation) -> Rule | None:
    per_day, most = block.count("per_day", low=1), block.amount("most", required=False)
    start, end, back = block.hour("closed_from"), block.hour("closed_until"), block.hour("returned_at")
    if start is None or end is None or back is None:
        return None
    if start == end:
        block.fault("closed_until", "不能转账的时段起止相同")
    return WalletTransfer(cite=cite, per_day=per_day, most=most, closed_from=start, closed_until=end, returned_at=back)


def _wallet_opening(block: Table, cite: Citation) -> Rule | None:
    block.value("open", required=True)
    opened, passed_on = block.flag("open"), block.flag("passed_on")
    return None if opened is None else WalletOpening(cite=cite, open=opened, passed_on=passed_on)


def _or_same_as(reader: Reader) -> Reader:
    """The rule itself, or the name of the care whose rule it repeats."""

    def read(block: Table, cite: Citation) -> Rule | None:
        if block.value("same_as") is None:
            return reader(block, cite)
        subject = block.word("same_as", CARE_SUBJECTS)
        if subject is None:
            return None
        if cite.rule.startswith(f"{subject}."):
            block.fault("same_as", f"{subject} 不能与自己相同")
            return None
        return SameAs(cite=cite, subject=subject)

    return read


CARE_SUBJECTS = ("outpatient", "inpatient", "special_disease")
"""Kinds of care with rules of their own."""

PATTERNS = (
    "abuse.broker",
    "abuse.ping_pong",
    "abuse.single_use",
    "abuse.quick_series",
    "abuse.two_places",
)
"""What looks like misuse: thresholds by name."""

_FUND_RULES: dict[str, Reader] = {
    f"{subject}.{rule}": _or_same_as(reader)
    for subject in CARE_SUBJECTS
    for rule, reader in (("deductible", read_deductible), ("ratio", read_ratio), ("cap", read_cap))
}

READERS: dict[str, Reader] = {
    **_FUND_RULES,
    "pharmacy.prescription": read_prescription,
    "away.home": read_away_home,
    "away.ratio_points": read_away_points,
    "away.first_self_pay": read_away_first,
    "away.filing": read_away_filing,
    "account.segments": _segments,
    "account.medical_year": _medical_year,
    "account.voucher": _voucher_life,
    "account.payable": _payable,
    "account.forbidden": _purposes,
    "account.categories": read_categories,
    **{f"premium.{kind.value}": read_premium for kind in PremiumKind},
    "premium.late": read_late,
    "premium.refund": read_refund,
    "premium.payer": read_payer,
    "sharing.kin": _kin,
    "sharing.reach": _reach,
    "sharing.across": _across,
    "sharing.limits": _limits,
    "sharing.purposes": _purposes,
    "sharing.extra": _purposes,
    "sharing.regional": _purposes,
    "sharing.draw": _draw,
    "sharing.binding": _binding,
    "sharing.proof": _proof,
    "sharing.terms": _terms,
    "sharing.guardian": _guardian,
    **dict.fromkeys(PATTERNS, _pattern),
    "wallet.transfer": _wallet_transfer,
    "wallet.opening": _wallet_opening,
    **dict.fromkeys((rule for rule, _ in TOLD.values()), read_statement),
}
"""Every rule a policy file may hold, by ``subject.rule``; the subject is the file's name."""

SUBJECTS: dict[str, tuple[str, ...]] = {
    subject: tuple(name.partition(".")[2] for name in READERS if name.startswith(f"{subject}."))
    for subject in dict.fromkeys(name.partition(".")[0] for name in READERS)
}
"""Rules of each subject."""

FACT_RULES: dict[str, str] = {
    **{block: rule for block, (rule, _) in TOLD.items()},
    "forbidden": "account.forbidden",
    "categories": "account.categories",
    "extra": "sharing.extra",
    "regional": "sharing.regional",
}
"""What the file of facts may hold: for each block the rule it states."""
