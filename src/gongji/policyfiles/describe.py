"""A rule's figures as short lines in Chinese, for tables and pages."""

from collections.abc import Callable, Iterable
from typing import Any

from gongji.core.codes import Term
from gongji.core.money import format_percent, format_yuan
from gongji.core.policy import (
    BindingProof,
    Cap,
    Deductible,
    Draw,
    Kin,
    MedicalYear,
    Payable,
    Prescription,
    Ratio,
    Rule,
    Segments,
    SharingLimits,
    SharingPurposes,
    SharingReach,
    When,
)

RULE_NAMES = {
    "outpatient.deductible": "门诊起付标准",
    "outpatient.ratio": "门诊统筹支付比例",
    "outpatient.cap": "门诊最高支付限额",
    "pharmacy.prescription": "药店外配处方",
    "account.segments": "个人账户分段",
    "account.medical_year": "医保年度",
    "account.payable": "个人账户支付范围",
    "sharing.kin": "共济亲属范围",
    "sharing.reach": "共济地域范围",
    "sharing.limits": "共济人数限制",
    "sharing.purposes": "共济用途",
    "sharing.draw": "共济支付顺序",
    "sharing.binding": "共济绑定手续",
}
"""Chinese names of the rules."""

_DRAW_ORDERS = {"chosen": "按家庭选择的顺序", "largest_balance": "余额大的先用"}


def _labels(terms: Iterable[Term]) -> str:
    return "、".join(term.label for term in terms)


def _condition(when: When) -> str:
    """The bills a row is for, in a few words."""
    flags = (
        (when.community, "社区"),
        (when.village, "村卫生室"),
        (when.top, "三级特等"),
        (when.gp_signed, "家庭医生签约"),
    )
    parts = [term.label for term in (when.level, when.grade, when.status, when.care) if term is not None]
    parts += [name if flag else f"非{name}" for flag, name in flags if flag is not None]
    spans = (
        (when.age_from, "满 {} 岁"),
        (when.age_below, "不满 {} 岁"),
        (when.retired_from, "{} 及以后退休"),
        (when.retired_before, "{} 以前退休"),
        (when.stay_from, "第 {} 次住院起"),
    )
    parts += [text.format(value) for value, text in spans if value is not None]
    return "，".join(parts) or "全部人员"


def _deductible(rule: Deductible) -> list[str]:
    return [f"{_condition(row.when)}：{format_yuan(row.amount)} 元" for row in rule.rows]


def _ratio(rule: Ratio) -> list[str]:
    return [f"{_condition(row.when)}：{format_percent(row.share)}" for row in rule.rows]


def _cap(rule: Cap) -> list[str]:
    amounts = ((row.when, "不封顶" if row.amount is None else f"{format_yuan(row.amount)} 元") for row in rule.rows)
    lines = [f"{_condition(when)}：{amount}" for when, amount in amounts]
    return [*lines, f"以上由补充基金支付 {format_percent(rule.above_share)}"] if rule.above_share else lines


def _segments(rule: Segments) -> list[str]:
    if not rule.kept:
        return ["不分段"]
    return ["分当年、历年", "先用当年账户，再计起付线"] if rule.current_year_pays_first else ["分当年、历年"]


def _limits(rule: SharingLimits) -> list[str]:
    def people(limit: int | None) -> str:
        return "不限" if limit is None else f"最多 {limit} 位"

    return [
        f"授权人绑定使用人：{people(rule.users_per_authoriser)}",
        f"使用人接受授权人：{people(rule.authorisers_per_user)}",
    ]


def _draw(rule: Draw) -> list[str]:
    flags = (
        (rule.one_account_must_cover, "一次只能由一个共济账户付清"),
        (rule.own_must_be_zero, "本人账户为零才可使用"),
        (rule.historical_only, "只用授权人的历年账户"),
        (rule.automatic, "结算时自动使用"),
    )
    return [_DRAW_ORDERS[rule.order], *(text for flag, text in flags if flag)]


def _binding(rule: BindingProof) -> list[str]:
    confirm = ["使用人须确认"] if rule.confirm_by_user else []
    return [f"告知书：{rule.notice}", f"承诺书：{rule.commitment}", *confirm]


_LINES: dict[type[Any], Callable[[Any], list[str]]] = {
    Deductible: _deductible,
    Ratio: _ratio,
    Cap: _cap,
    Prescription: lambda rule: [f"按{rule.as_level.label}医疗机构门诊待遇"],
    Segments: _segments,
    Payable: lambda rule: [f"{row.care.label}：{_labels(row.parts)}" for row in rule.rows],
    MedicalYear: lambda rule: [f"每年 {rule.month} 月 {rule.day} 日起"],
    Kin: lambda rule: [_labels(rule.relations)],
    SharingReach: lambda rule: [rule.reach.label],
    SharingLimits: _limits,
    SharingPurposes: lambda rule: [_labels(rule.purposes)],
    Draw: _draw,
    BindingProof: _binding,
}


def describe(rule: Rule) -> tuple[str, ...]:
    """The figures of a rule, one short line each."""
    return tuple(_LINES[type(rule)](rule))
