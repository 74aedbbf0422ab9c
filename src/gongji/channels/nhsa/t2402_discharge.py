"""2402 出院办理: discharge a patient (tables 106, 107)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.stay_records import kept
from gongji.core.refusal import Refusal
from gongji.service.stays import discharge


async def handle(call: Call) -> Output | Refusal:
    """Discharge; the stay may be settled before or after. The answer is empty."""
    row = call.values.node("dscginfo")
    details = {"dscginfo": kept(row), "diseinfo": [kept(one) for one in call.values.rows("diseinfo")]}
    on = row["endtime"].date()
    answer = await discharge(call.platform, call.sender, row["psn_no"], row["mdtrt_id"], on, details)
    return answer if isinstance(answer, Refusal) else {}
