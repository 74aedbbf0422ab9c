"""2406 就医特殊属性上传: mark a stay (tables 112, 113); the values are agreed locally and change no amount here."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.commands import Claimed
from gongji.service.visit_marks import MarkRequest, mark


async def handle(call: Call) -> Output | Refusal:
    """Keep a mark and answer its number."""
    row = call.values.node("data")
    request = MarkRequest(
        person_no=row["psn_no"],
        claimed=Claimed(certificate_no=row["certno"] or "", name=row["psn_name"] or ""),
        visit_id=row["mdtrt_id"],
        kind=row["ipt_psn_sp_flag_type"],
        value=row["ipt_psn_sp_flag"],
        memo=row["memo"] or "",
    )
    answer = await mark(call.platform, call.sender, request)
    if isinstance(answer, Refusal):
        return answer
    words = {"ipt_psn_sp_flag_detl_id": answer["mark"]}
    return {"IptPsnSpFlagRegOut": render(call.table, "IptPsnSpFlagRegOut", words)}
