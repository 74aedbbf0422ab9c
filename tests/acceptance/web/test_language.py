"""The pages in English: a switch on every page that needs no script, the same things, nobody's figures changed."""

import html
import re
from datetime import datetime
from typing import Any

import pytest

from english_pages import chinese, in_english, wrong
from gongji.core.times import CHINA

DAYTIME = datetime(2026, 11, 20, 10, 0, tzinfo=CHINA)
OPEN = ("/login", "/login/code", "/services", "/ask", "/quote", "/no-such-page")
OWN = ("/", "/account", "/records", "/pay", "/family", "/voucher", "/me")


def _of_all(pages: dict[str, Any]) -> dict[str, list[str]]:
    found = {name: wrong(page.text) for name, page in pages.items()}
    return {name: texts for name, texts in found.items() if texts}


def _fields(page: str, action: str) -> dict[str, str]:
    """The hidden fields of one form."""
    form = page.partition(f'action="{action}"')[2].partition("</form>")[0]
    found = dict(re.findall(r'type="hidden" name="([^"]+)" value="([^"]*)"', form))
    found.pop("_csrf_token")
    return {name: html.unescape(value) for name, value in found.items()}


async def test_main_pages_are_english_once_chosen(visit: Any) -> None:
    guest, son = await visit(None), await visit("son")
    for client, paths in ((guest, OPEN), (son, OWN)):
        assert "能不能用" in (await client.get("/services")).text
        chosen = await client.post("/language", language="en", next="/services")
        assert (chosen.url.path, '<html lang="en"' in chosen.text) == ("/services", True)
        left = {path: wrong((await client.get(path)).text) for path in paths}
        assert {path: texts for path, texts in left.items() if texts} == {}
        back = await client.post("/language", language="zh", next="//elsewhere.example/")
        assert (back.url.path, '<html lang="zh-CN"' in back.text) == ("/", True)
        assert chinese(back.text)


@pytest.mark.parametrize("switch", ["/language", "/view"])
async def test_an_answer_stays_when_the_page_is_switched(visit: Any, switch: str) -> None:
    guest = await visit(None)
    asked = await guest.get(
        "/ask?region=西安&relation=parent&purpose=pharmacy&user_region=咸阳&place=西安&date=2026-11-20"
    )
    here = html.unescape(re.search(rf'action="{switch}".*?name="next" value="([^"]+)"', asked.text).group(1))
    switched = await guest.post(switch, language="en", elder="yes", next=here)
    assert switched.url == asked.url
    assert 'class="verdict yes"' in switched.text
    odd = await guest.post(switch, language="en", elder="yes", next="/ask?words='\\")
    assert (odd.url.path, odd.url.query) == ("/ask", b"")


HELP = ("bind", "who", "what", "use", "premium", "withdraw", "away", "phones-how", "beware")
QUIET = ("/help", "/help/phones", "/help/sources", "/regions", "/regions/610100", "/privacy")
SETTINGS = ("/messages", "/messages/settings", "/security", "/password", "/channels", "/wallet", "/orders")
SHARING = ("/family/uses", "/family/uses?side=taken", "/family/order", "/family/account", "/voucher/relative")


async def test_help_and_settings_are_english(visit: Any) -> None:
    mother = await in_english(await visit("mother"))
    paths = (*QUIET, *SETTINGS, *SHARING, *(f"/help/{key}" for key in HELP))
    left = {path: wrong((await mother.get(path)).text) for path in paths}
    assert {path: texts for path, texts in left.items() if texts} == {}
    assert "微信：" not in (await mother.get("/help/balance")).text


