"""3101 明细审核事前分析服务: orders looked at before they are given (tables 128 to 135)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.reviews import reviewed
from gongji.core.refusal import Refusal
from gongji.service.reviews import BEFORE


async def handle(call: Call) -> Output | Refusal:
    """Review, keep and answer what was found."""
    return await reviewed(call, BEFORE)
