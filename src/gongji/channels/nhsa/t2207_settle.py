"""2207 门诊结算: settle a batch of a visit (table 85)."""

from gongji.channels.nhsa.bills import outpatient_bill
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal
from gongji.service.commands import StatedParts


async def handle(call: Call) -> Output | Refusal:
    """Settle; the parts that the institution repeats from 2206 are checked where it sends them."""
    row = call.values.node("data")
    stated = StatedParts(
        full_self_pay=row["fulamt_ownpay_amt"],
        over_limit=row["overlmt_selfpay"],
        first_self_pay=row["preselfpay_amt"],
        in_scope=row["inscp_scp_amt"],
    )
    command = outpatient_bill(call, stated)
    if isinstance(command, Refusal):
        return command
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
