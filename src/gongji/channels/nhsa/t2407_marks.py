"""2407 就医特殊属性查询: the sender's marks of stays, in pages (tables 114, 115); the rows are a list."""

from typing import Any

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.paging import page_of
from gongji.core.person import Institution, Person
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.people import institution_of, persons
from gongji.service.visit_marks import Asked, Mark, marks


async def handle(call: Call) -> Output | Refusal:
    """Tell a page of marks."""
    row = call.values.node("data")
    page = page_of(row["page_num"], row["page_size"])
    if isinstance(page, Refusal):
        return page
    asked = Asked(
        id=row["ipt_psn_sp_flag_detl_id"],
        visit=row["mdtrt_id"],
        person_no=row["psn_no"],
        number=row["ipt_otp_no"],
        kind=row["ipt_psn_sp_flag_type"],
        value=row["ipt_psn_sp_flag"],
    )
    code = call.sender.institution
    place = await institution_of(call.platform, code)
    if place is None:
        return refuse(Code.INSTITUTION_UNKNOWN, field="fixmedins_code", institution=code)
    found = await marks(call.platform, code, asked, page)
    people = await persons(call.platform, list({one.person_no for one in found}))
    return {"IptPsnSpFlagReg": [_row(call, one, people[one.person_no], place) for one in found]}


def _row(call: Call, one: Mark, person: Person, place: Institution) -> dict[str, Any]:
    words = {
        "ipt_psn_sp_flag_detl_id": one.id,
        "mdtrt_id": one.visit_id,
        "psn_no": person.person_no,
        "psn_cert_type": person.certificate_type,
        "certno": person.certificate_no,
        "psn_name": person.name,
        "fixmedins_code": place.code,
        "fixmedins_name": place.name,
        "ipt_otp_no": one.number,
        "ipt_psn_sp_flag_type": one.kind,
        "ipt_psn_sp_flag": one.value,
        "admdvs": place.region,
    }
    return render(call.table, "IptPsnSpFlagReg", words)
