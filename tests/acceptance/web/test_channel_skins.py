"""Every named channel leads where the articles say (SYS-01 to SYS-20 without SYS-15; S10, S11; C19)."""

import re
from collections.abc import Awaitable, Callable
from typing import Any

import pytest

from gongji.core.codes import PremiumKind, Relation
from gongji.core.premium import Entered, Wanted
from gongji.service.bindings import BindingRequest, bind
from gongji.service.commands import Sender
from gongji.service.premiums import enter_standard, pay_premium
from walk import balance, consent, link, search, walk

YEAR = 2027

ROWS = [
    # row, who, channel, path of labels, place chosen on the way, page, what is seen
    ("SYS-01", "son", "national_app", "家庭共济 - 家庭共济绑定", "", "/family/new", "告知书"),
    ("SYS-01", "son", "national_app", "医保码", "", "/voucher", "秒内有效"),
    ("SYS-01", "son", "national_app", "医保账户查询", "", "/account", "个人账户余额"),
    ("SYS-01", "son", "national_app", "我的 - 实名认证", "", "/verify", "实名认证"),
    ("SYS-02", "son", "national_app", "地方专区 - 当地规定", "610400", "/regions/610400", "咸阳市"),
    ("SYS-02", "son", "national_app", "地方专区 - 职工医保个人账户家庭共济", "610400", "/family/new", "咸阳市"),
    ("SYS-03", "son", "national_app", "地方专区 - 我要查 - 个人账户明细查询", "610400", "/records", "代缴保险费"),
    ("SYS-04", "qingdao", "national_app", "在线办理 - 亲情账户", "", "/family/new", "告知书"),
    ("SYS-05", "son", "national_app", "职工医保个人账户家庭共济 - 我的绑定", "", "/family", "我共济给谁"),
    ("SYS-05", "son", "national_app", "职工医保个人账户家庭共济 - 添加近亲属", "", "/family/new", "告知书"),
    ("SYS-05", "son", "national_app", "职工医保个人账户家庭共济 - 共济记录", "", "/records", "收支记录"),
    ("SYS-06", "son", "shaanxi_app", "服务 - 个人业务申报 - 家庭共济绑定", "", "/family/new", "个人账户共济绑定告知书"),
    ("SYS-06", "son", "shaanxi_app", "服务 - 家庭共济 - 代缴信息", "", "/pay", "代缴信息"),
    ("SYS-06", "son", "shaanxi_app", "家庭共济绑定", "", "/family/new", "个人账户共济绑定告知书"),
    (
        "SYS-07",
        "son",
        "shaanxi_mini",
        "服务 - 个人业务申报 - 家庭共济绑定",
        "",
        "/family/new",
        "个人账户共济绑定告知书",
    ),
    ("SYS-08", "son", "shaanxi_platform", "家庭共济查询", "", "/pay", "代缴信息"),
    ("SYS-10", "lanzhou", "gansu_wallet", "家庭共济绑定", "", "/family/new", "告知书"),
    ("SYS-16", "nanning", "official_account", "职工医保个人账户家庭共济", "450100", "/family/new", "告知书"),
    ("SYS-16", "nanning", "official_account", "医保查询 - 医保账户查询", "450100", "/account", "789.00"),
    ("SYS-17", "nanning", "website", "个人医保账户查询", "450100", "/account", "789.00"),
    ("SYS-17", "nanning", "website", "职工医保个人账户家庭共济", "450100", "/family/new", "告知书"),
    ("SYS-17", "nanning", "website", "消费明细", "450100", "/records", "收支记录"),
    ("SYS-18", "nanning", "service_platform", "医保服务 - 医保账户查询", "450100", "/account", "789.00"),
    ("SYS-18", "nanning", "service_platform", "社保 - 医保账户查询", "450100", "/account", "789.00"),
    ("SYS-19", "nanning", "local_app", "医保账户查询", "450100", "/account", "789.00"),
    ("SYS-19", "nanning", "local_app", "消费记录", "450100", "/records", "收支记录"),
    ("SYS-19", "nanning", "local_app", "缴费记录", "450100", "/records", "代缴保险费"),
    ("SYS-19", "nanning", "local_app", "医保法规", "450100", "/help/sources", "国办发〔2021〕14号"),
    ("SYS-20", "guangzhou", "guangdong_mini", "家庭共济", "", "/family/new", "告知书"),
]

