"""2501 转院备案: file a referral to a hospital elsewhere (tables 116, 117)."""

from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.filings import file_it, told
from gongji.core.codes import Filing
from gongji.core.filing import Subject
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.filings import FilingRequest
from gongji.service.people import institution_of


async def handle(call: Call) -> Output | Refusal:
    """File a referral; it holds in the region of the hospital from its first day on."""
    row = call.values.node("refmedin")
    target = await institution_of(call.platform, row["reflin_medins_no"])
    if target is not None and target.region != row["mdtrtarea_admdvs"]:
        what = f"转往医院在 {target.region}，与就医地区划 {row['mdtrtarea_admdvs']} 不一致"
        return refuse(Code.FILING_INVALID, field="mdtrtarea_admdvs", what=what)
    request = FilingRequest(
        person_no=row["psn_no"],
        subject=Subject.AWAY,
        kind=Filing.REFERRAL,
        place=row["mdtrtarea_admdvs"],
        begins_on=row["begndate"] or row["refl_date"],
        ends_on=row["enddate"],
        details=told(row, row["reflin_medins_no"]),
    )
    return await file_it(call, request)
