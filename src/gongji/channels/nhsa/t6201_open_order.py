"""6201 费用明细上传: a bill that its patient will pay on his phone (tables 293 to 296)."""

from datetime import date
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.fields import Record
from gongji.channels.nhsa.lines import raw_line, stated
from gongji.channels.nhsa.orders import own_code
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.commands import Claimed, Credential, FeeLine
from gongji.service.mobile_orders import Opening, open_order, pay_token
from gongji.service.visits import Billed, split_lines
from gongji.service.vouchers import owner_of

_LINE: Final = {
    "feedetl_sn": "feedetlSn",
    "med_list_codg": "medListCodg",
    "medins_list_codg": "medinsListCodg",
    "det_item_fee_sumamt": "detItemFeeSumamt",
    "cnt": "cnt",
    "pric": "pric",
    "fee_ocur_time": "feeOcurTime",
    "hosp_appr_flag": "hospApprFlag",
    "init_feedetl_sn": "initFeedetlSn",
    "rx_circ_flag": "rxCircFlag",
    "bilg_dept_codg": "bilgDeptCodg",
    "bilg_dept_name": "bilgDeptName",
    "bilg_dr_codg": "bilgDrCodg",
    "bilg_dr_name": "bilgDrName",
}
"""Names of the ordinary fee lines for those of this transaction."""


async def handle(call: Call) -> Output | Refusal:
    """Keep bill, visit and lines, and issue the order."""
    row = call.values.node("data")
    on = _day(row["begntime"])
    refusal = own_code(call, row) or (on if isinstance(on, Refusal) else None)
    if refusal:
        return refusal
    claimed, lines = await _claimed(call, row), await _lines(call, row, on)
    for part in (claimed, lines):
        if isinstance(part, Refusal):
            return part
    opening = _opening(row, claimed, lines, on)
    if isinstance(opening, Refusal):
        return opening
    order = await open_order(call.platform, call.sender, opening)
    if isinstance(order, Refusal):
        return order
    async with call.platform.pool.connection() as conn:
        token = await pay_token(conn, order)
    words = {"payOrdId": order.id, "payToken": token}
    return {"data": render(call.table, "data", words)}


def _day(text: str) -> Any:
    try:
        return date.fromisoformat(text[:10])
    except ValueError:
        return refuse(Code.INPUT_INVALID, field="begntime", what="begntime（开始时间）应为 yyyy-MM-dd HH:mm:ss")


async def _claimed(call: Call, row: Record) -> Any:
    scheme = codes.scheme_of(row["insutype"])
    if isinstance(scheme, Refusal):
        return scheme
    owner = await owner_of(call.platform, call.sender, row["ecToken"], use=True)
    if isinstance(owner, Refusal):
        return owner
    return Claimed(
        credential=Credential(kind="voucher", number=row["ecToken"], owner=owner),
        certificate_no=row["idNo"] or "",
        name=row["userName"] or "",
        scheme=scheme,
    )


async def _lines(call: Call, row: Record, on: Any) -> Any:
    raw = [raw_line({name: line.get(sent) for name, sent in _LINE.items()}) for line in row["feedetailList"]]
    billed = Billed(person_no=row["psnNo"], institution=call.sender.institution, on=on)
    split = await split_lines(call.platform, billed, raw)
    return split if isinstance(split, Refusal) else [line.line for line in split]


def _opening(row: Record, claimed: Claimed, lines: list[FeeLine], on: date) -> Opening | Refusal:
    care, use = codes.care_of(row["medType"]), codes.account_use_of(row["acctUsedFlag"])
    if isinstance(care, Refusal):
        return care
    if isinstance(use, Refusal):
        return use
    return Opening(
        org_order=row["medOrgOrd"],
        person_no=row["psnNo"],
        claimed=claimed,
        visit_id=row["mdtrtId"] or "",
        visit_number=row["iptOtpNo"],
        on=on,
        batch=row["chrgBchno"],
        care=care,
        account_use=use,
        total=row["medfeeSumamt"],
        lines=lines,
        declared={"mdtrt_cert_type": "01", "med_type": row["medType"]},
        details=stated({"dept_name": row["deptName"], "caty": row["caty"], "diseinfo": row["diseinfoList"]}),
    )
