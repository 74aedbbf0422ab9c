"""100001 政策项查询: by which rules a settlement was split, with their amounts (the rows are the output itself).

The items come from the reasons that are kept with the settlement, each given by a rule of the policy files; they sum
to the bill.
"""

from typing import Any, Final

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.answer import Ratio, render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.policy_items import PolicyItem, policy_items
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.settlement_lists import own_settlement

ROWS: Final = "(node not named)"


async def handle(call: Call) -> Output | Refusal:
    """Tell the policy items of a settlement of the sender's own; negative in a reversal."""
    row = call.values.node("data")
    view = await own_settlement(call.platform, call.sender.institution, row["setl_Id"], row["psn_No"], row["mdtrt_Id"])
    if isinstance(view, Refusal):
        return view
    settlement = view.settlement
    return [render(call.table, ROWS, _words(settlement, item)) for item in policy_items(settlement)]


def _words(settlement: Settlement, item: PolicyItem) -> dict[str, Any]:
    return {
        "setlId": settlement.id,
        "mdtrtId": settlement.visit_id,
        "psnNo": settlement.person_no,
        "polItemCode": item.code,
        "polItemName": tables.dictionary("polItemCode")[item.code],
        "selfPayAmt": settlement.sign * item.person,
        "selfPayProp": None if item.share is None else Ratio(10_000 - item.share),
        "fundPayAmt": settlement.sign * item.fund,
        "fundPayProp": None if item.share is None else Ratio(item.share),
        "polItemPaySum": settlement.sign * (item.person + item.fund),
    }
