"""What a channel's menus show: where one is, what stands below, which place is meant (渠道菜单)."""

from collections.abc import Mapping
from datetime import date
from typing import Any, Final
from urllib.parse import quote, urlencode

import msgspec
from litestar import Request

from gongji.core.codes import Scheme
from gongji.core.policy import NATION, PolicyBook, Region
from gongji.core.skins import Entry, PortalService, Skin, Skins, Trail
from gongji.policyfiles import describe_for
from gongji.web.faults import NoSuchPageError
from gongji.web.visitor import Visitor

ADDRESSES: Final[Mapping[PortalService, str]] = {
    PortalService.BALANCE: "/account",
    PortalService.RECORDS: "/records",
    PortalService.PREMIUM_RECORDS: "/records?business=premium",
    PortalService.PREMIUMS_PAID: "/pay#paid",
    PortalService.PAY: "/pay",
    PortalService.BIND: "/family/new",
    PortalService.FAMILY: "/family",
    PortalService.VOUCHER: "/voucher",
    PortalService.RELATIVES: "/voucher",
    PortalService.REAL_NAME: "/verify",
    PortalService.SECURITY: "/security",
    PortalService.MESSAGES: "/messages",
    PortalService.PLACE: "/regions",
    PortalService.ASK: "/ask",
    PortalService.QUOTE: "/quote",
    PortalService.HELP: "/help",
    PortalService.PHONES: "/help/phones",
    PortalService.REGULATIONS: "/help/sources",
}
"""Where the portal does what an entry leads to."""

_TOLD: Final = ("sharing.kin", "sharing.papers")
"""What changes with the place that is chosen."""


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line of a menu; ``below`` names what stands under it."""

    label: str
    href: str
    below: str = ""


def skin_named(skins: Skins, key: str) -> Skin:
    """A channel by its key.

    Raises:
        NoSuchPageError: there is none.
    """
    skin = skins.get(key)
    if skin is None:
        raise NoSuchPageError
    return skin


def trail_of(text: str) -> Trail:
    """The labels of an address."""
    return tuple(text.strip("/").split("/"))


def address(skin: Skin, path: Trail = (), place: Region | None = None) -> str:
    """Where a menu or an entry is, with the place that was chosen."""
    where = "/".join((f"/c/{skin.key}", *(quote(label, safe="") for label in path)))
    return f"{where}?{urlencode({'place': place.code})}" if place else where


def chosen_place(request: Request[Any, Any, Any], book: PolicyBook) -> Region | None:
    """The place that was chosen in the channel, if it is one."""
    region = book.regions.get(request.query_params.get("place", ""))
    return region if region and region.code != NATION else None


def items(skin: Skin, path: Trail, place: Region | None) -> list[Item]:
    """What stands directly below a menu."""
    return [
        Item(
            label=below[-1],
            href=address(skin, below, place),
            below="、".join(one[-1] for one in skin.below(below, place.code if place else None)),
        )
        for below in skin.below(path, place.code if place else None)
    ]


def found(skin: Skin, words: str, place: Region | None) -> list[Item]:
    """What a search finds, with the way to it."""
    return [
        Item(label=entry.path[-1], href=address(skin, entry.path, place), below=" - ".join(entry.path[:-1]))
        for entry in skin.search(words)
    ]


def crumbs(skin: Skin, path: Trail, place: Region | None) -> list[Item]:
    """The way down to a menu."""
    return [Item(label=path[n - 1], href=address(skin, path[:n], place)) for n in range(1, len(path))]


def places(book: PolicyBook) -> list[tuple[str, str]]:
    """Places one may choose."""
    pooling = [region for region in book.regions.values() if region.pooling]
    return [(region.code, region.name) for region in sorted(pooling, key=lambda region: region.code)]


def told_of(book: PolicyBook, place: Region, on: date) -> list[tuple[str, ...]]:
    """Who may be bound there and with which papers, as the portal's page of the place has it."""
    rules = [book.in_force(place.code, name, on) for name in _TOLD]
    return [describe_for(book, place.code, rule, on, Scheme.EMPLOYEE) for rule in rules if rule]


def closed_for(
    book: PolicyBook, skin: Skin, entry: Entry, place: Region | None, visitor: Visitor | None, on: date
) -> Region | None:
    """The region for which an entry is not open: the place chosen, or where the person is insured."""
    own = book.regions.get(visitor.region) if visitor else None
    return next(
        (one for one in (place, own) if one and not (skin.open_in(one.code, on) and entry.there(one.code))), None
    )
