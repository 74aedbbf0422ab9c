"""Stories of the demo city in the browser: what people fill in and read (S01, S02, S05, S07, S17, S18, S22)."""

import io
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from typing import Any

import pytest
import zxingcpp
from PIL import Image
from playwright.async_api import Browser, Page, expect

from gongji.core.codes import AccountState, Insurance, Scheme, Status
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.service.enrol import Credit, Enrolment, credit, enrol
from gongji.service.platform import Platform
from gongji.service.secret import hash_password
from his import Server

PASSWORD = "gongji-demo"
XIAN_PHARMACY, NANCHANG_PHARMACY, SHANGHAI_HOSPITAL = "P61010090051", "P36010090051", "H31000090001"
XIAN_HOSPITAL, CLINIC = "H61010090001", "H61010090006"
BEIJING_HOSPITAL, DENTAL_CLINIC = "H11000090001", "H11000090003"
NOT_DESIGNATED = "H11000090004", "H11000090005"
HOHHOT_THIRD_LEVEL, HOHHOT_SECOND_LEVEL = "H15010090001", "H15010090002"

As = Callable[[str], Awaitable[Page]]


OWN = {
    # role: name, region, retired, real name verified, yuan
    "story son unverified": ("门青", "610100", False, False, 700),
    "story son": ("门白", "610400", False, True, 700),
    "story father": ("门松", "610100", True, True, 15),
    "phoneless father": ("门柏", "610100", True, True, 20),
    "phoneless son": ("门竹", "610100", False, True, 600),
    "single user": ("门梅", "610100", False, True, 88),
    "single giver": ("门兰", "610100", False, True, 1500),
    "patient": ("门菊", "610100", False, True, 40),
    "patient's child": ("门荷", "610100", False, True, 500),
}
"""People of these stories alone, so that what other tests do with the city's people is nothing to them."""


def _person(number: int, name: str, region: str, *, retired: bool, verified: bool) -> Person:
    return Person(
        person_no=f"{region}98{number:018d}",
        region=region,
        name=name,
        certificate_type="01",
        certificate_no=f"99980119700101{number:03d}X",
        card_no=f"Z98{number:06d}",
        phone="",
        gender="1",
        birth_date=date(1950, 1, 1) if retired else date(1980, 1, 1),
        scheme=Scheme.EMPLOYEE,
        status=Status.RETIRED if retired else Status.ACTIVE,
        insurance=Insurance.INSURED,
        insured_since=date(2001, 1, 1),
        suspended_on=None,
        retired_on=date(2010, 1, 1) if retired else None,
        gp_signed=False,
        missing_years=0,
        employer="",
        real_name_verified=verified,
    )


@pytest.fixture(scope="module")
async def people(server: Server, books: str, book: PolicyBook) -> dict[str, Any]:
    """The city's people and, beside them, those of these stories, each with money of his own."""
    found = {person["role"]: person for person in server.city()["people"]}
    platform, password = Platform(books, book), hash_password(PASSWORD)
    await platform.open()
    money = []
    for number, (role, (name, region, retired, verified, yuan)) in enumerate(OWN.items(), start=1):
        person = _person(number, name, region, retired=retired, verified=verified)
        one = Enrolment(person=person, password_hash=password, fictitious=True, account_state=AccountState.OPEN)
        async with platform.pool.connection() as conn, conn.transaction():
            await enrol(conn, book, one, date(2024, 1, 1))
        money.append(Credit(person_no=person.person_no, amount=yuan * 100, reference=role))
        found[role] = {"certno": person.certificate_no, "name": name, "region": region}
    await credit(platform, money)
    await platform.close()
    return found