async def test_a_father_is_bound_limited_and_let_go_in_english(visit: Any, town: Any) -> None:
    mother, father = await in_english(await visit("mother")), town.people["father"]
    pages = {"notice": await mother.get("/family/new")}
    pages["not agreed"] = await mother.post("/family/new/form")
    pages["form"] = await mother.post("/family/new/form", notice_accepted="yes")
    known = _fields(pages["form"].text, "/family/new/commitment")
    pages["faults"] = await mother.post("/family/new/commitment", **known, per_day="-1", ends_on="soon")
    wanted = {"user_certificate_no": father.certificate_no, "user_name": father.name, "user_region": "610100"}
    wanted |= {"relation": "spouse", "lasting": "open", "per_transaction": "70", "purpose-pharmacy": "yes"}
    pages["commitment"] = await mother.post("/family/new/commitment", **known, **wanted)
    carried = _fields(pages["commitment"].text, "/family/new")
    pages["other signature"] = await mother.post("/family/new", **carried, signature_name="别人")
    wrong = carried | {"user_certificate_no": town.people["mother"].certificate_no, "user_name": "秦月英"}
    pages["oneself"] = await mother.post("/family/new", **wrong, signature_name="秦月英")
    pages["bound"] = await mother.post("/family/new", **carried, signature_name="秦月英")
    assert 'role="status"' in pages["bound"].text
    one = re.search(r'/family/([^/"]+)/end', pages["bound"].text).group(1)
    for name in ("", "/limits", "/slip", "/end"):
        pages[f"binding{name}"] = await mother.get(f"/family/{one}{name}")
    pages["no limit"] = await mother.post(f"/family/{one}/limits", per_day="x")
    pages["limits"] = await mother.post(f"/family/{one}/limits", per_transaction="50", per_year="900")
    pages["quota"] = await mother.post(f"/family/{one}/quota", quota="5")
    pages["ended"] = await mother.post(f"/family/{one}/end")
    pages["again"] = await mother.post(f"/family/{one}/end")
    pages["messages"] = await mother.get("/messages")
    assert _of_all(pages) == {}
    assert "What you sign is the Chinese text" in pages["commitment"].text
    assert "个人账户的钱只用于使用人本人符合规定的医药费" in pages["commitment"].text
    assert "(ended by the authoriser)" in pages["messages"].text


