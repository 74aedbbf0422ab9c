"""2102 药店结算: visit, lines and settlement in one message (tables 64 to 68)."""

from gongji.channels.nhsa.bills import purchase
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.lines import line_rows
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Settle a purchase; the platform issues the visit."""
    bought = await purchase(call)
    if isinstance(bought, Refusal):
        return bought
    command, lines = bought
    done = await call.platform.batcher.submit(command)
    if isinstance(done, Refusal):
        return done
    nodes = settlement_nodes(call.table, done.settlement, done.patient)
    return nodes | {"detlcutinfo": line_rows(call.table, "detlcutinfo", lines)}
