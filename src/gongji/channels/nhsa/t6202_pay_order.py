"""6202 支付下单: the institution has an order paid, with the patient's consent (tables 297, 298)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.orders import amounts, extension, named_order, ord_stas
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.mobile_orders import Order, consent_fault
from gongji.service.mobile_payment import pay
from gongji.service.vouchers import owner_of


async def handle(call: Call) -> Output | Refusal:
    """Settle the order's bill; an order that is paid is answered as it was."""
    row = call.values.node("data")
    order = await named_order(call, row)
    if isinstance(order, Refusal):
        return order
    refusal = None if order.paid else await _consent_fault(call, row, order)
    if refusal:
        return refusal
    paid = await pay(call.platform, order.id)
    if isinstance(paid, Refusal):
        return paid
    words = {"payOrdId": order.id, "ordStas": ord_stas(paid.order), "extData": extension(paid.settlement)}
    return {"data": render(call.table, "data", words | amounts(paid.order, paid.settlement))}


async def _consent_fault(call: Call, row: Record, order: Order) -> Refusal | None:
    """The patient agreed in the portal (payAuthNo), or shows his own code now (ecAuthCode)."""
    if row["payAuthNo"]:
        async with call.platform.pool.connection() as conn:
            return await consent_fault(conn, order, row["payAuthNo"], call.platform.clock())
    if not row["ecAuthCode"]:
        return refuse(Code.CONSENT_MISSING, field="payAuthNo")
    owner = await owner_of(call.platform, call.sender, row["ecAuthCode"], use=True)
    if isinstance(owner, Refusal):
        return owner
    return None if owner == order.person_no else refuse(Code.CREDENTIAL_MISMATCH, field="ecAuthCode")
