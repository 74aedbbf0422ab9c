"""Notices over REST: one's own only, in pages; what goes outside the inbox; the sandbox's outbox."""

from pathlib import Path
from typing import Any

import httpx
import pytest

from gongji.app import portal
from gongji.service.notices import send_code
from gongji.service.outlets import delivering
from gongji.service.platform import Platform
from gongji.settings import Outlet, Settings


@pytest.fixture(scope="module")
async def bound(running: Platform, people: dict[str, Any]) -> None:
    father = people["father"]
    app = portal(running, Settings(data=Path("unused")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        login = {"login": people["son"].certificate_no, "password": "demo-pass-1"}
        token = (await http.post("/api/sessions", json=login)).json()["token"]
        made = await http.post(
            "/api/bindings",
            headers={"authorization": f"Bearer {token}"},
            json={
                "user_certificate_no": father.certificate_no,
                "user_name": father.name,
                "relation": "parent",
                "notice_accepted": True,
                "signature": "签",
                "cap_per_transaction": "500.00",
            },
        )
        assert made.status_code == 201, made.text


async def test_both_sides_read_of_a_purchase_and_nobody_else_does(api: Any, buy: Any, bound: None) -> None:
    settlement = await buy("father", 8_000, "NOTICE1")
    son, father = await api("son"), await api("father")
    mine = (await son.get("/me/notices")).json()
    newest = mine["notices"][0]
    assert (newest["kind"], newest["about"], newest["read"]) == ("shared_money_used", settlement, False)
    assert newest["title"] == "共济资金已使用"
    assert "卢守田于" in newest["text"]
    assert "西安虚构大药房" in newest["text"]
    assert "30.00 元" in newest["text"]
    assert "本次限额还剩 470.00 元" in newest["text"]
    his = (await father.get("/me/notices")).json()["notices"][0]
    assert "卢远共享的资金 30.00 元" in his["text"]
    assert "470" not in his["text"]
    assert (await (await api("stranger")).get("/me/notices")).json() == {"notices": [], "next": None, "unread": 0}
    assert (await (await api(None)).get("/me/notices")).status_code == 401


async def test_pages_and_reading(api: Any, buy: Any, bound: None) -> None:
    for number in range(3):
        await buy("father", 100, f"NOTICE-P{number}")
    son = await api("son")
    seen, path = [], "/me/notices?limit=2"
    while True:
        page = (await son.get(path)).json()
        seen += [notice["id"] for notice in page["notices"]]
        if page["next"] is None:
            break
        path = f"/me/notices?limit=2&before={page['next']}"
    everything = (await son.get("/me/notices?limit=100")).json()
    assert seen == [notice["id"] for notice in everything["notices"]] == sorted(seen, reverse=True)
    unread = everything["unread"]
    # ids of somebody else's notices change nothing
    others = [notice["id"] for notice in (await (await api("father")).get("/me/notices")).json()["notices"]]
    assert (await son.post("/me/notices/read", {"ids": others})).json() == {"unread": unread}
    assert (await son.post("/me/notices/read", {"ids": seen[:2]})).json() == {"unread": unread - 2}
    assert (await son.post("/me/notices/read", {"ids": seen[:2]})).json() == {"unread": unread - 2}
    flags = [notice["read"] for notice in (await son.get("/me/notices?limit=3")).json()["notices"]]
    assert flags == [True, True, False]


@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({"ids": []}, "ids"),
        ({"ids": [0]}, "ids"),
        ({"ids": [-5]}, "ids"),
        ({"ids": [2**63]}, "ids"),
        ({"ids": list(range(1, 102))}, "ids"),
        ({"ids": ["x"]}, "ids"),
        ({}, "ids"),
        ({"ids": [1], "more": 1}, "more"),
    ],
)
async def test_bad_ids_are_named(api: Any, body: Any, field: str) -> None:
    answer = await (await api("son")).post("/me/notices/read", body)
    assert answer.status_code == 422
    assert field in answer.text


@pytest.mark.parametrize("query", ["limit=0", "limit=101", "limit=x", "before=0", "before=-1", "before=9" + "9" * 30])
async def test_bad_pages_are_refused(api: Any, query: str) -> None:
    assert (await (await api("son")).get(f"/me/notices?{query}")).status_code == 422


async def test_preferences_are_chosen_and_withdrawn(api: Any) -> None:
    mother = await api("mother")
    kinds = {each["kind"]: each for each in (await mother.get("/me/notices/preferences")).json()}
    assert "sign_in_code" not in kinds
    assert not any(each["sms"] or each["mini_program"] for each in kinds.values())

    async def put(body: Any) -> httpx.Response:
        answer: httpx.Response = await mother.http.put("/api/me/notices/preferences", json=body, headers=mother.headers)
        return answer

    chosen = await put({"sms": ["shared_money_used", "shared_money_used"], "mini_program": ["binding_ended"]})
    assert chosen.status_code == 200
    kinds = {each["kind"]: each for each in chosen.json()}
    assert kinds["shared_money_used"] | {"title": ""} == {
        "kind": "shared_money_used",
        "title": "",
        "sms": True,
        "mini_program": False,
    }
    assert kinds["binding_ended"]["mini_program"]
    for wrong in ({"sms": ["sign_in_code"], "mini_program": []}, {"sms": ["x"], "mini_program": []}, {"sms": []}):
        assert (await put(wrong)).status_code == 422
    assert (await mother.get("/me/notices/preferences")).json() == chosen.json()
    none = (await put({"sms": [], "mini_program": []})).json()
    assert not any(each["sms"] or each["mini_program"] for each in none)


async def test_a_channel_that_is_off_cannot_be_chosen(running: Platform, people: dict[str, Any]) -> None:
    app = portal(running, Settings(data=Path("unused"), sms=Outlet(adapter="off")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        login = {"login": people["mother"].certificate_no, "password": "demo-pass-1"}
        token = (await http.post("/api/sessions", json=login)).json()["token"]
        for body, status in (
            ({"sms": ["premium_paid"], "mini_program": []}, 422),
            ({"sms": [], "mini_program": ["premium_paid"]}, 200),
            ({"sms": [], "mini_program": []}, 200),
        ):
            headers = {"authorization": f"Bearer {token}"}
            answer = await http.put("/api/me/notices/preferences", json=body, headers=headers)
            assert answer.status_code == status, answer.text


async def test_the_sandbox_shows_what_would_have_been_sent_and_production_does_not(
    api: Any, running: Platform, people: dict[str, Any], dsn: str
) -> None:
    async with running.pool.connection() as conn:
        await conn.execute("update person set phone = '13700001234' where person_no = %s", [people["son"].person_no])
        sent = await send_code(conn, people["son"].person_no, "602214", running.clock())
    async with delivering(running, Settings(data=Path("unused"))):
        for _ in range(200):
            answer = await (await api(None)).get("/sandbox/outbox?limit=100")
            found = [m for m in answer.json()["messages"] if m["delivery_id"] == str(sent)]
            if found:
                break
    assert found[0]["to"] == "137****1234"
    assert "602214" in found[0]["text"]
    assert "13700001234" not in answer.text
    outside = Platform(dsn, running.book, sandbox=False)
    await outside.open()
    app = portal(outside, Settings(data=Path("unused")))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        assert (await http.get("/api/sandbox/outbox")).status_code == 404
    await outside.close()
