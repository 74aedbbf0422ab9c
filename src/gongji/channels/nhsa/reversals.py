"""A settlement taken back by its id (2103, 2208, 2305)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.settlements import settlement_nodes
from gongji.core.codes import Care
from gongji.core.refusal import Refusal
from gongji.service.commands import Reverse


async def reverse(call: Call, *, stay: bool = False) -> Output | Refusal:
    """Give every payer his part back; the answer has a new id and negative amounts."""
    row = call.values.node("data")
    command = Reverse(
        sender=call.sender,
        person_no=row["psn_no"],
        settlement_id=row["setl_id"],
        visit_id=row["mdtrt_id"],
        cares=frozenset({Care.INPATIENT}) if stay else frozenset(Care) - {Care.INPATIENT},
    )
    done = await call.platform.batcher.submit(command)
    return done if isinstance(done, Refusal) else settlement_nodes(call.table, done.settlement, done.patient)
