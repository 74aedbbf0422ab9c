"""6204 医保订单信息同步: the patient has paid his own part to the institution (table 301)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.orders import amounts, named_order
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.mobile_payment import confirm_own_pay, settled


async def handle(call: Call) -> Output | Refusal:
    """Compare the amounts with the settlement and close the order."""
    row = call.values.node("data")
    order = await named_order(call, row)
    if isinstance(order, Refusal):
        return order
    paid = await settled(call.platform, order.id)
    if isinstance(paid, Refusal):
        return paid
    if row["medOrgOrd"] != order.org_order:
        return refuse(Code.ORDER_UNKNOWN, field="medOrgOrd")
    if paid.settlement is not None:
        for name, counted in amounts(paid.order, paid.settlement).items():
            if row[name] != counted:
                facts = {"part": name, "stated": f"{row[name]:.2f}", "counted": f"{counted:.2f}"}
                return refuse(Code.PARTS_MISMATCH, field=name, **facts)
    confirmed = await confirm_own_pay(call.platform, order)
    return confirmed if isinstance(confirmed, Refusal) else None
