"""The words of each step: one sentence in Chinese that an insured person can follow."""

from collections.abc import Callable

from gongji.core.case import Step
from gongji.core.codes import Segment
from gongji.core.money import Fen, format_percent, format_yuan

_SEGMENT_NAMES = {
    Segment.WHOLE.value: "本人个人账户",
    Segment.CURRENT_YEAR.value: "本人当年账户",
    Segment.HISTORICAL.value: "本人历年账户",
}


def _yuan(amount: Fen | str) -> str:
    return f"{format_yuan(int(amount))} 元"


def _eligible(step: Step) -> str:
    total, full, over, first = step.facts
    parts = [
        f"{name} {_yuan(amount)}"
        for name, amount in (("全自费", full), ("超限价", over), ("先行自付", first))
        if amount
    ]
    less = "，减去" + "、".join(parts) if parts else ""
    return f"账单总额 {_yuan(total)}{less}，符合政策范围 {_yuan(step.amount)}"


def _deductible(step: Step) -> str:
    line, used = step.facts
    return f"起付线 {_yuan(line)}，本年已用 {_yuan(used)}，本次计入 {_yuan(step.amount)}，由个人负担"


def _ratio(step: Step) -> str:
    above, share = step.facts
    return f"起付线以上 {_yuan(above)}，统筹按 {format_percent(int(share))} 支付 {_yuan(step.amount)}"


def _cap(step: Step) -> str:
    cap, used, beyond, share = step.facts
    text = f"统筹年度最高支付 {_yuan(cap)}，本年已付 {_yuan(used)}，超出部分对应费用 {_yuan(beyond)}"
    if share:
        return f"{text}，由补充基金按 {format_percent(int(share))} 支付 {_yuan(step.amount)}"
    return f"{text}，由个人负担"


def _drawn(step: Step) -> str:
    relation, mode, cap = step.facts
    limit = "" if int(cap) < 0 else f"（授权人设定每次最多 {_yuan(cap)}）"
    return f"共济账户（{relation}，{mode}）支付 {_yuan(step.amount)}{limit}"


_TEXTS: dict[str, Callable[[Step], str]] = {
    "bill.eligible": _eligible,
    "bill.person_share": lambda s: f"只计算个人负担 {_yuan(s.amount)} 由谁支付，不再计算统筹",
    "own.current_year_first": lambda s: f"先用本人当年账户支付 {_yuan(s.amount)}（余额 {_yuan(s.facts[0])}）",
    "deductible.annual_cumulative": _deductible,
    "ratio.fund_share": _ratio,
    "cap.fund_payment": _cap,
    "pharmacy.prescription": lambda s: f"凭处方在定点药店购药，按{s.facts[0]}医疗机构门诊待遇计算",
    "pharmacy.no_prescription": lambda _: "没有外配处方，统筹基金不支付，由个人账户或现金支付",
    "pharmacy.benefit_unknown": lambda s: f"{s.facts[0]}药店统筹待遇未收录，按统筹不支付计算，以参保地答复为准",
    "account.not_payable": lambda s: f"{s.facts[0]} {_yuan(s.amount)} 不能用个人账户或共济资金支付，须付现金",
    "own.account": lambda s: f"{_SEGMENT_NAMES[str(s.facts[0])]}支付 {_yuan(s.amount)}（余额 {_yuan(s.facts[1])}）",
    "sharing.drawn": _drawn,
    "sharing.not_drawn": lambda s: f"共济账户（{s.facts[0]}）未动用：{s.facts[1]}",
    "cash": lambda s: f"其余 {_yuan(s.amount)} 由个人现金支付",
}


def explain(step: Step) -> str:
    """The sentence that tells why this step gave its amount."""
    return _TEXTS[step.rule](step)
