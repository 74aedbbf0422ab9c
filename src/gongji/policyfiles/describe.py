"""A rule's figures as short lines in Chinese, for tables and pages."""

from collections.abc import Callable, Iterable
from datetime import date
from typing import Any

from gongji.core.codes import PremiumKind, Scheme, SharingMode, Term
from gongji.core.facts import When
from gongji.core.money import Fen, format_percent, format_yuan
from gongji.core.policy import PolicyBook
from gongji.core.rules import (
    AwayFiling,
    AwayFirstSelfPay,
    AwayHome,
    AwayPoints,
    BindingProof,
    Cap,
    Categories,
    Deductible,
    Draw,
    Guardianship,
    Kin,
    LinkTerms,
    MedicalYear,
    Pattern,
    Payable,
    Premium,
    PremiumLate,
    PremiumPayer,
    PremiumRefund,
    PremiumRow,
    Prescription,
    ProofPapers,
    Ratio,
    RatioRow,
    Rule,
    SameAs,
    Segments,
    SharingAcross,
    SharingLimits,
    SharingPurposes,
    SharingReach,
    StatedItem,
    Statement,
    VoucherLife,
    WalletOpening,
    WalletTransfer,
)
from gongji.core.told import told
from gongji.policyfiles.facts import TOLD

_CARE_NAMES = {"outpatient": "门诊", "inpatient": "住院", "special_disease": "门诊慢特病"}
_FUND_NAMES = {"deductible": "起付标准", "ratio": "统筹支付比例", "cap": "最高支付限额"}

RULE_NAMES = {
    **{
        f"{care}.{rule}": care_name + name
        for care, care_name in _CARE_NAMES.items()
        for rule, name in _FUND_NAMES.items()
    },
    "pharmacy.prescription": "药店外配处方",
    "away.home": "省内异地就医",
    "away.ratio_points": "异地就医降低百分点",
    "away.first_self_pay": "异地就医先行自付",
    "away.filing": "异地就医须先备案",
    "account.segments": "个人账户分段",
    "account.medical_year": "医保年度",
    "account.voucher": "医保码有效期",
    "account.payable": "个人账户支付范围",
    "account.forbidden": "个人账户不得支付",
    "account.categories": "个人账户支出类别",
    **{f"premium.{kind.value}": f"{kind.label}标准" for kind in PremiumKind},
    "premium.late": "居民医保等待期",
    "premium.refund": "保费退费",
    "premium.payer": "保费代缴账户",
    "sharing.kin": "共济亲属范围",
    "sharing.reach": "共济地域范围",
    "sharing.across": "跨省共济",
    "sharing.limits": "共济人数限制",
    "sharing.purposes": "共济用途",
    "sharing.extra": "另有来源的共济用途",
    "sharing.regional": "由各地规定的用途",
    "sharing.draw": "共济支付顺序",
    "sharing.binding": "共济绑定手续",
    "sharing.proof": "共济绑定证明",
    "sharing.terms": "长期与临时关联",
    "sharing.guardian": "未成年人的监护人",
    "abuse.broker": "线索：代人集中绑定",
    "abuse.ping_pong": "线索：反复绑定解绑",
    "abuse.single_use": "线索：频繁临时绑定",
    "abuse.quick_series": "线索：短时间多店购药",
    "abuse.two_places": "线索：同一时间两地就医购药",
    "wallet.transfer": "医保钱包转账",
    "wallet.opening": "医保钱包开通",
    **dict(TOLD.values()),
}
"""Chinese names of the rules."""

_DRAW_ORDERS = {"chosen": "按家庭选择的顺序", "largest_balance": "余额大的先用", "binding_date": "先绑定的先用"}


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
    terms: tuple[Term | None, ...] = (when.level, when.grade, when.status, when.care, when.place, when.filing)
    parts = [term.label for term in terms if term is not None]
    parts += [name if flag else f"非{name}" for flag, name in flags if flag is not None]
    spans = (
        (when.age_from, "满 {} 岁"),
        (when.age_below, "不满 {} 岁"),
        (when.retired_from, "{} 及以后退休"),
        (when.retired_before, "{} 以前退休"),
        (when.stay, "第 {} 次住院"),
        (when.stay_from, "第 {} 次住院起"),
        (when.missing_years_from, "缴费年限缺 {} 年以上"),
    )
    parts += [text.format(value) for value, text in spans if value is not None]
    return "，".join(parts) or "全部人员"


