"""The page of all transactions (交易覆盖), made from registry and tables: what each does, or that it is not offered."""

import sys
from collections.abc import Iterator
from typing import Final

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.departures import ALIASES
from gongji.channels.nhsa.registry import HANDLERS, title

EFFECTS: Final = {
    "1101": "按凭证读取参保人、参保状态和本人账户余额",
    "1201": "按编号或全名查机构",
    "1317": "分页查本机构用 3301 上传的目录对照",
    "1901": "查字典的全部编码",
    "2001": "按参保状态和参保地政策，逐个基金检查能否享受待遇",
    "2101": "试算购药，不保存",
    "2102": "购药结算并记账",
    "2103": "撤销购药结算",
    "2201": "登记就诊",
    "2202": "撤销没有费用的就诊",
    "2203": "保存诊断和医疗类别",
    "2203A": "同 2203；处方影印件（rxIn）另存三年",
    "2204": "保存费用明细并按目录拆分",
    "2205": "撤销未结算的费用明细",
    "2206": "试算，不保存",
    "2207": "结算并记账",
    "2208": "撤销结算，各付款方原路退回",
    "2301": "保存住院费用明细并按目录拆分；数量为负的明细从原明细中退",
    "2302": "撤销住院未结算的费用明细",
    "2303": "试算住院未结算的费用，不保存",
    "2304": "住院结算：出院结算，或中途结算",
    "2305": "撤销住院结算，从最后一笔开始",
    "2306": "在费用明细上加备注（追溯码）",
    "2401": "办理入院；一人同时只在一家医院住院",
    "2402": "办理出院",
    "2403": "变更住院信息",
    "2404": "撤销没有费用的入院",
    "2405": "撤销没有出院结算的出院",
    "2406": "保存住院的特殊属性",
    "2407": "分页查住院的特殊属性",
    "2501": "保存转院备案；异地结算按就诊日有效的备案计算",
    "2502": "撤销经办机构未审核的转院备案",
    "2503": "保存慢特病备案；慢特病结算要有有效的备案",
    "2504": "撤销经办机构未审核的慢特病备案",
    "2505": "保存定点备案",
    "2506": "撤销经办机构未审核的定点备案",
    "2507": "保存意外伤害备案；外伤住院和意外伤害门诊结算要有有效的备案",
    "2601": "冲正没有收到应答的结算、上传、入院；没有送达的作废",
    "3101": "事前审核：五条规则，保存审核结果",
    "3102": "事中审核：规则同 3101",
    "3103": "保存机构对审核结果的处理",
    "3301": "保存目录对照；同一对照再次上传即替换",
    "3302": "撤销本机构的目录对照",
    "3401": "保存科室",
    "3401A": "一次保存多个科室，全部成功或全部不保存",
    "3402": "变更科室",
    "3403": "撤销科室",
    "4101": "保存结算清单并质控；暂存或被退回的可以重传",
    "4102": "提交暂存的清单，或把被退回的清单改回暂存",
    "4103": "查清单，金额以账本为准",
    "4104": "分页查质控结果",
    "4105": "统计应上传和已上传的清单数",
    "4261": "保存自费病人费用",
    "4262": "核对自费费用总额并保存结果",
    "4263": "分页查总额不符的自费就诊",
    "5101": "查本机构科室",
    "5102": "查本机构医执人员",
    "5201": "查参保人在本机构的就诊",
    "5202": "查就诊的诊断",
    "5203": "查结算，也可以只报原报文号（medins_setl_id）",
    "5204": "查一次结算的费用明细",
    "5205": "查就诊过的参保人的慢特病用药，含其他机构",
    "5206": "查参保人年度累计",
    "5301": "查有效的慢特病备案",
    "5302": "查定点备案",
    "5304": "查转院备案",
    "5303": "查本机构在院的参保人",
    "9001": "签到",
    "9002": "签退",
    "9101": "保存文件，30 天内可下载",
    "9102": "下载本机构的文件或公共文件",
    "1161": "读社会保障卡，返回 1101 的内容和卡信息",
    "1162": "读医保码一次，返回 1101 的内容和本机构的身份核验令牌",
    "6201": "移动支付下单：登记就诊、保存费用明细，得到订单和支付令牌",
    "6202": "按参保人的同意支付订单，结算并记账",
    "6203": "退订单的医保部分、自费部分或全部",
    "6204": "登记自费部分已付，核对金额",
    "6301": "查订单，支付中断的先办完",
    "6401": "撤销未支付的订单和费用明细",
    "6101": "读医保码一次，得到本机构的身份核验令牌",
    "90100": "查参保状态，和为基本医保缴过、没有退的费",
    "100001": "按政策项列出一次结算，各项之和等于医疗费总额",
}
"""What an offered transaction does; one without a line here is told by its module's own first sentence."""

_INTRODUCTION: Final = """# 交易覆盖

本页由 `src/gongji/channels/nhsa/coverage.py` 根据字段表和交易登记生成，请勿手工修改。

规范共 {total} 个交易，本平台提供 {offered} 个，其余逐个列在“未提供”中。字段见
[国家接口参考](national-interface.md)，示例用 `gongji nhsa example 交易编号` 打印，每个交易都有。

- 未提供的交易：`infcode` -1，`err_msg` 为“本平台暂未提供交易 编号 名称”。
- 规范没有的编号：`infcode` -1，`err_msg` 含“未知交易编号”，形状与国家平台相同。
- 未提供和未知的交易都不保存任何内容。
"""


def markdown() -> str:
    """The whole page."""
    codes = tables.transaction_codes()
    offered = [code for code in codes if code in HANDLERS]
    further = [code for code in HANDLERS if code not in codes]
    parts = [_INTRODUCTION.format(total=len(codes), offered=len(offered)), "## 提供\n"]
    parts += ["| 交易 | 名称 | 同义编号 | 作用 |", "|---|---|---|---|", *map(_offered, [*offered, *further])]
    parts += ["\n## 未提供\n", "| 交易 | 名称 |", "|---|---|", *_missing(codes)]
    return "\n".join(parts) + "\n"


def _offered(infno: str) -> str:
    also = "、".join(alias for alias, meant in ALIASES.items() if meant == infno)
    return f"| {infno} | {_title(infno)} | {also} | {EFFECTS.get(infno) or _own_words(infno)} |"


def _own_words(infno: str) -> str:
    module = sys.modules[HANDLERS[infno].__module__]
    return (module.__doc__ or "").partition("\n")[0]


def _missing(codes: tuple[str, ...]) -> Iterator[str]:
    return (f"| {code} | {_title(code)} |" for code in codes if code not in HANDLERS and code not in ALIASES)


def _title(infno: str) -> str:
    table = tables.transaction(infno)
    return title(table).partition("(")[0].replace("|", "／") if table else ""