THIRD = [
    ("SYS-11", "guangzhou", "yueshengshi", "医保 - 医保账户查询", "", "456.00"),
    ("SYS-12", "son", "wechat", "我 - 服务 - 城市服务 - 医保综合 - 医保查询服务", "610400", None),
    ("SYS-12", "son", "wechat", "我 - 支付 - 城市服务 - 医保综合 - 医保电子凭证", "610400", None),
    ("SYS-12", "nanning", "wechat", "我 - 服务 - 城市服务 - 社保 - 医保账户查询", "450100", "789.00"),
    ("SYS-13", "nanning", "alipay", "市民中心 - 社保 - 医保账户查询", "", "789.00"),
]

Visit = Callable[[str | None], Awaitable[Any]]


@pytest.fixture(scope="module")
async def premium(town: Any) -> str:
    """The son is bound to somebody in the residents' scheme and paid her premium."""
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
    sender = Sender(institution="test", message_id="p1", transaction="premium", input_hash=b"1")
    wanted = Wanted(person_no=resident.person_no, kind=PremiumKind.RESIDENT, year=YEAR)
    paid = await pay_premium(town.platform, sender, son.person_no, wanted, 40_000, "test")
    return str(paid.id)


@pytest.mark.parametrize(("row", "who", "skin", "path", "place", "page", "seen"), ROWS)
async def test_paths(row: str, who: str, skin: str, path: str, place: str, page: str, seen: str, visit: Visit) -> None:
    client = await visit(who)
    answer = await walk(client, skin, *path.split(" - "), place=place)
    assert (answer.status_code, answer.url.path) == (200, page), row
    assert seen in answer.text
    first = await client.get(f"/c/{skin}")
    name = re.search(r"<h1>(.*?)</h1>", first.text)[1]
    assert f"模拟渠道：{name}" in answer.text
    assert f"</svg><span>{name}</span></a>" in answer.text


@pytest.mark.parametrize(("row", "who", "skin", "path", "place", "amount"), THIRD)
async def test_third_parties_show_nothing_before_consent(
    row: str, who: str, skin: str, path: str, place: str, amount: str | None, visit: Visit, town: Any
) -> None:
    client = await visit(who)
    expected = amount or balance(await client.get("/account"))
    asked = await walk(client, skin, *path.split(" - "), place=place)
    assert "先绑定社保卡并授权" in asked.text, row
    assert balance(asked) is None
    assert town.people[who].name not in asked.text
    shown = await consent(client, asked, town.people[who].card_no)
    assert balance(shown) == expected
    log = (await client.get("/channels")).text
    assert "查看姓名、参保状态、个人账户余额和收支明细" in log
    grant = re.search(r"/channels/(gr-\w+)/end", log)[1]
    await client.post(f"/channels/{grant}/end")
    gone = await walk(client, skin, *path.split(" - "), place=place)
    assert balance(gone) is None
    assert "先绑定社保卡并授权" in gone.text


@pytest.mark.parametrize(
    ("skin", "path"),
    [("wechat", "我 - 服务 - 城市服务 - 医保综合 - 代缴记录"), ("alipay", "市民中心 - 社保 - 代缴记录")],
)
async def test_third_parties_read_premiums_once_allowed(
    skin: str, path: str, visit: Visit, town: Any, premium: str
) -> None:
    client = await visit("son")
    asked = await walk(client, skin, *path.split(" - "), place="610400" if skin == "wechat" else "")
    assert "查看参保缴费记录" in asked.text
    assert "田居民" not in asked.text
    shown = await consent(client, asked, town.people["son"].card_no)
    for words in ("代缴信息", "田居民", f"{YEAR} 年", "400.00"):
        assert words in shown.text, words
    log = (await client.get("/channels")).text
    assert "查看参保缴费记录" in log.partition("访问记录")[2]
    grant = re.search(r"/channels/(gr-\w+)/end", log)[1]
    await client.post(f"/channels/{grant}/end")
    assert "田居民" not in (await walk(client, skin, *path.split(" - "))).text


async def test_a_no_and_a_wrong_card_show_nothing(visit: Visit, town: Any) -> None:
    client = await visit("mother")
    asked = await walk(client, "alipay", "市民中心", "社保", "医保账户查询")
    wrong = await consent(client, asked, "Z0000000")
    assert "社保卡号与您的参保记录不一致" in wrong.text
    fields = dict(re.findall(r'<input type="hidden" name="(\w+)" value="([^"]*)">', wrong.text))
    fields.pop("_csrf_token")
    no = await client.post("/oauth/authorize", **fields, answer="no")
    assert "您没有同意" in no.text
    again = await walk(client, "alipay", "市民中心", "社保", "医保账户查询")
    assert balance(again) is None
    forged = await client.get("/c/alipay/back?code=x&state=y")
    assert forged.status_code == 400
    assert "没有办成" in forged.text


