"""Strict reading of one case of ``gongji quote``: the first fault is named with its key and what is allowed there."""

import re
from datetime import date
from typing import Any, TypeVar

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
    Term,
)
from gongji.core.money import MAX_FEN, Fen, MoneyError, parse_yuan
from gongji.core.policy import Facts
from gongji.core.refusal import Code, Refusal, refuse

T = TypeVar("T", bound=Term)

_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_MAX_SHARERS = 100
_MAX_AGE = 150


class InputFaultError(ValueError):
    """A case cannot be read; ``refusal`` is its answer."""

    def __init__(self, refusal: Refusal) -> None:
        super().__init__(refusal.text)
        self.refusal = refusal


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
    filing: Filing
    bill: Bill
    year_to_date: YearToDate
    accounts: Accounts
    sharers: tuple[Sharer, ...]


class _Object:
    """A JSON object being read; ``done`` refuses the keys that nobody asked for."""

    def __init__(self, values: object, path: str = "") -> None:
        self._path = path
        self._asked: set[str] = set()
        if not isinstance(values, dict):
            raise self._invalid("", "须是对象")
        self._values: dict[str, Any] = values

    def _invalid(self, key: str, what: str) -> InputFaultError:
        field = f"{self._path}.{key}" if self._path and key else self._path or key
        return InputFaultError(refuse(Code.INPUT_INVALID, field=field or None, what=f"{field or '案例'}{what}"))

    def done(self) -> None:
        for key in self._values:
            if key not in self._asked:
                raise self._invalid(key, f" 是不认识的键；可用：{'、'.join(sorted(self._asked))}")

    def has(self, key: str) -> bool:
        self._asked.add(key)
        return self._values.get(key) is not None

    def _get(self, key: str) -> Any:
        if not self.has(key):
            raise self._invalid(key, " 必须给出")
        return self._values[key]

    def child(self, key: str) -> "_Object":
        """A nested object; an absent one is empty."""
        inner = self._get(key) if self.has(key) else {}
        return _Object(inner, f"{self._path}.{key}" if self._path else key)

    def children(self, key: str) -> list["_Object"]:
        if not self.has(key):
            return []
        found = self._get(key)
        if not isinstance(found, list) or len(found) > _MAX_SHARERS:
            raise self._invalid(key, f" 须是列表，最多 {_MAX_SHARERS} 项")
        return [_Object(item, f"{key}[{n}]") for n, item in enumerate(found)]

    def text(self, key: str) -> str:
        found = self._get(key)
        if not isinstance(found, str) or not found.strip():
            raise self._invalid(key, " 须是非空文字")
        return found.strip()

    def code(self, key: str, kind: type[T], default: T | None = None) -> T | None:
        if not self.has(key):
            return default
        found = self._get(key)
        known = {member.value: member for member in kind}
        if not isinstance(found, str) or found not in known:
            raise self._invalid(key, f" 只能是 {'、'.join(f'{m.value}（{m.label}）' for m in kind)}")
        return known[found]

    def must(self, key: str, kind: type[T], default: T | None = None) -> T:
        """A code that must be given unless it has a default."""
        found = self.code(key, kind, default)
        if found is None:
            self._get(key)
            raise AssertionError(key)
        return found

    def day(self, key: str) -> date:
        found = self._get(key)
        fault = self._invalid(key, " 须是日期，例如 2025-09-10")
        if not isinstance(found, str) or not _DATE.fullmatch(found):
            raise fault
        try:
            return date.fromisoformat(found)
        except ValueError:
            raise fault from None

    def flag(self, key: str) -> bool:
        if not self.has(key):
            return False
        found = self._get(key)
        if not isinstance(found, bool):
            raise self._invalid(key, " 须是 true 或 false")
        return found

    def count(self, key: str, default: int, *, low: int = 0, high: int = 9999) -> int:
        if not self.has(key):
            return default
        found = self._get(key)
        if not isinstance(found, int) or isinstance(found, bool) or not low <= found <= high:
            raise self._invalid(key, f" 须是 {low} 到 {high} 的整数")
        return found

    def amount(self, key: str) -> Fen | None:
        """An amount that may be absent."""
        if not self.has(key):
            return None
        found = self._get(key)
        if not isinstance(found, str):
            raise self._invalid(key, ' 须是带引号的金额，例如 "600.00"')
        try:
            fen = parse_yuan(found)
        except MoneyError as error:
            raise self._invalid(key, f" {error}") from None
        if not 0 <= fen <= MAX_FEN:
            raise self._invalid(key, " 不能是负数")
        return fen

    def must_amount(self, key: str) -> Fen:
        self._get(key)
        return self.amount(key) or 0

    def refuse(self, key: str, what: str) -> InputFaultError:
        """A fault of a key that the caller has found."""
        return self._invalid(key, f" {what}")


def read_case(values: object) -> Asked:
    """Read one case.

    Raises:
        InputFaultError: with the refusal of the first key at fault.
    """
    case = _Object(values)
    case.has("id")
    on = case.day("date")
    bill = _bill(case.child("bill"))
    care = case.child("care")
    facts = _facts(case.child("person"), care, on, person_share=bill.person_share_only)
    place = care.text("place") if care.has("place") else None
    filing = care.must("filing", Filing, Filing.NONE)
    care.done()
    asked = Asked(
        region=case.text("region"),
        on=on,
        facts=facts,
        place=place,
        filing=filing,
        bill=bill,
        year_to_date=_year_to_date(case.child("year_to_date")),
        accounts=_accounts(case.child("accounts"), facts.scheme),
        sharers=_sharers(case.children("sharing")),
    )
    case.done()
    return asked


def _facts(person: _Object, care: _Object, on: date, *, person_share: bool) -> Facts:
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
    )
    person.done()
    return facts


def _age(person: _Object, on: date) -> int | None:
    """Age in full years on the date of care."""
    if not person.has("birth_date"):
        return person.count("age", 0, high=_MAX_AGE) if person.has("age") else None
    if person.has("age"):
        raise person.refuse("age", "与 birth_date 只给一个")
    born = person.day("birth_date")
    if born > on:
        raise person.refuse("birth_date", "晚于就医日期")
    return on.year - born.year - ((on.month, on.day) < (born.month, born.day))


def _bill(bill: _Object) -> Bill:
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


def _year_to_date(year: _Object) -> YearToDate:
    made = YearToDate(
        deductible=year.amount("deductible") or 0,
        eligible=year.amount("eligible") or 0,
        pool=year.amount("pool") or 0,
        events=year.count("events", 0),
    )
    year.done()
    return made


def _accounts(accounts: _Object, scheme: Scheme) -> Accounts:
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


def _sharers(items: list[_Object]) -> tuple[Sharer, ...]:
    made = tuple(_sharer(item, place) for place, item in enumerate(items, start=1))
    seen: set[str] = set()
    for item, sharer in zip(items, made, strict=True):
        if sharer.id in seen:
            raise item.refuse("id", f"{sharer.id} 重复")
        seen.add(sharer.id)
    return made


def _sharer(item: _Object, place: int) -> Sharer:
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
