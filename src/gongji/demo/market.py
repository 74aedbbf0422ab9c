"""Institutions and catalogue of the demo city, read from their files (演示城市的医药机构与目录)."""

from functools import cache
from importlib.resources import files
from typing import Any, Literal

import msgspec

from gongji.core.codes import Grade, Level
from gongji.core.lines import CatalogueItem
from gongji.core.money import parse_percent, parse_yuan
from gongji.core.person import Institution


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


class _Item(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A catalogue item as the file has it; money is text in yuan."""

    code: str
    name: str
    kind: Literal["western_drug", "chinese_patent", "service", "consumable", "device", "disinfectant"]
    level: Literal["甲", "乙", "丙"]
    first_self_pay: str = "0%"
    price_limit: str | None = None
    price: str


class _Places(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    institutions: tuple[_Place, ...]


class _Items(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    items: tuple[_Item, ...]


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
        )
        for place in msgspec.toml.decode(text, type=_Places).institutions
    )


@cache
def catalogue() -> tuple[CatalogueItem, ...]:
    """Every item of the catalogue."""
    text = files("gongji.demo").joinpath("catalogue.toml").read_bytes()
    return tuple(
        CatalogueItem(
            code=item.code,
            name=item.name,
            kind=item.kind,
            level=item.level,
            first_self_pay=parse_percent(item.first_self_pay),
            price_limit=parse_yuan(item.price_limit) if item.price_limit else None,
            price=parse_yuan(item.price),
        )
        for item in msgspec.toml.decode(text, type=_Items).items
    )


def credentials(code: str) -> dict[str, Any]:
    """Keys an institution may sign with, one pair for each way; the sandbox publishes them."""
    return {
        "x_tif": {"paasid": f"sandbox-{code}", "secret": f"sandbox-only-tif-{code}"},
        "api": {"access_key": f"sandbox-{code}", "secret": f"sandbox-only-api-{code}"},
        "x_ca": {"key": f"sandbox-{code}", "secret": f"sandbox-only-ca-{code}"},
        "apikey": f"sandbox-only-apikey-{code}",
    }
