"""3103 事前事中服务反馈服务: what the institution did about findings (tables 144, 145)."""

from typing import Final

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.reviews import BEFORE, DURING, Handled
from gongji.service.reviews import handle as keep

_KINDS: Final = {"1": BEFORE, "2": DURING}
"""反馈类型：1 事前，2 事中"""

_HANDLINGS: Final = {"1": "continued", "2": "changed"}
"""处理方式：1 继续执行医嘱，2 返回修改医嘱"""


async def handle(call: Call) -> Output | Refusal:
    """Keep what was done; who goes on in spite of a finding says why. The answer has no output."""
    row = call.values.node("data")
    kind = _KINDS.get(row["warn_type"])
    if kind is None:
        what = f"warn_type（反馈类型）{row['warn_type']} 无法识别，应为 1 事前、2 事中"
        return refuse(Code.INPUT_INVALID, field="warn_type", what=what)
    handled = [_handled(warn) for warn in row["warns"]]
    fault = next((one for one in handled if isinstance(one, Refusal)), None)
    if fault:
        return fault
    answer = await keep(call.platform, call.sender, kind, [one for one in handled if isinstance(one, Handled)])
    return answer if isinstance(answer, Refusal) else None


def _handled(warn: Record) -> Handled | Refusal:
    handling, reason = _HANDLINGS.get(warn["dspo_way"]), warn["dspo_way_rea"] or ""
    if handling is None:
        what = f"dspo_way（处理方式）{warn['dspo_way'][:40]} 无法识别，应为 1 继续执行、2 返回修改"
        return refuse(Code.INPUT_INVALID, field="dspo_way", what=what)
    if handling == "continued" and not reason:
        return refuse(Code.INPUT_INVALID, field="dspo_way_rea", what="继续执行时须填写 dspo_way_rea（处理原因）")
    return Handled(id=warn["warn_rslt_id"], handling=handling, reason=reason[:500])
