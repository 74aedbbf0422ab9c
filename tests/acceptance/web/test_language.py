"""The pages in English: a switch on every page that needs no script, the same things, nobody's figures changed."""

import html
import re
from typing import Any

from gongji.web.english import CHINESE

NAMES = re.compile("卢守田|卢远|秦月英|西安|咸阳|上海|南宁|杭州|中文|岳母|买药|余额|绑定|父母|提取|市|、")
"""What stays Chinese on these pages: names, places and what is to be typed in Chinese."""
OPEN = ("/login", "/login/code", "/services", "/ask", "/quote", "/no-such-page")
OWN = ("/", "/account", "/records", "/pay", "/family", "/voucher", "/me")


def _chinese(page: str) -> list[str]:
    """Texts that are still Chinese, those that name something left out; choices of places are names."""
    shown = re.sub(r"<datalist.*?</datalist>", "", page, flags=re.DOTALL)
    texts = [html.unescape(one or other) for one, other in re.findall(r'>([^<]+)<|"([^"<>]*)"', shown)]
    return [text for text in texts if CHINESE.search(NAMES.sub("", text))]


async def test_main_pages_are_english_once_chosen(visit: Any) -> None:
    guest, son = await visit(None), await visit("son")
    for client, paths in ((guest, OPEN), (son, OWN)):
        assert "能不能用" in (await client.get("/services")).text
        chosen = await client.post("/language", language="en", next="/services")
        assert (chosen.url.path, '<html lang="en"' in chosen.text) == ("/services", True)
        left = {path: _chinese((await client.get(path)).text) for path in paths}
        assert {path: texts for path, texts in left.items() if texts} == {}
        back = await client.post("/language", language="zh", next="//elsewhere.example/")
        assert (back.url.path, '<html lang="zh-CN"' in back.text) == ("/", True)
        assert _chinese(back.text)


async def test_figures_are_the_same_in_both_languages(visit: Any) -> None:
    quoted = (
        "/quote?region=西安&status=retired&care=outpatient&level=3&amount=600&balance=50&shared=500&relation=parent"
    )
    guest = await visit(None)
    chinese = (await guest.get(quoted)).text
    await guest.post("/language", language="en", next="/")
    english = (await guest.get(quoted)).text
    figures = [re.findall(r"<b>([\d.]+)</b>", page) for page in (chinese, english)]
    assert figures[0] == figures[1] == ["220.00", "50.00", "330.00", "0.00"]
    assert "Above the deductible 400.00 yuan, of which the pooled fund pays 55%: 220.00 yuan" in english


async def test_the_switch_needs_no_script(browse: Any) -> None:
    page = await browse("phone", script=False)
    await page.goto("/help")
    await page.get_by_role("button", name="English").click()
    assert await page.get_by_role("heading", name="Help").count() == 1
    assert await page.evaluate("document.documentElement.scrollWidth") <= 360
    await page.get_by_role("button", name="中文").click()
    assert await page.get_by_role("heading", name="帮助").count() == 1
