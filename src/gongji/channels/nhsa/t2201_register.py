"""2201 门诊挂号: register a visit and issue its id (tables 72, 73)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.claims import claimed_of
from gongji.channels.nhsa.lines import stated
from gongji.core.refusal import Refusal
from gongji.service.visits import Registration, register

_DETAILS = ("atddr_no", "dr_name", "dept_code", "dept_name", "caty", "exp_content")


async def handle(call: Call) -> Output | Refusal:
    """Register a visit of the patient who showed his credential."""
    row = call.values.node("data")
    claimed = claimed_of(row)
    if isinstance(claimed, Refusal):
        return claimed
    registration = Registration(
        person_no=row["psn_no"],
        claimed=claimed,
        number=row["ipt_otp_no"],
        on=row["begntime"].date(),
        details=stated({name: row[name] for name in _DETAILS}),
    )
    answer = await register(call.platform, call.sender, registration)
    if isinstance(answer, Refusal):
        return answer
    words = {"mdtrt_id": answer["visit"], "psn_no": row["psn_no"], "ipt_otp_no": row["ipt_otp_no"]}
    return {"data": render(call.table, "data", words)}
