"""Sign in by three numbers or by a code, first passwords, devices, lock-out across processes, staff."""

import asyncio
from collections.abc import AsyncIterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import httpx
import pyotp
import pytest
from psycopg import AsyncConnection

from gongji import serve
from gongji.app import portal
from gongji.core.person import Person
from gongji.core.refusal import Code, Refusal
from gongji.service import throttle
from gongji.service.passwords import issue_password
from gongji.service.platform import Platform, china_now
from gongji.service.staff import (
    Role,
    Staff,
    add_staff,
    all_staff,
    disable_staff,
    new_totp_secret,
    sign_in_staff,
    sign_out_staff,
    staff_of_session,
    totp_address,
)
from gongji.settings import Settings

PASSWORD = "demo-pass-1"


@pytest.fixture(autouse=True)
async def fresh(running: Platform) -> AsyncIterator[list[tuple[str, str]]]:
    """No tries so far, and phones that keep what they get."""
    sent: list[tuple[str, str]] = []

    async def keep(_conn: AsyncConnection, person: Person, code: str) -> None:
        sent.append((person.phone, code))

    running.send_code = keep
    yield sent
    running.send_code = None
    running.clock = china_now
    async with running.pool.connection() as conn:
        await conn.execute("delete from throttle")


async def _open(api: Any, login: str, password: str = PASSWORD) -> httpx.Response:
    response: httpx.Response = await (await api(None)).post("/sessions", {"login": login, "password": password})
    return response


async def test_three_numbers_sign_in(api: Any, people: Any) -> None:
    son = people["son"]
    for login in (son.certificate_no, son.card_no, son.person_no, f" {son.certificate_no.lower()} "):
        assert (await _open(api, login)).status_code == 201, login
    for login in ("", "\x00", "nobody", "9" * 201):
        assert (await _open(api, login)).status_code in (401, 422), login


async def test_lock_out_holds_in_every_process_and_for_every_number(
    running: Platform, api: Any, people: Any, book: Any
) -> None:
    mother = people["mother"]
    other = Platform(running.dsn, book)
    await other.open()
    elsewhere = portal(other, Settings(data=Path("unused")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=elsewhere), base_url="http://test") as http:
        for login in (mother.certificate_no, mother.card_no, mother.person_no, mother.card_no):
            assert (await _open(api, login, "wrong")).status_code == 401
            assert (await http.post("/api/sessions", json={"login": login, "password": "wrong"})).status_code == 401
        locked = await http.post("/api/sessions", json={"login": mother.certificate_no, "password": PASSWORD})
        assert (locked.status_code, locked.json()["code"]) == (429, "login_locked")
        assert locked.headers["retry-after"]
    await other.close()
    assert (await _open(api, mother.person_no)).status_code == 429
    assert (await _open(api, people["son"].person_no)).status_code == 201, "others are not locked out"
    running.clock = lambda: china_now() + timedelta(minutes=11)
    assert (await _open(api, mother.person_no)).status_code == 201


async def test_many_tries_at_one_time_are_not_more_tries(api: Any, people: Any) -> None:
    answers = await asyncio.gather(*(_open(api, people["mother"].card_no, f"guess-{n}") for n in range(20)))
    assert sorted(answer.status_code for answer in answers) == [401] * 8 + [429] * 12


async def test_one_address_cannot_go_round_everybody(api: Any, running: Platform, people: Any) -> None:
    async with running.pool.connection() as conn:
        for _ in range(throttle.SIGN_IN_ADDRESS.most):
            await throttle.count(conn, running, throttle.SIGN_IN_ADDRESS, "127.0.0.1")
    assert (await _open(api, people["son"].card_no)).status_code == 429


