"""The vendor's pages: messages live, one pair in words, faults, replay and reset; with and without JavaScript."""

import json
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import httpx
import pytest
from playwright.async_api import expect

from acceptance.web.conftest import HOSPITAL, PHARMACY, Open, Town, Visit
from gongji.app import portal
from gongji.channels.nhsa.gateway import gateway
from gongji.core.times import CHINA
from gongji.service.faults import drop_fault, set_faults
from gongji.service.recordings import Wanted, clear_recordings, recordings
from gongji.settings import Settings

SECRETS = ("卢守田", "99990119700100001X", "收费员甲")


class His:
    """A vendor's program."""

    def __init__(self, town: Town, http: httpx.AsyncClient) -> None:
        self.town = town
        self.http = http
        self.count = 0

    async def send(self, infno: str, content: Any, institution: str = PHARMACY, **headers: str) -> dict[str, Any]:
        self.count += 1
        message = {
            "infno": infno,
            "msgid": f"{institution[:12]}{datetime.now(CHINA):%Y%m%d%H%M%S}{self.count:04d}",
            "insuplc_admdvs": "610100",
            "opter": "op1",
            "opter_name": "收费员甲",
            "fixmedins_code": institution,
            "input": content,
        }
        response = await self.http.post("/fsi", json=message, headers=headers)
        answer: dict[str, Any] = response.json()
        return answer | {"msgid": message["msgid"]}

    async def person(self, **headers: str) -> dict[str, Any]:
        father = self.town.people["father"]
        data = {"mdtrt_cert_type": "02", "mdtrt_cert_no": father.certificate_no, "psn_name": father.name}
        return await self.send("1101", {"data": data}, HOSPITAL, **headers)

    async def purchase(self, amount: str) -> dict[str, Any]:
        father, now = self.town.people["father"], f"{datetime.now(CHINA):%Y-%m-%d %H:%M:%S}"
        info = {
            "psn_no": father.person_no,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": father.certificate_no,
            "begntime": now,
            "medfee_sumamt": amount,
            "insutype": "310",
            "acct_used_flag": "2",
            "med_type": "41",
        }
        line = {"feedetl_sn": "1", "rx_circ_flag": "0", "fee_ocur_time": now, "med_list_codg": "X001"}
        line |= {"medins_list_codg": "L1", "det_item_fee_sumamt": amount, "cnt": "1", "pric": amount}
        return await self.send("2102", {"druginfo": info, "drugdetail": [line]})


