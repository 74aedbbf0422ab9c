"""The insurance catalogue (医保目录): its items, what a place makes of them, and which of them holds on a day.

An item comes with its national code and the dates between which it holds. What a region decides about it (level,
first self-pay, price limit) stands apart, may depend on the scheme and the institution's level, and has dates too.
"""

from collections.abc import Iterable, Sequence
from datetime import date
from typing import Final, Literal, TypeAlias, TypeVar

import msgspec

from gongji.core.codes import ItemKind, Level, Purpose, Scheme
from gongji.core.money import BasisPoints, Fen

T = TypeVar("T")

ItemLevel: TypeAlias = Literal["甲", "乙", "丙"]
"""甲 is all in scope, of 乙 the person bears a first part, 丙 is borne by the person."""

ALWAYS: Final = date(1900, 1, 1)
"""First day of an item whose file states none."""

PURPOSE_OF_KIND: Final = {
    ItemKind.VACCINE: Purpose.VACCINE,
    ItemKind.CHECKUP: Purpose.CHECKUP,
    ItemKind.TCM_PREVENTION: Purpose.TCM_PREVENTION,
    ItemKind.FAMILY_DOCTOR: Purpose.FAMILY_DOCTOR_FEE,
    ItemKind.DENTAL_COSMETIC: Purpose.COSMETIC,
    ItemKind.COSMETIC: Purpose.COSMETIC,
    ItemKind.WELLNESS: Purpose.WELLNESS,
    ItemKind.FITNESS: Purpose.FITNESS,
    ItemKind.PUBLIC_HEALTH: Purpose.PUBLIC_HEALTH,
}
"""What is not ordinary care: the fund pays nothing of it, account money only where the region opens the purpose."""


class CatalogueItem(msgspec.Struct, frozen=True, kw_only=True):
    """An item of the insurance catalogue (医保目录项目).

    Attributes:
        code: national code (医疗目录编码).
        file: transaction of the national file it belongs to, such as 1301.
        kind: what it is.
        first_self_pay: share of a 乙 item borne first, in basis points.
        price_limit: highest unit price in scope in fen, or None.
        price: customary unit price in fen, for the sandbox's cashier.
        restriction: text of the restricted use (限制使用范围), empty when there is none.
        begins_on: first day on which it may be charged.
        ends_on: last day, or None.
        version: version it came with (版本号), compared as text.
        valid: whether the agency keeps it in use (有效标志).
    """

    code: str
    name: str
    kind: ItemKind
    level: ItemLevel
    file: str = ""
    first_self_pay: BasisPoints = 0
    price_limit: Fen | None = None
    price: Fen = 0
    unit: str = ""
    dosage_form: str = ""
    specification: str = ""
    restriction: str = ""
    begins_on: date = ALWAYS
    ends_on: date | None = None
    version: str = "0"
    valid: bool = True

    @property
    def purpose(self) -> Purpose | None:
        """What its money is for, or None for ordinary care."""
        return PURPOSE_OF_KIND.get(self.kind)

    def holds_on(self, day: date) -> bool:
        """Whether it may be charged on a day."""
        return self.valid and self.begins_on <= day and (self.ends_on is None or day <= self.ends_on)


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """A row of the catalogue that is not charged: a diagnosis, an operation, a disease (诊断、手术、病种)."""

    file: str
    code: str
    name: str
    version: str = "0"


class CatalogueTerm(msgspec.Struct, frozen=True, kw_only=True):
    """What a region decides about an item (当地医保目录政策); None where it says nothing.

    Attributes:
        region: the place and everything inside it.
        scheme: only for people of this scheme, or None for everybody.
        hospital_level: only at institutions of this level, or None for all.
    """

    code: str
    region: str
    scheme: Scheme | None = None
    hospital_level: Level | None = None
    begins_on: date = ALWAYS
    ends_on: date | None = None
    kind: ItemKind | None = None
    level: ItemLevel | None = None
    first_self_pay: BasisPoints | None = None
    price_limit: Fen | None = None
    restriction: str | None = None

    def holds(self, at: "Asked", day: date) -> bool:
        """Whether it applies there, to that person, on a day."""
        return (
            self.region in at.regions
            and self.scheme in (None, at.scheme)
            and self.hospital_level in (None, at.hospital_level)
            and self.begins_on <= day
            and (self.ends_on is None or day <= self.ends_on)
        )


class Asked(msgspec.Struct, frozen=True, kw_only=True):
    """For whom and where an item is looked up; ``regions`` from the person's own place to the whole country."""

    regions: tuple[str, ...]
    scheme: Scheme | None = None
    hospital_level: Level | None = None


def in_force(items: Iterable[CatalogueItem], day: date) -> CatalogueItem | None:
    """The item of a code that holds on a day.

    The newest version that had begun by then speaks for the code: where it says that the item has ended, an older
    version that doesn't say so is not asked.
    """
    begun = [item for item in items if item.begins_on <= day]
    newest = max(begun, key=lambda item: (item.version, item.begins_on, item.file), default=None)
    return newest if newest and newest.holds_on(day) else None


def as_there(item: CatalogueItem, terms: Sequence[CatalogueTerm], at: Asked, day: date) -> CatalogueItem:
    """The item as the person's region has it: each fact from the nearest, most particular, latest term stating it."""
    order = sorted(
        (term for term in terms if term.code == item.code and term.holds(at, day)),
        key=lambda term: (
            at.regions.index(term.region),
            (term.scheme is None) + (term.hospital_level is None),
            -term.begins_on.toordinal(),
        ),
    )
    level = _first([term.level for term in order], item.level)
    return msgspec.structs.replace(
        item,
        kind=_first([term.kind for term in order], item.kind),
        level=level,
        # A place that makes an item 甲 asks no first part of it, whatever the country does.
        first_self_pay=0 if level == "甲" else _first([term.first_self_pay for term in order], item.first_self_pay),
        price_limit=_first([term.price_limit for term in order], item.price_limit),
        restriction=_first([term.restriction for term in order], item.restriction),
    )


def _first(stated: Iterable[T | None], otherwise: T) -> T:
    return next((value for value in stated if value is not None), otherwise)