_BASES: dict[str, str] = {
    "annual_cumulative": "",
    "once_a_year_highest_level": "一年只付一次，按最高级别",
    "annual_merged": "与{}合并累计",
    "per_visit": "每次起付",
    "monthly_annual": "每月起付 {} 元，全年不超过：",
    "by_stay": "按第几次住院，末项用于以后各次",
    "none": "不设起付线",
}

_BAND_BASES = {
    "visit_eligible": "按一次费用分段",
    "year_eligible": "按全年费用分段",
    "year_fund": "按全年统筹支付分段",
    None: "",
}


def _money(amount: Fen | None) -> str:
    return "不封顶" if amount is None else f"{format_yuan(amount)} 元"


def _deductible(rule: Deductible) -> list[str]:
    told = _labels(rule.merged_with) if rule.merged_with else format_yuan(rule.monthly or 0)
    basis = _BASES[rule.basis].format(told)
    lines = [basis] if basis else []
    if rule.annual_stop is not None:
        lines.append(f"全年付够 {_money(rule.annual_stop)} 为止")
    lines += [f"{_condition(row.when)}：{'、'.join(map(_money, row.amounts))}" for row in rule.rows]
    return lines + [f"{_condition(row.when)}：减 {_money(row.amount)}" for row in rule.reductions]


def _shares(row: RatioRow) -> str:
    if len(row.bands) == 1:
        return format_percent(row.share)
    parts = [
        f"{format_percent(band.share)}（至 {_money(band.to)}）" if band.to is not None else format_percent(band.share)
        for band in row.bands
    ]
    return "，再往上 ".join(parts)


def _pointed(points: int) -> str:
    return f"{'减' if points < 0 else '加'} {format_percent(abs(points)).rstrip('%')} 个百分点"


def _ratio(rule: Ratio) -> list[str]:
    basis = _BAND_BASES[rule.bands_of]
    from_ = "，从起付线以上数起" if rule.bands_from == "deductible" else ""
    lines = [f"{basis}{from_}"] if basis else []
    lines += [f"{_condition(row.when)}：{_shares(row)}" for row in rule.rows]
    for row in rule.points:
        per = "每缺一年" if row.per_missing_year else ""
        lines.append(f"{_condition(row.when)}：{per}{_pointed(row.points)}")
    return lines


def _cap(rule: Cap) -> list[str]:
    lines = ["按符合政策范围的费用计"] if rule.basis == "eligible_spending" else []
    lines += [f"{_condition(row.when)}：{_money(row.amount)}" for row in rule.rows]
    if rule.shared_with:
        lines.append(f"与{_labels(rule.shared_with)}共用")
    if rule.above_share:
        lines.append(f"以上由补充基金支付 {format_percent(rule.above_share)}")
    return [*lines, rule.formula] if rule.formula else lines


def _away_points(rule: AwayPoints) -> list[str]:
    return [f"{_condition(row.when)}：{_pointed(-row.points) if row.points else '与参保地相同'}" for row in rule.rows]


def _segments(rule: Segments) -> list[str]:
    if not rule.kept:
        return ["不分段"]
    return ["分当年、历年", "先用当年账户，再计起付线"] if rule.current_year_pays_first else ["分当年、历年"]


def _across(rule: SharingAcross) -> list[str]:
    if not rule.open:
        return ["没有开通跨省共济"]
    conditions = (
        (rule.both_agree, "绑定和解绑须双方同意"),
        (rule.ends_with_insurance, "使用人医保关系变化时自动解绑"),
    )
    return ["两地都开通才能办理", f"方式：{rule.mode.label}", *(text for holds, text in conditions if holds)]


