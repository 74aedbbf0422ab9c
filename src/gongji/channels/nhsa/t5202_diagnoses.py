"""5202 诊断信息查询: the diagnoses of a visit (tables 269, 270)."""

from datetime import datetime
from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.kept import told
from gongji.core.refusal import Refusal
from gongji.service.inquiries import visit_details


async def handle(call: Call) -> Output | Refusal:
    """Tell the diagnoses as they were told last, of a stay with where they are from (出入院诊断类别).

    The first of them is the main one where none was marked.
    """
    row = call.values.node("data")
    found = await visit_details(call.platform, call.sender.institution, row["psn_no"], row["mdtrt_id"])
    if isinstance(found, Refusal):
        return found
    details, at = found
    first = codes.ADMISSION_DIAGNOSIS if (details.get("mdtrtinfo") or {}).get("adm_dept_codg") else None
    discharged = (details.get("discharge") or {}).get("diseinfo") or []
    diagnoses = [{"inout_diag_type": first} | one for one in details.get("diseinfo") or []]
    diagnoses += [{"inout_diag_type": codes.DISCHARGE_DIAGNOSIS} | one for one in discharged]
    return {"diseinfo": [_row(call, row, one, place, at) for place, one in enumerate(diagnoses, start=1)]}


def _row(call: Call, row: dict[str, Any], diagnosis: dict[str, Any], place: int, at: datetime) -> dict[str, Any]:
    words: dict[str, Any] = {
        "diag_info_id": f"{row['mdtrt_id'][-24:]}{place:04d}",
        "mdtrt_id": row["mdtrt_id"],
        "psn_no": row["psn_no"],
        "opt_time": at,
    }
    if diagnosis.get("maindiag_flag") is None:
        words["maindiag_flag"] = codes.YES if place == 1 else codes.NO
    return told(call.table, "diseinfo", diagnosis, words)
