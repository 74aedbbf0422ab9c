"""4263 自费病人零报金额不符查询接口: self-paid visits whose totals did not agree when they were compared last."""

from typing import Final

from gongji.channels.nhsa.answer import render_known, yuan
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.paging import page_of, paged
from gongji.channels.nhsa.t4262_compare_self_paid import DONE, OUTPUT
from gongji.core.refusal import Refusal
from gongji.service.self_paid import differences

_STAMP: Final = "%Y-%m-%d %H:%M:%S"


async def handle(call: Call) -> Output | Refusal:
    """A page of the differences of the sender's own."""
    row = call.values.node("data")
    page = page_of(row["pageNum"], row["pageSize"])
    if isinstance(page, Refusal):
        return page
    found, total = await differences(call.platform, call.sender.institution, row["mdtrtId"], row["certno"], page)
    rows = [
        {
            "mdtrtId": one.visit,
            "fixmedinsCode": call.sender.institution,
            "uploadedSumamt": yuan(one.uploaded),
            "totalFeeSumamt": yuan(one.stated),
            "checkTime": f"{one.checked_at:{_STAMP}}",
        }
        for one in found
    ]
    return render_known(call.table, OUTPUT, DONE) | {"data": paged(rows, total, page)}
