"""2206 门诊预结算: what a bill would cost whom; nothing is written (table 82)."""

from gongji.channels.nhsa.bills import outpatient_bill
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.refusal import Refusal
from gongji.service.presettle import preview


async def handle(call: Call) -> Output | Refusal:
    """Preview a settlement on one snapshot; ``balc`` is already the balance after it."""
    command = outpatient_bill(call)
    if isinstance(command, Refusal):
        return command
    done = await preview(call.platform, command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
