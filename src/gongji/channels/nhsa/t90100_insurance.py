"""90100 缴费查询: how a person is insured and whether he is covered (Guangdong's client; the output is ours)."""

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.t1101_person import insurance
from gongji.core.refusal import Refusal
from gongji.service.people import holding_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the insurance of a person by his number; nothing about his money."""
    holding = await holding_of(call.platform, call.values.node("data")["psn_no"])
    if isinstance(holding, Refusal):
        return holding
    words = insurance(call, holding) | {"psn_no": holding.person.person_no}
    return {"data": [render_known(call.table, "data", words)]}
