"""6301 医保订单结算结果查询: what became of an order (tables 302, 303)."""

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.orders import amounts, named_order, ord_stas, payment_words
from gongji.core.refusal import Refusal
from gongji.service.mobile_payment import settled
from gongji.service.people import institution_names


async def handle(call: Call) -> Output | Refusal:
    """Answer the order's state and amounts; a payment that was interrupted is finished first."""
    order = await named_order(call, call.values.node("data"))
    if isinstance(order, Refusal):
        return order
    paid = await settled(call.platform, order.id)
    if isinstance(paid, Refusal):
        return paid
    names = await institution_names(call.platform, [order.institution])
    words = {
        "payOrdId": order.id,
        "medOrgOrd": order.org_order,
        "ordStas": ord_stas(paid.order),
        "orgCodg": order.institution,
        "orgName": names.get(order.institution),
    }
    words |= await payment_words(call.platform, paid)
    return {"data": render_known(call.table, "data", words | amounts(paid.order, paid.settlement))}
