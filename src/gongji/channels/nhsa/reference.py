"""The reference page of the national interface (接口参考), generated from the registry and the tables."""

from collections.abc import Iterator
from typing import Final

from gongji.channels.nhsa import tables
from gongji.channels.nhsa.departures import ALIASES
from gongji.channels.nhsa.gateway import BODY_BYTES_MAX, FILE_BYTES_MAX
from gongji.channels.nhsa.plans import plan_of
from gongji.channels.nhsa.registry import HANDLERS, table_of, title
from gongji.channels.nhsa.t5206_year_figures import CUM_TYPES
from gongji.channels.nhsa.tables import Field, FieldType, Node, Transaction
from gongji.core.review import Rule

_CUM_TYPES: Final = "、".join(f"{code} {label}" for code, label in CUM_TYPES.values())
_RULES: Final = "、".join(f"{rule.value} {rule.label}" for rule in Rule)

_INTRODUCTION: Final = f"""# 国家接口参考

本页由 `src/gongji/channels/nhsa/reference.py` 根据字段表生成，请勿手工修改。

字段表取自《医疗保障信息平台 定点医药机构接口规范》湖南版。规范的全部交易见[交易覆盖](national-coverage.md)。

其他省份客户端不发送的字段不要求必填，偏离之处逐条写在 `departures.py`。

## 约定

| 事项 | 规则 |
|---|---|
| 地址 | POST 任意路径，交易由报文的 `infno` 决定；`GET /healthz` 在数据库可用时返回 200 |
| 外壳 | 请求体直接是 JSON；也接受放在表单字段 `jsonStr` 里，9101 为 multipart 表单（`jsonStr` 和 `file`） |
| 大小 | 报文不超过 {BODY_BYTES_MAX} 字节，带文件的表单不超过 {FILE_BYTES_MAX} 字节，超过返回 HTTP 413 |
| 应答 | 有报文头的请求一律返回 HTTP 200，`infcode` 0 成功、-1 失败；不是报文的请求返回 400，签名错误返回 401 |
| 失败 | `err_msg` 为 `FSI-交易名称失败：原因`，至多 200 个字符；失败的请求不记账 |
| 重发 | 同一机构的同一 `msgid`，内容相同返回第一次的输出，内容不同则拒绝；被拒绝的报文可用原 `msgid` 重发 |
| 结果未知 | `err_msg` 写明“结果未知”时，用原 `msgid` 重发即可得到结果 |
| 签名 | `x-ca-*`、`x-tif-*`、`_api_*`、`apikey` 任一种；沙箱可以不签名，生产环境必须签名 |
| 凭证 | `mdtrt_cert_type` 受理 01 医保码（二维码码值，或 6101、1162 得到的 `ecToken`）、02 居民身份证、03 社会保障卡 |
| 文件 | 9102 成功时返回 `application/octet-stream`，失败时返回 JSON |
| 行 | 5204、100001 没有节点名，`output` 直接是列表；4104、4263 分页，行在 `data` 中 |
| 累计类别 | 5206 的 `cum_type_code` 由医疗类别加两位组成：{_CUM_TYPES}；例如 1101 是普通门诊起付线累计 |
| 审核规则 | 3101、3102 的 `rule_id`：{_RULES} |
| 严格模式 | 请求带 `X-Gongji-Strict: 1`：不符规范之处列在应答的 `departures`，概要在 `warn_msg`，照常受理 |
| 示例 | `gongji nhsa example 2207` 打印示例，`gongji nhsa explain 文件` 说明抓到的报文 |
| 共济 | `acct_used_flag` 0 不使用、1 本人账户、2 本人账户和共济账户；`acct_mulaid_pay` 包含在 `acct_pay` 中 |
"""

_KINDS: Final = {
    FieldType.TEXT: "文本",
    FieldType.DIGITS: "数字串",
    FieldType.MONEY: "金额",
    FieldType.NUMBER: "数值",
    FieldType.DATE: "日期",
    FieldType.DATETIME: "日期时间",
    FieldType.OPEN: "结构",
}


def markdown() -> str:
    """The whole page."""
    parts = [_INTRODUCTION, "## 交易一览\n", *_overview(), ""]
    for infno in [*HANDLERS, *(alias for alias in ALIASES if tables.transaction(alias))]:
        table = table_of(infno)
        if table is not None:
            parts += _transaction(table)
    return "\n".join(parts).rstrip() + "\n"


def _overview() -> Iterator[str]:
    yield "| 交易 | 名称 | 同义编号 |"
    yield "|---|---|---|"
    for infno in HANDLERS:
        table = table_of(infno)
        also = "、".join(alias for alias, meant in ALIASES.items() if meant == infno)
        yield f"| {infno} | {title(table) if table else ''} | {also} |"


def _transaction(table: Transaction) -> Iterator[str]:
    yield f"## {table.code} {title(table)}\n"
    for name, plan in plan_of(table).items():
        required = frozenset(one.field.name for one in plan.fields if one.required)
        yield from _node(f"输入 `{name}`", plan.node, required)
    outputs = [node for node in table.nodes if node.direction == "out"]
    for node in outputs:
        yield from _node(f"输出 `{node.name}`", node, None)
    if not outputs:
        yield "没有输出节点，`output` 为 null。\n"


def _node(heading: str, node: Node, required: frozenset[str] | None) -> Iterator[str]:
    """A table of one node; the column of required fields only for inputs."""
    yield f"### {heading}{'（列表）' if node.many else ''}\n"
    marks = required is not None
    yield "| 字段 | 名称 | 类型 |" + (" 必填 |" if marks else "")
    yield "|---|---|---|" + ("---|" if marks else "")
    for field in node.fields:
        row = f"| `{field.name}` | {field.label.replace('|', '／')} | {_kind(field)} |"
        yield row + (f" {'是' if field.name in required else ''} |" if required is not None else "")
    yield ""


def _kind(field: Field) -> str:
    size = ""
    if field.max_length is not None:
        size = f"({field.max_length})"
    elif field.precision is not None:
        size = f"({field.precision},{field.scale or 0})"
    return f"{_KINDS[field.type]}{size}{'，字典' if field.coded else ''}"
