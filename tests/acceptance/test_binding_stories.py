"""S01, S02, S03 through the real server: from the first notice to the father's purchase, and who may bind whom.

Who may bind whom is a table: ``who_may_bind_whom.csv``. 西安 has three kinds of relatives until 2098, eight from 2099
on, by ``rules/610100/sharing.toml``; 南宁 is as shipped.
"""

import csv
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from gongji.core.codes import Relation
from his import (
    SIGNED,
    Client,
    Desk,
    Server,
    SignedIn,
    balance,
    by_role,
    form,
    institution_of,
    item_of,
    owed_between,
    paid,
)
from pages import Pages

RELATIONS = {relation.label: relation.value for relation in Relation}
GRID = list(csv.DictReader((Path(__file__).parent / "who_may_bind_whom.csv").read_text("utf-8").splitlines()))
STANDINGS = {"职工医保正常参保的授权人": "", "职工医保暂停的授权人": "suspended ", "居民医保的授权人": "resident "}
PLACES = {"西安": "Xi'an", "南宁": "Nanning"}


def test_a_son_binds_and_his_father_pays_in_another_pooling_area(
    server: Server, city: dict[str, Any], desk: Callable[[str], Desk]
) -> None:
    """S01, KIN-04, KIN-27, KIN-31, SET-11, SET-12, EVC-01, USE-01, XRG-03."""
    son, father = by_role(city, "S01 son"), by_role(city, "S01 father")
    place = institution_of(city, "610100", "pharmacy")
    his, shop, clerk = SignedIn(server, son), Client(server.gateway, place["fixmedins_code"], "610100"), desk("clerk")
    made = his.post("/bindings", form(father, **SIGNED)).json()
    assert (made["state_text"], made["mode"]) == ("已绑定", "live_call")
    papers = desk("reviewer").get(f"/staff/bindings/{made['id']}/papers")
    assert [one["label"] for one in papers] == ["签名"], "no document was uploaded"
    assert his.put(f"/bindings/{made['id']}/limits", {"total": "500.00"}).status_code == 200

    before = owed_between(clerk, "610400", "610100")
    code = SignedIn(server, father).post("/me/codes", {"account": None}).json()["code"]
    token = shop.ok("1162", {"data": {"ecQrCode": code}})["cardecinfo"]["ecToken"]
    shown = {"mdtrt_cert_type": "01", "mdtrt_cert_no": token, "card_sn": ""}
    assert paid(shop, father, item_of(city), "100.00", **shown) == (30_00, 70_00, 0)
    assert (balance(server, father), balance(server, son)) == (0, 930_00)
    after = owed_between(clerk, "610400", "610100")
    assert (after[0] - before[0], after[1] - before[1]) == (70_00, 1)

    (bill,) = SignedIn(server, father).get("/me/settlements")
    assert his.get("/me/settlements") == [], "the record is the father's"
    assert his.get(f"/settlements/{bill['id']}")["my_part"] == "70.00"
    (use,) = his.get("/sharing/uses")
    told = (use["user"], use["institution"], use["care"], use["amount"], use["left"])
    assert told == (father["name"], place["name"], "pharmacy", "70.00", [{"limit": "总额", "amount": "430.00"}])
    assert use["at"] == bill["at"]
    notices = [one for one in his.get("/me/notices")["notices"] if one["about"] == bill["id"]]
    assert [(one["kind"], "70.00" in one["text"]) for one in notices] == [("shared_money_used", True)]
    assert paid(shop, father, item_of(city), "100.00", begntime="2024-04-15 09:00:00") == (0, 0, 100_00)
    assert balance(server, son) == 930_00


def test_nothing_is_bound_without_tick_signature_and_real_name(server: Server, city: dict[str, Any]) -> None:
    """S02, KIN-36, KIN-39, KIN-40, KIN-41."""
    son, father = by_role(city, "S02 fresh son"), by_role(city, "S02 father")
    his = SignedIn(server, son)
    refused = his.post("/bindings", form(father, signature="田荞麦"))
    assert (refused.status_code, refused.json()["title"]) == (422, "请先阅读并同意告知书")
    refused = his.post("/bindings", form(father, notice_accepted=True))
    assert (refused.status_code, refused.json()["title"]) == (422, "请先签署个人承诺书")
    elder = SignedIn(server, by_role(city, "S02 son"))
    refused = elder.post("/bindings", form(father, **SIGNED))
    assert (refused.status_code, refused.json()["title"]) == (403, "请先完成实名认证")
    assert (his.get("/bindings"), elder.get("/bindings")) == ([], [])

    made = his.post("/bindings", form(father, **SIGNED)).json()
    assert made["state_text"] == "已绑定"
    (first, _) = his.get(f"/bindings/{made['id']}/history")
    kept = first["details"]
    assert (kept["notice"], kept["notice_version"]) == ("个人账户共济绑定告知书", "610000/2022-10-01")
    assert (kept["consented_at"], len(kept["signature_sha256"])) == (first["at"], 64)


def test_the_pages_ask_for_no_papers_and_send_the_unverified_to_be_verified(
    server: Server, city: dict[str, Any]
) -> None:
    """S02, KIN-35, KIN-40, KIN-41: no field to upload anything is ever shown where a commitment is enough."""
    with Pages(server, by_role(city, "S02 fresh son")) as his:
        notice = his.get("/family/new")
        assert "个人账户共济绑定告知书" in notice.text
        assert "已阅读个人账户共济绑定告知书" in notice.text
        assert 'type="file"' not in notice.text
    with Pages(server, by_role(city, "S02 son")) as elder:
        assert elder.get("/family/new").url.path == "/verify"


@pytest.mark.parametrize("row", GRID, ids=lambda row: f"{row['地区']} {row['使用人']}")
def test_who_may_bind_whom(server: Server, city: dict[str, Any], row: dict[str, str]) -> None:
    """S03, KIN-02, KIN-03, KIN-04, KIN-08, ACC-04: relation, the user's insurance, the authoriser's standing."""
    place = PLACES[row["地区"]]
    user = by_role(city, f"S03 {place} {row['使用人']}")
    for standing, role in STANDINGS.items():
        grantor = SignedIn(server, by_role(city, f"S03 {place} {role}grantor"))
        answer = grantor.post("/bindings", form(user, RELATIONS[row["关系"]], **SIGNED))
        told = answer.json().get("state_text") or answer.json()["title"]
        assert told == row[standing] if row[standing] == "已绑定" else told.startswith(row[standing]), standing
        assert answer.status_code == (201 if row[standing] == "已绑定" else 409)


def test_what_is_no_relation_is_not_taken(server: Server, city: dict[str, Any]) -> None:
    """S03, KIN-03: a brother-in-law, a cousin, a friend are none of the kinds."""
    grantor, other = by_role(city, "S03 Nanning grantor"), by_role(city, "S03 Nanning brother-in-law")
    for relation in ("brother_in_law", "cousin", "friend", "", "PARENT"):
        answer = SignedIn(server, grantor).post("/bindings", form(other, relation, **SIGNED))
        assert (answer.status_code, answer.json()["field"]) == (422, "relation")


def test_a_wider_circle_of_relatives_holds_from_its_day_on(server: Server, city: dict[str, Any]) -> None:
    """S03, KIN-07, KIN-66: a sister of 西安 on the last day of the old rule and on the first of the new."""
    him = SignedIn(server, by_role(city, "S03 Xi'an grantor"))
    asked = "/ask?region=610100&relation=sibling&purpose=pharmacy&date="
    assert [him.get(f"{asked}{day}")["answer"] for day in ("2098-12-31", "2099-01-01")] == ["no", "yes"]
