"""2303 住院预结算: what a stay would cost whom up to now; nothing is written (tables 94 to 96)."""

from gongji.channels.nhsa.bills import stay_bill
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal
from gongji.service.presettle import preview


async def handle(call: Call) -> Output | Refusal:
    """Preview on one snapshot everything of the stay that is not settled."""
    command = await stay_bill(call)
    if isinstance(command, Refusal):
        return command
    done = await preview(call.platform, command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
