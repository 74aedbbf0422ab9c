"""1162 解析医保电子凭证并获取人员信息: a code is read once, and the person told (Inner Mongolia's client)."""

from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.t1101_person import person_nodes
from gongji.core.refusal import Refusal
from gongji.service.people import holding_of
from gongji.service.vouchers import read


async def handle(call: Call) -> Output | Refusal:
    """Read an e-voucher's code and issue the token by which further messages name the patient."""
    token = await read(call.platform, call.sender, call.values.node("data")["ecQrCode"])
    if isinstance(token, Refusal):
        return token
    holding = await holding_of(call.platform, token.person.person_no)
    if isinstance(holding, Refusal):
        return holding
    voucher = {
        "psn_cert_type": token.person.certificate_type,
        "certno": token.person.certificate_no,
        "psn_name": token.person.name,
        "ecToken": token.token,
    }
    return person_nodes(call, holding) | {"cardecinfo": render(call.table, "cardecinfo", voucher)}
