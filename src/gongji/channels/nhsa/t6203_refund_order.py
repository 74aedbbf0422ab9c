"""6203 医保退费: an order returned whole, or the insurance's part, or the patient's own (tables 299, 300)."""

from gongji.channels.nhsa.answer import millisecond_stamp, render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.orders import fen, named_order
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.mobile_orders import Order, may_undo
from gongji.service.mobile_payment import RefundWanted, refund
from gongji.service.vouchers import owner_of

KINDS = ("ALL", "CASH", "HI")


async def handle(call: Call) -> Output | Refusal:
    """Give each payer his part back, once for a refund's serial."""
    row = call.values.node("data")
    order = await named_order(call, row)
    if isinstance(order, Refusal):
        return order
    kind = row["refdType"].upper()
    if kind not in KINDS:
        return refuse(Code.INPUT_INVALID, field="refdType", what="refdType（退费类型）应为 ALL、CASH 或 HI")
    wanted = RefundWanted(
        serial=row["appRefdSn"],
        kind=kind,
        total=fen(row["totlRefdAmt"]) or 0,
        account=fen(row["psnAcctRefdAmt"]),
        fund=fen(row["fundRefdAmt"]),
        cash=fen(row["cashRefdAmt"]) or 0,
    )
    refusal = await _authority_fault(call, order, row["ecToken"])
    returned = refusal or await refund(call.platform, order, wanted)
    if isinstance(returned, Refusal):
        return returned
    words = {"refdSn": f"{order.id}R", "refStatus": "SUCC"}
    if returned.reversal_id and kind != "CASH":
        stamp = millisecond_stamp(call.platform.clock())
        words |= {"hiFefdSn": returned.reversal_id, "hiTrnsDate": stamp[:8], "hiTrnsTime": stamp[8:14]}
    return {"data": render(call.table, "data", words)}


async def _authority_fault(call: Call, order: Order, token: str) -> Refusal | None:
    """The patient is there with his code or token, or it is the hour in which revsToken is good."""
    async with call.platform.pool.connection() as conn:
        if await may_undo(conn, order, token, call.platform.clock()):
            return None
    owner = await owner_of(call.platform, call.sender, token, use=True)
    if isinstance(owner, Refusal):
        return owner
    return None if owner == order.person_no else refuse(Code.CREDENTIAL_MISMATCH, field="ecToken")
