"""5301 人员慢特病备案查询: the special diseases filed for a person (tables 277, 278)."""

from typing import Any

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import filed_for
from gongji.channels.nhsa.kept import told
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingView


async def handle(call: Call) -> Output | Refusal:
    """Tell what holds today or later."""
    found = await filed_for(call, Subject.SPECIAL_DISEASE)
    if isinstance(found, Refusal):
        return found
    today = call.platform.clock().date()
    valid = [view for view in found if view.filed.ends_on is None or view.filed.ends_on >= today]
    return {"feedetail": [_row(call, view) for view in valid]}


def _row(call: Call, view: FilingView) -> dict[str, Any]:
    words = {"begndate": view.filed.begins_on, "enddate": view.filed.ends_on}
    return told(call.table, "feedetail", view.details["told"], words)
