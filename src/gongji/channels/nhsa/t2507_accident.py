"""2507 人员意外伤害备案: file an accident, so that its care may be settled (tables 125, 126)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import file_it, told
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.commands import Claimed
from gongji.service.filings import FilingRequest


async def handle(call: Call) -> Output | Refusal:
    """File an accident of the patient whose certificate is told."""
    row = call.values.node("data")
    request = FilingRequest(
        person_no=row["psn_no"],
        subject=Subject.ACCIDENT,
        begins_on=row["begndate"],
        ends_on=row["enddate"],
        claimed=Claimed(certificate_no=row["certno"] or "", name=row["psn_name"] or ""),
        details=told({name: value for name, value in row.items() if name not in _NOT_KEPT}, str(row["begndate"])),
    )
    return await file_it(call, request)


_NOT_KEPT = frozenset({"certno", "psn_name", "brdy", "agnter_certno"})
