"""REST as portal apps use it: sessions, account, settlements, bindings, and who sees what."""

import asyncio
from typing import Any

import pytest

from gongji.channels.rest.problems import STATUS
from gongji.core.refusal import Code

PATHS = ("/me", "/me/account", "/me/settlements", "/bindings", "/settlements/" + "1" * 30)


def _binding(people: Any, role: str, **changes: Any) -> dict[str, Any]:
    person = people[role]
    plain = {"user_certificate_no": person.certificate_no, "user_name": person.name, "relation": "parent"}
    return plain | {"notice_accepted": True, "signature": "签名"} | changes


async def test_money_flows_and_each_sees_his_own(api: Any, people: Any, buy: Any) -> None:
    son, father, stranger = [await api(role) for role in ("son", "father", "stranger")]
    made = await son.post("/bindings", _binding(people, "father", cap_per_transaction="100.00"))
    assert made.status_code == 201
    assert (made.json()["state"], made.json()["cap_per_transaction"]) == ("active", "100.00")
    settlement = await buy("father", 12_000, "M1")

    assert (await father.get("/me/account")).json()["balance"] == "0.00"
    account = (await son.get("/me/account")).json()
    assert account["balance"] == "4930.00"
    movement = account["movements"][0]
    assert (movement["amount"], movement["person"], movement["purpose"]) == ("-70.00", "卢守田", "shared")
    assert movement["settlement_id"] == settlement

    whole = (await father.get(f"/settlements/{settlement}")).json()
    assert [whole[k] for k in ("view", "total", "fund", "own", "shared", "cash")] == [
        "patient",
        "120.00",
        "0.00",
        "50.00",
        "70.00",
        "0.00",
    ]
    assert whole["shared_by"] == [{"name": "卢远", "amount": "70.00"}]
    assert any(step["file"] for step in whole["trace"])
    assert "4930" not in str(whole)
    part = (await son.get(f"/settlements/{settlement}")).json()
    assert (part["view"], part["my_part"]) == ("part", "70.00")
    assert not {"total", "own", "cash", "trace", "shared_by"} & part.keys()
    assert (await stranger.get(f"/settlements/{settlement}")).status_code == 404
    assert [line["id"] for line in (await father.get("/me/settlements")).json()] == [settlement]
    assert (await stranger.get("/me/settlements")).json() == []

    binding = made.json()["id"]
    for action in ("confirm", "end"):
        assert (await stranger.post(f"/bindings/{binding}/{action}")).status_code == 404
    assert (await son.post(f"/bindings/{binding}/confirm")).json()["code"] == "not_yours"
    assert (await father.post(f"/bindings/{binding}/end")).json()["state"] == "ended"
    again = await father.post(f"/bindings/{binding}/end")
    assert (again.status_code, again.json()["code"]) == (409, "binding_ended")


async def test_without_a_token_nothing_is_told(api: Any) -> None:
    nobody = await api(None)
    for path in PATHS:
        answer = await nobody.get(path)
        assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), path
        assert answer.headers["www-authenticate"] == "Bearer"
        assert answer.headers["content-type"].startswith("application/problem+json")
    son = await api("son")
    nobody.http.cookies.set("gongji_session", son.headers["authorization"].removeprefix("Bearer "))
    assert (await nobody.get("/me")).status_code == 401, "a cookie is no token"
    nobody.headers = {"authorization": "Bearer wrong"}
    assert (await nobody.get("/me")).status_code == 401


