"""Binding where the place asks for more: papers, modes, terms, limits, a guardian (S04, KIN-45 to KIN-57)."""

import re
import shutil
from datetime import date
from pathlib import Path
from typing import Any

import msgspec
import psycopg
import pytest

from english_pages import in_english, wrong
from gongji.core.codes import AccountState, BindingTerm, PlaceKind, Purpose, SharingMode
from gongji.core.family import BindingState
from gongji.core.policy import PolicyBook
from gongji.ledger.sql import queries
from gongji.policyfiles.load import load
from gongji.policyfiles.locate import locate
from gongji.service.binding_staff import approve, reject
from gongji.service.bindings import bindings_of
from gongji.service.enrol import Enrolment, enrol
from gongji.service.secret import hash_password
from gongji.service.staff import Role, Staff

REVIEWER = Staff(login="review01", name="李", role=Role.REVIEWER, region="610000")
PNG = b"\x89PNG\r\n\x1a\n" + b"\x00\x00\x00\rIHDR" + (300).to_bytes(4, "big") + (120).to_bytes(4, "big")
HEAD = 'from = 2020-01-01\nsource = "试验"\nconfidence = "low"\nverified_on = 2026-01-01\nreview_by = 2027-06-30\n'
RULES = {
    "610100": f'[[proof]]\n{HEAD}online = "documents"\ndocuments = ["id_card", "household_register"]\n'
    'counter = ["id_card"]\n',
    "610400": f'[[binding]]\n{HEAD}notice = "共济告知书"\ncommitment = "共济承诺书"\nconfirm_by_user = true\n',
}
CHILD = "999900000021"
LANZHOU = "999900000022"


@pytest.fixture(scope="module")
def book(tmp_path_factory: pytest.TempPathFactory) -> PolicyBook:
    """The real rules, but 西安 wants papers and 咸阳 asks the relative."""
    root = tmp_path_factory.mktemp("rules") / "regions"
    shutil.copytree(locate(), root)
    for code, text in RULES.items():
        file: Path = root / code / "sharing.toml"
        before = file.read_text("utf-8") if file.exists() else ""
        file.write_text(f"{before}\n{text}", "utf-8")
    return load(root)


@pytest.fixture(scope="module")
async def relatives(town: Any, book: PolicyBook, dsn: str) -> None:
    """A child of the mother's, and somebody in 兰州."""
    plain = town.people["resident"]
    child = {"person_no": CHILD, "name": "卢小苗", "certificate_no": "99990120150101021X", "card_no": "Z900021"}
    cousin = {"person_no": LANZHOU, "name": "陇上亲", "certificate_no": "99990119800101022X", "card_no": "Z900022"}
    people = [
        msgspec.structs.replace(plain, **child, birth_date=date(2015, 1, 1)),
        msgspec.structs.replace(plain, **cousin, region="620100"),
    ]
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        for person in people:
            one = Enrolment(
                person=person,
                password_hash=hash_password("demo-pass-1"),
                fictitious=True,
                account_state=AccountState.NONE,
            )
            await enrol(conn, book, one, date(2024, 1, 1))
        kinship = {"person_no": town.people["mother"].person_no, "relative": CHILD, "relation": "child"}
        about = {"basis": "counter", "actor": "staff/clerk01", "now": town.platform.clock()}
        await conn.execute(queries["declare_kinship"], kinship | about)


async def _newest(town: Any, role: str) -> Any:
    return (await bindings_of(town.platform, town.people[role].person_no))[0].binding


