"""A father with 50 yuan is treated, his son's account pays the rest, and both see it at once (S01, S07)."""

import re
from typing import Any

import pytest
from playwright.async_api import Page, expect


async def _bill(page: Page, amount: str) -> None:
    await page.goto("/cashier")
    await page.get_by_label("定点医药机构").select_option(label="西安虚构第三医院（西安市，三级）")
    await page.get_by_label("选一位演示人员").select_option(label="卢守田（西安市）")
    await page.get_by_label("或直接填金额（元）").fill(amount)
    await page.get_by_label("先本人，后共济").check()


async def _preview(page: Page) -> None:
    await page.get_by_role("button", name="预结算").click()


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_father_pays_with_his_sons_account(size: str, browse: Any, log_in: Any, shoot: Any, town: Any) -> None:
    son, counter, father = await browse(size), await browse(size), await browse(size)
    await _son_looks_around(son, size, log_in, shoot, town)
    split = await _counter_settles(counter, size, shoot)
    await _son_sees_what_he_paid(son, size, shoot, split["家庭共济"])
    await log_in(father, "father")
    await _father_reads_his_receipt(father, size, shoot, split)

    await counter.get_by_role("button", name="撤销结算").click()
    await expect(counter.get_by_text("已撤销")).to_be_visible()
    await shoot(counter, f"cashier-reversed-{size}")
    await father.reload()
    await expect(father.get_by_text("已撤销")).to_be_visible()
    await father.goto("/account")
    await expect(father.locator(".balance")).to_contain_text("50.00")
    await shoot(father, f"account-after-reversal-{size}")


async def _son_looks_around(son: Page, size: str, log_in: Any, shoot: Any, town: Any) -> None:
    await son.goto("/")
    await expect(son.get_by_text("虚构数据 · 仅供体验")).to_be_visible()
    await expect(son.get_by_text(town.people["father"].certificate_no)).to_be_visible()
    await shoot(son, f"home-{size}")
    await son.goto("/login")
    await shoot(son, f"login-{size}")
    await log_in(son, "son")
    await son.get_by_role("navigation").get_by_role("link", name="家庭共济").click()
    await expect(son.get_by_label("我共济给谁").get_by_text("卢守田")).to_be_visible()
    await expect(son.get_by_label("我共济给谁").get_by_text("已绑定")).to_be_visible()
    await shoot(son, f"family-{size}")


async def _counter_settles(counter: Page, size: str, shoot: Any) -> dict[str, str]:
    await _bill(counter, "600")
    await shoot(counter, f"cashier-{size}")
    await _preview(counter)
    await expect(counter.get_by_role("heading", name="预结算")).to_be_visible()
    await shoot(counter, f"cashier-preview-{size}")
    before = await _shown(counter)
    await counter.get_by_role("button", name="结算", exact=True).click()
    await expect(counter.get_by_text("结算成功")).to_be_visible()
    await expect(counter.get_by_role("button", name="打印")).to_be_visible()
    assert await _shown(counter) == before
    await shoot(counter, f"cashier-receipt-{size}")
    return before


async def _son_sees_what_he_paid(son: Page, size: str, shoot: Any, shared: str) -> None:
    await son.goto("/account")
    line = son.get_by_label("账户明细").get_by_role("listitem").first
    await expect(line).to_contain_text("卢守田 使用")
    await expect(line).to_contain_text("西安虚构第三医院")
    await expect(line.locator(".money")).to_have_text(f"-{shared}")
    await shoot(son, f"account-son-{size}")
    await line.get_by_role("link", name="查看").click()
    await expect(son.locator("main")).to_contain_text(shared)
    await expect(son.get_by_text("统筹", exact=True)).to_have_count(0)
    await shoot(son, f"receipt-part-{size}")


async def _father_reads_his_receipt(father: Page, size: str, shoot: Any, split: dict[str, str]) -> None:
    await father.goto("/account")
    bill = father.get_by_label("就医购药记录").get_by_role("listitem").first
    await expect(bill).to_contain_text(f"家庭共济 {split['家庭共济']}")
    await shoot(father, f"account-father-{size}")
    await bill.get_by_role("link").click()
    assert await _shown(father) == split
    await expect(father.get_by_label("每一笔为什么")).to_contain_text("regions/610100/outpatient.toml")
    await shoot(father, f"receipt-{size}")


