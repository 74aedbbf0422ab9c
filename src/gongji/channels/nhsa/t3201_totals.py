"""3201 医药机构费用结算对总账: do an institution's totals of some days agree with the books (tables 146, 147)."""

from typing import Final

import msgspec

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.clearing_words import cares_of, days_of, with_refunds
from gongji.core.clearing import Totals
from gongji.core.money import format_yuan
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.reconciliation import Range, booked, totals_of

EQUAL, DIFFERENT = "0", "1"
"""对账结果：平、不平"""

DESCRIPTION: Final = 200
"""对账结果说明 is s(200)."""


async def handle(call: Call) -> Output | Refusal:
    """Equal or different, and by how much; both readings of "with refunds" are told when they differ."""
    row = call.values.node("data")
    cares, days = cares_of(row["clr_type"]), days_of(row)
    if isinstance(cares, Refusal):
        return cares
    if isinstance(days, Refusal):
        return days
    scheme = next((scheme for scheme, code in codes.INSUTYPE.items() if code == row["insutype"]), None)
    if scheme is None:
        known = "、".join(codes.INSUTYPE.values())
        return refuse(Code.INPUT_INVALID, field="insutype", what=f"insutype（险种）本平台只有 {known}")
    wanted = Range(first=days[0], last=days[1], region=row["setl_optins"], cares=cares, scheme=scheme)
    rows = await booked(call.platform, call.sender.institution, wanted)
    stated_rows, refunds = row["fixmedins_setl_cnt"], with_refunds(row)
    ours = totals_of(rows, refunds=refunds)
    returns = sum(one.returned for one in rows) if refunds else 0
    if ours.rows - returns <= stated_rows <= ours.rows:
        # A partial return is one row to some, and to others two: the whole taken back, the rest settled anew.
        ours = msgspec.structs.replace(ours, rows=stated_rows)
    stated = Totals(
        rows=stated_rows,
        total=row["medfee_sumamt"],
        fund=row["fund_pay_sumamt"],
        account=row["acct_pay"],
        cash=ours.cash,
    )
    words = {
        "setl_optins": row["setl_optins"],
        "stmt_rslt": EQUAL if stated == ours else DIFFERENT,
        "stmt_rslt_dscr": described(stated, ours)[:DESCRIPTION],
    }
    return {"stmtinfo": render_known(call.table, "stmtinfo", words)}


def described(stated: Totals, ours: Totals) -> str:
    """Each figure that differs, with both sides."""
    if stated == ours:
        return "平"
    told = [] if stated.rows == ours.rows else [f"笔数：机构 {stated.rows}，中心 {ours.rows}"]
    amounts = (
        ("医疗费总额", stated.total, ours.total),
        ("基金支付", stated.fund, ours.fund),
        ("个人账户支付", stated.account, ours.account),
    )
    told += [
        f"{name}：机构 {format_yuan(theirs)}，中心 {format_yuan(mine)}"
        for name, theirs, mine in amounts
        if theirs != mine
    ]
    return "不平。" + "；".join(told)
