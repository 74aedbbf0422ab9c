"""Who may be bound, and how what was done is found again, by pages in the browser (S03, S10, S11)."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect

from gongji.core.codes import PremiumKind, Relation
from gongji.core.premium import Entered
from gongji.service.bindings import BindingRequest, bind
from gongji.service.premiums import enter_standard

YEAR = 2027
EIGHT = ("配偶", "父母", "子女", "兄弟姐妹", "祖父母", "外祖父母", "孙子女", "外孙子女")


async def to_the_form(page: Page) -> None:
    """Agree to the notice; the form comes."""
    await page.goto("/family/new")
    await page.get_by_label("已阅读").check()
    await page.get_by_role("button", name="我已阅读并同意").click()


async def fill(page: Page, user: Any) -> None:
    await page.get_by_label("证件号码").fill(user.certificate_no)
    await page.get_by_label("姓名").fill(user.name)
    await page.get_by_label("参保地").select_option(user.region)
    await page.get_by_label("使用人是您的").select_option("parent")
    await page.get_by_role("button", name="查看个人承诺书并完成签名").click()


async def through_menu(page: Page, skin: str, *labels: str, place: str = "") -> None:
    """Follow a channel's labels with clicks, choosing the place where one is asked for."""
    await page.goto(f"/c/{skin}")
    for label in labels:
        if place and await page.get_by_label("先选参保地").count():
            await page.get_by_label("先选参保地").select_option(place)
            await page.get_by_role("button", name="选择").click()
        await page.locator("main").get_by_role("link", name=re.compile(f"^{label}")).first.click()


@pytest.mark.parametrize("who", ["nanning", "son"])
async def test_the_form_offers_the_eight_relatives_apart_from_others(who: str, browse: Any, log_in: Any) -> None:
    page = await browse("phone")
    await log_in(page, who)
    await to_the_form(page)
    groups = page.locator("select[name=relation] optgroup")
    offered = [await group.locator("option").all_inner_texts() for group in await groups.all()]
    assert sorted(offered[0]) == sorted(EIGHT)
    await expect(groups.nth(1)).to_have_attribute("label", re.compile("不"))
    assert offered[1] == ["配偶的父母"]


async def test_who_is_not_insured_is_not_bound(browse: Any, log_in: Any, town: Any) -> None:
    page = await browse("phone")
    await log_in(page, "son")
    await to_the_form(page)
    await fill(page, town.people["uninsured"])
    await page.get_by_label("或者输入您的姓名作为签名").fill(town.people["son"].name)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert").first).to_contain_text("参加")


@pytest.mark.parametrize(("who", "words"), [("suspended", "暂停"), ("resident", "职工医保")])
async def test_who_has_no_account_to_share_is_told_why(
    who: str, words: str, browse: Any, log_in: Any, town: Any
) -> None:
    page = await browse("phone")
    await log_in(page, who)
    await to_the_form(page)
    await fill(page, town.people["father"])
    await page.get_by_label("或者输入您的姓名作为签名").fill(town.people[who].name)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert").first).to_contain_text(words)


@pytest.fixture(scope="module")
async def bound(town: Any) -> None:
    """The son is bound to somebody of the residents' scheme, and the year's premium is known."""
    son, resident = town.people["son"], town.people["resident"]
    form = BindingRequest(
        authoriser=son.person_no,
        user_certificate_no=resident.certificate_no,
        user_name=resident.name,
        relation=Relation.PARENT,
        notice_accepted=True,
        signature=son.name,
    )
    await bind(town.platform, form)
    entered = Entered(region="610100", kind=PremiumKind.RESIDENT, year=YEAR, amount=40_000, source="测试标准")
    await enter_standard(town.platform, entered, "test")


async def test_a_premium_is_paid_and_found_by_three_ways(browse: Any, log_in: Any, bound: None) -> None:
    """S10: minus 400.00; the same record by the province's app, by search, by the national app; not paid twice."""
    page = await browse("phone")
    await log_in(page, "son")
    before = await page.locator(".balance").first.inner_text()
    await page.goto("/pay")
    await page.get_by_label("给谁缴").select_option(label="田居民（父母）")
    await page.get_by_label("哪个年度").select_option(str(YEAR))
    await page.get_by_role("button", name="下一步").click()
    await expect(page.locator("main")).to_contain_text("400.00")
    await page.get_by_role("button", name=re.compile("确认")).click()
    await expect(page.locator("main")).to_contain_text("已缴清")
    await page.goto("/")
    after = await page.locator(".balance").first.inner_text()
    assert round(float(before.split()[0]) - float(after.split()[0]), 2) == 400

    await through_menu(page, "shaanxi_app", "服务", "家庭共济", "代缴信息")
    await expect(page.locator("main")).to_contain_text("田居民 · 2027 年度居民医保费")
    await page.goto("/c/shaanxi_platform")
    await page.get_by_label("搜索").fill("家庭成员共济")
    await page.get_by_role("button", name="搜索").click()
    await page.locator("main").get_by_role("link", name=re.compile("^家庭共济查询")).first.click()
    await expect(page.locator("main")).to_contain_text("田居民 · 2027 年度居民医保费")
    await through_menu(page, "national_app", "地方专区", "我要查", "个人账户明细查询", place="610400")
    await page.locator("main").get_by_role("link", name="代缴保险费", exact=True).click()
    rows = page.locator("main").get_by_role("listitem").filter(has_text="400.00")
    await expect(rows).to_have_count(1)
    await expect(rows.first).to_contain_text("缴2027年居民医保费")

    await page.goto("/pay")
    await page.get_by_label("给谁缴").select_option(label="田居民（父母）")
    await page.get_by_label("哪个年度").select_option(str(YEAR))
    await page.get_by_role("button", name="下一步").click()
    await expect(page.get_by_role("alert").first).to_contain_text("该年度已缴")


async def test_one_balance_by_every_online_way(browse: Any, log_in: Any, town: Any) -> None:
    """S11: website, local app, service platform and official account show the same; a wrong password shows nothing."""
    page = await browse("phone")
    await page.goto("/login")
    await page.get_by_label("证件号码或社保卡号").fill(town.people["nanning"].certificate_no)
    await page.get_by_label("密码").fill("not-the-password")
    await page.get_by_role("button", name="登录").click()
    await expect(page.get_by_role("alert").first).to_be_visible()
    await expect(page.locator(".balance")).to_have_count(0)
    await log_in(page, "nanning")
    for skin, *labels in (
        ("website", "个人医保账户查询"),
        ("local_app", "医保账户查询"),
        ("service_platform", "医保服务", "医保账户查询"),
        ("official_account", "医保查询", "医保账户查询"),
    ):
        await through_menu(page, skin, *labels, place="450100")
        await expect(page.locator(".balance").first, skin).to_contain_text("789.00")
