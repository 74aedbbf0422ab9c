"""Oneself and one's account over REST (本人与个人账户)."""

from typing import Annotated, Any

from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.params import QueryParameter

from gongji.channels.rest import values
from gongji.channels.rest.callers import Caller, open_to
from gongji.channels.rest.paging import Cursor, Limit, page, position
from gongji.channels.rest.problems import RefusedError
from gongji.core.codes import Business
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.service.people import holding_of
from gongji.service.platform import Platform
from gongji.service.records import MovementKey, account_page, movements_of

TAGS = ["账户与结算"]


@get("/me", tags=TAGS, **open_to(Scope.ACCOUNT_READ))
async def me(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> values.Me:
    """Who the token belongs to."""
    holding = await holding_of(platform, caller.person_no)
    if isinstance(holding, Refusal):
        raise RefusedError(holding)
    person = holding.person
    return values.Me(
        psn_no=person.person_no,
        name=person.name,
        region=person.region,
        region_name=platform.book.name(person.region),
        scheme=person.scheme.value,
        status=person.status.value,
        insurance=person.state_on(platform.clock().date()).value,
        real_name_verified=person.real_name_verified,
    )


@get("/me/account", tags=TAGS, **open_to(Scope.ACCOUNT_READ))
async def my_account(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> values.Account:
    """Balance, yearly figures, latest movements."""
    page = await account_page(platform, caller.person_no)
    if isinstance(page, Refusal):
        raise RefusedError(page)
    return values.account_out(page)


@get("/me/movements", tags=TAGS, **open_to(Scope.ACCOUNT_READ))
async def my_movements(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    caller: NamedDependency[Caller],
    cursor: Cursor = "",
    limit: Limit = 50,
    business: Annotated[Business | None, QueryParameter(description="业务类型，例如 premium 只看代缴保险费")] = None,
) -> Response[list[values.MovementOut]]:
    """Money into and out of the account, newest first; of all kinds of business, or of one."""
    before = position(cursor, MovementKey)
    found = await movements_of(platform, caller.person_no, limit + 1, before, business)
    return page(request, found, limit, values.movement_out, lambda movement: movement.key)
