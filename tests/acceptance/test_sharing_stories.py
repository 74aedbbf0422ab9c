"""S07 and S17 through the real server: limits that are used up, and money from the province and from another."""

from typing import Any

import httpx

from his import Client, Server, SignedIn, balance, fen, institution_of, item_of


def by_role(city: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = next(person for person in city["people"] if person["role"] == role)
    return found


def paid(shop: Client, who: dict[str, Any], item: str, amount: str) -> tuple[int, int, int]:
    """Own money, relatives' money and cash of a purchase, in fen."""
    info = shop.ok("2102", shop.pharmacy_input(who, item, amount))["setlinfo"]
    shared = fen(info["acct_mulaid_pay"])
    return fen(info["acct_pay"]) - shared, shared, fen(info["psn_cash_pay"])


def put(one: SignedIn, path: str, body: object) -> httpx.Response:
    return httpx.put(f"{one.root}{path}", json=body, headers=one.headers, timeout=30)


def test_own_money_first_then_what_the_daughter_allows_then_cash(server: Server) -> None:
    """S07, SET-11, ACC-06: 120 is 50 own and 70 shared; 80 is 30 shared and 50 cash; with more allowed it goes on."""
    city = server.city()
    father, daughter = by_role(city, "S07 father"), by_role(city, "S07 daughter")
    shop = Client(server.gateway, institution_of(city, "610100", "pharmacy")["fixmedins_code"], "610100")
    her, item = SignedIn(server, daughter), item_of(city)
    (binding,) = [b["id"] for b in her.get("/bindings") if b["state"] == "active"]
    assert put(her, f"/bindings/{binding}/limits", {"total": "100.00"}).status_code == 200
    assert paid(shop, father, item, "120.00") == (50_00, 70_00, 0)
    assert paid(shop, father, item, "80.00") == (0, 30_00, 50_00)
    assert balance(server, daughter) == 400_00
    assert put(her, f"/bindings/{binding}/limits", {"total": "200.00"}).status_code == 200
    assert paid(shop, father, item, "40.00") == (0, 40_00, 0)
    assert balance(server, daughter) == 360_00
    moved = her.get("/me/movements")
    assert [one["balance_after"] for one in moved][:3] == ["360.00", "400.00", "430.00"]
    assert server.verify()["ok"]


def test_money_of_the_province_at_once_and_of_another_as_a_quota(server: Server) -> None:
    """S17, KIN-11, XRG-02, XRG-06: a son of 咸阳 pays in 西安; a daughter of 南昌 freezes a quota, both agreeing."""
    city = server.city()
    user, son = by_role(city, "S17 user"), by_role(city, "S17 authoriser")
    far = by_role(city, "S17 authoriser in another province")
    shop = Client(server.gateway, institution_of(city, "610100", "pharmacy")["fixmedins_code"], "610100")
    item, before = item_of(city), balance(server, son)
    assert paid(shop, user, item, "60.00") == (20_00, 40_00, 0)
    assert balance(server, son) == before - 40_00

    her, his = SignedIn(server, far), SignedIn(server, user)
    form = {"user_certificate_no": user["certno"], "user_name": user["name"], "relation": "parent"}
    form |= {"user_region": user["region"], "notice_accepted": True, "signature": "[[[1,2],[3,4],[5,9]]]"}
    made = her.post("/bindings", form).json()
    assert (made["mode"], made["state"]) == ("quota_hold", "pending")
    assert his.post(f"/bindings/{made['id']}/confirm").json()["state"] == "active"
    assert put(her, f"/bindings/{made['id']}/quota", {"amount": "30.00"}).status_code == 200
    assert balance(server, far) == 770_00
    assert put(SignedIn(server, son), f"/bindings/{_of(son, server)}/limits", {"total": "50.00"}).status_code == 200
    assert paid(shop, user, item, "45.00") == (0, 40_00, 5_00)
    assert her.post(f"/bindings/{made['id']}/end").json()["state"] == "ended"
    assert balance(server, far) == 770_00
    assert server.verify()["ok"]


def _of(person: dict[str, Any], server: Server) -> str:
    (binding,) = [b["id"] for b in SignedIn(server, person).get("/bindings") if b["state"] == "active"]
    return str(binding)
