"""2208 门诊结算撤销: take an outpatient settlement back (table 88)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.reversals import reverse
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Reverse a settlement by its id."""
    return await reverse(call)