@pytest.fixture
async def window(server: Server, chromium: Browser, people: dict[str, Any]) -> AsyncIterator[As]:
    """A phone of a person's own, signed in; of nobody's for an empty role."""
    contexts = []

    async def make(role: str) -> Page:
        context = await chromium.new_context(viewport={"width": 360, "height": 780}, base_url=server.portal)
        context.set_default_timeout(15_000)
        contexts.append(context)
        page = await context.new_page()
        if role:
            await page.goto("/login")
            await page.get_by_label("证件号码或社保卡号").fill(people[role]["certno"])
            await page.get_by_label("密码").fill(PASSWORD)
            await page.get_by_role("button", name="登录").click()
            await expect(page.get_by_text("您好")).to_be_visible()
        return page

    yield make
    for context in contexts:
        await context.close()


async def charge(page: Page, place: str, patient: str, *, amount: str = "", items: tuple[str, ...] = ()) -> None:
    """Fill in a bill at the cashier and look at who would pay."""
    await page.goto(f"/cashier?institution={place}")
    await page.get_by_label("或填写证件号码、社保卡号，或扫医保码").fill(patient)
    for row, item in enumerate(items, start=1):
        option = page.locator(f"select[name=item{row}] option").filter(has_text=item)
        await page.get_by_label(f"项目 {row}").select_option(await option.get_attribute("value"))
    await page.get_by_label("或直接填金额（元）").fill(amount)
    await page.get_by_label("先本人，后共济").check()
    await page.get_by_role("button", name="预结算").click()


async def settle(page: Page) -> dict[str, str]:
    """Settle what is shown; returns the split on the receipt."""
    await page.get_by_role("button", name="结算", exact=True).click()
    await expect(page.get_by_text("结算成功")).to_be_visible()
    return await split(page)


async def split(page: Page) -> dict[str, str]:
    """The split as it is drawn: payer and amount."""
    rows = await page.locator(".parts li").all()
    return {await row.locator("span").inner_text(): await row.locator("b").inner_text() for row in rows}


def parts(fund: str, own: str, shared: str, cash: str) -> dict[str, str]:
    return {"统筹": fund, "本人账户": own, "家庭共济": shared, "现金": cash}


async def code_of(page: Page) -> str:
    """The e-voucher code of a page, as a scanner reads it off the screen; it says the same as the sandbox's text."""
    screen = Image.open(io.BytesIO(await page.locator("svg.qr").screenshot()))
    (seen,) = zxingcpp.read_barcodes(screen)
    assert seen.text == await page.locator(".voucher .code").inner_text()
    return str(seen.text)


async def bind(page: Page, user: dict[str, Any], **fields: str) -> None:
    """Bind a relative through the three pages, with a typed signature."""
    await page.get_by_label("已阅读").check()
    await page.get_by_role("button", name="我已阅读并同意").click()
    await page.get_by_label("证件号码").fill(user["certno"])
    await page.get_by_label("姓名").fill(user["name"])
    await page.get_by_label("参保地").select_option(user["region"])
    await page.get_by_label("使用人是您的").select_option(fields.pop("relation", "parent"))
    if fields.pop("once", ""):
        await page.get_by_label("只用一次").check()
    await page.get_by_text("更多限制").click()
    for label, value in fields.items():
        await page.get_by_label(label).fill(value)
    await page.get_by_role("button", name="查看个人承诺书并完成签名").click()


async def test_the_province_s_app_to_the_pharmacy(window: As, people: dict[str, Any]) -> None:
    """S01, S02: through the app's menus; unsigned is refused; the father shows his own code; the son reads each use."""
    unverified, son, father = (
        await window("story son unverified"),
        await window("story son"),
        await window("story father"),
    )
    for page in (unverified, son):
        await page.goto("/c/shaanxi_app")
        for name in ("^服务", "^个人业务申报", "^家庭共济绑定"):
            await page.get_by_role("link", name=re.compile(name)).first.click()
    await expect(unverified.get_by_role("heading", name="请先完成实名认证")).to_be_visible()
    assert await son.locator("input[type=file]").count() == 0
    await bind(son, people["story father"])
    assert await son.get_by_role("button", name="提交").is_disabled()
    await son.get_by_label("或者输入您的姓名作为签名").fill(people["story son"]["name"])
    await son.get_by_role("button", name="提交").click()
    await expect(son.get_by_role("status")).to_contain_text("绑定成功")
    await expect(son.get_by_label("我共济给谁")).to_contain_text("渠道：陕西医保")

    await father.goto("/voucher")
    counter = await window("")
    await charge(counter, XIAN_PHARMACY, await code_of(father), amount="55")
    assert await settle(counter) == parts("0.00", "15.00", "40.00", "0.00")
    await son.goto("/family/uses")
    use = son.get_by_role("listitem").filter(has_text="长安演示药店")
    await expect(use).to_contain_text(people["story father"]["name"])
    await expect(use).to_contain_text("40.00")
    await son.goto("/messages")
    await expect(son.locator("main")).to_contain_text("40.00 元")