async def test_a_code_from_the_phone_signs_in_once(api: Any, people: Any, fresh: list[tuple[str, str]]) -> None:
    nobody, son = await api(None), people["son"]
    said = await nobody.post("/codes", {"login": son.card_no})
    assert said.status_code == 202
    ((phone, code),) = fresh
    assert phone == son.phone
    wrong = f"{(int(code) + 1) % 1_000_000:06d}"
    assert (await nobody.post("/sessions/code", {"login": son.card_no, "code": wrong})).json()["code"] == "code_wrong"
    opened = await nobody.post("/sessions/code", {"login": son.certificate_no, "code": code})
    assert opened.status_code == 201
    nobody.headers = {"authorization": f"Bearer {opened.json()['token']}"}
    assert (await nobody.get("/me")).json()["name"] == son.name
    again = await nobody.post("/sessions/code", {"login": son.card_no, "code": code})
    assert again.json()["code"] == "code_wrong"


async def test_asking_for_a_code_tells_nobody_anything(api: Any, people: Any, fresh: Any) -> None:
    nobody = await api(None)
    texts = [
        (await nobody.post("/codes", {"login": login})).json()["text"]
        for login in (people["son"].card_no, people["father"].card_no, "nobody")
    ]
    assert len(set(texts)) == 1
    assert "制卡银行网点" in texts[0], "who has no phone is told where to go"
    assert len(fresh) == 1


async def test_codes_end_by_time_tries_and_purpose(api: Any, running: Platform, people: Any, fresh: Any) -> None:
    nobody, son = await api(None), people["son"]
    await nobody.post("/codes", {"login": son.card_no, "purpose": "reset_password"})
    assert (await nobody.post("/sessions/code", {"login": son.card_no, "code": fresh[-1][1]})).status_code == 401
    await nobody.post("/codes", {"login": son.card_no})
    for _ in range(5):
        await nobody.post("/sessions/code", {"login": son.card_no, "code": "x"})
    assert (await nobody.post("/sessions/code", {"login": son.card_no, "code": fresh[-1][1]})).status_code == 401
    await nobody.post("/codes", {"login": people["stranger"].card_no})
    running.clock = lambda: china_now() + timedelta(minutes=6)
    late = {"login": people["stranger"].card_no, "code": fresh[-1][1]}
    assert (await nobody.post("/sessions/code", late)).status_code == 401
    for _ in range(4):
        await nobody.post("/codes", {"login": son.card_no})
    limited = await nobody.post("/codes", {"login": son.card_no})
    assert (limited.status_code, limited.json()["code"]) == (429, "too_many_requests")
    assert int(limited.headers["retry-after"]) > 0


async def test_without_a_sender_codes_are_not_offered(api: Any, running: Platform, people: Any) -> None:
    running.send_code = None
    refused = await (await api(None)).post("/codes", {"login": people["son"].card_no})
    assert refused.json()["code"] == "codes_not_open"


async def test_a_forgotten_password_is_replaced(api: Any, people: Any, fresh: Any) -> None:
    # S23: reset online by SMS; 888888 is refused; the old one is told to nobody.
    stranger, nobody = await api("stranger"), await api(None)
    card = people["stranger"].card_no
    await nobody.post("/codes", {"login": card, "purpose": "reset_password"})
    body = {"login": card, "code": fresh[-1][1]}
    for weak in ("888888", "88888888", "12345678", people["stranger"].certificate_no[6:16]):
        assert (await nobody.post("/passwords", body | {"new_password": weak})).json()["code"] == "password_weak", weak
    try:
        assert (await nobody.post("/passwords", body | {"new_password": "neues-wort-7"})).status_code == 204
        assert (await stranger.get("/me")).status_code == 401, "every session ends"
        assert (await nobody.post("/passwords", body | {"new_password": "anderes-wort-8"})).status_code == 401
        assert (await _open(api, card)).status_code == 401
        opened = await _open(api, card, "neues-wort-7")
    finally:
        nobody.headers = {"authorization": f"Bearer {opened.json()['token']}"}
        back = {"old_password": "neues-wort-7", "new_password": PASSWORD}
        assert (await nobody.post("/me/password", back)).status_code == 204