async def _shown(page: Page) -> dict[str, str]:
    """The split as it is drawn: payer and amount."""
    parts = {}
    for row in await page.locator(".parts li").all():
        parts[await row.locator("span").inner_text()] = await row.locator("b").inner_text()
    return parts


async def test_shown_split_is_own_then_shared(browse: Any) -> None:
    page = await browse()
    await _bill(page, "600")
    await _preview(page)
    # 600 less the deductible of 200; 55% for the retired at level three; own 50; the son the rest.
    assert await _shown(page) == {"统筹": "220.00", "本人账户": "50.00", "家庭共济": "330.00", "现金": "0.00"}
    await page.get_by_role("button", name="返回修改").click()
    await expect(page.get_by_label("或直接填金额（元）")).to_have_value("600")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_refusals_are_shown_where_they_arise(size: str, browse: Any, shoot: Any) -> None:
    page = await browse(size)
    await page.goto("/cashier")
    await _preview(page)
    await expect(page.get_by_text("请选择机构")).to_be_visible()
    await shoot(page, f"cashier-empty-{size}")
    await _bill(page, "100")
    await page.get_by_text("出示的是另一张凭证").click()
    await page.get_by_label("出示的凭证号码").fill("Z90000002")
    await _preview(page)
    await expect(page.get_by_role("alert")).to_contain_text("持卡人与就医者身份不一致")
    await shoot(page, f"cashier-refused-{size}")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_bind_with_a_drawn_signature(size: str, browse: Any, log_in: Any, shoot: Any, town: Any) -> None:
    page = await browse(size)
    await log_in(page, "mother" if size == "phone" else "stranger")
    user = town.people["son" if size == "phone" else "unverified"]
    await page.get_by_role("link", name="服务", exact=True).click()
    await shoot(page, f"services-{size}")
    await page.get_by_role("link", name=re.compile("家庭共济绑定")).click()
    await shoot(page, f"bind-notice-{size}")
    await page.get_by_label("已阅读个人账户共济绑定告知书").check()
    await page.get_by_role("button", name="我已阅读并同意").click()
    await page.get_by_label("证件号码").fill(user.certificate_no)
    await page.get_by_label("姓名").fill("写错名字")
    await page.get_by_label("参保地").select_option(user.region)
    await page.get_by_label("使用人是您的").select_option(label="子女")
    await page.get_by_label("每次最多").fill("200")
    await shoot(page, f"bind-form-{size}")
    await page.get_by_role("button", name="查看个人承诺书并完成签名").click()
    await expect(page.get_by_role("button", name="提交")).to_be_disabled()
    await _draw(page)
    await expect(page.get_by_role("button", name="提交")).to_be_enabled()
    await shoot(page, f"bind-commitment-{size}")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert")).to_contain_text("与参保记录不一致")
    await shoot(page, f"bind-refused-{size}")
    await page.get_by_label("姓名").fill(user.name)
    await page.get_by_role("button", name="查看个人承诺书并完成签名").click()
    await _draw(page)
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("status")).to_contain_text("绑定成功")
    await expect(page.get_by_label("我共济给谁")).to_contain_text(user.name)
    await shoot(page, f"bind-done-{size}")
    await page.get_by_role("link", name="解除绑定").click()
    await shoot(page, f"bind-end-{size}")
    await page.get_by_role("button", name="确认解除").click()
    await expect(page.get_by_role("status")).to_contain_text("已解除")
    await shoot(page, f"bind-ended-{size}")


async def _draw(page: Page) -> None:
    await page.locator("canvas").scroll_into_view_if_needed()
    box = await page.locator("canvas").bounding_box()
    await page.mouse.move(box["x"] + 40, box["y"] + 40)
    await page.mouse.down()
    for step in range(1, 8):
        await page.mouse.move(box["x"] + 40 + step * 25, box["y"] + 40 + (step % 3) * 30)
    await page.mouse.up()


