"""2103 药店结算撤销: take a purchase back (table 69); the pharmacy also gets its lines back."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.reversals import reverse
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Reverse a purchase by its id."""
    return await reverse(call)
