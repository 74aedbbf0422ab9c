"""S07 and S17 through the real server: limits that are used up, and how far money goes, before and after its day.

By ``rules`` 西安 shares in its own pool only from 2026 on, and 山东 takes no part in sharing across provinces.
The other days are as shipped: 陕西 shares in the whole province from 2024-05-22, provinces with each other from
2026-01-09.
"""

from collections.abc import Callable
from datetime import datetime
from typing import Any

import pytest

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
    split,
    with_parts,
)


def active(one: SignedIn) -> str:
    (binding,) = [b["id"] for b in one.get("/bindings") if b["state"] == "active"]
    return str(binding)


def shop_in(server: Server, city: dict[str, Any], region: str) -> Client:
    return Client(server.gateway, institution_of(city, region, "pharmacy")["fixmedins_code"], region)


def test_own_money_first_then_what_the_daughter_allows_then_cash(server: Server, city: dict[str, Any]) -> None:
    """S07, SET-11, ACC-06: 120 is 50 own and 70 shared; 80 is 30 shared and 50 cash; with more allowed it goes on."""
    father, daughter = by_role(city, "S07 father"), by_role(city, "S07 daughter")
    shop, her, item = shop_in(server, city, "610100"), SignedIn(server, daughter), item_of(city)
    binding = active(her)
    assert her.put(f"/bindings/{binding}/limits", {"total": "100.00"}).status_code == 200
    bills = [paid(shop, father, item, "120.00")]
    assert her.get(f"/bindings/{binding}")["left"] == [{"limit": "总额", "amount": "30.00"}]
    bills.append(paid(shop, father, item, "80.00"))
    assert bills == [(50_00, 70_00, 0), (0, 30_00, 50_00)]
    assert balance(server, daughter) == 400_00
    assert her.put(f"/bindings/{binding}/limits", {"total": "200.00"}).status_code == 200
    bills.append(paid(shop, father, item, "40.00"))
    assert bills[-1] == (0, 40_00, 0)
    moved = her.get("/me/movements")
    assert [one["balance_after"] for one in moved][:3] == ["360.00", "400.00", "430.00"]

    # The mother, for one time only: the first bill draws, the second finds nothing.
    mother = by_role(city, "S07 mother")
    once = her.post("/bindings", form(mother, term="single_use", **SIGNED)).json()
    bills += [paid(shop, mother, item, "25.00") for _ in range(2)]
    assert bills[-2:] == [(10_00, 15_00, 0), (0, 0, 25_00)]
    assert [b["state_text"] for b in her.get("/bindings") if b["id"] == once["id"]] == ["已失效"]

    gone = 50_00 + 500_00 + 10_00 - sum(balance(server, who) for who in (father, daughter, mother))
    assert gone + sum(cash for *_, cash in bills) == 120_00 + 80_00 + 40_00 + 25_00 * 2


PLACES = [
    # where she buys, on which day, whether her daughter's money of 西安 pays there, and what she is told otherwise
    ("610400", "2024-05-21", False, "西安市的钱，在咸阳市使用"),
    ("610400", "2024-05-22", True, ""),
    ("610400", "2026-02-01", False, "西安市的钱，在咸阳市使用"),
    ("450100", "2026-01-08", False, "未收录陕西省、广西壮族自治区当时已开通跨省共济"),
    ("450100", "2026-01-09", True, ""),
    ("370200", "2026-01-08", False, "西安市的钱，在青岛市使用"),
    ("370200", "2026-01-09", False, "山东省没有开通跨省共济"),
]


@pytest.mark.parametrize(("place", "day", "draws", "why"), PLACES)
@pytest.mark.parametrize("care", ["pharmacy", "visit"])
def test_where_shared_money_is_good_from_which_day_on(
    server: Server,
    city: dict[str, Any],
    care: str,
    place: str,
    day: str,
    draws: bool,  # noqa: FBT001
    why: str,
) -> None:
    """S17, KIN-11, XRG-02, XRG-06, XRG-07: a drug and a visit, in another pool and in other provinces."""
    mother = by_role(city, "S17 mother")
    settle = buy if care == "pharmacy" else visit
    info = settle(server, city, mother, place, day)
    own, shared, cash = split(info)
    due = own + shared + cash
    assert (own, shared, cash) == ((0, due, 0) if draws else (0, 0, due))
    assert due > 0
    trace = SignedIn(server, mother).get(f"/settlements/{info['setl_id']}")["trace"]
    (told,) = [step["text"] for step in trace if step["rule"] in ("sharing.drawn", "sharing.not_drawn")]
    assert why in told
    assert ("未动用" in told) is not draws