async def test_one_persons_consent_is_not_anothers(visit: Visit, town: Any) -> None:
    """The same phone, another person signed in: he is asked himself."""
    client = await visit("father")
    path = ("市民中心", "社保", "医保账户查询")
    shown = await consent(client, await walk(client, "alipay", *path), town.people["father"].card_no)
    assert balance(shown) == "50.00"
    await client.post("/logout")
    assert balance(await walk(client, "alipay", *path)) is None
    await client.post("/login", login=town.people["mother"].certificate_no, password="demo-pass-1")
    assert balance(await walk(client, "alipay", *path)) is None


async def test_sys_09_search_leads_to_the_platform_with_the_session_kept(visit: Visit, premium: str) -> None:
    for skin in ("alipay", "wechat"):
        son = await visit("son")
        answer = await search(son, skin, "家庭成员共济", "家庭共济查询")
        assert answer.url.path == "/pay"
        assert "陕西医保服务平台" in answer.text
        assert f"/premiums/{premium}" in answer.text
        assert "家庭共济查询" not in (await son.get(f"/c/{skin}")).text


async def test_sys_13_search_finds_the_balance(visit: Visit, town: Any) -> None:
    client = await visit("guangzhou")
    asked = await search(client, "alipay", "医保查询", "医保账户查询")
    assert balance(await consent(client, asked, town.people["guangzhou"].card_no)) == "456.00"


async def test_s10_three_ways_find_the_same_record(visit: Visit, premium: str) -> None:
    son = await visit("son")
    app = await walk(son, "shaanxi_app", "服务", "家庭共济", "代缴信息")
    platform = await search(son, "wechat", "家庭成员共济", "家庭共济查询")
    records = await walk(son, "national_app", "地方专区", "我要查", "个人账户明细查询", place="610400")
    only = await son.get(
        re.search(r'href="([^"]*business=premium)"[^>]*>代缴保险费', records.text)[1].replace("&amp;", "&")
    )
    for answer in (app, platform, only):
        assert "田居民" in answer.text
        assert "400.00" in answer.text
    for answer in (app, platform):
        assert f"/premiums/{premium}" in answer.text
    assert "个人账户划入" not in re.sub(r'<ul class="chips">.*?</ul>', "", only.text, flags=re.DOTALL)


async def test_s11_every_way_shows_the_balance_right_after_a_settlement(visit: Visit, town: Any) -> None:
    client, counter = await visit("nanning"), await visit(None)
    wechat = ("我", "服务", "城市服务", "社保", "医保账户查询")
    await consent(client, await walk(client, "wechat", *wechat, place="450100"), town.people["nanning"].card_no)
    await consent(
        client, await walk(client, "alipay", "市民中心", "社保", "医保账户查询"), town.people["nanning"].card_no
    )
    bill = {"institution": "P61010000001", "patient": "Z90000011", "amount": "39.50", "account_use": "1"}
    preview = await counter.post("/cashier/preview", **bill)
    form = preview.text.partition('action="/cashier/settle"')[2].partition("</form>")[0]
    carried = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    carried.pop("_csrf_token")
    assert "结算成功" in (await counter.post("/cashier/settle", **carried)).text
    ways = {
        "微信": await walk(client, "wechat", *wechat, place="450100"),
        "支付宝": await walk(client, "alipay", "市民中心", "社保", "医保账户查询"),
        "服务平台": await walk(client, "service_platform", "社保", "医保账户查询", place="450100"),
        "网站": await walk(client, "website", "个人医保账户查询", place="450100"),
        "当地APP": await walk(client, "local_app", "医保账户查询", place="450100"),
        "国家APP": await walk(client, "national_app", "医保账户查询"),
    }
    assert {way: balance(answer) for way, answer in ways.items()} == dict.fromkeys(ways, "749.50")
    for way in ("网站", "当地APP", "国家APP", "微信"):
        assert "西安虚构大药房" in ways[way].text


async def test_sys_14_a_relatives_code_is_shown_in_his_own_name(visit: Visit, town: Any) -> None:
    son, father = await visit("son"), await visit("father")
    him = town.people["father"]
    await son.post("/voucher/relatives/new", certificate_no=him.certificate_no, name=him.name, relation="parent")
    waiting = (await father.get("/voucher")).text
    await father.post(re.search(r"/voucher/\w+/allow", waiting)[0])
    for skin in ("wechat", "alipay"):
        asked = await walk(son, skin, "亲情账号")
        assert him.name not in asked.text
        listed = await consent(son, asked, town.people["son"].card_no)
        code = await son.get(f"{listed.url.path}{link(listed, him.name)}")
        assert f"{him.name}的医保码" in code.text
        assert f"结算记在{him.name}名下" in code.text
    mine = await walk(son, "national_app", "亲情账号")
    assert him.name in mine.text


