"""A son pays the resident premium of a relative and finds the record again (S10, PRM-03, PUR-20, USE-02, USE-10)."""

import re
from typing import Any

import pytest

from english_pages import wrong
from gongji.core.codes import PremiumKind, Relation
from gongji.core.premium import Entered
from gongji.service.bindings import BindingRequest, bind
from gongji.service.premiums import enter_standard

YEAR = 2027


@pytest.fixture(scope="module")
async def bound(town: Any) -> str:
    """The son is bound to somebody in the residents' scheme, and the year's premium is known."""
    son, resident = town.people["son"], town.people["resident"]
    made = await bind(
        town.platform,
        BindingRequest(
            authoriser=son.person_no,
            user_certificate_no=resident.certificate_no,
            user_name=resident.name,
            relation=Relation.PARENT,
            notice_accepted=True,
            signature=son.name,
        ),
    )
    entered = Entered(region="610100", kind=PremiumKind.RESIDENT, year=YEAR, amount=40_000, source="测试标准")
    await enter_standard(town.platform, entered, "test")
    return made.id


def _hidden(text: str) -> dict[str, str]:
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', text))
    fields.pop("_csrf_token")
    return {name: fields[name] for name in ("message_id", "amount", "whose", "kind", "year")}


async def test_paying_twice_pays_once_and_the_record_is_found(visit: Any, bound: str) -> None:
    son, resident, stranger = [await visit(who) for who in ("son", "resident", "stranger")]
    before = re.search(r'class="balance">([\d.]+)', (await son.get("/account")).text).group(1)
    asked = {"whose": bound, "kind": "resident_premium", "year": str(YEAR)}
    confirm = await son.post("/pay/confirm", **asked)
    assert "田居民" in confirm.text
    assert "居民医保缴费" in confirm.text
    assert "公共 Wi-Fi" in confirm.text
    carried = _hidden(confirm.text)
    assert carried["amount"] == "400.00"

    paid = await son.post("/pay", **carried)
    again = await son.post("/pay", **carried)
    assert paid.url.path == again.url.path
    assert "已缴清" in paid.text
    after = re.search(r'class="balance">([\d.]+)', (await son.get("/account")).text).group(1)
    assert float(before) - float(after) == pytest.approx(400)

    fresh = await son.post("/pay/confirm", **asked)
    assert fresh.status_code == 422
    assert "该年度已缴" in fresh.text

    listed = (await son.get("/pay")).text
    assert "田居民 · 2027 年度居民医保费" in listed
    only = (await son.get("/records?business=premium")).text
    assert "缴2027年居民医保费" in only
    assert "个人账户划入" not in re.sub(r'<ul class="chips">.*?</ul>', "", only, flags=re.DOTALL)
    table = (await son.get("/records.csv?business=premium")).content.decode("utf-8-sig").splitlines()
    assert len(table) == 2
    assert table[1].split(",")[1:4] == ["代缴保险费", "缴2027年居民医保费", "田居民"]
    assert table[1].split(",")[6] == "-400.00"

    assert "已缴" in (await resident.get("/pay")).text
    assert (await stranger.get(paid.url.path)).status_code == 404
    assert (await stranger.post(f"{paid.url.path}/refund")).status_code == 404


async def test_what_was_confirmed_is_what_is_paid(visit: Any, bound: str) -> None:
    son = await visit("son")
    answer = await son.post(
        "/pay", whose=bound, kind="resident_premium", year=str(YEAR), amount="1.00", message_id="x1"
    )
    assert answer.status_code in (409, 422)
    assert 'role="alert"' in answer.text


async def test_nobody_pays_for_those_who_are_not_bound(visit: Any, bound: str) -> None:
    mother = await visit("mother")
    answer = await mother.post("/pay/confirm", whose=bound, kind="resident_premium", year=str(YEAR))
    assert answer.status_code == 422
    assert "未找到这条家庭共济绑定" in answer.text
    empty = await mother.post("/pay/confirm")
    assert empty.status_code == 422
    assert "请选择缴什么费" in empty.text
    assert "请选择给谁缴" in empty.text


async def test_paying_in_the_browser(browse: Any, log_in: Any, shoot: Any, bound: str) -> None:
    page = await browse("phone")
    await log_in(page, "son")
    await page.get_by_role("link", name="服务", exact=True).click()
    await page.get_by_role("link", name="缴费 给本人或家人").click()
    await shoot(page, "pay")
    await page.get_by_label("给谁缴").select_option(label="田居民（父母）")
    await page.get_by_label("哪个年度").select_option(str(YEAR))
    await page.get_by_role("button", name="下一步").click()
    assert "该年度已缴" in await page.get_by_role("alert").inner_text()
    await page.goto("/records")
    await shoot(page, "records-with-a-premium")
    assert "7月" in await page.locator(".chart").inner_html()


async def test_a_premium_is_refunded_and_paid_in_english(browse: Any, log_in: Any, visit: Any, bound: str) -> None:
    """From the record back to the choice and to a new record, without scripts; each page reads as English."""
    year = {"whose": bound, "kind": "resident_premium", "year": str(YEAR)}
    # Pays it where the test runs alone, and is refused where it is paid.
    await (await visit("son")).post("/pay", **year, amount="400.00", message_id="before-english")
    page = await browse("phone", script=False)
    await log_in(page, "son")
    await page.get_by_role("button", name="English").click()
    await page.goto("/pay")
    await page.locator("#paid").get_by_role("link", name="田居民").first.click()
    seen = {"paid": wrong(await page.content())}
    await page.get_by_role("button", name="Ask for a refund").click()
    assert await page.get_by_role("status").inner_text() == "Refunded to the accounts that paid."
    seen["refunded"] = wrong(await page.content())
    await page.goto("/pay")
    seen["choice"] = wrong(await page.content())
    await page.get_by_label("For whom").select_option(bound)
    await page.get_by_label("Which year").select_option(str(YEAR))
    await page.get_by_role("button", name="Next").click()
    seen["confirm"] = wrong(await page.content())
    await page.get_by_role("button", name="Confirm, pay 400.00 yuan").click()
    assert await page.get_by_role("status").inner_text() == f"Paid. Cover begins on 1 Jan {YEAR}."
    seen["record"] = wrong(await page.content())
    await page.goto("/records?business=premium")
    assert "+400.00" in await page.locator("main").inner_text()
    seen["records"] = wrong(await page.content())
    table = (await (await page.request.get("/records.csv?business=premium")).text()).lstrip("\ufeff").splitlines()
    assert table[0] == "Time,Kind of business,What,User,Place,Kind of care,Amount (yuan),Number"
    assert table[1].split(",")[1:3] == ["Premiums", "Paid for 2027: Resident premium"]
    assert {name: texts for name, texts in seen.items() if texts} == {}
