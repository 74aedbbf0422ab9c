"""5203 结算信息查询: a settlement as it stands in the books (tables 268 to 270)."""

from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import amounts, fund_rows, identity, person_words
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.records import SettlementView, settlement_view


async def handle(call: Call) -> Output | Refusal:
    """Tell an institution about a settlement of its own."""
    row = call.values.node("data")
    view = await settlement_view(call.platform, row["setl_id"])
    if isinstance(view, Refusal):
        return view
    settlement = view.settlement
    named = (call.sender.institution, row["mdtrt_id"], row["psn_no"])
    if named != (settlement.institution, settlement.visit_id, settlement.person_no):
        return refuse(Code.SETTLEMENT_ELSEWHERE, field="setl_id", settlement=row["setl_id"])
    words = identity(settlement) | person_words(settlement, view.patient) | amounts(settlement) | _further(view)
    return {
        "setlinfo": render_known(call.table, "setlinfo", words),
        "setldetail": fund_rows(call.table, settlement),
    }


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
