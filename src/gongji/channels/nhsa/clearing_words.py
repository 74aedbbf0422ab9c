"""What 3201 to 3203 have in common: kinds of clearing, days, amounts (清算类别、日期、金额)."""

from datetime import date
from typing import Final

from gongji.channels.nhsa import codes, tables
from gongji.channels.nhsa.fields import Record
from gongji.core.codes import Care
from gongji.core.refusal import Code, Refusal, refuse

WITHOUT_REFUNDS: Final = "0"
"""退费结算标志：总账不含退费数据。1, empty or missing: with them."""

LONGEST: Final = 366
"""Days that one reconciliation may cover."""


def cares_of(clr_type: str) -> tuple[Care, ...] | Refusal:
    """The kinds of care that a clearing type stands for, as our settlements are answered."""
    found = tuple(care for care, code in codes.CLR_TYPE.items() if code == clr_type)
    if found:
        return found
    known = "、".join(sorted({f"{code} {tables.dictionary('clr_type')[code]}" for code in codes.CLR_TYPE.values()}))
    what = f"clr_type（清算类别）{clr_type} 不是本平台的清算类别，可选：{known}"
    return refuse(Code.INPUT_INVALID, field="clr_type", what=what)


def days_of(row: Record) -> tuple[date, date] | Refusal:
    """First and last day of a reconciliation."""
    first, last = row["stmt_begndate"], row["stmt_enddate"]
    if last < first:
        return refuse(Code.INPUT_INVALID, field="stmt_enddate", what="对账结束日期早于开始日期")
    if (last - first).days >= LONGEST:
        return refuse(Code.INPUT_INVALID, field="stmt_enddate", what=f"一次最多对 {LONGEST} 天的账")
    return first, last


def with_refunds(row: Record) -> bool:
    """Whether totals are meant with what was taken back."""
    flag = row["refd_setl_flag"] or row["fixmedins_refd_setl_flag"] or ""
    return not (flag.isdigit() and int(flag) == int(WITHOUT_REFUNDS))
