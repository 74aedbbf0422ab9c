"""5101 科室信息查询: the sender's own departments (tables 263, 264)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.kept import told
from gongji.core.refusal import Refusal
from gongji.service.departments import departments_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the departments as they were told; the input only repeats the envelope and is not needed."""
    departments = await departments_of(call.platform, call.sender.institution)
    return {"feedetail": [told(call.table, "feedetail", department) for department in departments]}
