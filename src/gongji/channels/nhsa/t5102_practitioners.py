"""5102 医执人员信息查询: the sender's own doctors, nurses, pharmacists, technicians (tables 265, 266)."""

from datetime import datetime, time
from typing import Any

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Refusal
from gongji.service.departments import Practitioner, practitioners_of


async def handle(call: Call) -> Output | Refusal:
    """Tell the staff of one kind; what is stated besides must agree."""
    row = call.values.node("data")
    found = await practitioners_of(
        call.platform,
        call.sender.institution,
        row["prac_psn_type"],
        code=row["prac_psn_code"],
        name=row["prac_psn_name"],
        certificate_no=row["certno"],
    )
    return {"feedetail": [render(call.table, "feedetail", _words(one)) for one in found]}


def _words(one: Practitioner) -> dict[str, Any]:
    return {
        "psn_cert_type": one.certificate_type,
        "certno": one.certificate_no,
        "prac_psn_code": one.code,
        "prac_psn_name": one.name,
        "prac_psn_type": one.kind,
        "hi_dr_flag": codes.YES if one.insurance_doctor else codes.NO,
        "begntime": datetime.combine(one.begins_on, time.min),
        "endtime": None if one.ends_on is None else datetime.combine(one.ends_on, time.min),
    }
