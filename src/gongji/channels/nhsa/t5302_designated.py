"""5302 人员定点信息查询: the institutions that a person chose (tables 279, 280)."""

from typing import Any

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import filed_for
from gongji.channels.nhsa.kept import told
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingView


async def handle(call: Call) -> Output | Refusal:
    """Tell the choices for one kind of business."""
    found = await filed_for(call, Subject.DESIGNATED)
    if isinstance(found, Refusal):
        return found
    asked = call.values.node("data")["biz_appy_type"]
    return {"psnfixmedin": [_row(call, view) for view in found if view.details["told"]["biz_appy_type"] == asked]}


def _row(call: Call, view: FilingView) -> dict[str, Any]:
    filed = view.filed
    words = {"psn_no": filed.person_no, "begndate": filed.begins_on, "enddate": filed.ends_on}
    return told(call.table, "psnfixmedin", view.details["told"], words)