async def test_sys_18_not_open_where_nobody_says_it_is(visit: Visit) -> None:
    stranger, guest = await visit("stranger"), await visit(None)
    first = await stranger.get("/c/service_platform")
    assert "西安市：本地区未开通服务平台" in first.text
    for path in ("医保服务/医保账户查询", "社保/医保账户查询"):
        answer = await stranger.get(f"/c/service_platform/{path}?place=450100")
        assert "本地区未开通" in answer.text
        assert answer.url.path.startswith("/c/")
    assert "本地区未开通" in (await guest.get("/c/service_platform?place=610100")).text
    asked = await guest.get("/c/service_platform/社保/医保账户查询?place=450100")
    assert asked.url.path == "/login"


async def test_place_and_person_decide_what_is_open(visit: Visit) -> None:
    for who, skin, label in (("son", "gansu_wallet", "家庭共济绑定"), ("nanning", "shaanxi_app", "家庭共济绑定")):
        client = await visit(who)
        closed = (await walk(client, skin, label)).text
        assert "<h1>本地区未开通</h1>" in closed
        assert re.search(r"<p>\S+市还没有收录为开通", closed), closed
    nanning = await visit("nanning")
    asked = await nanning.get("/c/wechat?q=家庭成员共济")
    assert "本地区未开通" in (await nanning.get(link(asked, "家庭共济查询"))).text


async def test_sys_02_what_is_told_follows_the_place(visit: Visit) -> None:
    guest = await visit(None)
    xian, qingdao = [(await guest.get(f"/c/national_app/地方专区?place={code}")).text for code in ("610100", "370200")]
    assert "西安市：可以绑定谁，要什么材料" in xian
    assert "青岛市：可以绑定谁，要什么材料" in qingdao
    told = [re.search(r'aria-label="\S+的规定">(.*?)</section>', text, re.DOTALL)[1] for text in (xian, qingdao)]
    assert told[0] != told[1].replace("青岛市", "西安市")


async def test_bindings_say_by_which_channel_they_were_made(visit: Visit, town: Any) -> None:
    """One link, whatever the way: made in the mini program, it shows in the app and in the portal."""
    stranger, mother = await visit("stranger"), town.people["mother"]
    await walk(stranger, "shaanxi_mini", "服务", "个人业务申报", "家庭共济绑定")
    answer = await stranger.post(
        "/family/new",
        user_certificate_no=mother.certificate_no,
        user_name=mother.name,
        user_region="610100",
        relation="spouse",
        notice_accepted="yes",
        signature_name="白路人",
    )
    assert "渠道：陕西医保小程序" in answer.text
    assert "渠道：陕西医保小程序" in (await walk(stranger, "shaanxi_app", "服务", "家庭共济", "我的共济")).text
    assert "渠道：陕西医保小程序" in (await (await visit("mother")).get("/family")).text
    left = await stranger.get("/c/leave")
    assert (left.url.path, "模拟渠道" in left.text) == ("/", False)


async def test_apps_begin_with_installing_and_signing_in(visit: Visit) -> None:
    guest = await visit(None)
    for skin in ("national_app", "shaanxi_app", "local_app"):
        first = (await guest.get(f"/c/{skin}")).text
        assert "第一次使用" in first
        assert f"/login?next=/c/{skin}" in first
    asked = await guest.get("/c/national_app/医保账户查询")
    assert asked.url.path == "/login"
    assert "模拟渠道：国家医保服务平台APP" in asked.text


async def test_unknown_channels_labels_and_cookies_are_nothing(visit: Visit) -> None:
    guest = await visit(None)
    for path in ("/c/nothing", "/c/wechat/nothing", "/c/shaanxi_app/back", "/c/wechat/我/服务/城市服务/x"):
        assert (await guest.get(path)).status_code in (400, 404), path
    assert (await guest.post("/c/shaanxi_app/allow", trail="x")).status_code == 404
    assert (await guest.post("/c/wechat/allow", trail="nothing")).status_code == 404
    guest.http.cookies.set("gongji_channel", "../nothing")
    assert "模拟渠道" not in (await guest.get("/help")).text


async def test_the_list_is_by_place(visit: Visit) -> None:
    guest = await visit(None)
    everything, xian = (await guest.get("/c")).text, (await guest.get("/c?place=610100")).text
    assert "粤省事" in everything
    assert "粤省事" not in xian
    assert "陕西医保App" in xian
    assert "南宁市医疗保障局" in (await guest.get("/c/website?place=450100")).text
