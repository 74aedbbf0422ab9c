"""90100 缴费查询: how a person is insured and what was paid for it (a client of Guangdong; the output is ours)."""

from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render, render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.t1101_person import insurance
from gongji.core.codes import PremiumKind, Scheme
from gongji.core.premium import PremiumPayment
from gongji.core.refusal import Refusal
from gongji.service.people import holding_of
from gongji.service.premiums import premiums_for

_SCHEMES: Final = {
    PremiumKind.RESIDENT: Scheme.RESIDENT,
    PremiumKind.EMPLOYEE: Scheme.EMPLOYEE,
    PremiumKind.MISSING_YEARS: Scheme.EMPLOYEE,
}
"""Premiums of the basic insurance; which further insurance somebody has is none of an institution's business."""


async def handle(call: Call) -> Output | Refusal:
    """Tell a person's insurance by his number, and what was paid for it; not who paid, nor what his account holds."""
    person_no = call.values.node("data")["psn_no"]
    holding = await holding_of(call.platform, person_no)
    if isinstance(holding, Refusal):
        return holding
    words = insurance(call, holding) | {"psn_no": holding.person.person_no}
    paid = await premiums_for(call.platform, person_no, tuple(_SCHEMES))
    return {
        "data": [render_known(call.table, "data", words)],
        "clctinfo": [render(call.table, "clctinfo", _payment(one)) for one in paid],
    }


def _payment(paid: PremiumPayment) -> dict[str, Any]:
    return {
        "insutype": codes.INSUTYPE[_SCHEMES[paid.wanted.kind]],
        "clct_year": f"{paid.wanted.year:04d}",
        "clct_item": paid.wanted.kind.label,
        "accrym_begndate": paid.covers_from,
        "accrym_enddate": paid.covers_to,
        "clct_sumamt": paid.standard.amount,
        "clct_time": paid.paid_at,
    }
