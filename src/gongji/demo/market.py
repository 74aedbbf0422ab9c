"""Institutions and catalogue of the demo city, read from their files (演示城市的医药机构与目录)."""

from datetime import date
from decimal import Decimal
from functools import cache
from importlib.resources import files
from typing import Any, Final, Literal

import msgspec

from gongji.core.catalogue import ALWAYS, CatalogueItem, CatalogueTerm, Listed
from gongji.core.codes import Grade, ItemKind, Level, Scheme
from gongji.core.money import parse_percent, parse_yuan
from gongji.core.person import Institution
from gongji.core.review import Limit
from gongji.service.departments import Practitioner

STAFF_SINCE: Final = date(2020, 1, 1)
PHARMACIST: Final = "3"

VERSION: Final = "20260101000000"
"""Version of every row of the demo catalogue."""

FILE_OF_KIND: Final = {
    ItemKind.WESTERN_DRUG: "1301",
    ItemKind.CHINESE_PATENT: "1301",
    ItemKind.VACCINE: "1301",
    ItemKind.HERBAL_MEDICINE: "1302",
    ItemKind.SELF_PREPARED: "1303",
    ItemKind.ETHNIC_DRUG: "1304",
    ItemKind.CONSUMABLE: "1306",
    ItemKind.DEVICE: "1306",
    ItemKind.DISINFECTANT: "1306",
    ItemKind.HERBAL_GRANULE: "1320",
}
"""Transaction with which an item of a kind is fetched."""

SERVICES_FILE: Final = "1305"
"""Transaction with which every other item is fetched."""


class _Place(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """An institution as the file has it."""

    region: str
    serial: int
    name: str
    kind: Literal["hospital", "pharmacy", "clinic"]
    level: Level | None = None
    grade: Grade | None = None
    community: bool = False
    designated: bool = True
    checkup: bool = False
    village: bool = False
    top: bool = False


class _Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalogue item as the file has it; money is text in yuan."""

    code: str
    name: str
    kind: ItemKind
    level: Literal["甲", "乙", "丙"]
    first_self_pay: str = "0%"
    price_limit: str | None = None
    price: str
    unit: str = ""
    dosage_form: str = ""
    restriction: str = ""
    begins_on: date = ALWAYS
    ends_on: date | None = None


class _Term(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a region decides about an item, as the file has it."""

    code: str
    region: str
    scheme: Scheme | None = None
    hospital_level: Level | None = None
    begins_on: date = ALWAYS
    ends_on: date | None = None
    level: Literal["甲", "乙", "丙"] | None = None
    first_self_pay: str | None = None
    price_limit: str | None = None


class _Staff(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A member of the staff as the file has him; each institution has one of each."""

    letter: str
    kind: str
    serial: int
    name: str
    insurance_doctor: bool


class _Limit(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What reviews look at for an item, as the file has it."""

    item: str
    max_quantity: str | None = None
    gender: str | None = None
    min_age: int | None = None
    max_age: int | None = None
    diagnoses: tuple[str, ...] = ()
    basis: str


class _StaffFile(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    staff: tuple[_Staff, ...]


class _Limits(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    limits: tuple[_Limit, ...]


class _Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    institutions: tuple[_Place, ...]


class _Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: tuple[_Item, ...]
    terms: tuple[_Term, ...]


class _Codes(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    lists: dict[str, tuple[tuple[str, str], ...]]


@cache
def institutions() -> tuple[Institution, ...]:
    """Every institution; the code is H or P, the region and five digits."""
    text = files("gongji.demo").joinpath("institutions.toml").read_bytes()
    return tuple(
        Institution(
            code=f"{'P' if place.kind == 'pharmacy' else 'H'}{place.region}{place.serial:05d}",
            region=place.region,
            name=place.name,
            kind=place.kind,
            level=place.level,
            grade=place.grade,
            community=place.community,
            designated=place.designated,
            checkup=place.checkup,
            village=place.village,
            top=place.top,
        )
        for place in msgspec.toml.decode(text, type=_Places).institutions
    )


@cache
def _items() -> _Items:
    return msgspec.toml.decode(files("gongji.demo").joinpath("catalogue.toml").read_bytes(), type=_Items)


@cache
def catalogue() -> tuple[CatalogueItem, ...]:
    """Every item of the catalogue that can be charged."""
    return tuple(
        CatalogueItem(
            code=item.code,
            name=item.name,
            kind=item.kind,
            level=item.level,
            file=FILE_OF_KIND.get(item.kind, SERVICES_FILE),
            first_self_pay=parse_percent(item.first_self_pay),
            price_limit=parse_yuan(item.price_limit) if item.price_limit else None,
            price=parse_yuan(item.price),
            unit=item.unit,
            dosage_form=item.dosage_form,
            restriction=item.restriction,
            begins_on=item.begins_on,
            ends_on=item.ends_on,
            version=VERSION,
        )
        for item in _items().items
    )


@cache
def catalogue_terms() -> tuple[CatalogueTerm, ...]:
    """What regions decide about items."""
    return tuple(
        CatalogueTerm(
            code=term.code,
            region=term.region,
            scheme=term.scheme,
            hospital_level=term.hospital_level,
            begins_on=term.begins_on,
            ends_on=term.ends_on,
            level=term.level,
            first_self_pay=parse_percent(term.first_self_pay) if term.first_self_pay else None,
            price_limit=parse_yuan(term.price_limit) if term.price_limit else None,
        )
        for term in _items().terms
    )


@cache
def listed() -> tuple[Listed, ...]:
    """Diagnoses, operations and diseases."""
    lists = msgspec.toml.decode(files("gongji.demo").joinpath("codes.toml").read_bytes(), type=_Codes).lists
    return tuple(
        Listed(file=file, code=code, name=name, version=VERSION) for file, rows in lists.items() for code, name in rows
    )


def practitioners(institution: Institution, place: int) -> list[Practitioner]:
    """The staff of an institution; ``place`` is its place among all, which keeps codes and numbers apart."""
    text = files("gongji.demo").joinpath("practitioners.toml").read_bytes()
    return [
        Practitioner(
            code=f"{one.letter}{institution.region}{place * 10 + one.serial:06d}",
            kind=one.kind,
            name=one.name,
            certificate_type="01",
            certificate_no=f"999902198001{place:02d}{one.serial:03d}X",
            insurance_doctor=one.insurance_doctor,
            begins_on=STAFF_SINCE,
        )
        for one in msgspec.toml.decode(text, type=_StaffFile).staff
        if institution.kind != "pharmacy" or one.kind == PHARMACIST
    ]


@cache
def limits() -> tuple[Limit, ...]:
    """What reviews look at for items of the catalogue."""
    text = files("gongji.demo").joinpath("limits.toml").read_bytes()
    return tuple(
        Limit(
            item=one.item,
            max_quantity=None if one.max_quantity is None else Decimal(one.max_quantity),
            gender=one.gender,
            min_age=one.min_age,
            max_age=one.max_age,
            diagnoses=one.diagnoses,
            basis=one.basis,
        )
        for one in msgspec.toml.decode(text, type=_Limits).limits
    )


def credentials(code: str) -> dict[str, Any]:
    """Keys an institution may sign with, one pair for each way; the sandbox publishes them."""
    return {
        "x_tif": {"paasid": f"sandbox-{code}", "secret": f"sandbox-only-tif-{code}"},
        "api": {"access_key": f"sandbox-{code}", "secret": f"sandbox-only-api-{code}"},
        "x_ca": {"key": f"sandbox-{code}", "secret": f"sandbox-only-ca-{code}"},
        "apikey": f"sandbox-only-apikey-{code}",
    }
