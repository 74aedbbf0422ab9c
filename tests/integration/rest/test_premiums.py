"""Premiums over REST: the confirmation, the payment under an idempotency key, and every way to see it again."""

from typing import Any

import pytest

from gongji.core.codes import PremiumKind
from gongji.core.premium import Entered
from gongji.service.platform import Platform
from gongji.service.premiums import enter_standard


@pytest.fixture
async def year(running: Platform) -> int:
    """Next year, with a premium for long-term care in 西安."""
    coming = running.clock().year + 1
    entered = Entered(region="610100", kind=PremiumKind.LTC, year=coming, amount=24_000, source="试验数值")
    await enter_standard(running, entered, "test")
    return coming


async def bound(api: Any, people: Any, user: str) -> str:
    son = await api("son")
    form = {"user_certificate_no": people[user].certificate_no, "user_name": people[user].name, "relation": "parent"}
    made = await son.post("/bindings", form | {"notice_accepted": True, "signature": "签"})
    if made.status_code == 201:
        return str(made.json()["id"])
    assert made.json()["code"] == "already_bound", made.text
    return next(b["id"] for b in (await son.get("/bindings")).json() if b["user"] == people[user].name)


async def test_quote_pay_see_and_have_it_back(api: Any, people: Any, year: int) -> None:
    """S10, PUR-25, USE-03, USE-10: what is shown is paid; the records of both sides and of the account agree."""
    binding = await bound(api, people, "mother")
    son, mother, stranger = await api("son"), await api("mother"), await api("stranger")
    asked = {"kind": "ltc_premium", "year": year, "binding_id": binding}
    before = (await son.get("/me/account")).json()["balance"]
    shown = (await son.post("/premiums/quote", asked)).json()
    assert (shown["amount"], shown["purpose"], shown["person"]) == ("240.00", "长护险缴费", people["mother"].name)
    assert shown["parts"] == [{"name": people["son"].name, "amount": "240.00", "relative": True}]
    other = await son.post("/premiums", asked | {"amount": "24.00"})
    assert (other.status_code, other.json()["code"]) == (409, "premium_amount")
    assert (await son.get("/me/account")).json()["balance"] == before
    key = {"Idempotency-Key": "premium-1"}
    paid = await son.post("/premiums", asked | {"amount": shown["amount"]}, **key)
    assert (paid.status_code, paid.json()["business_name"]) == (201, "代缴保险费")
    assert (await son.post("/premiums", asked | {"amount": shown["amount"]}, **key)).json() == paid.json()
    twice = await son.post("/premiums", asked | {"amount": shown["amount"]})
    assert (twice.status_code, "该年度已缴" in twice.json()["title"]) == (409, True)
    after = (await son.get("/me/account")).json()["balance"]
    assert float(before) - float(after) == 240

    premium = paid.json()["id"]
    listed = (await son.get("/me/premiums")).json()[0]
    assert (listed["id"], listed["person"], listed["year"]) == (premium, people["mother"].name, year)
    (line,) = [m for m in (await son.get("/me/movements?business=premium")).json() if m["premium_id"] == premium]
    assert (line["amount"], line["person"], line["premium_year"]) == ("-240.00", people["mother"].name, year)
    assert (line["at"], line["business_name"]) == (listed["at"], "代缴保险费")
    assert {m["business"] for m in (await son.get("/me/movements?business=premium")).json()} == {"premium"}
    assert (await mother.get("/me/premiums")).json()[0]["id"] == premium
    assert people["son"].name in (await mother.get(f"/premiums/{premium}")).text
    assert (await stranger.get(f"/premiums/{premium}")).status_code == 404

    back = await son.post(f"/premiums/{premium}/refund", **{"Idempotency-Key": "refund-1"})
    assert (back.status_code, back.json()["refunds"]) == (201, premium)
    assert (await son.get("/me/account")).json()["balance"] == before
    assert (await son.get(f"/premiums/{premium}")).json()["refunded_by"] == back.json()["id"]


async def test_refusals_say_what_and_by_which_rule(api: Any, people: Any, year: int) -> None:
    son, stranger = await api("son"), await api("stranger")
    binding = await bound(api, people, "mother")
    body = {"kind": "commercial_health", "year": year, "product": "x", "amount": "1.00"}
    shut = (await son.post("/premiums", body)).json()
    assert (shut["code"], shut["field"]) == ("purpose_not_open", "kind")
    assert "本地区暂不支持购买商业保险" in shut["title"]
    assert "依据" in shut["title"]
    not_his = await stranger.post("/premiums", body | {"binding_id": binding})
    assert (not_his.status_code, not_his.json()["code"]) == (404, "binding_unknown")
    mothers = await (await api("mother")).post("/premiums", body | {"binding_id": binding})
    assert mothers.status_code == 404, "the user of a binding doesn't pay the authoriser's premium"
    for wrong in ({"amount": "-1"}, {"amount": "1.001"}, {"year": 1}, {"kind": "life"}):
        assert (await son.post("/premiums", body | wrong)).status_code == 422


@pytest.mark.parametrize(("region", "on", "enabled"), [("310000", "2025-05-01", True), ("610100", "2025-05-01", False)])
async def test_the_eight_classes_with_what_a_place_opens(api: Any, region: str, on: str, enabled: bool) -> None:  # noqa: FBT001
    """PUR-01: exactly eight, each with its source."""
    found = (await (await api(None)).get(f"/purposes?region={region}&on={on}")).json()
    assert len(found) == 8
    assert all(category["source"] for category in found)
    assert {c["key"]: c["enabled"] for c in found}["commercial"] is enabled
    assert (await (await api(None)).get("/purposes?region=nowhere")).status_code == 422
