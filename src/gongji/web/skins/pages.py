"""The list of channels, a channel's first page, its menus and what an entry leads to (模拟渠道页面)."""

from itertools import groupby
from typing import Any, Final
from urllib.parse import urlencode

from litestar import Request, get
from litestar.datastructures import Cookie
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_303_SEE_OTHER

from gongji.core.policy import NATION, PolicyBook, Region
from gongji.core.skins import Entry, PortalService, Skin, SkinAccess, SkinKind, Skins, Trail
from gongji.service.platform import Platform
from gongji.settings import Settings
from gongji.web.faults import NoSuchPageError
from gongji.web.form import LONGEST_TEXT, Form
from gongji.web.rendering import page
from gongji.web.skins import menus, third_party
from gongji.web.visitor import CHANNEL_COOKIE, PasswordChangeNeededError, Visitor

_EVERYWHERE: Final = "全国"


@get("/")
async def channels(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    skins: NamedDependency[Skins],
    guest: NamedDependency[Visitor | None],
) -> Template:
    """All channels by kind; of one place, or all."""
    book, today = platform.book, platform.clock().date()
    place = menus.chosen_place(request, book)
    shown = [skin for skin in skins.values() if place is None or skin.open_in(place.code, today)]
    shown.sort(key=lambda skin: list(SkinKind).index(skin.kind))
    return page(
        "skin_list.html",
        visitor=guest,
        groups=[(kind, list(group)) for kind, group in groupby(shown, key=lambda skin: skin.kind)],
        where={skin.key: _where(book, skin) for skin in shown},
        place=place,
        places=menus.places(book),
        form=Form(values={"place": place.code if place else ""}),
    )


def _where(book: PolicyBook, skin: Skin) -> str:
    codes = dict.fromkeys(code for opening in skin.openings for code in opening.regions)
    return "、".join(_EVERYWHERE if code == NATION else book.name(code) for code in codes)


@get("/leave")
async def leave() -> Redirect:
    """Back to the portal itself."""
    answer = Redirect("/", status_code=HTTP_303_SEE_OTHER)
    answer.delete_cookie(CHANNEL_COOKIE)
    return answer


@get("/{key:str}")
async def channel(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    skins: NamedDependency[Skins],
    guest: NamedDependency[Visitor | None],
    key: FromPath[str],
) -> Response[Any]:
    """A channel's first page, with its search."""
    skin = menus.skin_named(skins, key)
    return enter(_menu(request, platform, skin, guest, ()), skin, settings)


@get("/{key:str}/{trail:path}")
async def step(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    settings: NamedDependency[Settings],
    skins: NamedDependency[Skins],
    guest: NamedDependency[Visitor | None],
    key: FromPath[str],
    trail: FromPath[str],
) -> Response[Any]:
    """A menu, or what an entry leads to."""
    skin = menus.skin_named(skins, key)
    path = menus.trail_of(trail)
    entry = skin.entry(path)
    if entry:
        return enter(await _follow(request, platform, skins, guest, skin, entry), skin, settings)
    if not skin.is_menu(path):
        raise NoSuchPageError
    return enter(_menu(request, platform, skin, guest, path), skin, settings)


def enter(answer: Response[Any], skin: Skin, settings: Settings) -> Response[Any]:
    """From here on the pages of the portal name the channel, and business says that it came by it."""
    answer.set_cookie(
        Cookie(key=CHANNEL_COOKIE, value=skin.key, httponly=True, samesite="lax", secure=settings.production)
    )
    return answer


def _menu(
    request: Request[Any, Any, Any], platform: Platform, skin: Skin, guest: Visitor | None, path: Trail
) -> Response[Any]:
    book, today = platform.book, platform.clock().date()
    asks, own = skin.asks_place(path), skin.access is SkinAccess.OWN
    chosen = menus.chosen_place(request, book)
    # The insured place is known of who has signed in, as a phone would find where it is.
    place = chosen or (book.regions.get(guest.region) if guest and asks else None)
    words = "" if path else request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    return page(
        "skin_menu.html",
        visitor=guest,
        entered=skin,
        run_by=skin.run_by(place.name if place else "当地"),
        path=path,
        crumbs=menus.crumbs(skin, path, place),
        items=menus.items(skin, path, chosen),
        words=words,
        found=menus.found(skin, words, chosen),
        asks=asks,
        place=place,
        places=menus.places(book),
        closed=_closed(skin, place, guest, book, platform),
        told=menus.told_of(book, place, today) if place and path and path in skin.place_at and own else [],
        form=Form(values={"place": place.code if place else "", "q": words}),
        here=menus.address(skin, path),
        home=menus.address(skin, (), chosen),
    )


def _closed(skin: Skin, place: Region | None, guest: Visitor | None, book: PolicyBook, platform: Platform) -> str:
    """Name of the region where the channel as a whole is not open, or empty."""
    own = book.regions.get(guest.region) if guest else None
    today = platform.clock().date()
    return next((one.name for one in (place, own) if one and not skin.open_in(one.code, today)), "")


async def _follow(
    request: Request[Any, Any, Any],
    platform: Platform,
    skins: Skins,
    guest: Visitor | None,
    skin: Skin,
    entry: Entry,
) -> Response[Any]:
    """Where an entry leads, if it is open for the place and the person."""
    book = platform.book
    place = menus.chosen_place(request, book)
    service = entry.service
    personal = service is None or service.personal
    closed = menus.closed_for(book, skin, entry, place, guest if personal else None, platform.clock().date())
    if closed:
        return page("skin_closed.html", visitor=guest, entered=skin, entry=entry, closed=closed.name)
    if entry.to:
        return _to(menus.address(menus.skin_named(skins, entry.to.skin), entry.to.path, place))
    if service is PortalService.NOT_HERE:
        return page("skin_not_here.html", visitor=guest, entered=skin, entry=entry)
    if service is PortalService.PLACE:
        region = place.code if place else guest.region if guest else ""
        return _to(f"/regions/{region}" if region else "/regions")
    if service is None or not personal:
        return _to(menus.ADDRESSES[service or PortalService.HELP])
    if guest and guest.password_issued:
        raise PasswordChangeNeededError
    if skin.access is SkinAccess.THIRD_PARTY:
        return await third_party.shown(request, platform, skin, entry, service, guest)
    if guest is None:
        # He comes back here, so that where he is insured is looked at before he goes on.
        return _to(f"/login?{urlencode({'next': menus.address(skin, entry.path, place)}, safe='/')}")
    return _to(menus.ADDRESSES[service])


def _to(target: str) -> Redirect:
    return Redirect(target, status_code=HTTP_303_SEE_OTHER)
