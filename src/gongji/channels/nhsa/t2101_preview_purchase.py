"""2101 药店预结算: what a purchase would cost whom; nothing is stored, and no visit is issued (tables 59 to 63)."""

from gongji.channels.nhsa.bills import purchase
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.lines import line_rows
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal
from gongji.service.presettle import preview


async def handle(call: Call) -> Output | Refusal:
    """Preview a purchase on one snapshot."""
    bought = await purchase(call)
    if isinstance(bought, Refusal):
        return bought
    command, lines = bought
    done = await preview(call.platform, command)
    if isinstance(done, Refusal):
        return done
    nodes = settlement_nodes(call.table, done.settlement, done.patient, visited=False)
    return nodes | {"detlcutinfo": line_rows(call.table, "detlcutinfo", lines)}
