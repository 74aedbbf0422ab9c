"""2503 人员慢特病备案: file a special disease, so that its care is settled as such (tables 119, 120)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.codes import scheme_of
from gongji.channels.nhsa.filings import file_it, told
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.commands import Claimed
from gongji.service.filings import FilingRequest


async def handle(call: Call) -> Output | Refusal:
    """File a disease; it holds everywhere, from its first day on."""
    row = call.values.node("data")
    scheme = scheme_of(row["insutype"])
    if isinstance(scheme, Refusal):
        return scheme
    request = FilingRequest(
        person_no=row["psn_no"],
        subject=Subject.SPECIAL_DISEASE,
        begins_on=row["begndate"],
        ends_on=row["enddate"],
        claimed=Claimed(scheme=scheme),
        details=told(row, row["opsp_dise_code"]),
    )
    return await file_it(call, request)
