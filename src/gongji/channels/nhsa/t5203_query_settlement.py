"""5203 结算信息查询: a settlement as it stands in the books (tables 268 to 270).

Who lost the answer knows no id of ours. He sends his own message id as ``medins_setl_id`` in place of ``setl_id`` and
``mdtrt_id``, and learns what became of the message.
"""

from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import amounts, fund_rows, identity, person_words
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.messages import message_state
from gongji.service.records import SettlementView, settlement_view
from gongji.service.undelivered import asked

LONGEST_MESSAGE_ID = 30


async def handle(call: Call) -> Output | Refusal:
    """Tell an institution about a settlement of its own."""
    row = call.values.node("data")
    named = await _named(call)
    if isinstance(named, Refusal):
        return named
    view = await settlement_view(call.platform, named)
    if isinstance(view, Refusal):
        return view
    settlement = view.settlement
    theirs = (call.sender.institution, row["mdtrt_id"] or settlement.visit_id, row["psn_no"])
    if theirs != (settlement.institution, settlement.visit_id, settlement.person_no):
        return refuse(Code.SETTLEMENT_ELSEWHERE, field="setl_id", settlement=named)
    words = identity(settlement) | person_words(settlement, view.patient) | amounts(settlement) | _further(view)
    return {
        "setlinfo": render_known(call.table, "setlinfo", words),
        "setldetail": fund_rows(call.table, settlement),
    }


async def _named(call: Call) -> str | Refusal:
    """The settlement that is asked for: by its id and visit, or by the message that made it."""
    row = call.values.node("data")
    if row["setl_id"] and row["mdtrt_id"]:
        return str(row["setl_id"])
    message_id = call.values.unknown.get("data", [{}])[0].get("medins_setl_id")
    if row["setl_id"] or not isinstance(message_id, str) or not message_id.strip():
        what = "请填写 setl_id（结算ID）和 mdtrt_id（就诊ID）；没有收到应答的，改填 medins_setl_id（原发送方报文ID）"
        return refuse(Code.INPUT_INVALID, field="setl_id", what=what)
    message_id = message_id.strip()
    state = await message_state(call.platform, call.sender.institution, message_id[:LONGEST_MESSAGE_ID])
    if state.settlement:
        await asked(call.platform, call.sender.institution, message_id)
        return state.settlement
    transaction = state.transaction or "结算"
    match state.state:
        case "refused":
            reason = state.code or ""
            return refuse(Code.MESSAGE_REFUSED, message_id=message_id, transaction=transaction, reason=reason)
        case "void":
            return refuse(Code.MESSAGE_VOID, message_id=message_id)
        case "done":
            what = f"报文号 {message_id} 的 {transaction} 交易已办成，但不是结算，没有结算信息"
            return refuse(Code.INPUT_INVALID, field="medins_setl_id", what=what)
    return refuse(Code.MESSAGE_UNKNOWN, message_id=message_id, transaction=transaction)


def _further(view: SettlementView) -> dict[str, Any]:
    """What only this transaction tells, some of it under names of its own."""
    settlement, split = view.settlement, view.settlement.split
    return {
        "insu_optins": settlement.region,
        "emp_name": view.patient.employer or None,
        "pay_loc": codes.PAID_AT_INSTITUTION,
        "fixmedins_code": view.institution.code,
        "fixmedins_name": view.institution.name,
        "fixmedins_poolarea": view.institution.region,
        "begndate": settlement.care_on,
        "enddate": settlement.care_on,
        "psn_pay": settlement.sign * (split.own_total + split.shared_total + split.cash),
        "cash_payamt": settlement.sign * split.cash,
        "refd_setl_flag": codes.YES if view.reversed_by else codes.NO,
        "year": f"{settlement.year:04d}",
        "invono": settlement.invoice or None,
        "opt_time": settlement.settled_at,
    }
