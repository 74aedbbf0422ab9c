"""3203 清算申请: an institution asks to be paid for a time that is over (tables 152, 153)."""

from gongji.channels.nhsa.answer import render_known
from gongji.channels.nhsa.call import Call, Output
from gongji.channels.nhsa.clearing_words import cares_of
from gongji.channels.nhsa.lines import stated
from gongji.core.clearing import Totals, parse_month
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.applications import Asked, apply


async def handle(call: Call) -> Output | Refusal:
    """Take the application if its amounts are those of the books, and tell its number."""
    row = call.values.node("data")
    cares = cares_of(row["clr_type"])
    if isinstance(cares, Refusal):
        return cares
    month = parse_month(row["setlym"])
    if month is None:
        return refuse(Code.INPUT_INVALID, field="setlym", what="setlym（清算年月）应为 yyyyMM")
    asked = Asked(
        category=row["clr_type"],
        cares=cares,
        month=f"{month:%Y%m}",
        begins_on=row["begndate"],
        ends_on=row["enddate"],
        totals=Totals(
            total=row["medfee_sumamt"],
            fund=row["fund_appy_sum"],
            account=row["acct_pay"],
            cash=row["cash_payamt"],
        ),
        stated=stated(row),
    )
    answer = await apply(call.platform, call.sender, asked)
    if isinstance(answer, Refusal):
        return answer
    return {"result": render_known(call.table, "result", {"clr_appy_evt_id": answer["id"]})}
