"""2505 人员定点备案: a person chooses an institution for some kind of care (tables 122, 123)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import file_it, told
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingRequest
from gongji.service.people import institution_of
from gongji.service.settle import check_institution


async def handle(call: Call) -> Output | Refusal:
    """File the choice of a designated institution."""
    row = call.values.node("data")
    code = row["fixmedins_code"]
    refusal = check_institution(await institution_of(call.platform, code), code)
    if refusal:
        return refusal
    request = FilingRequest(
        person_no=row["psn_no"],
        subject=Subject.DESIGNATED,
        begins_on=row["begndate"],
        ends_on=row["enddate"],
        details=told(row, f"{row['biz_appy_type']}/{code}"),
    )
    return await file_it(call, request)