async def test_bills_premiums_and_the_wallet_are_english(
    visit: Any, town: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    counter, father, son = (
        await visit(None),
        await in_english(await visit("father")),
        await in_english(await visit("son")),
    )
    await counter.get("/cashier")
    bill = {"institution": "H61010000001", "patient": town.people["father"].card_no, "amount": "600"}
    preview = await counter.post("/cashier/preview", **bill, account_use="2")
    await counter.post("/cashier/settle", **_fields(preview.text, "/cashier/settle"))
    pages = {
        f"{who} {path}": await client.get(path)
        for who, client in (("son", son), ("father", father))
        for path in ("/", "/account", "/records", "/family", "/family/uses", "/family/uses?side=taken", "/messages")
    }
    receipt = re.search(r"/settlements/[^\"]+", pages["father /account"].text).group(0)
    pages["receipt"], pages["part"] = await father.get(receipt), await son.get(receipt)
    assert "Above the deductible" in pages["receipt"].text

    year = town.platform.clock().year + 1
    pages["pay"] = await son.get("/pay")
    pages["nothing chosen"] = await son.post("/pay/confirm")
    for kind in ("resident_premium", "commercial_health", "missing_years", "employee_premium"):
        pages[kind] = await son.post("/pay/confirm", whose="self", kind=kind, year=str(year), product="")

    monkeypatch.setattr(town.platform, "clock", lambda: DAYTIME)
    wanted = {"certificate_no": town.people["father"].certificate_no, "name": "卢守田", "relation": "parent"}
    wanted |= {"source": "account", "amount": "88", "message_id": "en1"}
    pages["not ticked"] = await son.post("/wallet/send", **wanted)
    pages["too much"] = await son.post("/wallet/send", **(wanted | {"amount": "9999"}), final="yes")
    pages["sent"] = await son.post("/wallet/send", **wanted, final="yes")
    pages["waiting"] = await father.get("/wallet")
    transfer = re.search(r"/wallet/(\w+)/accept", pages["waiting"].text).group(1)
    pages["taken"] = await father.post(f"/wallet/{transfer}/accept")
    pages["late"] = await father.post(f"/wallet/{transfer}/decline")
    pages["told"] = await son.get("/messages")
    assert _of_all(pages) == {}


async def test_settings_and_their_faults_are_english(visit: Any, town: Any) -> None:
    guest, son = await in_english(await visit(None)), await in_english(await visit("son"))
    unverified = await in_english(await visit("unverified"))
    number = town.people["nanning"].certificate_no
    wrong = {"old_password": "x", "new_password": "12345678", "again": "12345679"}
    child = {"certificate_no": town.people["father"].certificate_no, "name": "卢守田", "relation": "child"}
    pages = {
        "wrong password": await guest.post("/login", login=number, password="wrong"),
        "nothing": await guest.post("/login"),
        "code": await guest.post("/login/code/send", login=number),
        "wrong code": await guest.post("/login/code", login=number, code="000000"),
        "forgotten": await guest.post("/login/forgot", login=number, code="000000", new_password="888888"),
        "no place": await guest.get("/regions?q=nowhere"),
        "nobody calls": await guest.get("/help/phones?q=nowhere"),
        "a sentence": await guest.get("/ask?words=nowhere"),
        "nothing to try": await guest.get("/quote?amount=x"),
        "password": await son.post("/password", **wrong),
        "empty password": await son.post("/password"),
        "reminders": await son.post("/messages/settings"),
        "no relative": await son.post("/voucher/relative"),
        "no guardian": await son.post("/voucher/relative", **child),
        "consent": await son.post("/c/alipay/allow", trail="市民中心/社保/医保账户查询"),
        "no consent": await son.get("/oauth/authorize"),
        "not verified": await unverified.get("/family/new"),
        "me": await unverified.get("/me"),
        "late": await son.get("/family/uses?since=x"),
        "no card": await son.post("/oauth/authorize", answer="yes"),
        "not found": await son.get("/settlements/none"),
    }
    assert "use your medical insurance data?" in pages["consent"].text
    assert _of_all(pages) == {}


REFUSED = [
    ("frozen", "spouse", "father"),
    ("resident", "child", "mother"),
    ("suspended", "parent", "mother"),
    ("stranger", "parent", "uninsured"),
    ("shanghai", "spouse_parent", "father"),
    ("unverified", "parent", "mother"),
]


@pytest.mark.parametrize(("who", "relation", "whom"), REFUSED)
async def test_why_somebody_may_not_bind_is_english(visit: Any, town: Any, who: str, relation: str, whom: str) -> None:
    client, other = await in_english(await visit(who)), town.people[whom]
    wanted = {"user_certificate_no": other.certificate_no, "user_name": other.name, "relation": relation}
    wanted |= {"user_region": other.region, "lasting": "open", "notice_accepted": "yes", "message_id": "en"}
    answer = await client.post("/family/new", **wanted, signature_name=town.people[who].name)
    names = re.compile("|".join(person.name for person in town.people.values()))
    assert wrong(names.sub("卢远", answer.text)) == []


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


@pytest.mark.parametrize("role", [None, "son"])
async def test_a_channel_keeps_its_header_in_one_line_on_a_phone(browse: Any, log_in: Any, role: str | None) -> None:
    page = await browse("phone")
    if role:
        await log_in(page, role)
    for switch, language in (("English", "en"), ("中文", "zh-CN")):
        await page.goto("/c/national_app")
        await page.get_by_role("button", name=switch).click()
        await page.locator(f"html[lang={language}] footer").wait_for()
        assert await page.locator("header").evaluate("header => header.offsetHeight") < 60
        assert await page.evaluate("document.documentElement.scrollWidth") <= 360
        shown = page.locator(".brand span")
        assert await shown.evaluate("name => name.scrollWidth <= name.clientWidth"), f"{switch}: the name is cut off"
