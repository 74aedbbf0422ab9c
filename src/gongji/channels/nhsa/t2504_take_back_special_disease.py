"""2504 人员慢特病备案撤销: take the filing of a special disease back (table 121)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import take_back
from gongji.core.filing import Subject
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Take it back as long as the agency has not reviewed it."""
    return await take_back(call, Subject.SPECIAL_DISEASE)