@pytest.fixture
async def his(town: Town) -> AsyncIterator[His]:
    await clear_recordings(town.platform)
    transport = httpx.ASGITransport(app=gateway(town.platform, town.settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield His(town, http)
    await drop_fault(town.platform, PHARMACY)


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_a_vendor_follows_his_messages(his: His, browse: Open, shoot: Any, size: str) -> None:
    page = await browse(size)
    await page.goto("/recorder")
    await expect(page.get_by_text("还没有报文")).to_be_visible()
    await shoot(page, f"recorder-empty-{size}")
    await his.person()
    await expect(page.get_by_role("link", name="1101 人员信息获取")).to_be_visible()  # without a reload
    bought = await his.purchase("30.00")
    assert bought["infcode"] == 0, bought
    await his.send("2207", {"data": {"psn_no": "1", "medfee_sumamt": "abc"}}, HOSPITAL)
    await his.purchase("abc")
    await his.http.post("/", content=b"infno=2207")
    await page.reload()
    assert await page.locator(".records li").count() == 5
    await shoot(page, f"recorder-{size}")
    await page.get_by_text("筛选", exact=True).first.click()
    await page.get_by_label("机构").select_option(PHARMACY)
    await page.get_by_label("结果").select_option("done")
    await page.get_by_role("button", name="筛选").click()
    assert await page.locator(".records li").count() == 1
    await page.locator(".records a").first.click()
    await expect(page.get_by_role("heading", name="2102 药店结算")).to_be_visible()
    await expect(page.get_by_role("heading", name="这条报文的结算")).to_be_visible()
    await expect(page.get_by_text("已办成")).to_be_visible()
    await expect(page.get_by_text("医疗费总额").first).to_be_visible()
    await shoot(page, f"recorder-pair-{size}")
    await page.get_by_text("原文").first.click()
    text = await page.content()
    for secret in SECRETS:
        assert secret not in text, secret
    await page.get_by_role("button", name="原样重发").click()
    await expect(page.get_by_text("重发自")).to_be_visible()
    assert bought["output"]["setlinfo"]["setl_id"] in await page.content()


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_refused_ones_say_what_is_wrong(his: His, browse: Open, shoot: Any, size: str) -> None:
    await his.send("2207", {"data": {"psn_no": "1", "medfee_sumamt": "abc", "own_field": "13900001234"}}, HOSPITAL)
    page = await browse(size, script=False)
    await page.goto("/recorder")
    await page.get_by_role("link", name="2207 门诊结算").click()
    await expect(page.get_by_text("不会受理")).to_be_visible()
    await expect(page.get_by_text("失败原因")).to_be_visible()
    await page.locator("summary", has_text="处").first.click()
    await expect(page.get_by_text("规范没有这个字段").first).to_be_visible()
    assert "13900001234" not in await page.content()
    await shoot(page, f"recorder-refused-{size}")


@pytest.mark.parametrize("size", ["phone", "desktop"])
async def test_faults_are_set_and_ended_without_javascript(
    his: His, town: Town, browse: Open, shoot: Any, size: str
) -> None:
    page = await browse(size, script=False)
    await page.goto("/recorder/faults")
    await page.get_by_role("button", name="设置").click()
    await expect(page.get_by_text("请选择机构")).to_be_visible()
    await page.get_by_label("机构").select_option(PHARMACY)
    await page.get_by_label("slow").check()
    await page.get_by_label("毫秒").fill("20")
    await page.get_by_label("交易编号").fill("2102")
    await page.get_by_label("次数").fill("2")
    await page.get_by_role("button", name="设置").click()
    await expect(page.get_by_text("还剩 2 条")).to_be_visible()
    await shoot(page, f"recorder-faults-{size}")
    answer = await his.purchase("5.00")
    assert answer["infcode"] == 0
    (kept,) = (await recordings(town.platform, Wanted(message_id=answer["msgid"]))).recordings
    assert kept.fault == "slow=20"
    assert kept.microseconds >= 20_000
    await page.reload()
    await expect(page.get_by_text("还剩 1 条")).to_be_visible()
    await page.get_by_role("button", name="停止").click()
    await expect(page.get_by_text("全部报文正常应答")).to_be_visible()
    assert await set_faults(town.platform) == []


async def test_an_answer_that_did_not_leave_is_shown_as_that(his: His, browse: Open, shoot: Any) -> None:
    answer = await his.person(**{"X-Gongji-Fault": "error-after"})
    assert "结果未知" in answer["err_msg"]
    page = await browse("phone", script=False)
    await page.goto(f"/recorder?message_id={answer['msgid']}")
    await page.locator(".records a").click()
    await expect(page.get_by_text("应答没有发出")).to_be_visible()
    await shoot(page, "recorder-fault")


async def test_a_database_without_a_built_city_is_not_reset(visit: Visit, town: Town, browse: Open, shoot: Any) -> None:
    async with town.platform.pool.connection() as conn:
        await conn.execute("update setting set key = 'kept' where key = 'demo'")
    try:
        client = await visit(None)
        answer = await client.post("/recorder/reset")
        assert answer.status_code == 409
        assert "未找到演示城市" in answer.text
    finally:
        async with town.platform.pool.connection() as conn:
            await conn.execute("update setting set key = 'demo' where key = 'kept'")
    page = await browse("phone")
    await page.goto("/recorder/reset")
    await shoot(page, "recorder-reset")


async def test_the_pages_are_not_in_production_and_find_nothing_odd(visit: Visit, town: Town) -> None:
    client = await visit(None)
    for path in ("/recorder/0", "/recorder/999999999999", f"/recorder/{10**30}", "/recorder/x"):
        assert (await client.get(path)).status_code == 404, path
    for query in ("before=x", f"before={10**30}", "institution=%00", "transaction=" + "9" * 500, "outcome=late"):
        answer = await client.get(f"/recorder?{query}")
        assert answer.status_code == 200, query
    assert (await client.post("/recorder/12345/replay")).status_code == 404
    production = portal(town.platform, Settings(production=True, secret="x" * 40, data=town.settings.data))
    transport = httpx.ASGITransport(app=production)
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as http:
        for path in ("/recorder", "/recorder/faults", "/recorder/1", "/api/sandbox/recordings"):
            assert (await http.get(path)).status_code == 404, path
        assert json.loads((await http.get("/api/openapi.json")).content)["paths"]
