"""The quality check (质控) of a settlement list: what contradicts itself, or the settlement in the books."""

from collections.abc import Iterator
from typing import Final

from gongji.channels.nhsa import codes
from gongji.channels.nhsa.fields import Values
from gongji.channels.nhsa.settlements import payments
from gongji.core.money import format_yuan
from gongji.service.records import SettlementView
from gongji.service.settlement_lists import QualityFinding

ERROR, HINT = "1", "2"
"""Error level (错误等级): for an error the list goes back."""


def check(values: Values, view: SettlementView) -> list[QualityFinding]:
    """What is wrong with a list; nothing when it is as it should be."""
    return [*_diagnoses(values), *_days(values), *_payments(values, view)]


def _diagnoses(values: Values) -> Iterator[QualityFinding]:
    rows = values.rows("diseinfo")
    main = [row for row in rows if row["maindiag_flag"] == codes.YES]
    if len(main) != 1:
        problem = "没有诊断" if not rows else f"主诊断应有且只有一个，现有 {len(main)} 个"
        yield QualityFinding(field="maindiag_flag", problem=problem, level=ERROR, value=str(len(main)))
    seen: set[str] = set()
    for row in rows:
        code = row["diag_code"]
        if code in seen:
            yield QualityFinding(field="diag_code", problem="诊断代码重复", level=HINT, value=code)
        seen.add(code)


_ORDERED: Final = (
    ("adm_time", "dscg_time", "入院时间晚于出院时间"),
    ("setl_begn_date", "setl_end_date", "结算开始日期晚于结算结束日期"),
)


def _days(values: Values) -> Iterator[QualityFinding]:
    info = values.node("setlinfo")
    for first, last, problem in _ORDERED:
        begin, end = info[first], info[last]
        if begin is not None and end is not None and begin > end:
            yield QualityFinding(field=first, problem=problem, level=ERROR, value=str(begin))


def _payments(values: Values, view: SettlementView) -> Iterator[QualityFinding]:
    """The funds' payments must be those of the books; a list without any is not complete."""
    booked = payments(view.settlement)
    listed: dict[str, int] = {}
    for row in values.rows("payinfo"):
        kind = row["fund_pay_type"]
        listed[kind] = listed.get(kind, 0) + row["fund_payamt"]
    for kind in sorted(booked.keys() | listed.keys()):
        here, there = listed.get(kind, 0), booked.get(kind, 0)
        if here != there:
            problem = f"基金支付类型 {kind} 的金额与结算记录 {format_yuan(there)} 元不一致"
            yield QualityFinding(field="fund_payamt", problem=problem, level=ERROR, value=format_yuan(here))
