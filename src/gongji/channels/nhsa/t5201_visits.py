"""5201 就诊信息查询: a patient's visits at the sender's (tables 267, 268)."""

from datetime import datetime, time
from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.kept import told
from gongji.core.codes import Care
from gongji.core.person import Person
from gongji.core.refusal import Refusal
from gongji.service.inquiries import PastVisit, visits_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the visits of a period with what the institution told about them."""
    row = call.values.node("data")
    care = codes.benefit_of(row["med_type"])
    if isinstance(care, Refusal):
        return care
    period = (row["begntime"].date(), row["endtime"].date())
    found = await visits_of(call.platform, call.sender.institution, row["psn_no"], period, [care], row["mdtrt_id"])
    if isinstance(found, Refusal):
        return found
    person, visits = found
    return {"mdtrtinfo": [_row(call, person, visit) for visit in visits if visit.state == "open"]}


def _row(call: Call, person: Person, visit: PastVisit) -> dict[str, Any]:
    described = visit.details.get("mdtrtinfo") or {}
    kept = {name: value for name, value in (visit.details | described).items() if name not in _OWN}
    words = {
        "mdtrt_id": visit.id,
        "psn_no": person.person_no,
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "gend": person.gender,
        "brdy": person.birth_date,
        "age": person.age_on(visit.began_on),
        "insutype": codes.INSUTYPE[person.scheme],
        "psn_type": codes.PSN_TYPE[person.status],
        "cvlserv_flag": codes.NO,
        "insu_optins": person.region,
        "emp_name": person.employer or None,
        "begntime": datetime.combine(visit.began_on, time.min),
        "endtime": datetime.combine(visit.began_on, time.min),
        "med_type": described.get("med_type") or codes.MED_TYPE_OF_CARE[visit.care],
        "ipt_otp_no": visit.number or None,
        "opt_time": visit.created_at,
    }
    if "begntime" in described:
        words["begntime"] = words["endtime"] = datetime.fromisoformat(described["begntime"])
    if visit.care is Care.INPATIENT:
        told_end = (visit.details.get("discharge") or {}).get("dscginfo") or {}
        words["endtime"] = datetime.fromisoformat(told_end["endtime"]) if visit.ended_on else None
    return told(call.table, "mdtrtinfo", kept, words)


_OWN = frozenset({"begntime", "med_type", "mdtrt_id", "psn_no"})
"""Told by the books, not by what was described."""
