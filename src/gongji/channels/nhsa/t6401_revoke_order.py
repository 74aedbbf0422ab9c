"""6401 费用明细上传撤销: an order that is not paid is taken back with its lines (tables 306, 307)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.orders import named_order
from gongji.core.refusal import Refusal
from gongji.service.mobile_orders import revoke


async def handle(call: Call) -> Output | Refusal:
    """Take it back; a paid order is returned with 6203 instead."""
    order = await named_order(call, call.values.node("data"))
    if isinstance(order, Refusal):
        return order
    revoked = await revoke(call.platform, call.sender, order)
    return revoked if isinstance(revoked, Refusal) else {"data": render(call.table, "data", {"success": True})}
