"""3102 明细审核事中分析服务: orders looked at while they are carried out (the tables of 3101)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.reviews import reviewed
from gongji.core.refusal import Refusal
from gongji.service.reviews import DURING


async def handle(call: Call) -> Output | Refusal:
    """Review, keep and answer what was found."""
    return await reviewed(call, DURING)
