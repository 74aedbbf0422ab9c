"""5204 费用明细查询: the lines of a settlement (tables 271, 272); the rows are the output itself."""

from typing import Any, Final

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fee_lines import OWN, line_words
from gongji.channels.nhsa.kept import typed
from gongji.channels.nhsa.settlements import med_type
from gongji.core.catalogue import CatalogueItem
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.inquiries import PastLine, items_of, lines_of_batch
from gongji.service.settlement_lists import own_settlement

ROWS: Final = "(no node: rows)"
"""The table's word for rows without a node around them."""


async def handle(call: Call) -> Output | Refusal:
    """Tell the lines of a settlement of the sender's own."""
    row = call.values.node("data")
    view = await own_settlement(call.platform, call.sender.institution, row["setl_id"], row["psn_no"], row["mdtrt_id"])
    if isinstance(view, Refusal):
        return view
    settlement = view.settlement
    lines = await lines_of_batch(call.platform, settlement.visit_id, settlement.batch)
    items = await items_of(call.platform, settlement.person_no, settlement.institution, lines, settlement.care_on)
    return [_row(call, settlement, line, items.get(line.item)) for line in lines]


def _row(call: Call, settlement: Settlement, line: PastLine, item: CatalogueItem | None) -> dict[str, Any]:
    kept = {name: value for name, value in line.details.items() if name not in OWN}
    words = line_words(line, item) | {
        "mdtrt_id": settlement.visit_id,
        "setl_id": settlement.id,
        "med_type": med_type(settlement),
    }
    return render_known(call.table, ROWS, typed(call.table, ROWS, kept) | words)
