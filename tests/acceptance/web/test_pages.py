"""What pages refuse, and what they show to whom, without a browser (S02, S03, S06, S07; KIN-36, KIN-39, KIN-41)."""

import re
from typing import Any

import httpx
import msgspec
import pytest

from gongji.app import portal
from gongji.service.collector import OutcomeUnknownError
from gongji.settings import Settings

RELATIVE = {"user_region": "610100", "relation": "spouse", "notice_accepted": "yes"}


def _alert(answer: httpx.Response) -> str:
    found = re.search(r'role="alert"><p>(.*?)</p>', answer.text)
    return found.group(1) if found else ""


async def _bind(client: Any, user: Any, **fields: str) -> httpx.Response:
    particulars = {"user_certificate_no": user.certificate_no, "user_name": user.name, "user_region": user.region}
    return await client.post("/family/new", **(RELATIVE | particulars | fields))


async def _preview(client: Any, **fields: str) -> httpx.Response:
    bill = {"institution": "H61010000001", "patient": "Z90000004", "amount": "100", "account_use": "2"}
    return await client.post("/cashier/preview", **(bill | fields))


def _carried(answer: httpx.Response) -> dict[str, str]:
    """The hidden fields of the form that settles."""
    form = answer.text.partition('action="/cashier/settle"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    fields.pop("_csrf_token")
    return fields


class TestConsent:
    async def test_notice_must_be_accepted_even_when_the_form_is_posted_directly(self, visit: Any, town: Any) -> None:
        son = await visit("son")
        answer = await _bind(son, town.people["mother"], notice_accepted="", signature_name="卢远")
        assert _alert(answer) == "请先阅读并同意告知书"
        answer = await son.post("/family/new/form")
        assert _alert(answer) == "请先阅读并同意告知书"

    async def test_commitment_must_be_signed(self, visit: Any, town: Any) -> None:
        answer = await _bind(await visit("son"), town.people["mother"])
        assert _alert(answer) == "请先签署个人承诺书"
        assert 'type="file"' not in answer.text

    async def test_signature_is_the_signers_own_name(self, visit: Any, town: Any) -> None:
        answer = await _bind(await visit("son"), town.people["mother"], signature_name="别人")
        assert "签名与您的姓名不一致" in answer.text

    async def test_who_is_not_real_name_verified_is_sent_there(self, visit: Any, town: Any) -> None:
        client = await visit("unverified")
        assert (await client.get("/family/new")).url.path == "/verify"
        answer = await _bind(client, town.people["mother"], signature_name="方未验")
        assert answer.url.path == "/verify"


@pytest.mark.parametrize(
    ("grantor", "user", "relation", "words"),
    [
        ("son", "mother", "spouse_parent", "配偶的父母不在可绑定的亲属范围内，咸阳市可绑定：配偶、父母、子女"),
        ("son", "uninsured", "parent", "被共济人未参加基本医保（未参保）"),
        ("suspended", "mother", "parent", "授权人当前暂停参保"),
        ("resident", "mother", "parent", "授权人参加的是居民医保"),
        ("frozen", "mother", "parent", "个人账户已封停"),
        ("stranger", "stranger", "spouse", "不能与本人绑定家庭共济"),
        ("nanning", "mother", "grandparent", "请选择使用人与您的关系"),
    ],
)
async def test_who_may_bind_whom(visit: Any, town: Any, grantor: str, user: Any, relation: str, words: str) -> None:
    client = await visit(grantor)
    name = town.people[grantor].name
    answer = await _bind(client, town.people[user], relation=relation, signature_name=name)
    assert answer.status_code == 422
    assert words in answer.text


async def test_pressing_submit_twice_binds_once(visit: Any, town: Any) -> None:
    client = await visit("stranger")
    fields = {"signature_name": "白路人", "message_id": "fixed-number-of-the-form"}
    for _ in range(2):
        answer = await _bind(client, town.people["mother"], **fields)
        assert str(answer.url).endswith("/family?done=bound")
    assert answer.text.count("解除绑定") == 1


async def test_a_relative_confirms_what_waits_for_him(visit: Any, town: Any) -> None:
    giver, taker = await visit("mother"), await visit("stranger")
    await _bind(giver, town.people["stranger"], relation="child", signature_name="秦月英")
    async with town.platform.pool.connection() as conn:
        await conn.execute(
            "update binding set state = 'pending' where authoriser = %s", [town.people["mother"].person_no]
        )
    waiting = (await taker.get("/family")).text
    assert "待确认" in waiting
    binding = re.search(r"/family/(B\w+)/confirm", waiting).group(1)
    assert (await giver.post(f"/family/{binding}/confirm")).status_code == 404
    answer = await taker.post(f"/family/{binding}/confirm")
    assert "已确认" in answer.text
    assert "待确认" not in answer.text
    assert "已解除" in (await taker.post(f"/family/{binding}/end")).text


async def test_forms_without_their_token_are_refused(visit: Any, town: Any) -> None:
    son = await visit("son")
    for path in ("/login", "/logout", "/family/new", "/family/B1/end", "/cashier/preview", "/cashier/settle"):
        answer = await son.http.post(path, data={"login": "x"})
        assert answer.status_code == 403, path
        assert "刷新后再提交" in answer.text
    assert (await son.get("/account")).url.path == "/account"


async def test_every_answer_carries_the_security_headers(visit: Any) -> None:
    client = await visit(None)
    for path in ("/", "/nope", "/api/me", "/api/nope", "/healthz", "/static/style.css"):
        headers = (await client.get(path)).headers
        assert "frame-ancestors 'none'" in headers["content-security-policy"], path
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"


async def test_pages_are_small_and_bring_everything_themselves(visit: Any) -> None:
    client = await visit("son")
    for path in ("/", "/account", "/family", "/cashier", "/family/new"):
        text = (await client.get(path)).text
        assert len(text.encode()) < 60_000
        assert " style=" not in text
        assert "<style" not in text
        assert not re.search(r'(?:src|href)="(?:https?:)?//', text)
        assert not re.search(r"<script(?! src=)", text)


class TestStranger:
    async def test_signed_out_people_are_asked_to_sign_in(self, visit: Any) -> None:
        client = await visit(None)
        for path in ("/account", "/family", "/family/new", "/verify", "/settlements/" + "1" * 30, "/family/B1/end"):
            assert (await client.get(path)).url.path == "/login", path
        for path in ("/family/new", "/family/new/form", "/family/B1/end", "/family/B1/confirm"):
            assert (await client.post(path)).url.path == "/login", path

    async def test_nobody_sees_anothers_data(self, visit: Any, town: Any) -> None:
        counter, father, son, stranger = [await visit(who) for who in (None, "father", "son", "stranger")]
        preview = await _preview(counter, patient=town.people["father"].card_no, amount="300")
        receipt = await counter.post("/cashier/settle", **_carried(preview))
        settlement = re.search(r'class="code">(\d{30})<', receipt.text).group(1)
        binding = re.search(r"/family/(B\w+)/end", (await son.get("/family")).text).group(1)
        for path in (f"/settlements/{settlement}", f"/family/{binding}/end"):
            assert (await stranger.get(path)).status_code == 404, path
        for path in (f"/family/{binding}/end", f"/family/{binding}/confirm"):
            assert (await stranger.post(path)).status_code == 404, path
        for path in ("/account", "/family", "/services", "/family/new"):
            text = (await stranger.get(path)).text
            assert not any(town.people[who].name in text for who in ("father", "son")), path
        whole, part = [(await who.get(f"/settlements/{settlement}")).text for who in (father, son)]
        assert "每一笔为什么" in whole
        assert "300.00" in whole
        assert "家庭共济：卢远的账户支付" in whole
        assert "5000.00" not in whole
        assert "您的账户为卢守田付了一笔" in part
        assert "每一笔为什么" not in part
        assert "300.00" not in part
        assert (await son.post(f"/family/{binding}/confirm")).status_code == 404

    async def test_no_certificate_number_in_an_address(self, visit: Any, town: Any) -> None:
        counter = await visit(None)
        number = town.people["father"].certificate_no
        preview = await _preview(counter, patient=number)
        receipt = await counter.post("/cashier/settle", **_carried(preview))
        assert all(number not in str(answer.url) for answer in (preview, receipt, *receipt.history))

    async def test_receipts_are_not_found_by_guessing(self, visit: Any) -> None:
        client = await visit(None)
        for message in ("1", "CASHIER-" + "A" * 24, "%00"):
            assert (await client.get(f"/cashier/receipts/H61010000001/{message}")).status_code == 404


class TestCashier:
    async def test_settling_twice_settles_once(self, visit: Any) -> None:
        counter, stranger = await visit(None), await visit("stranger")
        before = (await stranger.get("/account")).text.count("西安虚构第三医院")
        carried = _carried(await _preview(counter))
        receipts = [await counter.post("/cashier/settle", **carried) for _ in range(3)]
        assert len({str(answer.url) for answer in receipts}) == 1
        assert "结算成功" in receipts[0].text
        after = (await stranger.get("/account")).text.count("西安虚构第三医院")
        assert after - before == 2  # one movement and one bill

    async def test_an_unknown_outcome_says_that_pressing_again_is_safe(
        self, visit: Any, town: Any, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        async def lost(_: object) -> None:
            raise OutcomeUnknownError("connection lost")

        counter = await visit(None)
        carried = _carried(await _preview(counter))
        with monkeypatch.context() as broken:
            broken.setattr(town.platform.batcher, "submit", lost)
            answer = await counter.post("/cashier/settle", **carried)
        assert answer.status_code == 503
        assert "不会重复扣款" in answer.text
        assert _carried(answer) == carried
        assert "结算成功" in (await counter.post("/cashier/settle", **_carried(answer))).text

    async def test_another_bill_under_the_same_number_is_refused(self, visit: Any) -> None:
        counter = await visit(None)
        carried = _carried(await _preview(counter))
        await counter.post("/cashier/settle", **carried)
        answer = await counter.post("/cashier/settle", **(carried | {"amount": "900"}))
        assert answer.status_code == 409
        assert "已用于内容不同的请求" in answer.text

    async def test_settling_needs_a_preview(self, visit: Any) -> None:
        answer = await (await visit(None)).post(
            "/cashier/settle", institution="H61010000001", patient="Z90000004", amount="1", account_use="2"
        )
        assert _alert(answer) == "请先预结算，再结算"

    @pytest.mark.parametrize("institution", ["H61010000001", "P61010000001"])
    async def test_another_persons_credential_is_refused(self, visit: Any, institution: str) -> None:
        answer = await _preview(await visit(None), institution=institution, shown="Z90000002")
        assert answer.status_code == 409
        assert _alert(answer).startswith("持卡人与就医者身份不一致")

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"institution": "P61010000009"}, "不是医保定点机构"),
            ({"institution": "H0"}, "未找到定点医药机构"),
            ({"patient": "000"}, "未找到参保人"),
            ({"patient": "Z90000007"}, "当前暂停参保"),
            ({"patient": "Z90000009"}, "个人账户已封停"),
            ({"shown": "000"}, "就诊凭证无法识别"),
            ({"amount": "-1"}, "请填写大于零的金额"),
            ({"amount": "", "item1": "X001", "quantity1": "0"}, "请填写 1 到 999 的整数"),
            ({"item1": "X001"}, "项目和金额只填一样"),
            ({"amount": ""}, "请选择项目"),
            ({"account_use": "7"}, "请选择用谁的账户"),
        ],
    )
    async def test_refusals_are_shown_on_the_form(self, visit: Any, fields: dict[str, str], words: str) -> None:
        answer = await _preview(await visit(None), **fields)
        assert answer.status_code in (409, 422)
        assert words in answer.text
        assert "预结算</button>" in answer.text

    async def test_pharmacy_without_prescription_draws_on_the_account(self, visit: Any, town: Any) -> None:
        counter = await visit(None)
        items = {"amount": "", "item1": "X001", "quantity1": "2"}
        patient = town.people["father"].card_no
        preview = await _preview(counter, institution="P61010000001", patient=patient, **items)
        assert "没有外配处方" in preview.text
        assert "25.00" in preview.text
        assert "父母" not in preview.text  # an institution does not learn who the relative is
        receipt = await counter.post("/cashier/settle", **_carried(preview))
        assert "药店购药" in receipt.text
        undone = await counter.post(f"{receipt.url.path}/reverse")
        assert "已撤销" in undone.text
        assert "撤销结算</button>" not in undone.text

    async def test_changing_a_bill_takes_its_visit_back(self, visit: Any, town: Any) -> None:
        counter = await visit(None)
        carried = _carried(await _preview(counter))
        answer = await counter.post("/cashier/change", **carried)
        assert "预结算</button>" in answer.text
        async with town.platform.pool.connection() as conn:
            cursor = await conn.execute("select state from visit where id = %s", [carried["visit"]])
            assert await cursor.fetchone() == ("cancelled",)


