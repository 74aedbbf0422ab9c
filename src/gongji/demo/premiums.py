"""What premiums cost in the demo city, read from ``premiums.toml`` (演示城市的缴费标准)."""

from collections.abc import Iterator
from datetime import date
from functools import cache
from importlib.resources import files

import msgspec

from gongji.core.codes import PremiumKind
from gongji.core.money import parse_yuan
from gongji.core.premium import Entered


class _Standard(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A figure as the file has it; money is text in yuan."""

    kind: PremiumKind
    regions: tuple[str, ...]
    amount: str
    product: str = ""
    name: str = ""


class Standards(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """The whole file."""

    source: str
    standards: tuple[_Standard, ...]


@cache
def standards() -> Standards:
    """The file as values."""
    text = files("gongji.demo").joinpath("premiums.toml").read_bytes()
    return msgspec.toml.decode(text, type=Standards)


def entries(today: date) -> Iterator[Entered]:
    """What is entered when the city is built: this year's and the next year's figures, collected all the year."""
    for each in standards().standards:
        for region in each.regions:
            for year in (today.year, today.year + 1):
                yield Entered(
                    region=region,
                    kind=each.kind,
                    year=year,
                    amount=parse_yuan(each.amount),
                    source=standards().source,
                    product=each.product,
                    name=each.name,
                    closes_on=date(year, 12, 31),
                )
