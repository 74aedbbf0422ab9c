"""Wallet, limits, order and uses over REST: each side sees its own, and a repeat is done once."""

from typing import Any

import pytest

from gongji.ledger.verify import verify
from gongji.service.platform import Platform, china_now


@pytest.fixture(autouse=True)
def _by_day(running: Platform, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing is sent at night, and tests run at any hour."""
    monkeypatch.setattr(running, "clock", lambda: china_now().replace(hour=10))


def transfer(people: Any, **changes: Any) -> dict[str, Any]:
    father = people["father"]
    form = {"receiver_certificate_no": father.certificate_no, "receiver_name": father.name, "relation": "parent"}
    return form | {"amount": "100.00"} | changes


async def test_a_transfer_from_both_sides(api: Any, people: Any, running: Platform) -> None:
    son, father = await api("son"), await api("father")
    before = (await son.get("/me/account")).json()["balance"]
    made = await son.post("/wallet/transfers", transfer(people), **{"Idempotency-Key": "w-1"})
    again = await son.post("/wallet/transfers", transfer(people), **{"Idempotency-Key": "w-1"})
    assert (made.status_code, again.json()) == (201, made.json())
    other = await son.post("/wallet/transfers", transfer(people, amount="1.00"), **{"Idempotency-Key": "w-1"})
    assert (other.status_code, other.json()["code"]) == (409, "message_reused")
    seen = (await father.get("/wallet")).json()
    assert (seen["open"], seen["balance"], seen["waiting"], seen["most"]) == (True, "0.00", 1, "2000.00")
    listed = (await father.get("/wallet/transfers?state=pending")).json()
    assert [(t["role"], t["other"], t["amount"], t["source"]) for t in listed] == [
        ("receiver", people["son"].name, "100.00", None)
    ]
    number = made.json()["id"]
    assert (await son.post(f"/wallet/transfers/{number}/accept")).json()["code"] == "not_yours"
    for _ in range(2):
        accepted = await father.post(f"/wallet/transfers/{number}/accept")
        assert (accepted.status_code, accepted.json()["state"]) == (200, "accepted")
    late = await father.post(f"/wallet/transfers/{number}/refuse")
    assert (late.status_code, late.json()["code"]) == (409, "transfer_decided")
    assert (await father.get("/wallet")).json()["balance"] == "100.00"
    assert before not in (await father.get("/wallet/transfers")).text
    assert verify(running.dsn).ok


@pytest.mark.parametrize(
    ("changes", "status", "code", "field"),
    [
        ({"amount": "2000.01"}, 409, "transfer_too_large", "amount"),
        ({"amount": "0.00"}, 422, "input_invalid", "amount"),
        ({"amount": "-1"}, 422, "input_invalid", "amount"),
        ({"amount": "1e3"}, 422, "input_invalid", "amount"),
        ({"receiver_name": "别人"}, 422, "person_details_mismatch", "receiver"),
        ({"relation": "spouse_parent"}, 409, "receiver_not_kin", "relation"),
        ({"source": "wallet"}, 409, "wallet_not_passed_on", "source"),
        ({"note": "x"}, 422, "input_invalid", "note"),
    ],
)
async def test_refusals_name_the_field(
    api: Any, people: Any, changes: dict[str, Any], status: int, code: str, field: str
) -> None:
    son = await api("son")
    answer = await son.post("/wallet/transfers", transfer(people, **changes))
    assert (answer.status_code, answer.json()["code"], answer.json().get("field")) == (status, code, field)


async def test_transfers_come_in_pages(api: Any, people: Any) -> None:
    mother = await api("mother")
    for _ in range(3):
        made = await mother.post("/wallet/transfers", transfer(people, relation="spouse", amount="1.00"))
        assert made.status_code == 201, made.text
    fourth = await mother.post("/wallet/transfers", transfer(people, relation="spouse", amount="1.00"))
    assert fourth.json()["code"] == "too_many_transfers"
    seen, address = [], "/wallet/transfers?limit=2"
    while address:
        answer = await mother.get(address)
        seen += [one["id"] for one in answer.json()]
        address = answer.headers.get("link", "").partition(">")[0].removeprefix("</api")
    assert len(seen) == len(set(seen)) == 3


async def test_limits_order_and_uses(api: Any, people: Any, buy: Any) -> None:
    """ACC-05, ACC-06, ACC-28, USE-01: set up, see, change; the user sees no limit of day and no balance."""
    son, mother = await api("son"), await api("mother")
    form = {"user_certificate_no": people["mother"].certificate_no, "user_name": people["mother"].name}
    form |= {"relation": "parent", "notice_accepted": True, "signature": "签"}
    number = (await son.post("/bindings", form)).json()["id"]
    put = await son.http.put(
        f"/api/bindings/{number}/limits", json={"per_day": "30.00", "places": ["pharmacy"]}, headers=son.headers
    )
    assert (put.status_code, put.json()["limits"]["per_day"], put.json()["left"]) == (
        200,
        "30.00",
        [{"limit": "每日限额", "amount": "30.00"}],
    )
    await buy("mother", 20_000, "SHARING-1")
    given = (await son.get(f"/sharing/uses?binding={number}")).json()
    assert [(u["amount"], u["user"], u["institution"], u["care"], u["left"]) for u in given] == [
        ("30.00", people["mother"].name, "西安虚构大药房", "pharmacy", [{"limit": "每日限额", "amount": "0.00"}])
    ]
    taken = await mother.get("/sharing/uses?given=false")
    assert [(u["amount"], u["authoriser"], u["left"]) for u in taken.json()] == [("30.00", people["son"].name, [])]
    for empty in ("care=inpatient", "since=2099-01-01", "until=2000-01-01"):
        assert (await son.get(f"/sharing/uses?{empty}")).json() == []
    hers = (await mother.get(f"/bindings/{number}")).json()
    assert (hers["role"], hers["limits"]["per_day"], hers["left"], hers["used"]["total"]) == ("user", None, [], "30.00")
    balance = (await son.get("/me/account")).json()["balance"]
    assert balance not in taken.text + str(hers) + (await mother.get("/sharing")).text
    refused = await mother.http.put(f"/api/bindings/{number}/limits", json={}, headers=mother.headers)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_yours")
    order = await mother.http.put("/api/me/payers", json={"bindings": [number]}, headers=mother.headers)
    assert [one["position"] for one in order.json()] == [1]
    wrong = await mother.http.put("/api/me/payers", json={"bindings": []}, headers=mother.headers)
    assert (wrong.status_code, wrong.json()["code"]) == (422, "order_incomplete")
    quota = await son.http.put(f"/api/bindings/{number}/quota", json={"amount": "1.00"}, headers=son.headers)
    assert (quota.status_code, quota.json()["code"]) == (409, "limit_invalid"), "a live call freezes nothing"


async def test_without_a_family_account_nothing_is_moved(api: Any) -> None:
    son = await api("son")
    assert (await son.get("/me/family-account")).json() == {"balance": "0.00", "users": [], "moves_back": None}
    for where in ("deposits", "returns"):
        answer = await son.post(f"/me/family-account/{where}", {"amount": "1.00"})
        assert (answer.status_code, answer.json()["code"]) == (409, "family_account_missing")
