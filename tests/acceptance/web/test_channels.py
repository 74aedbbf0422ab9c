"""A third-party channel asks a person on his phone; he says yes, sees what it looked at, and ends it."""

import re
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge
from playwright.async_api import Page, Route, expect

from gongji.core.scopes import Scope
from gongji.service.oauth.clients import Registered, register_client

BACK = "https://life.example/back"
VERIFIER = "a-verifier-of-at-least-forty-three-characters-0"
WANTED = (Scope.ACCOUNT_READ, Scope.SETTLEMENTS_READ, Scope.BINDINGS_WRITE)


async def _channel(town: Any) -> Registered:
    made = await register_client(town.platform, "某某生活", WANTED, [BACK])
    assert isinstance(made, Registered)
    return made


def _question(channel: Registered) -> str:
    values = {
        "response_type": "code",
        "client_id": channel.client.id,
        "redirect_uri": BACK,
        "scope": " ".join(WANTED),
        "state": "s-1",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return "/oauth/authorize?" + urlencode(values)


async def _elsewhere(route: Route) -> None:
    await route.fulfill(status=200, content_type="text/html; charset=utf-8", body="<h1>channel</h1>")


async def _sign_in_on_the_way(page: Page, town: Any, role: str) -> None:
    await page.get_by_label("证件号码或社保卡号").fill(town.people[role].person_no)
    await page.get_by_label("密码").fill("demo-pass-1")
    await page.get_by_role("button", name="登录").click()


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_consent_in_the_browser(size: str, browse: Any, shoot: Any, town: Any, address: str) -> None:
    channel = await _channel(town)
    role = "mother" if size == "phone" else "stranger"
    page = await browse(size, script=size == "desktop")
    await page.route(BACK + "**", _elsewhere)
    await page.goto(_question(channel))
    await _sign_in_on_the_way(page, town, role)
    await expect(page.get_by_role("heading", level=1)).to_contain_text("某某生活")
    await expect(page.get_by_text(Scope.BINDINGS_WRITE.label)).to_be_visible()
    await page.get_by_label("绑定社保卡").fill("Z0000000")
    await page.get_by_role("button", name="同意", exact=True).click()
    await expect(page.get_by_text("社保卡号与您的参保记录不一致")).to_be_visible()
    await shoot(page, f"consent-{size}")
    await page.get_by_label("绑定社保卡").fill(town.people[role].card_no)
    await page.get_by_role("button", name="同意", exact=True).click()
    await page.wait_for_url(re.compile(re.escape(BACK)))
    told = {key: value[0] for key, value in parse_qs(urlsplit(page.url).query).items()}
    assert told["state"] == "s-1"

    async with httpx.AsyncClient(base_url=address) as channel_server:
        fields = {"grant_type": "authorization_code", "code": told["code"], "redirect_uri": BACK}
        secret = (channel.client.id, channel.secret or "")
        answer = await channel_server.post("/oauth/token", data=fields | {"code_verifier": VERIFIER}, auth=secret)
        headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
        me = (await channel_server.get("/api/me", headers=headers)).json()
        assert me["name"] == town.people[role].name
        assert (await channel_server.get("/api/bindings", headers=headers)).status_code == 403

        await page.goto("/services")
        await page.get_by_role("link", name="授权的第三方渠道").click()
        await expect(page.get_by_label("授权中").get_by_text("某某生活")).to_be_visible()
        await expect(page.get_by_label("访问记录").get_by_text("已拒绝")).to_be_visible()
        await shoot(page, f"channels-{size}")
        await page.get_by_role("button", name="停止授权").click()
        await expect(page.get_by_role("status")).to_contain_text("授权已停止")
        assert (await channel_server.get("/api/me", headers=headers)).status_code == 401
    await shoot(page, f"channels-ended-{size}")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_no_leads_back_without_anything(size: str, browse: Any, log_in: Any, town: Any) -> None:
    page = await browse(size)
    await page.route(BACK + "**", _elsewhere)
    await log_in(page, "son")
    await page.goto(_question(await _channel(town)))
    await page.get_by_role("button", name="不同意").click()
    await page.wait_for_url(re.compile(re.escape(BACK)))
    assert "error=access_denied" in page.url
    assert "code=" not in page.url


async def test_unverified_people_are_told_where_to_go(browse: Any, log_in: Any, shoot: Any, town: Any) -> None:
    page = await browse("phone")
    await log_in(page, "unverified")
    await page.goto(_question(await _channel(town)))
    await expect(page.get_by_role("alert")).to_contain_text("实名认证")
    await expect(page.get_by_role("button", name="同意", exact=True)).to_have_count(0)
    await shoot(page, "consent-unverified-phone")


async def test_a_stranger_to_the_platform_is_stopped_here(browse: Any, log_in: Any, shoot: Any, town: Any) -> None:
    page = await browse("phone")
    await log_in(page, "son")
    await page.goto(_question(await _channel(town)).replace("life.example", "evil.example"))
    await expect(page.get_by_role("alert")).to_contain_text("没有做任何授权")
    await shoot(page, "consent-rejected-phone")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_devices_and_password(size: str, browse: Any, log_in: Any, shoot: Any) -> None:
    first, second = await browse(size), await browse("phone")
    await log_in(first, "frozen")
    await log_in(second, "frozen")
    await first.goto("/security")
    await shoot(first, f"security-{size}")
    await first.get_by_role("button", name="退出这台设备").first.click()
    await expect(first.get_by_role("status")).to_contain_text("已经退出")
    await second.goto("/account")
    await expect(second).to_have_url(re.compile("/login"))
    await first.get_by_role("link", name="修改密码").click()
    await first.get_by_label("现在的密码").fill("demo-pass-1")
    await first.get_by_label("新密码", exact=True).fill("88888888")
    await first.get_by_label("再填一次新密码").fill("88888888")
    await first.get_by_role("button", name="修改密码").click()
    await expect(first.get_by_text("密码太简单")).to_be_visible()
    await shoot(first, f"password-{size}")
    await first.goto("/security")
    await first.get_by_role("button", name="全部退出").click()
    await expect(first).to_have_url(re.compile("/login"))


async def test_a_code_from_the_phone(browse: Any, shoot: Any, town: Any) -> None:
    sent: list[str] = []

    async def keep(_conn: Any, _person: Any, code: str) -> None:
        sent.append(code)

    page = await browse("phone", script=False)
    await page.goto("/login")
    await shoot(page, "login-phone")
    await page.get_by_role("link", name="用短信验证码登录").click()
    await expect(page.get_by_text("还没有开通")).to_be_visible()
    town.platform.send_code = keep
    try:
        await page.reload()
        await page.get_by_label("证件号码或社保卡号").fill(town.people["nanning"].card_no)
        await page.get_by_role("button", name="发送验证码").click()
        await page.get_by_label("短信验证码").fill("000000" if sent[-1:] != ["000000"] else "111111")
        await shoot(page, "code-phone")
        await page.get_by_role("button", name="登录", exact=True).click()
        await expect(page.get_by_text("验证码不正确或已过期")).to_be_visible()
        await page.get_by_label("短信验证码").fill(sent[-1])
        await page.get_by_role("button", name="登录", exact=True).click()
        await expect(page).to_have_url(re.compile("/$"))
    finally:
        town.platform.send_code = None
