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


def _reduced(step: Step) -> str:
    line = int(step.facts[0])
    return f"起付线 {_yuan(line)} 减 {_yuan(step.amount)}（家庭医生签约等减免条件），为 {_yuan(line - step.amount)}"


def _once_a_year(step: Step) -> str:
    line, used = step.facts
    return (
        f"起付线一年只付一次，按最高级别：本级 {_yuan(line)}，本年已付 {_yuan(used)}，"
        f"本次计入 {_yuan(step.amount)}，由个人负担"
    )


def _merged(step: Step) -> str:
    line, used = step.facts
    return f"门诊与住院合并的起付线 {_yuan(line)}，本年已用 {_yuan(used)}，本次计入 {_yuan(step.amount)}，由个人负担"


def _per_visit(step: Step) -> str:
    line, used, stop = step.facts
    year = "" if int(stop) < 0 else f"，全年 {_yuan(stop)} 为止，本年已付 {_yuan(used)}"
    return f"每次起付线 {_yuan(line)}{year}，本次计入 {_yuan(step.amount)}，由个人负担"


def _monthly(step: Step) -> str:
    line, used, monthly = step.facts
    return (
        f"每月起付线 {_yuan(monthly)}，全年 {_yuan(line)} 为止，本年已付 {_yuan(used)}，"
        f"本次计入 {_yuan(step.amount)}，由个人负担"
    )


def _by_stay(step: Step) -> str:
    line, _, stay = step.facts
    return f"本年第 {stay} 次住院起付线 {_yuan(line)}，本次计入 {_yuan(step.amount)}，由个人负担"


def _points(step: Step) -> str:
    points, missing = int(step.facts[0]), int(step.facts[1])
    why = f"缴费年限缺 {missing} 年，" if missing else "符合身份、家庭医生签约等加减条件，"
    return f"{why}统筹支付比例{'加' if points > 0 else '减'} {format_percent(abs(points)).rstrip('%')} 个百分点"


def _bands(step: Step) -> str:
    above, *rest = (int(fact) for fact in step.facts)
    pairs = zip(rest[::2], rest[1::2], strict=True)
    parts = "，".join(f"{_yuan(length)} 按 {format_percent(share)}" for length, share in pairs)
    told = f"，分段支付：{parts}" if parts else "，超出限额"
    return f"起付线以上 {_yuan(above)}{told}，统筹支付 {_yuan(step.amount)}"


def _away_first(step: Step) -> str:
    place, filing, base, share = step.facts
    return f"{place}（{filing}），{_yuan(base)} 先自付 {format_percent(int(share))}，计 {_yuan(step.amount)}"


def _away_points(step: Step) -> str:
    place, filing, points = step.facts
    if not int(points):
        return f"{place}（{filing}），支付比例与参保地相同"
    return f"{place}（{filing}），统筹支付比例减 {format_percent(int(points)).rstrip('%')} 个百分点"


def _ratio(step: Step) -> str:
    above, share = step.facts
    return f"起付线以上 {_yuan(above)}，统筹按 {format_percent(int(share))} 支付 {_yuan(step.amount)}"


def _cap(step: Step) -> str:
    cap, used, beyond, share = step.facts
    text = f"统筹年度最高支付 {_yuan(cap)}，本年已付 {_yuan(used)}，超出部分对应费用 {_yuan(beyond)}"
    if share:
        return f"{text}，由补充基金按 {format_percent(int(share))} 支付 {_yuan(step.amount)}"
    return f"{text}，由个人负担"


def _cap_on_spending(step: Step) -> str:
    cap, used, beyond, share = step.facts
    text = f"纳入统筹的年度费用限额 {_yuan(cap)}，本年已有 {_yuan(used)}，超出 {_yuan(beyond)}"
    if share:
        return f"{text}，由补充基金按 {format_percent(int(share))} 支付 {_yuan(step.amount)}"
    return f"{text}，由个人负担"


def _drawn(step: Step) -> str:
    relation, mode, cap, *left = step.facts
    limit = "" if int(cap) < 0 else f"（授权人设定每次最多 {_yuan(cap)}）"
    if left:
        limit += f"，授权人设定的限额还剩 {_yuan(left[0])}"
    return f"共济账户（{relation}，{mode}）支付 {_yuan(step.amount)}{limit}"


def _not_drawn(step: Step) -> str:
    relation, reason, *detail = step.facts
    about = f"（{detail[0]}）" if detail else ""
    return f"共济账户（{relation}）未动用：{reason}{about}"


_TEXTS: dict[str, Callable[[Step], str]] = {
    "bill.eligible": _eligible,
    "bill.catalogue": lambda s: (
        f"异地就医：哪些费用在政策范围内，看就医地（{s.facts[0]}）的医保目录；怎样支付，按参保地（{s.facts[1]}）的规定"
    ),
    "bill.person_share": lambda s: f"只计算个人负担 {_yuan(s.amount)} 由谁支付，不再计算统筹",
    "own.current_year_first": lambda s: f"先用本人当年账户支付 {_yuan(s.amount)}（余额 {_yuan(s.facts[0])}）",
    "deductible.annual_cumulative": _deductible,
    "deductible.once_a_year_highest_level": _once_a_year,
    "deductible.annual_merged": _merged,
    "deductible.per_visit": _per_visit,
    "deductible.monthly_annual": _monthly,
    "deductible.by_stay": _by_stay,
    "deductible.none": lambda _: "不设起付线",
    "deductible.reduced": _reduced,
    "ratio.points": _points,
    "ratio.fund_share": _ratio,
    "ratio.bands": _bands,
    "cap.fund_payment": _cap,
    "cap.eligible_spending": _cap_on_spending,
    "away.home": lambda _: "省内异地就医，按参保地待遇计算",
    "away.first_self_pay": _away_first,
    "away.ratio_points": _away_points,
    "pharmacy.prescription": lambda s: f"凭处方在定点药店购药，按{s.facts[0]}医疗机构门诊待遇计算",
    "pharmacy.no_prescription": lambda _: "没有外配处方，统筹基金不支付，由个人账户或现金支付",
    "pharmacy.benefit_unknown": lambda s: f"{s.facts[0]}药店统筹待遇未收录，按统筹不支付计算，以参保地答复为准",
    "account.not_payable": lambda s: f"{s.facts[0]} {_yuan(s.amount)} 不能用个人账户或共济资金支付，须付现金",
    "account.purpose_barred": lambda s: (
        f"{s.facts[0]} {_yuan(s.amount)} 不能用个人账户或共济资金支付（{s.facts[1]}），须付现金"
    ),
    "own.wallet": lambda s: f"本人医保钱包支付 {_yuan(s.amount)}（余额 {_yuan(s.facts[0])}）",
    "own.account": lambda s: f"{_SEGMENT_NAMES[str(s.facts[0])]}支付 {_yuan(s.amount)}（余额 {_yuan(s.facts[1])}）",
    "sharing.drawn": _drawn,
    "sharing.not_drawn": _not_drawn,
    "cash": lambda s: f"其余 {_yuan(s.amount)} 由个人现金支付",
}


def explain(step: Step) -> str:
    """The sentence that tells why this step gave its amount."""
    return _TEXTS[step.rule](step)