async def test_an_issued_password_opens_nothing_but_its_change(
    running: Platform, api: Any, browse: Any, people: Any
) -> None:
    number = people["mother"].person_no
    async with running.pool.connection() as conn, conn.transaction():
        await issue_password(conn, running, number, "issued-word-1")
    opened = (await _open(api, number, "issued-word-1")).json()["token"]
    mother = await api(None)
    mother.headers = {"authorization": f"Bearer {opened}"}
    for path in ("/me", "/me/account", "/bindings", "/me/channels"):
        assert (await mother.get(path)).json()["code"] == "password_change_needed", path
    browser = await browse(None)
    await browser.sign_in(number, "issued-word-1")
    assert (await browser.get("/account")).headers["location"] == "/password"
    assert "初始密码" in (await browser.get("/password")).text
    same = {"old_password": "issued-word-1", "new_password": "issued-word-1"}
    assert (await mother.post("/me/password", same)).json()["code"] == "password_weak"
    wrong = {"old_password": "no", "new_password": PASSWORD}
    assert (await mother.post("/me/password", wrong)).json()["code"] == "login_failed"
    right = {"old_password": "issued-word-1", "new_password": PASSWORD}
    assert (await mother.post("/me/password", right)).status_code == 204
    assert (await mother.get("/me")).status_code == 200
    assert (await browser.get("/account")).headers["location"].startswith("/login"), "the other device is out"


async def test_devices_are_seen_and_signed_out(api: Any, browse: Any, people: Any) -> None:
    first, second, stranger = await api("son"), await api("son"), await api("stranger")
    await first.http.delete("/api/me/sessions", headers=first.headers)
    assert (await second.get("/me")).status_code == 401, "everywhere is everywhere"
    first, second = await api("son"), await api("son")
    devices = (await first.get("/me/sessions")).json()
    assert sorted(one["current"] for one in devices) == [False, True]
    assert not any(key for one in devices for key in one if "token" in key)
    other = next(one["id"] for one in devices if not one["current"])
    path = f"/api/me/sessions/{other}"
    assert (await stranger.http.delete(path, headers=stranger.headers)).status_code == 404
    assert (await second.get("/me")).status_code == 200
    assert (await first.http.delete(path, headers=first.headers)).status_code == 204
    assert (await second.get("/me")).status_code == 401
    browser = await browse("son")
    browser.http.headers["user-agent"] = "Mozilla/5.0 (Linux; Android 14) MicroMessenger/8.0"
    await browser.sign_in(people["son"].card_no)
    page = (await browser.get("/security")).text
    assert "微信" in page
    assert page.count("退出这台设备") == 2
    assert (await browser.post("/security/others/end")).headers["location"] == "/security?done=others"
    assert (await first.get("/me")).status_code == 401
    assert (await browser.post("/security/all/end")).headers["location"] == "/login"
    assert (await browser.get("/account")).headers["location"].startswith("/login")


async def test_password_page_says_what_is_wrong_at_the_field(browse: Any) -> None:
    browser = await browse("son")
    cases = (
        ({}, "请填写现在的密码"),
        ({"old_password": PASSWORD, "new_password": "a-new-word-1", "again": "a-new-word-2"}, "两次填写的新密码不一样"),
        ({"old_password": PASSWORD, "new_password": "888888", "again": "888888"}, "8 到 128 个字符"),
        ({"old_password": "no", "new_password": "a-new-word-1", "again": "a-new-word-1"}, "现在的密码不正确"),
    )
    for fields, words in cases:
        answer = await browser.post("/password", **fields)
        assert (answer.status_code, words in answer.text) == (422, True), words
        assert "a-new-word-1" not in answer.text