async def test_a_father_without_a_phone(window: As, people: dict[str, Any]) -> None:
    """S05, S07: his code on the son's phone gives no money; bound, own comes first and then what the son allows."""
    son, father, counter = await window("phoneless son"), await window("phoneless father"), await window("")
    await son.goto("/voucher")
    await son.get_by_role("link", name="添加家人").click()
    await son.get_by_label("家人的证件号码").fill(people["phoneless father"]["certno"])
    await son.get_by_label("家人的姓名").fill(people["phoneless father"]["name"])
    await son.get_by_label("家人是您的").select_option("parent")
    await son.get_by_role("button", name="提交").click()
    await father.goto("/voucher")
    await father.get_by_role("button", name="同意", exact=True).click()
    await son.goto("/voucher")
    await son.get_by_role("link", name="出示").click()
    await expect(son.locator("main")).to_contain_text("由您代为出示")
    code = await code_of(son)
    await charge(counter, XIAN_PHARMACY, code, amount="25")
    assert await settle(counter) == parts("0.00", "20.00", "0.00", "5.00")
    await charge(counter, XIAN_PHARMACY, code, amount="25")
    await expect(counter.get_by_role("alert")).to_contain_text("医保码")

    await son.goto("/family/new")
    await bind(son, people["phoneless father"], **{"总共最多（元）": "100"})
    await son.get_by_label("或者输入您的姓名作为签名").fill(people["phoneless son"]["name"])
    await son.get_by_role("button", name="提交").click()
    await expect(son.get_by_role("status")).to_contain_text("绑定成功")
    certno = people["phoneless father"]["certno"]
    await charge(counter, XIAN_PHARMACY, certno, amount="70")
    assert await settle(counter) == parts("0.00", "0.00", "70.00", "0.00")
    await charge(counter, XIAN_PHARMACY, certno, amount="80")
    assert await settle(counter) == parts("0.00", "0.00", "30.00", "50.00")
    await son.goto("/family")
    await son.get_by_role("link", name="限额和使用").click()
    await son.get_by_role("link", name="改限额").click()
    await son.get_by_label("总共最多（元）").fill("200")
    await son.get_by_role("button", name="保存").click()
    await expect(son.get_by_role("status")).to_contain_text("限额已保存")
    await charge(counter, XIAN_PHARMACY, certno, amount="10")
    assert await settle(counter) == parts("0.00", "0.00", "10.00", "0.00")


async def test_a_binding_for_one_use(window: As, people: dict[str, Any]) -> None:
    """S07: the first bill draws, the second does not, and the page says why."""
    son, counter = await window("single giver"), await window("")
    await son.goto("/family/new")
    await bind(son, people["single user"], once="yes", relation="spouse")
    await son.get_by_label("或者输入您的姓名作为签名").fill(people["single giver"]["name"])
    await son.get_by_role("button", name="提交").click()
    await expect(son.get_by_role("status")).to_contain_text("绑定成功")
    certno = people["single user"]["certno"]
    await charge(counter, XIAN_PHARMACY, certno, amount="100")
    assert await settle(counter) == parts("0.00", "88.00", "12.00", "0.00")
    await charge(counter, XIAN_PHARMACY, certno, amount="30")
    assert await settle(counter) == parts("0.00", "0.00", "0.00", "30.00")
    await son.goto("/family")
    await expect(son.get_by_label("已结束", exact=True)).to_contain_text("已失效")


