"""Orders that a hospital or pharmacy sent to one's phone: see who pays what, agree, pay once (移动支付订单)."""

import hmac
from decimal import Decimal
from typing import Any, Final

import msgspec
from litestar import Request, get, post
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Response, Template
from litestar.status_codes import HTTP_200_OK, HTTP_303_SEE_OTHER, HTTP_409_CONFLICT

from gongji.core.case import Split
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.bindings import bindings_of
from gongji.service.inquiries import PastLine, items_of, lines_of_batch
from gongji.service.mobile_orders import Order, order_for, orders_of, state_words
from gongji.service.mobile_payment import pay, preview_order
from gongji.service.people import institution_names
from gongji.service.platform import Platform
from gongji.service.telling import told_to_patient
from gongji.web.faults import NoSuchPageError
from gongji.web.form import read_form
from gongji.web.rendering import page
from gongji.web.split_view import SplitView, split_view
from gongji.web.visitor import Visitor

WAITING: Final = "saved"
"""State of an order that its patient has not paid."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """An order in a list."""

    order: Order
    place: str
    state: str

    @property
    def waiting(self) -> bool:
        """Whether it is for the patient to pay."""
        return self.order.state == WAITING


class Item(msgspec.Struct, frozen=True, kw_only=True):
    """A line of the bill as its patient reads it; amount in fen."""

    name: str
    quantity: str
    amount: int


@get("/orders")
async def orders_page(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Template:
    """What waits to be paid, then everything else, newest first."""
    orders = await orders_of(platform, visitor.person_no)
    places = await institution_names(platform, list({order.institution for order in orders}))
    listed = [
        Listed(order=order, place=places.get(order.institution, order.institution), state=state_words(order))
        for order in orders
    ]
    return page(
        "orders.html",
        visitor=visitor,
        waiting=[one for one in listed if one.waiting],
        others=[one for one in listed if not one.waiting],
    )


@get("/orders/{order_id:str}")
async def order_page(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    order_id: FromPath[str],
) -> Template:
    """One order: what it is for, and who would pay what; once it is paid, where its receipt is."""
    order = await _own(platform, visitor, order_id)
    return await _order(platform, visitor, order, done=bool(request.query_params.get("done")))


@post("/orders/{order_id:str}/pay", status_code=HTTP_200_OK)
async def pay_order(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    visitor: NamedDependency[Visitor],
    order_id: FromPath[str],
) -> Response[Any]:
    """Pay what was confirmed. Pressing twice pays once: the order's id is the number of its payment."""
    form = await read_form(request)
    order = await _own(platform, visitor, order_id)
    if order.state == WAITING:
        previewed = await preview_order(platform, order)
        if isinstance(previewed, Refusal):
            return await _order(platform, visitor, order, problem=previewed.text)
        if not hmac.compare_digest(form.text("confirmed"), confirmed(previewed.split)):
            problem = "付款的分法刚刚有变化，还没有扣款。请看过下面新的金额再确认。"
            return await _order(platform, visitor, order, problem=problem)
    paid = await pay(platform, order.id)
    if isinstance(paid, Refusal):
        return await _order(platform, visitor, await _own(platform, visitor, order_id), problem=paid.text)
    return Redirect(f"/orders/{order.id}?done=1", status_code=HTTP_303_SEE_OTHER)


async def _own(platform: Platform, visitor: Visitor, order_id: str) -> Order:
    """An order of the visitor's; for a stranger there is no such page."""
    order = order_id if "\x00" in order_id else await order_for(platform, visitor.person_no, order_id)
    if not isinstance(order, Order):
        raise NoSuchPageError
    return order


def confirmed(split: Split) -> str:
    """Who pays what, as the form carries it: what was seen is what is paid."""
    return f"{split.fund}-{split.own_total}-{split.shared_total}-{split.cash}"


async def _order(
    platform: Platform, visitor: Visitor, order: Order, *, done: bool = False, problem: str = ""
) -> Template:
    waiting = order.state == WAITING
    previewed = await preview_order(platform, order) if waiting else None
    refused = previewed if isinstance(previewed, Refusal) else None
    settlement = previewed if isinstance(previewed, Settlement) else None
    places = await institution_names(platform, [order.institution])
    return page(
        "order.html",
        status=HTTP_409_CONFLICT if problem else HTTP_200_OK,
        visitor=visitor,
        order=order,
        place=places.get(order.institution, order.institution),
        state=state_words(order),
        waiting=waiting,
        done=done and not waiting,
        problem=problem or (refused.text if refused else ""),
        items=await _items(platform, order),
        split=await _shown(platform, visitor, settlement.split) if settlement else None,
        cash=settlement.split.cash if settlement else 0,
        confirmed=confirmed(settlement.split) if settlement else "",
    )


async def _shown(platform: Platform, visitor: Visitor, split: Split) -> SplitView:
    """The split with its reasons; relatives by their names."""
    names = {view.binding.id: view.authoriser.name for view in await bindings_of(platform, visitor.person_no)}
    return split_view(split, told_to_patient(split, names), platform.clock().date())


async def _items(platform: Platform, order: Order) -> list[Item]:
    lines = await lines_of_batch(platform, order.visit_id, order.batch)
    found = await items_of(platform, order.person_no, order.institution, lines, order.created_at.date())
    return [_item(line, found[line.item].name if line.item in found else line.item) for line in lines]


def _item(line: PastLine, name: str) -> Item:
    quantity = Decimal(line.details["quantity"]).normalize()
    return Item(name=name, quantity=f"{quantity:f}", amount=line.split.amount)
