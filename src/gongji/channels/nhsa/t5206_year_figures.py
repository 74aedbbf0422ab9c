"""5206 人员累计信息查询: a person's yearly figures (tables 275, 276).

The specification has no dictionary of cum_type_code; the codes here are this platform's and stand on the reference
page. The figures are kept by year: cum_ym is the December of the year, and a month asked for names its year.
"""

from collections.abc import Iterator
from typing import Any, Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.answer import render
from gongji.channels.nhsa.call import Call, Output
from gongji.core.codes import Care
from gongji.core.refusal import Code, Refusal, refuse
from gongji.service.inquiries import YearFigures, year_figures

CUM_TYPES: Final = {
    "deductible": ("01", "起付线累计"),
    "eligible": ("02", "政策范围内费用累计"),
    "pool": ("03", "统筹基金支付累计"),
    "events": ("04", "就医次数累计"),
}
"""累计类别代码 follows the benefit's 医疗类别: 1101 is the deductible of ordinary outpatient care."""

_YEAR_MONTH: Final = 6


async def handle(call: Call) -> Output | Refusal:
    """Tell every figure of every year, or of the year of one month."""
    row = call.values.node("data")
    month: str | None = row["cum_ym"]
    if month is not None and (len(month) != _YEAR_MONTH or not month.isdecimal()):
        what = "cum_ym（累计年月）应为 6 位年月，例如 202601"
        return refuse(Code.INPUT_INVALID, field="cum_ym", what=what)
    found = await year_figures(call.platform, row["psn_no"])
    if isinstance(found, Refusal):
        return found
    person, years = found
    wanted = [one for one in years if month is None or one.year == int(month[:4])]
    insutype = codes.INSUTYPE[person.scheme]
    return {
        "cuminfo": [
            render(call.table, "cuminfo", {"insutype": insutype} | words) for one in wanted for words in _words(one)
        ]
    }


def _words(one: YearFigures) -> Iterator[dict[str, Any]]:
    med_type = codes.MED_TYPE_OF_CARE[Care(one.benefit)]
    for name, (code, _) in CUM_TYPES.items():
        value = getattr(one.figures, name)
        yield {
            "year": f"{one.year:04d}",
            "cum_ym": f"{one.year:04d}12",
            "cum_type_code": f"{med_type}{code}",
            "cum": value * 100 if name == "events" else value,
        }
