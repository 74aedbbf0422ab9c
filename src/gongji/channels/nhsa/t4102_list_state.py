"""4102 医疗保障基金结算清单信息状态修改: submit a draft, take back a rejected one (table 213)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.settlement_lists import set_state


async def handle(call: Call) -> Output | Refusal:
    """Change the state as far as it is the institution's affair; the answer has no output."""
    row = call.values.node("data")
    answer = await set_state(call.platform, call.sender, row["setl_id"], row["psn_no"], row["stas_type"])
    return answer if isinstance(answer, Refusal) else None
