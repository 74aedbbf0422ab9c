"""6101 解析医保电子凭证二维码: a code is read once, and a token given for it (tables 291, 292)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.vouchers import read


async def handle(call: Call) -> Output | Refusal:
    """Read an e-voucher's code and issue the token by which further messages name the patient."""
    row = call.values.node("InData")
    code = row["ecQrCode"] or row["businessInfo"]
    if not code:
        what = "缺少 ecQrCode（医保码二维码码值），请扫参保人的医保码"
        return refuse(Code.INPUT_INVALID, field="ecQrCode", what=what)
    token = await read(call.platform, call.sender, code)
    if isinstance(token, Refusal):
        return token
    person = token.person
    words = {
        "userName": person.name,
        "idNo": person.certificate_no,
        "idType": person.certificate_type,
        "ecToken": token.token,
        "insuOrg": person.region,
        "authNo": token.serial,
        "gender": person.gender,
        "birthday": person.birth_date.isoformat(),
    }
    return {"OutData": render(call.table, "OutData", words)}
