"""May account money be used for this, and there (用途与就医地): part of the answer to a question."""

from datetime import date

from gongji.core.codes import BillPart, Care, Purpose, Scheme
from gongji.core.conditions import Condition, failed, met, unknown
from gongji.core.eligibility import within_reach
from gongji.core.policy import PolicyBook
from gongji.core.rules import Payable, SharingPurposes, SharingReach
from gongji.core.sharing import PURPOSE_OF_CARE

CARE_OF_PURPOSE: dict[Purpose, Care] = {purpose: care for care, purpose in PURPOSE_OF_CARE.items()}


def purpose_condition(book: PolicyBook, region: str, purpose: Purpose, on: date, *, own: bool) -> Condition:
    """Whether account money of a region may pay for a purpose: what is barred everywhere comes first."""
    barred = book.rule(SharingPurposes, region, "account.forbidden", on)
    if barred and purpose in barred.purposes:
        return failed("account.forbidden", f"{purpose.label}不得用个人账户支付，共济也不行", barred.cite)
    if own and purpose is Purpose.RESIDENT_PREMIUM:
        return failed("account.payable", "职工医保参保人自己不缴居民医保；可为绑定的亲属代缴", None)
    if own and purpose in CARE_OF_PURPOSE:
        return _payable(book, region, purpose, on)
    for name in ("sharing.purposes", "sharing.extra"):
        rule = book.rule(SharingPurposes, region, name, on)
        if rule and purpose in rule.purposes:
            return met(name, _parts(book, region, purpose, on), rule.cite)
    return _not_listed(book, region, purpose, on)


def _payable(book: PolicyBook, region: str, purpose: Purpose, on: date) -> Condition:
    """Care for the owner himself."""
    rule = book.rule(Payable, region, "account.payable", on)
    if rule is None:
        return unknown("account.payable", f"{book.name(region)}个人账户支付范围未收录", None)
    if not rule.parts(CARE_OF_PURPOSE[purpose]):
        return failed("account.payable", f"{purpose.label}不在个人账户支付范围内", rule.cite)
    return met("account.payable", _parts(book, region, purpose, on), rule.cite)


def _parts(book: PolicyBook, region: str, purpose: Purpose, on: date) -> str:
    """That a purpose is open; of care also which parts of the bill."""
    care = CARE_OF_PURPOSE.get(purpose)
    rule = book.rule(Payable, region, "account.payable", on) if care else None
    parts: tuple[BillPart, ...] = rule.parts(care) if rule and care else ()
    told = f"：付个人负担中的{'、'.join(part.label for part in parts)}" if parts else ""
    return f"可以支付{purpose.label}{told}"


def _not_listed(book: PolicyBook, region: str, purpose: Purpose, on: date) -> Condition:
    """A purpose that no list in force names: no where the list is known to leave it out, otherwise not known."""
    place = book.name(region)
    rule = book.rule(SharingPurposes, region, "sharing.purposes", on)
    if rule and (purpose in CARE_OF_PURPOSE or _named_another_day(book, rule, purpose)):
        return failed("sharing.purposes", f"{place} {on} 的共济用途不含{purpose.label}", rule.cite)
    left = book.rule(SharingPurposes, region, "sharing.regional", on)
    if left and purpose in left.purposes:
        return unknown("sharing.regional", f"{purpose.label}由各地规定，{place}是否允许未收录", left.cite)
    text = f"{place}的共济用途没有提到{purpose.label}，是否允许未收录"
    return unknown("sharing.purposes", text, rule.cite if rule else None)


def _named_another_day(book: PolicyBook, rule: SharingPurposes, purpose: Purpose) -> bool:
    """Whether another block of the same place names the purpose: then this one leaves it out on purpose."""
    blocks = book.rules.get((rule.cite.region, "sharing.purposes", Scheme.EMPLOYEE), ())
    return any(isinstance(block, SharingPurposes) and purpose in block.purposes for block in blocks)


def place_condition(
    book: PolicyBook, region: str, place: str, purpose: Purpose, on: date, *, own: bool
) -> Condition | None:
    """Whether the money reaches where care is given, outside the patient's pooling area; None for what is not care."""
    if purpose not in CARE_OF_PURPOSE:
        return None
    rule = None if own else book.rule(SharingReach, region, "sharing.reach", on)
    if rule and within_reach(rule.reach, book.pool_of(region), book.pool_of(place)):
        return met("sharing.reach", f"就医地（{book.name(place)}）在{rule.reach.label}共济范围内", rule.cite)
    text = f"在{book.name(place)}（参保地以外）就医购药能否用这个账户未收录"
    return unknown("sharing.reach", text, rule.cite if rule else None)
