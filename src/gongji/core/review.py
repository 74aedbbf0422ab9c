"""Review of orders before and during care (明细审核): five named rules, each a pure function over one visit.

The rules look at what the message says and at the limits of items; they refuse nothing and post nothing.
"""

from collections.abc import Callable, Iterable, Iterator, Mapping
from datetime import date
from decimal import Decimal
from enum import Enum
from typing import Final, Self

import msgspec

from gongji.core.lines import product
from gongji.core.money import Fen


class Severity(Enum):
    """How sure a finding is (严重程度)."""

    CERTAIN = "1"
    """明确违规"""
    LIKELY = "2"
    """高度可疑"""
    POSSIBLE = "3"
    """轻度可疑"""


class Order(msgspec.Struct, frozen=True, kw_only=True):
    """One order (医嘱、处方明细); price in yuan, amount in fen."""

    id: str
    item: str
    name: str
    drug: bool
    on: date
    quantity: Decimal
    price: Decimal
    amount: Fen


class Limit(msgspec.Struct, frozen=True, kw_only=True):
    """What holds for an item; None and empty are no limit.

    Attributes:
        max_quantity: most that one order may have.
        gender: 1 men only, 2 women only.
        min_age: youngest patient, in full years; max_age the oldest.
        diagnoses: the item is paid for only with a diagnosis whose code begins with one of these.
        basis: where the limit stands.
    """

    item: str
    max_quantity: Decimal | None = None
    gender: str | None = None
    min_age: int | None = None
    max_age: int | None = None
    diagnoses: tuple[str, ...] = ()
    basis: str = ""


class Visit(msgspec.Struct, frozen=True, kw_only=True):
    """A visit as it is reviewed; ``age`` in full years on its day."""

    id: str
    gender: str
    age: int
    diagnoses: tuple[str, ...]
    orders: tuple[Order, ...]


class Finding(msgspec.Struct, frozen=True, kw_only=True):
    """What a rule found: never a name or number of the patient. ``amount`` in fen."""

    rule: str
    severity: Severity
    content: str
    basis: str
    amount: Fen
    orders: tuple[str, ...]


Check = Callable[[Visit, Mapping[str, Limit]], Iterator[Finding]]


class Rule(Enum):
    """The rules by their ids; ``label`` is the name that institutions read."""

    label: str

    def __new__(cls, value: str, label: str = "") -> Self:
        """Make a member whose value is the rule's id."""
        member = object.__new__(cls)
        member._value_ = value
        member.label = label
        return member

    DUPLICATE_DRUG = "R01", "重复用药"
    OVER_QUANTITY = "R02", "超量用药"
    AGE_MISMATCH = "R03", "年龄不符"
    GENDER_MISMATCH = "R04", "性别不符"
    RESTRICTED_USE = "R05", "超限定支付范围"


def review(visit: Visit, limits: Mapping[str, Limit], rules: Iterable[Rule] = Rule) -> list[Finding]:
    """What the rules find in a visit, in the order of the rules."""
    return [finding for rule in rules for finding in _CHECKS[rule](visit, limits)]


def _duplicates(visit: Visit, _limits: Mapping[str, Limit]) -> Iterator[Finding]:
    """The same drug ordered more than once on one day: the first order counts, the others are found."""
    seen: dict[tuple[str, date], list[Order]] = {}
    for order in visit.orders:
        if order.drug:
            seen.setdefault((order.item, order.on), []).append(order)
    for (_, on), orders in seen.items():
        if len(orders) > 1:
            yield Finding(
                rule=Rule.DUPLICATE_DRUG.value,
                severity=Severity.LIKELY,
                content=f"{orders[0].name} 在 {on} 开具了 {len(orders)} 次",
                basis="同一药品同日重复开具",
                amount=sum(order.amount for order in orders[1:]),
                orders=tuple(order.id for order in orders),
            )


def _quantities(visit: Visit, limits: Mapping[str, Limit]) -> Iterator[Finding]:
    for order, limit in _limited(visit, limits):
        if limit.max_quantity is not None and order.quantity > limit.max_quantity:
            beyond = min(order.amount, product(order.quantity - limit.max_quantity, order.price))
            content = f"{order.name} 数量 {_plain(order.quantity)}，超过单次最大 {_plain(limit.max_quantity)}"
            yield _finding(Rule.OVER_QUANTITY, Severity.CERTAIN, order, limit, content, beyond)


def _ages(visit: Visit, limits: Mapping[str, Limit]) -> Iterator[Finding]:
    for order, limit in _limited(visit, limits):
        young = limit.min_age is not None and visit.age < limit.min_age
        old = limit.max_age is not None and visit.age > limit.max_age
        if young or old:
            least = "" if limit.min_age is None else f"{limit.min_age} 岁及以上"
            most = "" if limit.max_age is None else f"{limit.max_age} 岁及以下"
            content = f"{order.name} 限 {'、'.join(filter(None, (least, most)))} 使用，患者 {visit.age} 岁"
            yield _finding(Rule.AGE_MISMATCH, Severity.CERTAIN, order, limit, content, order.amount)


def _genders(visit: Visit, limits: Mapping[str, Limit]) -> Iterator[Finding]:
    for order, limit in _limited(visit, limits):
        if limit.gender is not None and visit.gender in _GENDERS and visit.gender != limit.gender:
            content = f"{order.name} 限{_GENDERS[limit.gender]}性使用"
            yield _finding(Rule.GENDER_MISMATCH, Severity.CERTAIN, order, limit, content, order.amount)


def _restrictions(visit: Visit, limits: Mapping[str, Limit]) -> Iterator[Finding]:
    for order, limit in _limited(visit, limits):
        if limit.diagnoses and not any(code.startswith(limit.diagnoses) for code in visit.diagnoses):
            content = f"{order.name} 限诊断编码以 {'、'.join(limit.diagnoses)} 开头时支付，本次诊断不在其中"
            yield _finding(Rule.RESTRICTED_USE, Severity.LIKELY, order, limit, content, order.amount)


def _limited(visit: Visit, limits: Mapping[str, Limit]) -> Iterator[tuple[Order, Limit]]:
    return ((order, limits[order.item]) for order in visit.orders if order.item in limits)


def _finding(rule: Rule, severity: Severity, order: Order, limit: Limit, content: str, amount: Fen) -> Finding:
    return Finding(
        rule=rule.value, severity=severity, content=content, basis=limit.basis, amount=amount, orders=(order.id,)
    )


def _plain(quantity: Decimal) -> str:
    return f"{quantity.normalize():f}"


_GENDERS: Final = {"1": "男", "2": "女"}

_CHECKS: Final[dict[Rule, Check]] = {
    Rule.DUPLICATE_DRUG: _duplicates,
    Rule.OVER_QUANTITY: _quantities,
    Rule.AGE_MISMATCH: _ages,
    Rule.GENDER_MISMATCH: _genders,
    Rule.RESTRICTED_USE: _restrictions,
}
