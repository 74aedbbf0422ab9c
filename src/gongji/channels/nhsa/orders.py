"""Orders of mobile payment in national words (6201 to 6401): states, amounts, and the order a message names."""

from decimal import Decimal
from typing import Any, Final

from gongji.channels.nhsa.answer import millisecond_stamp
from gongji.channels.nhsa.call import Call
from gongji.channels.nhsa.fields import Record
from gongji.core.money import Fen, format_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.mobile_orders import Order, order_of, pay_token, undo_token
from gongji.service.mobile_payment import Paid
from gongji.service.platform import Platform

SAVED, PAYING, INSURED_PAID, DONE, REVOKED = "0", "2", "4", "6", "12"
ALL_RETURNED, INSURANCE_RETURNED, CASH_RETURNED = "7", "8", "9"
SOME_CASH_RETURNED, INSURANCE_AND_SOME_CASH_RETURNED = "10", "11"
_STAS: Final = {"saved": SAVED, "paying": PAYING, "insured_paid": INSURED_PAID, "done": DONE, "revoked": REVOKED}

CALL_TYPE: Final = "02"
"""回调类型: 支付成功回调."""


def ord_stas(order: Order) -> str:
    """订单状态."""
    left = order.own_pay - order.own_pay_returned
    if order.reversal_id:
        if not left:
            return ALL_RETURNED
        return INSURANCE_AND_SOME_CASH_RETURNED if order.own_pay_returned else INSURANCE_RETURNED
    if order.own_pay_returned:
        return SOME_CASH_RETURNED if left else CASH_RETURNED
    return _STAS[order.state]


async def named_order(call: Call, row: Record) -> Order | Refusal:
    """The institution's order that a message names by id and, where it has one, payToken."""
    refusal = own_code(call, row)
    order = refusal or await order_of(call.platform, call.sender.institution, row["payOrdId"])
    if isinstance(order, Refusal):
        return order
    if "payToken" in row:
        async with call.platform.pool.connection() as conn:
            token = await pay_token(conn, order)
        if (row["payToken"] or "").upper() != token:
            return refuse(Code.ORDER_UNKNOWN, field="payToken")
    return order


def own_code(call: Call, row: Record) -> Refusal | None:
    """An institution names itself, or nobody."""
    if row.get("orgCodg") in (None, "", call.sender.institution):
        return None
    return refuse(Code.INPUT_INVALID, field="orgCodg", what="orgCodg（机构编码）不是本机构的编码")


def fen(amount: Decimal | None) -> Fen | None:
    """An n(12,2) amount in fen; the reader has made sure of the digits."""
    return None if amount is None else int(amount.scaleb(2))


def yuan(amount: Fen) -> Decimal:
    """Fen as an n(12,2) amount."""
    return Decimal(amount).scaleb(-2)


def amounts(order: Order, settlement: Settlement | None) -> dict[str, Any]:
    """费用总额 = 现金支付 + 个人账户支出 + 医保基金支付; before payment everything is cash."""
    if settlement is None:
        parts = (order.total, 0, 0)
    else:
        split = settlement.split
        parts = (split.cash, split.own_total + split.shared_total, split.fund)
    own, account, fund = map(yuan, parts)
    return {"feeSumamt": yuan(order.total), "ownPayAmt": own, "psnAcctPay": account, "fundPay": fund}


def extension(settlement: Settlement | None) -> dict[str, str] | None:
    """医保扩展数据: how the account's payment divides, as one province's clients know it."""
    if settlement is None:
        return None
    split = settlement.split
    return {
        "setlId": settlement.id,
        "acctMulaidPay": format_yuan(split.shared_total),
        "selfAcctPay": format_yuan(split.own_total),
    }


def setl_type(settlement: Settlement) -> str:
    """结算类型: ALL both, CASH only the patient's own, HI only insurance."""
    split = settlement.split
    insured = split.fund + split.own_total + split.shared_total
    if not insured:
        return "CASH"
    return "ALL" if split.cash else "HI"


async def payment_words(platform: Platform, paid: Paid) -> dict[str, Any]:
    """What 6301 answers and 6302 tells of an order that insurance has paid."""
    order, settlement = paid.order, paid.settlement
    if settlement is None or order.paid_at is None:
        return {}
    async with platform.pool.connection() as conn:
        undo = await undo_token(conn, order)
    return {
        "payOrdId": order.id,
        "callType": CALL_TYPE,
        "medOrgOrd": order.org_order,
        "traceTime": millisecond_stamp(order.paid_at)[:14],
        "setlType": setl_type(settlement),
        "revsToken": undo,
        "extData": extension(settlement),
    }