async def test_staff_sign_in_with_password_and_code(running: Platform) -> None:
    clerk = Staff(login="wang01", name="王经办", role=Role.CLERK, region="610100")
    secret = new_totp_secret()
    async with running.pool.connection() as conn:
        assert await add_staff(conn, running, clerk, "office-word", secret) is None
        taken = await add_staff(conn, running, clerk, "office-word", secret)
        assert isinstance(taken, Refusal)
        assert taken.code is Code.STAFF_EXISTS
        odd = Staff(login="王", name="王", role=Role.CLERK, region=None)
        assert isinstance(await add_staff(conn, running, odd, "x", secret), Refusal)
        assert clerk in await all_staff(conn)
    assert "wang01" in totp_address(clerk, secret)
    now = china_now()
    running.clock = lambda: now
    code = pyotp.TOTP(secret).at(int(now.timestamp()))
    failed = Refusal(code=Code.LOGIN_FAILED)
    assert await sign_in_staff(running, "wang01", "wrong", code) == failed
    assert await sign_in_staff(running, "wang01", "office-word", "") == failed
    assert await sign_in_staff(running, "nobody", "office-word", code) == failed
    late = pyotp.TOTP(secret).at(int(now.timestamp()) - 120)
    assert await sign_in_staff(running, "wang01", "office-word", late) == failed
    token = await sign_in_staff(running, "wang01", "office-word", code)
    assert isinstance(token, str)
    assert await staff_of_session(running, token) == clerk
    assert await sign_in_staff(running, "wang01", "office-word", code) == failed, "a code is good once"
    await sign_out_staff(running, token)
    assert await staff_of_session(running, token) is None
    running.clock = lambda: now + timedelta(minutes=1)
    token = await sign_in_staff(running, "wang01", "office-word", pyotp.TOTP(secret).at(int(now.timestamp()) + 60))
    assert isinstance(token, str)
    assert await disable_staff(running, "wang01")
    assert await staff_of_session(running, token) is None
    assert not await disable_staff(running, "nobody")
    for _ in range(9):
        last = await sign_in_staff(running, "wang01", "guess", "000000")
    assert last == Refusal(code=Code.LOGIN_LOCKED)


async def test_the_portal_takes_codes_too(browse: Any, people: Any, running: Platform, fresh: Any) -> None:
    browser, son = await browse(None), people["son"]
    assert "请填写" in (await browser.post("/login/code/send", login="")).text
    sent = await browser.post("/login/code/send", login=son.card_no)
    assert "如果该号码登记了手机号" in sent.text
    wrong = await browser.post("/login/code", login=son.card_no, code="x")
    assert (wrong.status_code, "验证码不正确" in wrong.text) == (422, True)
    opened = await browser.post("/login/code", login=son.card_no, code=fresh[-1][1])
    assert opened.headers["location"] == "/"
    assert son.name in (await browser.get("/account")).text

    other, mother = await browse(None), people["mother"]
    await other.post("/login/forgot/send", login=mother.card_no)
    code = fresh[-1][1]
    weak = await other.post("/login/forgot", login=mother.card_no, code=code, new_password="888888")
    assert "8 到 128 个字符" in weak.text
    done = await other.post("/login/forgot", login=mother.card_no, code=code, new_password=PASSWORD + "x")
    assert done.headers["location"] == "/login?done=password"
    assert "新密码已经设置" in (await other.get(done.headers["location"])).text
    assert (await other.sign_in(mother.card_no, PASSWORD + "x")).status_code == 303
    back = {"old_password": PASSWORD + "x", "new_password": PASSWORD, "again": PASSWORD}
    assert (await other.post("/password", **back)).status_code == 303
    running.send_code = None
    assert "还没有开通" in (await (await browse(None)).get("/login/code")).text


async def test_codes_go_out_through_the_outbox(running: Platform, api: Any, people: Any) -> None:
    running.send_code = serve._send_code
    assert (await (await api(None)).post("/codes", {"login": people["son"].card_no})).status_code == 202
    async with running.pool.connection() as conn:
        cursor = await conn.execute("select channel, recipient, payload from outbox order by created_at desc limit 1")
        row = await cursor.fetchone()
    assert row
    assert (row[0], row[1]) == ("sms", people["son"].person_no)
    opened = await (await api(None)).post(
        "/sessions/code", {"login": people["son"].card_no, "code": row[2]["facts"]["code"]}
    )
    assert opened.status_code == 201