async def test_how_far_the_money_reaches(window: As, people: dict[str, Any]) -> None:
    """S17: within the province from its day on, and today to another; a bill of another province draws."""
    guest, counter = await window(""), await window("")
    for asked, answer in (
        ("region=咸阳&relation=parent&purpose=pharmacy&user_region=西安", "可以"),
        ("region=咸阳&relation=parent&purpose=pharmacy&user_region=西安&date=2024-04-01", "不可以"),
        ("region=咸阳&relation=parent&purpose=pharmacy&user_region=南昌", "可以"),
    ):
        await guest.goto(f"/ask?{asked}")
        assert (await guest.get_by_role("status").inner_text()).strip().startswith(answer), asked
    child = await window("patient's child")
    await child.goto("/family/new")
    await bind(child, people["patient"])
    await child.get_by_label("或者输入您的姓名作为签名").fill(people["patient's child"]["name"])
    await child.get_by_role("button", name="提交").click()
    await expect(child.get_by_role("status")).to_contain_text("绑定成功")
    await charge(counter, NANCHANG_PHARMACY, people["patient"]["certno"], amount="60")
    assert await settle(counter) == parts("0.00", "40.00", "20.00", "0.00")


async def test_the_three_stages_on_a_receipt_of_shanghai(window: As, people: dict[str, Any]) -> None:
    """S18: 200 of this year, 500 borne (300 of earlier years, 200 of the spouse), then 70% of 300 by the fund."""
    counter, patient = await window(""), await window("S18 in-service")
    await charge(counter, SHANGHAI_HOSPITAL, people["S18 in-service"]["certno"], amount="1000")
    whole = parts("210.00", "500.00", "290.00", "0.00")
    assert await settle(counter) == whole
    await patient.goto("/account")
    await patient.get_by_label("就医购药记录").get_by_role("link").first.click()
    assert await split(patient) == whole
    why = await patient.get_by_label("每一笔为什么").inner_text()
    for words in (
        "先用本人当年账户支付 200.00 元",
        "起付线 500.00 元",
        "本人历年账户支付 300.00 元",
        "统筹按 70% 支付 210.00 元",
    ):
        assert words in why, words


async def test_registration_in_beijing_by_code_and_by_card(window: As, people: dict[str, Any]) -> None:
    """S22: the part one bears leaves the account by itself, the surcharge is cash, elsewhere than designated none."""
    counter, patient, who = await window(""), await window("S22 Beijing patient"), people["S22 Beijing patient"]
    await patient.goto("/voucher")
    await charge(counter, BEIJING_HOSPITAL, await code_of(patient), items=("普通挂号费", "普通门诊诊察费"))
    assert await settle(counter) == parts("0.00", "21.00", "0.00", "0.00")
    await charge(counter, BEIJING_HOSPITAL, who["card_no"], items=("普通挂号费", "特需门诊诊察费加收"))
    assert await settle(counter) == parts("0.00", "1.00", "0.00", "200.00")
    await patient.goto("/")
    await expect(patient.locator(".balance").first).to_contain_text("778.00")
    for place in NOT_DESIGNATED:
        await charge(counter, place, who["certno"], items=("普通挂号费",))
        await expect(counter.get_by_role("alert")).to_contain_text("不是医保定点机构")