def _limits(rule: SharingLimits) -> list[str]:
    def people(limit: int | None) -> str:
        return "不限" if limit is None else f"最多 {limit} 位"

    return [
        f"授权人绑定使用人：{people(rule.users_per_authoriser)}",
        f"使用人接受授权人：{people(rule.authorisers_per_user)}",
        *([f"每次最多 {_money(rule.max_per_transaction)}"] if rule.max_per_transaction is not None else []),
    ]


def _draw(rule: Draw) -> list[str]:
    flags = (
        (rule.one_account_must_cover, "一次只能由一个共济账户付清"),
        (rule.one_account_per_settlement, "一次只用一个共济账户，不够的付现金"),
        (rule.own_must_be_zero, "本人账户为零才可使用"),
        (rule.historical_only, "只用授权人的历年账户"),
        (rule.automatic, "结算时自动使用"),
        (rule.threshold, f"只用授权人余额中超过 {_money(rule.threshold)} 的部分"),
        (rule.mode is not SharingMode.LIVE_CALL, f"方式：{rule.mode.label}"),
        (rule.moves_back, "划入家庭账户的钱可以转回"),
        (rule.moves_back is False, "划入家庭账户的钱不能转回"),
    )
    return [_DRAW_ORDERS[rule.order], *(text for flag, text in flags if flag)]


def _binding(rule: BindingProof) -> list[str]:
    confirm = ["使用人须确认"] if rule.confirm_by_user else []
    return [f"告知书：{rule.notice}", f"承诺书：{rule.commitment}", *confirm]


def _proof(rule: ProofPapers) -> list[str]:
    uploaded = f"：{_labels(rule.documents)}" if rule.documents else ""
    more = (
        (rule.asks_card, "须填写使用人的社保卡号"),
        (rule.closed, f"不办理的渠道：{_labels(rule.closed)}"),
    )
    return [
        f"网上：{rule.online.label}{uploaded}",
        f"窗口核验：{_labels(rule.counter) or '不要材料'}",
        *(text for flag, text in more if flag),
    ]


def _terms(rule: LinkTerms) -> list[str]:
    long_term = "长期关联只在职工医保参保人之间" if rule.long_term_employees_only else "长期关联不限险种"
    single = "可以办临时关联，用一次即失效" if rule.single_use else "不办临时关联"
    return [long_term, single, *(["任何一方停保，绑定随之终止"] if rule.ends_with_suspension else [])]


def _pattern(rule: Pattern) -> list[str]:
    days, minutes = divmod(rule.minutes, 24 * 60)
    window = f"{days} 天" if days and not minutes else f"{rule.minutes} 分钟"
    places = [f"涉及 {rule.places} 处以上"] if rule.places > 1 else []
    refused = [f"{rule.refuse_from} 次起不再办理"] if rule.refuse_from else []
    return [f"{window}内 {rule.most} 次及以上", *places, *refused]


def _premium(rule: Premium) -> list[str]:
    lines = ["国家最低标准，当地标准以当地公布为准"] if rule.minimum else []
    lines += [_premium_row(row) for row in rule.rows]
    if rule.subsidy is not None:
        lines.append(f"财政补助：{_money(rule.subsidy)}")
    if rule.opens_on or rule.closes_on:
        lines.append(f"缴费期：{rule.opens_on or ''} 至 {rule.closes_on or ''}")
    return lines


def _premium_row(row: PremiumRow) -> str:
    whose = row.name or _labels(row.statuses) or "全部人员"
    return f"{whose}：{'价格未收录' if row.amount is None else _money(row.amount)}"


def _wallet_transfer(rule: WalletTransfer) -> list[str]:
    next_day = "次日 " if rule.closed_until <= rule.closed_from else ""
    return [
        "不限笔数" if rule.per_day is None else f"每天最多 {rule.per_day} 笔",
        "不限金额" if rule.most is None else f"每笔最多 {_money(rule.most)}",
        f"{rule.closed_from:%H:%M} 至{next_day}{rule.closed_until:%H:%M} 不能转账",
        f"没有接收的，次日 {rule.returned_at:%H:%M} 退回",
        "接收后不能转回个人账户，只在接收人的参保地使用",
    ]


