"""2207 门诊结算: settle a batch of a visit (table 85)."""

from gongji.channels.nhsa.bills import outpatient_bill, stated_parts
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal


async def handle(call: Call) -> Output | Refusal:
    """Settle; the parts that the institution repeats from 2206 are checked where it sends them."""
    command = outpatient_bill(call, stated_parts(call.values.node("data")))
    if isinstance(command, Refusal):
        return command
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