async def test_consultation_in_inner_mongolia(window: As, people: dict[str, Any]) -> None:
    """S22: beyond the year's deductible the fund pays its ratio of the consultation, the account the rest."""
    counter, certno = await window(""), people["S22 Hohhot patient"]["certno"]
    await charge(counter, HOHHOT_SECOND_LEVEL, certno, amount="1000")
    assert await settle(counter) == parts("0.00", "1000.00", "0.00", "0.00")
    for place, fund, own in ((HOHHOT_SECOND_LEVEL, "16.00", "4.00"), (HOHHOT_THIRD_LEVEL, "12.00", "8.00")):
        await charge(counter, place, certno, items=("普通门诊诊察费",))
        assert await settle(counter) == parts(fund, own, "0.00", "0.00")


TEETH = (
    # what was done, what the account pays, what is cash
    (("银汞充填术", "拔牙（前牙）"), "125.00", "0.00"),
    (("补牙高端材料加收",), "0.00", "400.00"),
    (("牙齿矫正（固定矫治）",), "0.00", "12000.00"),
    (("牙齿漂白",), "0.00", "800.00"),
)


@pytest.mark.parametrize(("items", "own", "cash"), TEETH)
async def test_teeth_at_each_place(
    items: tuple[str, ...], own: str, cash: str, window: As, people: dict[str, Any]
) -> None:
    """S22: treatment may be paid, finer material, braces and whitening are cash, outside the scheme nothing is."""
    counter, certno = await window(""), people["S22 Beijing patient"]["certno"]
    for place in (BEIJING_HOSPITAL, DENTAL_CLINIC):
        await charge(counter, place, certno, items=items)
        assert await settle(counter) == parts("0.00", own, "0.00", cash), place
    if cash != "0.00":
        await expect(counter.get_by_label("每一笔为什么")).to_contain_text("须付现金")
    for place in (*NOT_DESIGNATED, CLINIC):
        await charge(counter, place, certno, items=items)
        await expect(counter.get_by_role("alert")).to_contain_text("定点")


async def test_a_filling_at_a_hospital_of_xian(window: As, people: dict[str, Any]) -> None:
    """S22: where a registration fee has no rule of its own, filling and extraction leave no cash either."""
    counter, certno = await window(""), people["single giver"]["certno"]
    await charge(counter, XIAN_HOSPITAL, certno, items=("普通挂号费", "银汞充填术", "拔牙（前牙）"))
    assert (await settle(counter))["现金"] == "0.00"
    await charge(counter, XIAN_HOSPITAL, certno, items=("补牙高端材料加收", "牙齿漂白"))
    assert await settle(counter) == parts("0.00", "0.00", "0.00", "1200.00")
    await expect(counter.get_by_label("每一笔为什么")).to_contain_text("须付现金")


async def test_a_place_is_found_by_its_region_without_scripts(server: Server, chromium: Browser) -> None:
    """Institutions and people stand under their regions; a bill is settled with the keyboard, without JavaScript."""
    context = await chromium.new_context(java_script_enabled=False, base_url=server.portal)
    page = await context.new_page()
    await page.goto("/cashier")
    for name in ("institution", "patient_demo"):
        groups = page.locator(f"select[name={name}] optgroup")
        labels = [await group.get_attribute("label") for group in await groups.all()]
        assert {"北京市", "呼和浩特市", "西安市"} <= set(labels)
        assert len(labels) == len(set(labels))
        for group in await groups.all():
            for option in await group.locator("option").all_inner_texts():
                assert f"（{await group.get_attribute('label')}" in option
    await page.get_by_label("定点医药机构").focus()
    await page.keyboard.press("ArrowDown")
    await page.get_by_label("选一位演示人员").focus()
    await page.keyboard.press("ArrowDown")
    await page.get_by_label("或直接填金额（元）").focus()
    await page.keyboard.type("10")
    await page.keyboard.press("Enter")
    await expect(page.locator("main")).to_contain_text("燕京演示三级医院")
    await expect(page.locator("main")).to_contain_text("燕丁香")
    await page.get_by_role("button", name="结算", exact=True).focus()
    await page.keyboard.press("Enter")
    await expect(page.get_by_text("结算成功")).to_be_visible()
    assert await split(page) == parts("0.00", "10.00", "0.00", "0.00")
    await context.close()
