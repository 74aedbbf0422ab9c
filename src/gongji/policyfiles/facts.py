"""Told rules (不参与计算的规定): what places state in words, amounts or tables, read as strictly as figures are."""

import re
from datetime import time
from itertools import pairwise
from typing import Required, TypedDict

from gongji.core.citation import Citation
from gongji.core.codes import Confidence
from gongji.core.hours import OfficeHours, hours_text
from gongji.core.money import Fen, format_yuan
from gongji.core.rules import (
    StatedItem,
    Statement,
)
from gongji.policyfiles.table import Table

FACTS = "facts"
"""Name of the file that holds the told rules of a region, whatever their subject."""

TOLD: dict[str, tuple[str, str]] = {
    "crediting": ("account.crediting", "个人账户划入"),
    "interest": ("account.interest", "个人账户计息"),
    "withdrawal": ("account.withdrawal", "个人账户提取"),
    "password": ("account.password", "密码规则"),
    "sharing": ("sharing.facts", "共济其他规定"),
    "papers": ("sharing.papers", "共济绑定材料"),
    "cross_province": ("sharing.cross_province", "跨省共济"),
    "waiting_period": ("resident.waiting_period", "居民医保等待期"),
    "serious_illness": ("resident.serious_illness", "大病保险"),
    "transfer": ("resident.transfer", "居民医保与职工医保转换"),
    "hotline": ("service.hotline", "咨询电话"),
    "channels": ("service.channels", "办理渠道"),
    "filing": ("service.filing", "异地就医备案"),
    "registration_fee": ("service.registration_fee", "挂号诊查费"),
    "online": ("service.online", "互联网问诊与网上药店"),
    "manual_claim": ("service.manual_claim", "手工报销"),
    "scope": ("service.scope", "定点与支付范围"),
    "penalties": ("service.penalties", "违规处理"),
    "benefit": ("maternity.benefit", "生育待遇"),
    "flexible": ("flexible.facts", "灵活就业参保"),
}
"""Name of a block of the file, the rule it states, and the rule's Chinese name."""

_KEY = re.compile(r"[a-z][a-z0-9_]*")
_SPAN = re.compile(r"((?:[01]\d|2[0-3]):[0-5]\d)-((?:[01]\d|2[0-3]):[0-5]\d)", re.ASCII)


def read_statement(block: Table, cite: Citation) -> Statement:
    """The items of a told rule."""
    items: list[StatedItem] = []
    for table in block.rows("items"):
        item = _item(table)
        table.done()
        if item is None:
            continue
        if any(other.key == item.key for other in items):
            table.fault("key", f"key 重复：{item.key}")
        else:
            items.append(item)
    return Statement(cite=cite, items=tuple(items))


def _item(table: Table) -> StatedItem | None:
    key, name = table.text("key"), table.text("name")
    note = table.text("note", required=False) or ""
    if key is not None and not _KEY.fullmatch(key):
        table.fault("key", "key 用小写字母、数字和下划线")
        key = None
    source, confidence = table.text("source", required=False), table.choice("confidence", Confidence)
    if (source is None) != (confidence is None):
        table.fault("source", "一项另有出处时，source 和 confidence 同写")
    content = _content(table)
    if key is None or name is None or content is None:
        return None
    return StatedItem(
        key=key,
        name=name,
        note=note,
        source=source or "",
        confidence=confidence if source else None,
        **content,
    )


class _Content(TypedDict, total=False):
    """The content in words, and as what it was written."""

    value: Required[str]
    amount: Fen | None
    table: tuple[tuple[str, ...], ...]
    hours: OfficeHours | None


def _content(table: Table) -> _Content | None:
    value = table.text("value", required=False)
    amount, per = table.amount("amount", required=False), table.text("per", required=False)
    rows, hours = _rows(table), _hours(table)
    given = [written for written in ("value", "amount", "table", "hours") if table.value(written) is not None]
    if len(given) != 1:
        table.fault("value", "value（文字）、amount（金额）、table（表格）、hours（工作时间）四者写一项")
        return None
    if per is not None and given != ["amount"]:
        table.fault("per", 'per 只与 amount 同写，例如 amount = "1680.00", per = "年"')
    if amount is not None:
        return {"value": f"{format_yuan(amount)} 元{f'/{per}' if per else ''}", "amount": amount}
    if rows:
        return {"value": "；".join("，".join(row) for row in rows[1:]), "table": rows}
    if hours is not None:
        return {"value": hours_text(hours), "hours": hours}
    return None if value is None else {"value": value}


def _hours(table: Table) -> OfficeHours | None:
    """Spans of a working day such as ``["08:30-12:00", "14:30-17:30"]``."""
    texts = table.names("hours")
    matches = [_SPAN.fullmatch(text) for text in texts]
    spans = [(time.fromisoformat(m[1]), time.fromisoformat(m[2])) for m in matches if m]
    flat = [moment for span in spans for moment in span]
    if None in matches or any(later <= earlier for earlier, later in pairwise(flat)):
        table.fault("hours", 'hours 写作 ["08:30-12:00", "14:30-17:30"]：24 小时制，先后不重叠')
        return None
    return OfficeHours(tuple(spans)) if spans else None


def _rows(table: Table) -> tuple[tuple[str, ...], ...]:
    found = table.value("table")
    if found is None:
        return ()
    rows = found if isinstance(found, list) else []
    sound = len(rows) > 1 and all(
        isinstance(row, list) and len(row) == len(rows[0]) > 0 and all(isinstance(cell, str) for cell in row)
        for row in rows
    )
    if not sound:
        table.fault("table", 'table 至少两行，第一行是表头，各行一样长，写作 [["情形", "津贴"], ["顺产", "3 个月"]]')
        return ()
    return tuple(tuple(row) for row in rows)
