"""S05 and S06 through the real server: a code shown for a father is his own; a son's card is not."""

import json
import time
from collections.abc import Callable
from datetime import datetime
from typing import Any

import psycopg
import pytest

from his import (
    SIGNED,
    Client,
    Desk,
    Server,
    SignedIn,
    by_role,
    form,
    institution_of,
    item_of,
    paid,
)


def pharmacy(server: Server, city: dict[str, Any], region: str = "610100") -> Client:
    return Client(server.gateway, institution_of(city, region, "pharmacy")["fixmedins_code"], region)


def bound(payer: SignedIn, user: dict[str, Any]) -> str:
    answer = payer.post("/bindings", form(user, **SIGNED))
    assert answer.json()["state_text"] == "已绑定", answer.text
    return str(answer.json()["id"])


@pytest.fixture(scope="module", autouse=True)
def screenshot(server: Server, city: dict[str, Any]) -> dict[str, Any]:
    """A picture of a code, taken before the others begin: where it is shown, a code lasts ten seconds."""
    taken: dict[str, Any] = (
        SignedIn(server, by_role(city, "Qingdao father")).post("/me/codes", {"account": None}).json()
    )
    return taken


def test_a_son_shows_his_fathers_code_and_it_gives_the_fathers_money_only(
    server: Server, city: dict[str, Any], desk: Callable[[str], Desk]
) -> None:
    """S05, EVC-02, EVC-03, EVC-05, SET-26: before the binding the father's own money, after it the son's too."""
    father, son = by_role(city, "S05 father"), by_role(city, "S05 son")
    his, shop, item = SignedIn(server, son), pharmacy(server, city), item_of(city)
    assert father["phone"] == ""
    asked = his.post(
        "/me/codes/relatives", {"certificate_no": father["certno"], "name": father["name"], "relation": "parent"}
    ).json()
    waits = his.post("/me/codes", {"account": asked["id"]})
    assert (waits.status_code, waits.json()["code"]) == (409, "code_account_waits")
    # He has no phone: he agrees at the counter, with his identity card.
    agreed = server.command("voucher", "allow", asked["id"], "--by", father["certno"])
    assert agreed.returncode == 0, agreed.stderr

    def scanned() -> dict[str, str]:
        shown = his.post("/me/codes", {"account": asked["id"]}).json()
        assert shown["name"] == father["name"]
        read = shop.ok("1162", {"data": {"ecQrCode": shown["code"]}})
        assert read["baseinfo"]["psn_no"] == father["psn_no"]
        return {"mdtrt_cert_type": "01", "mdtrt_cert_no": read["cardecinfo"]["ecToken"], "card_sn": ""}

    # 20.00 of his own; his son is not bound to him, so the rest is cash.
    assert paid(shop, father, item, "15.00", **scanned()) == (15_00, 0, 0)
    assert paid(shop, father, item, "15.00", **scanned()) == (5_00, 0, 10_00)
    assert his.get("/sharing/uses") == []
    bound(his, father)
    assert paid(shop, father, item, "30.00", **scanned()) == (0, 30_00, 0)
    (use,) = his.get("/sharing/uses")
    assert (use["user"], use["amount"]) == (father["name"], "30.00")
    mine = SignedIn(server, father).get("/me/settlements")
    assert [(one["own"], one["shared"], one["cash"]) for one in mine] == [
        ("0.00", "30.00", "0.00"),
        ("5.00", "0.00", "10.00"),
        ("15.00", "0.00", "0.00"),
    ]
    assert his.get("/me/settlements") == []
    incidents = desk("auditor").get("/staff/incidents?limit=100")
    assert [one for one in incidents if {father["psn_no"], son["psn_no"]} & set(one["persons"])] == []


