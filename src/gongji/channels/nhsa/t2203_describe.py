"""2203 门诊就诊信息上传, and 2203A of pharmacies: diagnoses and kind of care of a visit (tables 75, 76)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.codes import care_of
from gongji.channels.nhsa.lines import stated
from gongji.core.refusal import Refusal
from gongji.service.visits import describe


async def handle(call: Call) -> Output | Refusal:
    """Keep what is told about a visit; sent again, it replaces what was told before. The answer has no output."""
    row = call.values.node("mdtrtinfo")
    care = care_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    details = {"mdtrtinfo": stated(row), "diseinfo": [stated(one) for one in call.values.rows("diseinfo")]}
    answer = await describe(call.platform, call.sender, row["psn_no"], row["mdtrt_id"], care, details)
    return answer if isinstance(answer, Refusal) else None