async def test_papers_are_uploaded_and_reviewed(browse: Any, log_in: Any, shoot: Any, town: Any) -> None:
    page = await browse("phone", script=False)
    await log_in(page, "mother")
    await page.goto("/family/new")
    assert "请先拍好照片" in await page.locator("main").inner_text()
    await page.get_by_label("已阅读").check()
    await page.get_by_role("button", name="我已阅读并同意").click()
    await page.get_by_label("证件号码").fill(town.people["father"].certificate_no)
    await page.get_by_label("姓名").fill("写错名字")
    await page.get_by_label("参保地").select_option("610100")
    await page.get_by_label("使用人是您的").select_option("spouse")
    await page.get_by_role("button", name="下一步：上传材料").click()
    await page.get_by_label("身份证").set_input_files(
        [
            {"name": "a.png", "mimeType": "image/png", "buffer": PNG},
            {"name": "b.exe", "mimeType": "x/y", "buffer": b"MZ"},
        ]
    )
    await page.get_by_role("button", name="提交审核").click()
    assert "只收 PNG" in await page.locator("#paper-id_card-fault").inner_text()
    assert "请上传户口簿" in await page.locator("#paper-household_register-fault").inner_text()
    assert "已上传 1 个" in await page.locator("main").inner_text()
    register = [{"name": f"{n}.png", "mimeType": "image/png", "buffer": PNG} for n in (1, 2)]
    await page.get_by_label("户口簿").set_input_files(register)
    await shoot(page, "bind-papers-phone")
    await page.get_by_role("button", name="提交审核").click()
    assert "与参保记录不一致" in await page.get_by_role("alert").inner_text()
    await page.get_by_label("姓名").fill("卢守田")
    await page.get_by_role("button", name="下一步：上传材料").click()
    assert await page.get_by_text("已上传 2 个").count() == 1
    await page.get_by_role("button", name="提交审核").click()
    assert "等经办机构审核" in await page.get_by_role("status").inner_text()
    assert "待审核" in await page.get_by_label("我共济给谁").inner_text()
    asked = await _newest(town, "mother")
    await reject(town.platform, asked.id, REVIEWER, "户口簿照片看不清")
    await page.goto("/family")
    ended = page.get_by_label("已结束", exact=True)
    assert "已驳回" in await ended.inner_text()
    assert "户口簿照片看不清" in await ended.inner_text()
    await shoot(page, "bind-rejected-phone")
    await ended.get_by_role("link", name="重新申请").click()
    await page.get_by_label("已阅读").check()
    await page.get_by_role("button", name="我已阅读并同意").click()
    assert await page.get_by_label("姓名").input_value() == "卢守田"
    assert await page.get_by_label("使用人是您的").input_value() == "spouse"


async def test_papers_are_sent_in_english(browse: Any, log_in: Any, town: Any) -> None:
    """Each page of the way reads as English, with a fault at its field and the sentence that says it waits."""
    page = await browse("phone", script=False)
    await log_in(page, "stranger")
    await page.get_by_role("button", name="English").click()
    await page.goto("/family/new")
    seen = {"notice": wrong(await page.content())}
    await page.get_by_role("checkbox").check()
    await page.get_by_role("button", name="I have read it and agree").click()
    for field, text in (("certificate_no", town.people["mother"].certificate_no), ("name", "秦月英")):
        await page.locator(f"[name=user_{field}]").fill(text)
    await page.locator("[name=user_region]").select_option("610100")
    await page.locator("[name=relation]").select_option(label="parent")
    seen["form"] = wrong(await page.content())
    await page.get_by_role("button", name="Next: papers").click()
    seen["papers"] = wrong(await page.content())
    picture = [{"name": "a.png", "mimeType": "image/png", "buffer": PNG}]
    await page.get_by_label("ID card").set_input_files(picture)
    await page.get_by_role("button", name="Send").click()
    seen["a paper is missing"] = wrong(await page.content())
    assert "1 already sent" in await page.locator("main").inner_text()
    await page.get_by_label("Household register").set_input_files(picture)
    await page.get_by_role("button", name="Send").click()
    assert await page.get_by_role("status").inner_text()
    seen["done"] = wrong(await page.content())
    assert {name: texts for name, texts in seen.items() if texts} == {}
    assert (await _newest(town, "stranger")).state is BindingState.REVIEW


async def test_one_form_sent_twice_binds_once(visit: Any, town: Any) -> None:
    """Each press uploads anew; the application is the one that the first press made."""
    mother = await visit("mother")
    form = {"notice_accepted": "yes", "message_id": "twice", "user_certificate_no": town.people["son"].certificate_no}
    form |= {"user_name": "卢远", "user_region": "610400", "relation": "child"}
    papers = [
        ("paper-id_card", ("a.png", PNG, "image/png")),
        ("paper-household_register", ("b.png", PNG, "image/png")),
    ]
    await mother.get("/family")
    fields = form | {"_csrf_token": mother.http.cookies["gongji_csrf"]}
    for _ in range(2):
        sent = await mother.http.post("/family/new", data=fields, files=papers)
        assert "等经办机构审核" in sent.text
    asked = await _newest(town, "mother")
    assert (asked.state, asked.user) == (BindingState.REVIEW, town.people["son"].person_no)
    await approve(town.platform, asked.id, REVIEWER)
    assert (await _newest(town, "mother")).state is BindingState.ACTIVE
    huge = [("paper-id_card", ("a.png", PNG + bytes(3 * 1024 * 1024), "image/png")), papers[1]]
    refused = await mother.http.post("/family/new", data=fields | {"message_id": "huge"}, files=huge)
    assert (refused.status_code, "文件超过 2 MB" in refused.text) == (422, True)


