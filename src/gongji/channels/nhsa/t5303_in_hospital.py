"""5303 在院信息查询: who is in this hospital (tables 281, 282)."""

from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.codes import Place
from gongji.core.refusal import Refusal
from gongji.service.inquiries import Inpatient, in_hospital
from gongji.service.people import institution_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the patients that the sender admitted in a period and did not discharge."""
    row = call.values.node("data")
    period = (row["begntime"].date(), row["endtime"].date())
    found = await in_hospital(call.platform, call.sender.institution, period, row["psn_no"])
    here = await institution_of(call.platform, call.sender.institution)
    region = here.region if here else ""
    return {"data": [_row(call, one, region) for one in found]}


def _row(call: Call, one: Inpatient, region: str) -> dict[str, Any]:
    person, visit = one.patient, one.visit
    away = call.platform.book.place_of(person.region, region) is not Place.HOME
    told = visit.details.get("mdtrtinfo") or {}
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
        "begndate": visit.began_on,
        "med_type": told.get("med_type") or codes.MED_TYPE_OF_CARE[visit.care],
        "ipt_otp_no": visit.number,
        "out_flag": codes.YES if away else codes.NO,
    }
    return render(call.table, "data", words)
