"""4261 自费病人费用明细信息上传: care that a patient paid for himself (the tables have titles for nodes)."""

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.lines import stated
from gongji.core.money import MAX_FEN
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.self_paid import SelfPaidCare, upload


async def handle(call: Call) -> Output | Refusal:
    """Keep the visit with its lines; sent again, it replaces what came before. The answer has no output."""
    data = call.values.node("data")
    visit, lines = data["fmiOwnpayPatnMdtrtDDTO"], data["fmiOwnpayPatnFeeListDDTO"]
    for row in (visit, *lines):
        if row["fixmedinsCode"] not in (None, call.sender.institution):
            what = "fixmedinsCode（定点医药机构编号）不是本机构，只能上传本机构的自费费用"
            return refuse(Code.INPUT_INVALID, field="fixmedinsCode", what=what)
    numbers = [line["bkkpSn"] for line in lines]
    twice = next((number for number in numbers if numbers.count(number) > 1), None)
    if twice is not None:
        return refuse(Code.FEE_DUPLICATE, field="bkkpSn", line=twice)
    total = sum(line["detItemFeeSumamt"] for line in lines if line["valiFlag"] != codes.NO)
    if total > MAX_FEN:
        return refuse(Code.BILL_INVALID, field="detItemFeeSumamt", what="明细合计超出可上传的最大金额")
    care = SelfPaidCare(visit=visit["mdtrtId"], certificate_no=visit["certno"], total=total, document=stated(data))
    answer = await upload(call.platform, call.sender, care)
    return answer if isinstance(answer, Refusal) else None