async def test_bind_without_javascript(browse: Any, log_in: Any, town: Any) -> None:
    page = await browse(script=False)
    await log_in(page, "father")
    await page.goto("/family/new")
    await page.get_by_role("button", name="我已阅读并同意").click()
    await expect(page.get_by_role("alert")).to_contain_text("请先阅读并同意告知书")
    await page.get_by_label("已阅读个人账户共济绑定告知书").check()
    await page.get_by_role("button", name="我已阅读并同意").click()
    await page.get_by_label("证件号码").fill(town.people["mother"].certificate_no)
    await page.get_by_label("姓名").fill("秦月英")
    await page.get_by_label("参保地").select_option("610100")
    await page.get_by_label("使用人是您的").select_option("spouse")
    await page.get_by_role("button", name="查看个人承诺书并完成签名").click()
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("alert")).to_contain_text("请先签署个人承诺书")
    assert await page.locator("input[type=file]").count() == 0
    await page.get_by_label("或者输入您的姓名作为签名").fill("卢守田")
    await page.get_by_role("button", name="提交").click()
    await expect(page.get_by_role("status")).to_contain_text("绑定成功")


async def test_bind_with_keyboard_only(browse: Any, town: Any) -> None:
    page = await browse("desktop")
    await page.goto("/login?next=/family/new")
    keys = page.keyboard

    async def reach(name: str) -> None:
        """Tab until the control with this name has the focus."""
        for _ in range(40):
            await keys.press("Tab")
            held = await page.evaluate("document.activeElement.name || document.activeElement.textContent")
            if held.strip() == name:
                return
        pytest.fail(f"{name} cannot be reached with the keyboard")

    async def fill(name: str, text: str) -> None:
        await reach(name)
        await keys.type(text)

    async def choose(name: str, value: str) -> None:
        await reach(name)
        for _ in range(40):
            await keys.press("ArrowDown")
            if await page.locator(f"#{name}").input_value() == value:
                return
        pytest.fail(f"{value} cannot be chosen with the keyboard")

    await fill("login", town.people["mother"].certificate_no)
    await fill("password", "demo-pass-1")
    await keys.press("Enter")
    await expect(page.get_by_label("告知书", exact=True)).to_be_visible()
    await reach("notice_accepted")
    await keys.press("Space")
    await reach("我已阅读并同意")
    await keys.press("Enter")
    await page.wait_for_url(re.compile("/form"))
    await fill("user_certificate_no", town.people["father"].certificate_no)
    await fill("user_name", "卢守田")
    await choose("user_region", "610100")
    await choose("relation", "spouse")
    await reach("查看个人承诺书并完成签名")
    await keys.press("Enter")
    await page.wait_for_url(re.compile("/commitment"))
    await fill("signature_name", "秦月英")
    await reach("提交")
    await keys.press("Enter")
    await expect(page.get_by_role("status")).to_contain_text("绑定成功")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_other_pages(size: str, browse: Any, log_in: Any, shoot: Any) -> None:
    page = await browse(size)
    await page.goto("/no-such-page")
    await expect(page.get_by_role("heading", name="没有找到这个页面")).to_be_visible()
    await shoot(page, f"not-found-{size}")
    await log_in(page, "unverified")
    await page.goto("/family/new")
    await expect(page.get_by_role("heading", name="请先完成实名认证")).to_be_visible()
    await shoot(page, f"verify-{size}")
    await page.get_by_role("button", name="退出").click()
    await log_in(page, "resident")
    await expect(page.get_by_text("没有个人账户", exact=True)).to_be_visible()
    await shoot(page, f"account-resident-{size}")
    await page.goto("/family/new")
    await page.get_by_role("button", name="我已阅读并同意").click()
    await shoot(page, f"bind-notice-refused-{size}")
    await page.get_by_role("button", name="退出").click()
    await log_in(page, "shanghai")
    await shoot(page, f"account-segments-{size}")
