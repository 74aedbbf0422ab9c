"""3301 目录对照上传: which catalogue item an own item is (table 159)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.lines import stated
from gongji.core.refusal import Refusal
from gongji.service.matches import Match, put_match


async def handle(call: Call) -> Output | Refusal:
    """Keep a match; the answer has no output."""
    row = call.values.node("data")
    match = Match(
        own_code=row["fixmedins_hilist_id"],
        own_name=row["fixmedins_hilist_name"],
        list_type=row["list_type"],
        item=row["med_list_codg"],
        begins_on=row["begndate"],
        ends_on=row["enddate"],
        details=stated(row),
    )
    answer = await put_match(call.platform, call.sender, match)
    return answer if isinstance(answer, Refusal) else None
