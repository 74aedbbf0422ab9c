"""Strict reading of one case of ``gongji quote``: the first fault is named with its key and what is allowed there."""

from datetime import date

import msgspec

from gongji.core.case import Bill, Sharer, YearToDate
from gongji.core.codes import (
    EMPLOYEE_STATUSES,
    Care,
    Filing,
    Grade,
    Level,
    Relation,
    Scheme,
    SharingMode,
    Status,
)
from gongji.core.facts import Facts
from gongji.core.money import Fen
from gongji.service.json_object import JsonObject

_MAX_AGE = 150


class Accounts(msgspec.Struct, frozen=True, kw_only=True):
    """Own account money as the case gives it, in fen; None is not given."""

    current_year: Fen | None = None
    historical: Fen | None = None
    balance: Fen | None = None


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """One case as asked, before the region's rules are known."""

    region: str
    on: date
    facts: Facts
    place: str | None
    bill: Bill
    year_to_date: YearToDate
    accounts: Accounts
    sharers: tuple[Sharer, ...]


def read_case(values: object) -> Asked:
    """Read one case.

    Raises:
        InputFaultError: with the refusal of the first key at fault.
    """
    case = JsonObject(values)
    case.has("id")
    region = case.text("region")
    on = case.day("date")
    bill = _bill(case.child("bill"))
    care = case.child("care")
    facts = _facts(case.child("person"), care, on, person_share=bill.person_share_only)
    place = care.text("place") if care.has("place") else None
    care.done()
    asked = Asked(
        region=region,
        on=on,
        facts=facts,
        place=place,
        bill=bill,
        year_to_date=_year_to_date(case.child("year_to_date")),
        accounts=_accounts(case.child("accounts"), facts.scheme),
        sharers=_sharers(case.children("sharing")),
    )
    case.done()
    return asked


def _facts(person: JsonObject, care: JsonObject, on: date, *, person_share: bool) -> Facts:
    scheme = person.must("scheme", Scheme, Scheme.EMPLOYEE)
    employee = scheme is Scheme.EMPLOYEE
    # 只问个人负担由谁付时不涉及待遇，人员类别可以不给。
    spare = (Status.ACTIVE if employee else Status.ADULT) if person_share else None
    status = person.must("status", Status, spare)
    if (status in EMPLOYEE_STATUSES) is not employee:
        raise person.refuse("status", f"{status.value}（{status.label}）不是{scheme.label}的人员类别")
    facts = Facts(
        scheme=scheme,
        status=status,
        age=_age(person, on),
        retired_on=person.day("retired_on") if person.has("retired_on") else None,
        gp_signed=person.flag("gp_signed"),
        missing_years=person.count("missing_years", 0, high=99),
        care=care.must("type", Care),
        level=care.code("level", Level),
        grade=care.code("grade", Grade),
        community=care.flag("community"),
        village=care.flag("village"),
        top=care.flag("top"),
        stay=care.count("stay", 1, low=1),
        filing=care.must("filing", Filing, Filing.NONE),
    )
    person.done()
    return facts


def _age(person: JsonObject, on: date) -> int | None:
    """Age in full years on the date of care."""
    if not person.has("birth_date"):
        return person.count("age", 0, high=_MAX_AGE) if person.has("age") else None
    if person.has("age"):
        raise person.refuse("age", "与 birth_date 只给一个")
    born = person.day("birth_date")
    if born > on:
        raise person.refuse("birth_date", "晚于就医日期")
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _bill(bill: JsonObject) -> Bill:
    if bill.has("person_share"):
        made = Bill(total=bill.must_amount("person_share"), person_share_only=True)
        if bill.has("total"):
            raise bill.refuse("total", "与 person_share 只给一个")
        if not made.total:
            raise bill.refuse("person_share", "须大于零")
        bill.done()
        return made
    made = Bill(
        total=bill.must_amount("total"),
        full_self_pay=bill.amount("full_self_pay") or 0,
        over_limit=bill.amount("over_limit") or 0,
        first_self_pay=bill.amount("first_self_pay") or 0,
    )
    bill.done()
    return made


def _year_to_date(year: JsonObject) -> YearToDate:
    made = YearToDate(
        deductible=year.amount("deductible") or 0,
        eligible=year.amount("eligible") or 0,
        pool=year.amount("pool") or 0,
        events=year.count("events", 0),
    )
    year.done()
    return made


def _accounts(accounts: JsonObject, scheme: Scheme) -> Accounts:
    made = Accounts(
        current_year=accounts.amount("current_year"),
        historical=accounts.amount("historical"),
        balance=accounts.amount("balance"),
    )
    accounts.done()
    if made.balance is not None and (made.current_year is not None or made.historical is not None):
        raise accounts.refuse("balance", "与 current_year、historical 只给一种")
    if scheme is Scheme.RESIDENT and any((made.current_year, made.historical, made.balance)):
        raise accounts.refuse("", "须为空：居民医保没有个人账户")
    return made


def _sharers(items: list[JsonObject]) -> tuple[Sharer, ...]:
    made = tuple(_sharer(item, place) for place, item in enumerate(items, start=1))
    seen: set[str] = set()
    for item, sharer in zip(items, made, strict=True):
        if sharer.id in seen:
            raise item.refuse("id", f"{sharer.id} 重复")
        seen.add(sharer.id)
    return made


def _sharer(item: JsonObject, place: int) -> Sharer:
    sharer = Sharer(
        id=item.text("id"),
        relation=item.must("relation", Relation),
        available=item.must_amount("available"),
        mode=item.must("mode", SharingMode, SharingMode.LIVE_CALL),
        order=item.count("order", place, low=1),
        cap_per_transaction=item.amount("cap_per_transaction"),
    )
    item.done()
    return sharer
