"""2304 住院结算: settle a stay, at discharge or in between (tables 97 to 99)."""

from gongji.channels.nhsa.bills import stay_bill
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Settle every line of the stay that is not settled; at discharge this closes the stay."""
    command = await stay_bill(call)
    if isinstance(command, Refusal):
        return command
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