def buy(server: Server, city: dict[str, Any], who: dict[str, Any], region: str, day: str) -> dict[str, Any]:
    shop = shop_in(server, city, region)
    sent = shop.pharmacy_input(who, item_of(city), "9.00")
    sent["druginfo"]["begntime"] = f"{day} 09:00:00"
    info: dict[str, Any] = shop.ok("2102", sent)["setlinfo"]
    return info


def visit(server: Server, city: dict[str, Any], who: dict[str, Any], region: str, day: str) -> dict[str, Any]:
    hospital = Client(server.gateway, institution_of(city, region, "hospital")["fixmedins_code"], region)
    number = hospital.register(who, datetime.fromisoformat(f"{day} 09:00:00"))
    hospital.describe(who, number)
    hospital.ok("2204", {"feedetail": [hospital.line(who, number, item_of(city), "9.00")]})
    data = hospital.settle_data(who, number, "9.00")
    preview = hospital.ok("2206", {"data": data})["setlinfo"]
    info: dict[str, Any] = hospital.ok("2207", {"data": with_parts(data, preview)})["setlinfo"]
    return info


def test_money_of_the_province_at_once_and_of_another_as_a_quota(
    server: Server, city: dict[str, Any], desk: Callable[[str], Desk]
) -> None:
    """S17, XRG-03: a son of 咸阳 pays in 西安; a daughter of 南昌 freezes a quota, both agreeing; 南昌 owes 西安."""
    user, son = by_role(city, "S17 user"), by_role(city, "S17 authoriser")
    far = by_role(city, "S17 authoriser in another province")
    shop, item, before = shop_in(server, city, "610100"), item_of(city), balance(server, son)
    assert paid(shop, user, item, "60.00") == (20_00, 40_00, 0)
    assert balance(server, son) == before - 40_00

    her, his = SignedIn(server, far), SignedIn(server, user)
    made = her.post("/bindings", form(user, **SIGNED)).json()
    assert (made["mode"], made["state"]) == ("quota_hold", "pending")
    assert his.post(f"/bindings/{made['id']}/confirm").json()["state"] == "active"
    assert her.put(f"/bindings/{made['id']}/quota", {"amount": "30.00"}).status_code == 200
    assert balance(server, far) == 770_00
    payer = SignedIn(server, son)
    assert payer.put(f"/bindings/{active(payer)}/limits", {"total": "50.00"}).status_code == 200
    # 10.00 are left of the son's limit; the daughter's 30.00 are frozen for this.
    owed = owed_between(desk("clerk"), "360100", "610100")
    assert paid(shop, user, item, "45.00") == (0, 40_00, 5_00)
    amount, lines = owed_between(desk("clerk"), "360100", "610100")
    assert (amount - owed[0], lines - owed[1]) == (30_00, 1)
    assert her.post(f"/bindings/{made['id']}/end").json()["state"] == "ended"
    assert balance(server, far) == 770_00


def test_who_lives_where_no_province_is_open_cannot_be_bound(server: Server, city: dict[str, Any]) -> None:
    """S17: refused with the place that takes no part."""
    far, user = by_role(city, "S17 authoriser in another province"), by_role(city, "Qingdao mother-in-law")
    refused = SignedIn(server, far).post("/bindings", form(user, **SIGNED))
    told = "山东省没有开通跨省共济，授权人参保地（南昌市）与使用人参保地（青岛市）之间不能共济"
    assert (refused.status_code, refused.json()["title"]) == (409, told)


def test_a_place_that_shares_in_its_own_pool_only_names_both_pools(server: Server, city: dict[str, Any]) -> None:
    """S17, KIN-11: nobody of another pool is bound there; in its own pool it goes on."""
    daughter, user = by_role(city, "S17 local daughter"), by_role(city, "S17 authoriser")
    refused = SignedIn(server, daughter).post("/bindings", form(user, **SIGNED))
    told = "授权人参保地（西安市）与使用人参保地（咸阳市）不在同一统筹区共济范围内"
    assert (refused.status_code, refused.json()["title"]) == (409, told)
    shop = shop_in(server, city, "610100")
    assert paid(shop, by_role(city, "S17 mother"), item_of(city), "9.00") == (0, 9_00, 0)