def _wallet_opening(rule: WalletOpening) -> list[str]:
    if not rule.open:
        return ["没有开通"]
    told = {True: ["钱包里的钱可以再转给亲属"], False: ["钱包里的钱不能再转出"], None: []}
    return ["已开通；两地都开通才能转账", *told[rule.passed_on]]


def describe_item(item: StatedItem) -> str:
    """An item of a told rule in one line; how sure it is only where that differs from its block."""
    note = f"（{item.note}）" if item.note else ""
    sure = f"〔{item.confidence.label}：{item.source}〕" if item.confidence else ""
    return f"{item.name}：{item.value}{note}{sure}"


_LINES: dict[type[Any], Callable[[Any], list[str]]] = {
    Deductible: _deductible,
    Ratio: _ratio,
    Cap: _cap,
    SameAs: lambda rule: [f"与{_CARE_NAMES[rule.subject]}相同"],
    Prescription: lambda rule: [f"按{rule.as_level.label}医疗机构门诊待遇{'，按社区' if rule.as_community else ''}"],
    AwayFiling: lambda rule: [f"{_condition(when)}：须先备案" for when in rule.rows],
    AwayHome: lambda rule: ["省内同参保地" if rule.province_counts_as_home else "省内也按异地就医"],
    AwayPoints: _away_points,
    AwayFirstSelfPay: lambda rule: [f"{_condition(row.when)}：先自付 {format_percent(row.share)}" for row in rule.rows],
    Statement: lambda rule: [describe_item(item) for item in rule.items],
    Segments: _segments,
    Payable: lambda rule: [f"{row.care.label}：{_labels(row.parts)}" for row in rule.rows],
    MedicalYear: lambda rule: [f"每年 {rule.month} 月 {rule.day} 日起"],
    VoucherLife: lambda rule: [f"医保码 {rule.seconds} 秒", f"身份核验令牌 {rule.token_minutes} 分钟"],
    Kin: lambda rule: [_labels(rule.relations)],
    SharingReach: lambda rule: [rule.reach.label],
    SharingAcross: _across,
    SharingLimits: _limits,
    SharingPurposes: lambda rule: [_labels(rule.purposes)],
    Draw: _draw,
    Categories: lambda rule: [f"{row.name}：{_labels(row.purposes)}" for row in rule.rows],
    Premium: _premium,
    PremiumLate: lambda rule: [f"缴费期以后缴的，等待 {rule.months} 个月"],
    PremiumRefund: lambda rule: ["待遇开始前可以退费" if rule.before_cover else "不退费"],
    PremiumPayer: lambda rule: [
        "一个账户要付得清全部保费" if rule.one_account_must_cover else "可以由几个账户依次支付"
    ],
    BindingProof: _binding,
    ProofPapers: _proof,
    LinkTerms: _terms,
    Guardianship: lambda rule: [f"未满 {rule.minor_under} 周岁，由{_labels(rule.relations)}确认"],
    Pattern: _pattern,
    WalletTransfer: _wallet_transfer,
    WalletOpening: _wallet_opening,
}


def describe(rule: Rule) -> tuple[str, ...]:
    """The figures of a rule, one short line each."""
    return tuple(_LINES[type(rule)](rule))


def describe_for(book: PolicyBook, region: str, rule: Rule, on: date, scheme: Scheme) -> tuple[str, ...]:
    """The figures of the rule that holds for a region; of a told rule also the items that are stated above it."""
    if not isinstance(rule, Statement):
        return describe(rule)
    lines = []
    for each in told(book, region, rule.cite.rule, on, scheme):
        cite = each.cite
        above = f"［{book.name(cite.region)}，{cite.confidence.label}］" if cite.region != rule.cite.region else ""
        lines.append(f"{describe_item(each.item)}{above}")
    return tuple(lines)
