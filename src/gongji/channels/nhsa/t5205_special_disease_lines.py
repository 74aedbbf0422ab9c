"""5205 人员慢特病用药记录查询: what a patient was given for special diseases (tables 273, 274)."""

from typing import Any

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.codes import MED_TYPE_OF_CARE
from gongji.channels.nhsa.fee_lines import OWN, line_words
from gongji.channels.nhsa.kept import typed
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Care
from gongji.core.refusal import Refusal
from gongji.service.inquiries import PastLine, items_of, special_disease_lines


async def handle(call: Call) -> Output | Refusal:
    """Tell the lines of every institution to one that treats the patient too."""
    row = call.values.node("data")
    last = row["endtime"] or call.platform.clock()
    period = (row["begntime"].date(), last.date())
    found = await special_disease_lines(call.platform, call.sender.institution, row["psn_no"], period)
    if isinstance(found, Refusal):
        return found
    items = await items_of(call.platform, row["psn_no"], call.sender.institution, found, period[1])
    return {"feedetail": [_row(call, row["psn_no"], line, items.get(line.item)) for line in found]}


def _row(call: Call, person_no: str, line: PastLine, item: CatalogueItem | None) -> dict[str, Any]:
    kept = {name: value for name, value in line.details.items() if name not in OWN}
    words = line_words(line, item) | {
        "fixmedins_code": line.institution,
        "fixmedins_name": line.institution_name,
        "psn_no": person_no,
        "med_type": MED_TYPE_OF_CARE[Care.SPECIAL_DISEASE],
    }
    return render_known(call.table, "feedetail", typed(call.table, "feedetail", kept) | words)
