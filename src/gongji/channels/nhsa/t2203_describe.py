"""2203 门诊就诊信息上传: diagnoses and kind of care of a visit (tables 75, 76)."""

from collections.abc import Mapping
from typing import Any

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.codes import care_of
from gongji.channels.nhsa.lines import stated
from gongji.core.refusal import Refusal
from gongji.service.files import Upload
from gongji.service.visits import describe


async def handle(call: Call) -> Output | Refusal:
    """Keep what is told about a visit; sent again, it replaces what was told before. The answer has no output."""
    return await tell(call, call.values.node("mdtrtinfo"))


async def tell(call: Call, row: Mapping[str, Any], scan: Upload | None = None) -> Output | Refusal:
    """Keep a visit's row and its diagnoses; ``scan`` is kept as a file, whose number then stands with them."""
    care = care_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    details = {"mdtrtinfo": stated(dict(row)), "diseinfo": [stated(one) for one in call.values.rows("diseinfo")]}
    answer = await describe(call.platform, call.sender, row["psn_no"], row["mdtrt_id"], care, details, scan)
    return answer if isinstance(answer, Refusal) else None