def test_a_sons_card_for_his_father_is_refused_and_his_account_may_be_frozen(
    server: Server, city: dict[str, Any], desk: Callable[[str], Desk], books: str
) -> None:
    """S06, SET-07, EVC-08, PEN-01, PEN-04: nothing posted, an incident with both; then 账户已封停."""
    father, son = by_role(city, "S06 father"), by_role(city, "S06 son")
    place = institution_of(city, "610100", "hospital")
    hospital, shop, item = (
        Client(server.gateway, place["fixmedins_code"], "610100"),
        pharmacy(server, city),
        item_of(city),
    )
    auditor = desk("auditor")
    visit = hospital.register(father)
    hospital.describe(father, visit)
    hospital.ok("2204", {"feedetail": [hospital.line(father, visit, item, "90.00")]})
    stolen = hospital.settle_data(father, visit, "90.00") | {"mdtrt_cert_type": "03", "mdtrt_cert_no": son["card_no"]}
    before = [SignedIn(server, who).get("/me/settlements") for who in (father, son)]
    assert "持卡人与就医者身份不一致" in hospital.refused("2206", {"data": stolen})
    assert [SignedIn(server, who).get("/me/settlements") for who in (father, son)] == before == [[], []]
    found = auditor.get("/staff/incidents?kind=credential_mismatch")
    one = next(incident for incident in found if son["psn_no"] in incident["persons"])
    assert (one["persons"], one["institution"]) == ([father["psn_no"], son["psn_no"]], place["fixmedins_code"])
    assert (one["title"], one["state"]) == ("冒用他人医保凭证", "open")
    assert datetime.fromisoformat(one["at"]).date() == datetime.fromisoformat(found[0]["at"]).date()

    binding = bound(SignedIn(server, son), father)
    assert paid(shop, father, item, "20.00") == (12_00, 8_00, 0)
    closed = auditor.post(f"/staff/incidents/{one['id']}/handle", {"state": "confirmed", "reason": "核实"})
    assert closed.json()["staff"] == auditor.login
    again = auditor.post(f"/staff/incidents/{one['id']}/handle", {"state": "dismissed", "reason": "改主意"})
    frozen = server.command("account", "freeze", son["certno"], "--by", auditor.login, "--reason", "冒用核实")
    assert frozen.returncode == 0, frozen.stderr
    assert "账户已封停" in shop.refused("2102", shop.pharmacy_input(son, item, "10.00"))
    assert paid(shop, father, item, "20.00") == (0, 0, 20_00)
    thawed = auditor.post("/staff/accounts/thaw", {"psn_no": son["psn_no"], "reason": "已处理"})
    assert thawed.status_code == 204, thawed.text
    assert paid(shop, father, item, "20.00") == (0, 20_00, 0)
    assert SignedIn(server, son).post(f"/bindings/{binding}/end").json()["state"] == "ended"
    listed = json.loads(server.command("incidents", "list", "--by", auditor.login, "--json").stdout)
    assert one["id"] in [each["id"] for each in listed]
    assert (again.status_code, again.json()["code"]) == (409, "incident_closed")
    with psycopg.connect(books) as conn, pytest.raises(psycopg.errors.RestrictViolation, match="append-only"):
        conn.execute("update staff_act set reason = '' where about = %s", [str(one["id"])])


def test_a_picture_of_a_code_is_worth_nothing_when_the_code_has_expired(
    server: Server, city: dict[str, Any], screenshot: dict[str, Any]
) -> None:
    """S05, EVC-07: neither read nor paid with."""
    shop = pharmacy(server, city, "370200")
    while datetime.now().astimezone() <= datetime.fromisoformat(screenshot["expires_at"]):
        time.sleep(0.2)
    assert "已过期" in shop.refused("1162", {"data": {"ecQrCode": screenshot["code"]}})
    sent = shop.pharmacy_input(by_role(city, "Qingdao father"), item_of(city), "10.00")
    sent["druginfo"] |= {"mdtrt_cert_type": "01", "mdtrt_cert_no": screenshot["code"]}
    assert "已过期" in shop.refused("2102", sent)
