"""4262 已上传费用对账接口: does the uploaded total of a self-paid visit agree."""

from decimal import Decimal
from typing import Final

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.core.lines import product
from gongji.core.money import format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.self_paid import compare

OUTPUT: Final = "输出"
DONE: Final = {"code": "0", "type": "success", "message": "成功"}

EQUAL, DIFFERENT = "0", "1"
"""对账结果：平、不平"""


async def handle(call: Call) -> Output | Refusal:
    """Compare and keep what was stated, so that 4263 can list the differences."""
    row = call.values.node("data")
    stated: Decimal = row["totalFeeSumamt"]
    if stated < 0:
        return refuse(Code.BILL_INVALID, field="totalFeeSumamt", what="总费用不能为负数")
    if row["fixmedinsCode"] not in (None, call.sender.institution):
        what = "fixmedinsCode（定点医药机构编号）不是本机构"
        return refuse(Code.INPUT_INVALID, field="fixmedinsCode", what=what)
    fen = product(Decimal(1), stated)
    answer = await compare(call.platform, call.sender, row["mdtrtId"], fen)
    if isinstance(answer, Refusal):
        return answer
    equal = answer["uploaded"] == fen
    told = "一致" if equal else f"已上传 {format_yuan(answer['uploaded'])} 元，与本次 {format_yuan(fen)} 元不一致"
    result = {"stmtResult": EQUAL if equal else DIFFERENT, "stmtRema": told}
    return render_known(call.table, OUTPUT, DONE) | {"data": result}
