"""Orders of mobile payment over REST: see, agree, pay (移动支付订单). What is agreed to is one order and no other."""

from datetime import datetime
from typing import Annotated

import msgspec
from litestar import get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.status_codes import HTTP_200_OK
from msgspec import Meta

from gongji.channels.rest.callers import Caller, own_only
from gongji.channels.rest.problems import RefusedError
from gongji.channels.rest.values import clean
from gongji.core.money import format_yuan
from gongji.core.refusal import Refusal
from gongji.service.mobile_orders import Order, consent, order_for, orders_of, state_words
from gongji.service.mobile_payment import pay
from gongji.service.platform import Platform

TAGS = ["移动支付"]


class OrderOut(msgspec.Struct, frozen=True, kw_only=True):
    """An order; ``settlement`` is there once insurance has paid."""

    id: str
    institution: str
    total: Annotated[str, Meta(examples=["100.00"])]
    own_pay: str | None
    state: str
    state_text: str
    settlement: str | None
    created_at: datetime


class ConsentOut(msgspec.Struct, frozen=True, kw_only=True):
    """The code with which the institution may have this order paid, once, within five minutes."""

    pay_auth_no: str


@get("/me/orders", tags=TAGS, **own_only())
async def my_orders(platform: NamedDependency[Platform], caller: NamedDependency[Caller]) -> list[OrderOut]:
    """One's latest orders, newest first."""
    return [_out(order) for order in await orders_of(platform, caller.person_no)]


@post("/me/orders/{order_id:str}/authorise", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def authorise_order(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], order_id: FromPath[str]
) -> ConsentOut:
    """Agree to an order, for the institution to have it paid."""
    code = await consent(platform, caller.person_no, clean(order_id, "id"), caller.channel)
    if isinstance(code, Refusal):
        raise RefusedError(code)
    return ConsentOut(pay_auth_no=code)


@post("/me/orders/{order_id:str}/pay", status_code=HTTP_200_OK, tags=TAGS, **own_only())
async def pay_order(
    platform: NamedDependency[Platform], caller: NamedDependency[Caller], order_id: FromPath[str]
) -> OrderOut:
    """Agree and pay the insurance's part at once; the institution is told."""
    order = await order_for(platform, caller.person_no, clean(order_id, "id"))
    paid = order if isinstance(order, Refusal) else await pay(platform, order.id)
    if isinstance(paid, Refusal):
        raise RefusedError(paid)
    return _out(paid.order)


def _out(order: Order) -> OrderOut:
    return OrderOut(
        id=order.id,
        institution=order.institution,
        total=format_yuan(order.total),
        own_pay=format_yuan(order.own_pay) if order.paid else None,
        state=order.state,
        state_text=state_words(order),
        settlement=order.settlement_id,
        created_at=order.created_at,
    )


ROUTES = (my_orders, authorise_order, pay_order)
"""All of them."""
