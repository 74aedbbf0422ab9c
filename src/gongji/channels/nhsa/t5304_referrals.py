"""5304 转院信息查询: the referrals filed for a person (tables 283, 284)."""

from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.kept import told
from gongji.core.codes import Filing
from gongji.core.person import Person
from gongji.core.refusal import Refusal
from gongji.service.filings import FilingView, views_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the referrals that began in a period."""
    row = call.values.node("data")
    found = await views_of(call.platform, row["psn_no"])
    if isinstance(found, Refusal):
        return found
    person, views = found
    first, last = row["begntime"].date(), row["endtime"].date() if row["endtime"] else None
    referrals = [
        view
        for view in views
        if view.filed.kind is Filing.REFERRAL
        and view.filed.begins_on >= first
        and (last is None or view.filed.begins_on <= last)
    ]
    return {"refmedin": [_row(call, person, view) for view in referrals]}


def _row(call: Call, person: Person, view: FilingView) -> dict[str, Any]:
    kept = view.details["told"]
    words: dict[str, Any] = {
        "insutype": codes.INSUTYPE[person.scheme],
        "dcla_souc": codes.FROM_INSTITUTION,
        "psn_no": person.person_no,
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "gend": person.gender,
        "brdy": person.birth_date,
        "insu_optins": person.region,
        "emp_name": person.employer or None,
        "out_flag": codes.NO if kept.get("refl_type") == codes.REFERRED_IN_TOWN else codes.YES,
        "begndate": view.filed.begins_on,
        "enddate": view.filed.ends_on,
        "hosp_agre_refl_flag": kept.get("hosp_agre_refl_flag") or codes.YES,
        "opt_time": view.created_at,
    }
    return told(call.table, "refmedin", kept, words)
