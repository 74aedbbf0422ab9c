"""What a third party's channel shows of a person, once he allowed it (第三方渠道查询结果)."""

from typing import Any, Final

from litestar import Request
from litestar.response import Template

from gongji.core.codes import AccountState, Business
from gongji.core.refusal import Refusal
from gongji.core.skins import Entry, PortalService, Skin
from gongji.service import code_accounts
from gongji.service.platform import Platform
from gongji.service.premiums import premiums_of
from gongji.service.records import PAGE, account_page, movements_of
from gongji.service.vouchers import show
from gongji.web.faults import NoSuchPageError
from gongji.web.portal.account import months_of, segments_of
from gongji.web.portal.vouchers import drawn
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

_LATEST: Final = 5


async def shown(
    request: Request[Any, Any, Any], platform: Platform, skin: Skin, entry: Entry, visitor: Visitor
) -> Template:
    """The page of an entry, for the person who allowed it."""
    match entry.service:
        case PortalService.VOUCHER | PortalService.RELATIVES:
            return await _codes(request, platform, skin, entry, visitor)
        case PortalService.PREMIUMS_PAID:
            paid = await premiums_of(platform, visitor.person_no, PAGE)
            return _page(skin, entry, visitor, paid=paid)
        case PortalService.RECORDS | PortalService.PREMIUM_RECORDS:
            only = Business.PREMIUM if entry.service is PortalService.PREMIUM_RECORDS else None
            found = await movements_of(platform, visitor.person_no, PAGE, None, only)
            return _page(skin, entry, visitor, months=months_of(found, visitor.person_no))
        case _:
            return await _balance(platform, skin, entry, visitor)


def _page(skin: Skin, entry: Entry, visitor: Visitor, **found: Any) -> Template:
    empty = {"balance": None, "months": None, "paid": None}
    return page("skin_data.html", visitor=visitor, entered=skin, entry=entry, **(empty | found))


async def _balance(platform: Platform, skin: Skin, entry: Entry, visitor: Visitor) -> Template:
    found = await account_page(platform, visitor.person_no)
    if isinstance(found, Refusal):
        raise NoSuchPageError
    holding = found.holding
    return _page(
        skin,
        entry,
        visitor,
        balance=holding,
        has_account=holding.state is not AccountState.NONE,
        region=platform.book.name(holding.person.region),
        segments=segments_of(holding),
        as_of=platform.clock(),
        months=months_of(found.movements[:_LATEST], visitor.person_no),
    )


async def _codes(
    request: Request[Any, Any, Any], platform: Platform, skin: Skin, entry: Entry, visitor: Visitor
) -> Template:
    """One's own code, or the relatives whose codes one may show and the code of one of them."""
    views = await code_accounts.code_accounts_of(platform, visitor.person_no)
    mine = [view for view in views if view.account.holder == visitor.person_no and view.account.state == "active"]
    account = request.query_params.get("account")
    if account is not None and account not in [view.account.id for view in mine]:
        raise NoSuchPageError
    code = None
    if account is not None or entry.service is PortalService.VOUCHER:
        code = await show(platform, visitor.person_no, f"rest/{skin.client_id}", account)
    refused = isinstance(code, Refusal)
    return page(
        "skin_codes.html",
        status=409 if refused else 200,
        visitor=visitor,
        entered=skin,
        entry=entry,
        problem=code.text if isinstance(code, Refusal) else "",
        shown=None if isinstance(code, Refusal) else code,
        qr="" if code is None or isinstance(code, Refusal) else drawn(code.code),
        mine=mine,
        relatives=entry.service is PortalService.RELATIVES,
    )