class TestSignIn:
    async def test_wrong_password_then_locked(self, visit: Any, town: Any) -> None:
        client = await visit(None)
        number = town.people["nanning"].certificate_no
        for _ in range(8):
            answer = await client.post("/login", login=number, password="wrong")
            assert answer.status_code == 401
        assert _alert(answer) == "证件号码或密码不正确，请核对后重试"
        answer = await client.post("/login", login=number, password="demo-pass-1")
        assert answer.status_code == 429

    async def test_nobody_is_sent_to_a_strangers_site(self, visit: Any, town: Any) -> None:
        client = await visit(None)
        login = {"login": town.people["son"].card_no, "password": "demo-pass-1"}
        for target in ("https://evil.example", "//evil.example", "/\\evil.example", "/logout"):
            answer = await client.post("/login", next=target, **login)
            assert answer.url.host == client.http.base_url.host, target
            assert answer.url.path == "/", target
            assert "您好" in answer.text
            await client.post("/logout")

    async def test_signing_out_ends_the_session_on_the_server(self, visit: Any) -> None:
        client = await visit("son")
        token = client.http.cookies["gongji_session"]
        await client.post("/logout")
        client.http.cookies.set("gongji_session", token)
        assert (await client.get("/account")).url.path == "/login"


async def test_production_has_no_cashier_and_no_demo(town: Any) -> None:
    settings = msgspec.structs.replace(town.settings, production=True, secret="s" * 40)
    transport = httpx.ASGITransport(app=portal(town.platform, settings))
    async with httpx.AsyncClient(transport=transport, base_url="https://test") as http:
        home = await http.get("/")
        assert "虚构数据" not in home.text
        assert "demo-pass-1" not in home.text
        assert "Secure" in home.headers["set-cookie"]
        assert "HttpOnly" in home.headers["set-cookie"]
        assert (await http.get("/cashier")).status_code == 404


