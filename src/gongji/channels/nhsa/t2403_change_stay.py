"""2403 住院信息变更: change what was told at admission (tables 108, 109)."""

from functools import partial

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.stay_records import admission, merged
from gongji.core.refusal import Refusal
from gongji.service.stays import change


async def handle(call: Call) -> Output | Refusal:
    """Change a stay that is not settled at discharge; a diagnosis replaces the one of its place. No output."""
    registration = admission(call, "adminfo", "ipt_otp_no")
    if isinstance(registration, Refusal):
        return registration
    visit = call.values.node("adminfo")["mdtrt_id"]
    new = partial(merged, new=registration.details)
    answer = await change(call.platform, call.sender, registration.person_no, visit, registration, new)
    return answer if isinstance(answer, Refusal) else None
