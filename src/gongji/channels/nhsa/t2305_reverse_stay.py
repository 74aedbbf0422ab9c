"""2305 住院结算撤销: take a settlement of a stay back, the last one first (tables 100 to 102)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.reversals import reverse
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Reverse a settlement by its id."""
    return await reverse(call, stay=True)
