"""What is wrong with a page in English: Chinese that is no name, and words that are glued together."""

import html
import re
from typing import Any

from gongji.web.english import CHINESE

NAMES = re.compile(
    "卢守田|卢小苗|虚构感冒片|卢远|秦月英|方未验|支付宝|白路人|田居民|西安虚构第三医院|西安虚构大药房|虚构诊察费|陕西|西安|咸阳|上海|南宁|杭州|浠水|开发区|居民|"
    "中文|岳母|买药|余额|绑定|父母|提取|医保码|市|个人账户共济绑定告知书|个人承诺书|[“”、]"
)
"""What stays Chinese on these pages: names, places, titles of documents and what is to be typed in Chinese."""
PUBLISHED = re.compile(
    r'<datalist.*?</datalist>|<select id="user_region".*?</select>|<(span|div) lang="zh-CN">.*?</\1>|'
    r' aria-label="[^"]*[市省区县]"|basis: [^<]*|, in Chinese: [^<]*',
    re.DOTALL,
)
"""Choices of places, and what stands in Chinese as it was published."""
WHOLE = re.compile(r'<span class="whole">([^<]*)</span>')
"""What a line must not be broken in; the marks may stand inside what was published."""


def _unpublished(page: str) -> str:
    return PUBLISHED.sub("X", WHOLE.sub(r"\1", page))


def chinese(page: str) -> list[str]:
    """Texts that are still Chinese, those that name something left out."""
    shown = _unpublished(page)
    texts = [html.unescape(one or other) for one, other in re.findall(r'>([^<]+)<|"([^"<>]*)"', shown)]
    return [text for text in texts if CHINESE.search(NAMES.sub("", text))]


def _glued(page: str) -> list[str]:
    """Words that stand against a name or figure without a space, as they may in Chinese."""
    shown = re.sub(r"<(script|style|title).*?</\1>|<svg.*?</svg>", "", _unpublished(page), flags=re.DOTALL)
    text = html.unescape(re.sub(r"<[^>]*>", "\n", re.sub(r"</?(b|a|strong)\b[^>]*>", "", shown)))
    odd = r"[a-z,;:)][\u4e00-\u9fff]|[\u4e00-\u9fff][a-z(]|[a-z,;:]\d+\.\d\d|\d\.\d\d[a-z]| [,.;]|[,;]{2}"
    return [line for line in text.splitlines() if re.search(odd, line)]


def wrong(page: str) -> list[str]:
    """Every text of a page that an English reader should not find there."""
    return chinese(page) + _glued(page)


async def in_english(client: Any) -> Any:
    """The same client, with English chosen."""
    await client.post("/language", language="en", next="/")
    return client