async def _bind(client: Any, **fields: str) -> Any:
    plain = {"notice_accepted": "yes", "signature_name": fields.pop("signed")}
    return await client.post("/family/new", **(plain | fields))


async def test_mode_term_and_limits_are_chosen(visit: Any, town: Any, relatives: None) -> None:
    lanzhou = await visit("lanzhou")
    shown = (await lanzhou.post("/family/new/form", notice_accepted="yes")).text
    for words in ("家庭共济账户", "用时直接扣", "共济额度", "只用一次", "每年最多", "定点药店"):
        assert words in shown, words
    assert "体育健身" not in shown
    form = {"user_certificate_no": "99990119800101022X", "user_name": "陇上亲", "user_region": "620100"}
    form |= {"relation": "sibling", "signed": "陇上行"}
    bad = await _bind(lanzhou, **form, lasting="until", per_day="x", mode="quota_hold")
    assert (bad.status_code, 'id="ends_on-fault"' in bad.text, 'id="per_day-fault"' in bad.text) == (422, True, True)
    far = await _bind(lanzhou, **form, mode="quota_hold")
    assert 'id="mode-fault"' in far.text
    chosen = {"mode": "live_call", "lasting": "once", "per_transaction": "50", "per_year": "300", "total": "500"}
    done = await _bind(lanzhou, **form, **chosen, **{"purpose-pharmacy": "yes", "place-pharmacy": "yes"})
    assert "绑定成功" in done.text, done.text
    made = await _newest(town, "lanzhou")
    assert (made.mode, made.term) == (SharingMode.LIVE_CALL, BindingTerm.SINGLE_USE)
    allowed = made.limits
    assert (allowed.per_transaction, allowed.per_day, allowed.per_year, allowed.total) == (5_000, None, 30_000, 50_000)
    assert (allowed.purposes, allowed.places) == ((Purpose.PHARMACY,), (PlaceKind.PHARMACY,))
    slip = (await lanzhou.get(f"/family/{made.id}/slip")).text
    for words in (made.id, "陇上行", "陇上亲", "只用一次", "签署承诺书", "500.00 元"):
        assert words in slip, words
    stranger = await visit("stranger")
    assert (await stranger.get(f"/family/{made.id}/slip")).status_code == 404


async def test_a_quota_is_asked_for_between_provinces(visit: Any, town: Any) -> None:
    son, shanghai = await visit("son"), await visit("shanghai")
    form = {"user_certificate_no": town.people["shanghai"].certificate_no, "user_name": "沈沪生"}
    form |= {"user_region": "310000", "relation": "sibling", "signed": "卢远", "quota": "120"}
    asked = await _bind(son, **form)
    assert "请家人登录后" in asked.text, asked.text
    made = await _newest(town, "son")
    assert (made.mode, made.limits.quota, made.state) == (SharingMode.QUOTA_HOLD, 12_000, BindingState.PENDING)
    assert "已确认" in (await shanghai.post(f"/family/{made.id}/confirm")).text
    assert re.search(r"冻结的额度</dt><dd>120\.00", (await son.get(f"/family/{made.id}")).text)


async def test_a_parent_consents_for_a_child(visit: Any, town: Any, relatives: None) -> None:
    son, mother, stranger = [await visit(who) for who in ("son", "mother", "stranger")]
    form = {"user_certificate_no": "99990120150101021X", "user_name": "卢小苗", "user_region": "610100"}
    asked = await _bind(son, **form, relation="sibling", signed="卢远")
    assert "请家人登录后" in asked.text, asked.text
    made = await _newest(town, "son")
    listed = (await mother.get("/family")).text
    assert f"/family/wards/{made.id}" in listed
    for other in (son, stranger):
        assert (await other.get(f"/family/wards/{made.id}")).status_code == 404
        assert (await other.post(f"/family/wards/{made.id}", answer="yes", guardian="yes")).status_code == 404
    unticked = await mother.post(f"/family/wards/{made.id}", answer="yes")
    assert (unticked.status_code, 'id="guardian-fault"' in unticked.text) == (422, True)
    reader = await in_english(await visit("mother"))
    for page in (await reader.get("/family"), await reader.post(f"/family/wards/{made.id}", answer="yes")):
        assert wrong(page.text) == []
    agreed = await mother.post(f"/family/wards/{made.id}", answer="yes", guardian="yes")
    assert "孩子可以用这份共济了" in agreed.text
    assert (await _newest(town, "son")).state is BindingState.ACTIVE
    assert (await mother.get(f"/family/wards/{made.id}")).status_code == 404
