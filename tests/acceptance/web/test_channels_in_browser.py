"""A person comes by WeChat, binds the card, allows it, sees the balance, stops it; and by an app (SYS-06, SYS-12)."""

import re
from typing import Any

import pytest
from playwright.async_api import expect


@pytest.mark.parametrize(("size", "who"), [("phone", "nanning"), ("desktop", "guangzhou")])
async def test_by_wechat(size: str, who: str, browse: Any, shoot: Any, town: Any) -> None:
    person = town.people[who]
    page = await browse(size, script=size == "desktop")
    await page.goto("/c")
    await shoot(page, f"c-list-{size}")
    await page.get_by_role("link", name=re.compile("^微信")).click()
    await shoot(page, f"c-wechat-{size}")
    for label in ("我", "服务", "城市服务"):
        await (
            page.get_by_role("navigation", name=re.compile("菜单|我|服务"))
            .get_by_role("link", name=re.compile(f"^{label}"))
            .click()
        )
    await page.get_by_label("先选参保地").select_option(person.region)
    await page.get_by_role("button", name="选择").click()
    await shoot(page, f"c-wechat-city-{size}")
    await page.get_by_role("link", name=re.compile("^社保")).click()
    await page.get_by_role("link", name="医保账户查询").click()
    await shoot(page, f"c-wechat-allow-{size}")
    await expect(page.locator(".balance")).to_have_count(0)
    await page.get_by_role("button", name="去绑定和授权").click()
    await page.get_by_label("证件号码或社保卡号").fill(person.certificate_no)
    await page.get_by_label("密码").fill("demo-pass-1")
    await page.get_by_role("button", name="登录").click()
    await page.get_by_label("绑定社保卡").fill(person.card_no)
    await shoot(page, f"c-wechat-consent-{size}")
    await page.get_by_role("button", name="同意", exact=True).click()
    await expect(page.locator(".balance")).to_contain_text("789.00" if who == "nanning" else "456.00")
    await expect(page.get_by_text("模拟渠道：微信")).to_be_visible()
    await shoot(page, f"c-wechat-balance-{size}")
    await page.locator("main").get_by_role("link", name="授权的第三方渠道").click()
    await shoot(page, f"c-wechat-stop-{size}")
    await page.get_by_role("button", name="停止授权").click()
    await page.goto("/c/wechat/我/服务/城市服务/社保/医保账户查询")
    await expect(page.locator(".balance")).to_have_count(0)
    await page.get_by_role("link", name="离开").click()
    await expect(page.get_by_text("模拟渠道：")).to_have_count(0)


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_by_the_app_of_the_province(size: str, browse: Any, log_in: Any, shoot: Any) -> None:
    page = await browse(size)
    await page.goto("/c/shaanxi_app")
    await expect(page.get_by_role("heading", name="第一次使用")).to_be_visible()
    await shoot(page, f"c-app-first-{size}")
    await log_in(page, "son")
    await page.goto("/c/shaanxi_app")
    await shoot(page, f"c-app-{size}")
    await page.get_by_role("navigation", name="菜单").get_by_role("link", name=re.compile("^服务")).click()
    await page.get_by_role("link", name=re.compile("^个人业务申报")).click()
    await page.get_by_role("link", name="家庭共济绑定").click()
    await expect(page).to_have_url(re.compile("/family/new$"))
    await shoot(page, f"c-app-bind-{size}")
    await page.goto("/c/gansu_wallet/家庭共济绑定")
    await expect(page.get_by_role("heading", name="本地区未开通")).to_be_visible()
    await shoot(page, f"c-closed-{size}")
    await page.goto("/c/national_app/地方专区")
    await shoot(page, f"c-place-{size}")