async def test_idempotency_key_binds_once(api: Any, people: Any) -> None:
    stranger = await api("stranger")
    body = _binding(people, "mother")
    answers = await asyncio.gather(
        *(stranger.post("/bindings", body, **{"idempotency-key": "k-1"}) for _ in range(4)),
    )
    assert {answer.status_code for answer in answers} == {201}
    assert len({answer.json()["id"] for answer in answers}) == 1
    other = await stranger.post("/bindings", body | {"position": 2}, **{"idempotency-key": "k-1"})
    assert (other.status_code, other.json()["code"]) == (409, "message_reused")
    fresh = await stranger.post("/bindings", body)
    assert (fresh.status_code, fresh.json()["code"]) == (409, "already_bound")
    bad = await stranger.post("/bindings", body, **{"idempotency-key": "x" * 65})
    assert (bad.status_code, bad.json()["field"]) == (422, "Idempotency-Key")


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"notice_accepted": False}, 422, "notice_not_accepted", "notice_accepted"),
        ({"signature": ""}, 422, "commitment_not_signed", "signature"),
        ({"user_name": "别人"}, 422, "person_details_mismatch", "user"),
        ({"relation": "spouse_parent"}, 409, "relation_not_allowed", "relation"),
        ({"starts_on": "2020-01-01"}, 422, "period_invalid", "starts_on"),
        ({"relation": "aunt"}, 422, "input_invalid", "relation"),
        ({"starts_on": "soon"}, 422, "input_invalid", "starts_on"),
        ({"cap_per_transaction": "0"}, 422, "input_invalid", "cap_per_transaction"),
        ({"cap_per_transaction": 5}, 422, "input_invalid", "cap_per_transaction"),
        ({"position": 0}, 422, "input_invalid", "position"),
        ({"user_name": "\x00"}, 422, "input_invalid", "user_name"),
        ({"upload": "proof.jpg"}, 422, "input_invalid", "upload"),
    ],
)
async def test_refusals_name_the_field(
    api: Any, people: Any, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    answer = await (await api("mother")).post("/bindings", _binding(people, "father", **changes))
    problem = answer.json()
    assert (answer.status_code, problem["code"], problem["field"]) == (status, code, field)
    assert problem["status"] == status
    assert any("\u4e00" <= letter <= "\u9fff" for letter in problem["title"])


async def test_real_name_comes_first(api: Any, people: Any) -> None:
    answer = await (await api("unverified")).post("/bindings", _binding(people, "father"))
    assert (answer.status_code, answer.json()["title"]) == (403, "请先完成实名认证")


@pytest.mark.parametrize(
    ("body", "status"),
    [(b"{", 422), (b"[]", 422), (b"", 422), (b"\xff", 422), (b'"x"', 422), (b"1" * 1_100_000, 413)],
)
async def test_bad_bodies_get_problem_details(api: Any, body: bytes, status: int) -> None:
    nobody = await api(None)
    answer = await nobody.http.post("/api/sessions", content=body, headers={"content-type": "application/json"})
    assert answer.status_code == status
    assert answer.headers["content-type"].startswith("application/problem+json")
    assert "请" in answer.json()["title"]


async def test_sign_in_is_refused_in_the_same_words_for_all(api: Any, people: Any) -> None:
    nobody = await api(None)
    known = await nobody.post("/sessions", {"login": people["mother"].certificate_no, "password": "x"})
    unknown = await nobody.post("/sessions", {"login": "nobody", "password": "x"})
    assert known.json() == unknown.json()
    assert known.status_code == 401


async def test_unknown_addresses_and_methods_are_problems_too(api: Any) -> None:
    nobody = await api(None)
    assert (await nobody.get("/nope")).json()["code"] == "not_found"
    assert (await nobody.get("/sessions")).json()["code"] == "method_not_allowed"


async def test_openapi_describes_every_route(api: Any) -> None:
    described = (await (await api(None)).get("/openapi.json")).json()
    assert {
        "/api/ask",
        "/api/messages/{institution}/{message_id}",
        "/api/sessions",
        "/api/me",
        "/api/me/account",
        "/api/me/movements",
        "/api/me/settlements",
        "/api/me/channels",
        "/api/me/notices",
        "/api/me/notices/read",
        "/api/me/notices/preferences",
        "/api/sandbox/outbox",
        "/api/settlements/{settlement_id}",
        "/api/bindings",
        "/api/bindings/{binding_id}/confirm",
        "/api/bindings/{binding_id}/end",
    } <= set(described["paths"])
    assert described["components"]["securitySchemes"]["session"]["scheme"] == "bearer"


def test_every_status_belongs_to_a_refusal() -> None:
    assert set(STATUS) <= set(Code)
    assert all(400 <= status < 600 for status in STATUS.values())
