"""The pages that everybody can open, and those of who has signed in."""

from collections.abc import Iterator
from typing import Any

PUBLIC = (
    "/",
    "/login",
    "/login/code",
    "/services",
    "/ask",
    "/ask?region=西安&relation=parent&purpose=pharmacy",
    "/ask?words=火星 岳母 买药",
    "/quote",
    "/quote?region=西安&status=retired&care=outpatient&level=3&amount=600&balance=50&shared=500&relation=parent",
    "/quote?region=西安&status=retired&care=outpatient&amount=x",
    "/regions",
    "/regions/610100",
    "/help",
    "/help?q=绑定",
    "/help/balance",
    "/help/bind",
    "/help/phones",
    "/help/phones?q=火星",
    "/help/sources",
    "/privacy",
    "/style",
    "/cashier",
    "/c",
    "/c/national_app",
    "/c/national_app/地方专区?place=610100",
    "/c/wechat?q=家庭",
    "/c/wechat/我/服务/城市服务",
    "/c/service_platform?place=610100",
)
OWN = (
    "/",
    "/account",
    "/records",
    "/records?business=premium",
    "/pay",
    "/orders",
    "/family",
    "/family/uses",
    "/family/order",
    "/family/account",
    "/wallet",
    "/voucher",
    "/family/new",
    "/messages",
    "/messages/settings",
    "/me",
    "/security",
    "/channels",
    "/c/alipay/市民中心/社保/医保账户查询",
    "/c/gansu_wallet/家庭共济绑定",
)


def every_page() -> Iterator[tuple[str, str]]:
    """Who reads it, and its address: nobody in particular, or the son."""
    yield from (("", path) for path in PUBLIC)
    yield from (("son", path) for path in OWN)


async def windows_of(browse: Any, log_in: Any, size: str, **options: Any) -> dict[str, Any]:
    """A window for who has not signed in, and one for the son."""
    windows = {"": await browse(size, **options), "son": await browse(size, **options)}
    await log_in(windows["son"], "son")
    return windows