async def test_unexpected_errors_show_no_detail(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    async def broken(*_: object) -> None:
        raise RuntimeError("secret detail 99990119700100001X")

    monkeypatch.setattr("gongji.web.portal.account.whole_account", broken)
    monkeypatch.setattr("gongji.channels.rest.people.account_page", broken)
    transport = httpx.ASGITransport(app=portal(town.platform, Settings(data=town.settings.data)))
    async with httpx.AsyncClient(transport=transport, base_url="http://test", follow_redirects=True) as http:
        login = {"login": town.people["son"].card_no, "password": "demo-pass-1"}
        token = (await http.post("/api/sessions", json=login)).json()["token"]
        problem = await http.get("/api/me/account", headers={"authorization": f"Bearer {token}"})
        assert (problem.status_code, problem.json()["code"]) == (500, "internal_error")
        http.cookies.set("gongji_session", token)
        page = await http.get("/account")
        assert page.status_code == 500
        assert "系统出了点问题" in page.text
        assert "secret detail" not in page.text + problem.text


async def test_health_is_bad_without_the_database(town: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    transport = httpx.ASGITransport(app=portal(town.platform, town.settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://test") as http:
        assert (await http.get("/healthz")).status_code == 200

        async def silent() -> bool:
            return False

        monkeypatch.setattr(town.platform, "answers", silent)
        assert (await http.get("/healthz")).status_code == 503
        assert "gongji_settlements_total" in (await http.get("/metrics")).text
