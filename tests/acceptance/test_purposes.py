"""S09: what account money buys, over the national interface, in a region whose flags change from day to day.

The flags of 西安 are those of ``rules/610100/sharing.toml``: wide in the first half of 2025, strict in the second.
"""

from datetime import date, datetime
from typing import Any

import httpx
import pytest

from his import Client, Server, SignedIn, assert_sums, by_role, fen, split, with_parts

REGION = "610100"
WIDE, STRICT = date(2025, 6, 1), date(2025, 8, 4)


@pytest.fixture(scope="module")
def user(server: Server, city: dict[str, Any]) -> SignedIn:
    """The patient, who may see the reason of every fen."""
    return SignedIn(server, by_role(city, "S09 user"))


def named(city: dict[str, Any], name: str) -> dict[str, Any]:
    found: dict[str, Any] = next(item for item in city["catalogue"] if item["name"].startswith(name))
    return found


def place(city: dict[str, Any], name: str) -> str:
    return str(next(i["fixmedins_code"] for i in city["institutions"] if i["name"] == name))


def at_the_pharmacy(server: Server, city: dict[str, Any], item: dict[str, Any], on: date) -> dict[str, Any]:
    """What the pharmacy is told a purchase would come to."""
    shop = Client(server.gateway, place(city, "长安演示药店"), REGION)
    data = shop.pharmacy_input(by_role(city, "S09 user"), item["med_list_codg"], item["price"])
    data["druginfo"]["begntime"] = f"{on} 09:00:00"
    info: dict[str, Any] = shop.ok("2102", data)["setlinfo"]
    assert_sums(info)
    shop.ok("2103", {"data": {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": info["psn_no"]}})
    return info


def at(server: Server, city: dict[str, Any], where: str, item: dict[str, Any], on: date) -> dict[str, Any]:
    """What a medical institution is told a visit with one item would come to; settled, and taken back again."""
    user = by_role(city, "S09 user")
    hospital = Client(server.gateway, place(city, where), REGION)
    visit = hospital.register(user, datetime(on.year, on.month, on.day, 9))  # noqa: DTZ001 - as institutions write it
    hospital.describe(user, visit)
    hospital.ok("2204", {"feedetail": [hospital.line(user, visit, item["med_list_codg"], item["price"])]})
    data = hospital.settle_data(user, visit, item["price"])
    preview = hospital.ok("2206", {"data": data})["setlinfo"]
    info: dict[str, Any] = hospital.ok("2207", {"data": with_parts(data, preview)})["setlinfo"]
    assert_sums(info)
    hospital.ok("2208", {"data": {"setl_id": info["setl_id"], "mdtrt_id": visit, "psn_no": user["psn_no"]}})
    return info


def reasons(user: SignedIn, info: dict[str, Any]) -> str:
    """What the patient is told of a settlement."""
    return "\n".join(step["text"] for step in user.get(f"/settlements/{info['setl_id']}")["trace"])


def shared_and_cash(info: dict[str, Any]) -> tuple[int, int]:
    """Relatives' money and cash, in fen; the user's own account is empty."""
    own, shared, cash = split(info)
    assert own == 0
    return shared, cash


@pytest.mark.parametrize("name", ["演示降压片", "上臂式电子血压计", "一次性注射器", "医用酒精"])
def test_the_pharmacys_classes_by_the_profile_of_the_day(
    server: Server, city: dict[str, Any], user: SignedIn, name: str
) -> None:
    """PUR-06, PUR-07, PUR-08: drug, device, consumable, disinfectant; in the strict profile cash."""
    item = named(city, name)
    price = fen(float(item["price"]))
    assert shared_and_cash(at_the_pharmacy(server, city, item, WIDE)) == (price, 0)
    strict = at_the_pharmacy(server, city, item, STRICT)
    assert shared_and_cash(strict) == (0, price)
    assert "当地规定共济资金不能用于这类费用" in reasons(user, strict)


HOSPITAL, CENTRE = "长安演示三级医院", "长安演示体检中心"


@pytest.mark.parametrize(
    ("name", "where", "charged", "why"),
    [
        ("流感病毒裂解疫苗", HOSPITAL, True, ""),
        ("三伏贴", HOSPITAL, True, ""),
        ("健康体检套餐", CENTRE, True, ""),
        ("健康体检套餐", HOSPITAL, False, "这里不是规定的体检机构"),
        ("健身卡", HOSPITAL, False, "国家规定个人账户不得支付"),
        ("滋补保健酒", HOSPITAL, False, "国家规定个人账户不得支付"),
        ("免疫规划疫苗接种服务", HOSPITAL, False, "国家规定个人账户不得支付"),
        ("激光祛斑", HOSPITAL, False, "国家规定个人账户不得支付"),
    ],
)
def test_what_is_not_ordinary_care(
    server: Server,
    city: dict[str, Any],
    user: SignedIn,
    name: str,
    where: str,
    charged: bool,  # noqa: FBT001
    why: str,
) -> None:
    """PUR-12, PUR-13, PUR-15, PUR-18, PUR-19: opened by the region's flag and place, or never; then it is cash."""
    item = named(city, name)
    price = fen(float(item["price"]))
    wide = at(server, city, where, item, WIDE)
    assert shared_and_cash(wide) == ((price, 0) if charged else (0, price))
    assert why in reasons(user, wide)
    strict = at(server, city, where, item, STRICT)
    assert shared_and_cash(strict) == (0, price), "the strict profile opens none of them"
    assert ("没有开放这一用途" if charged else why) in reasons(user, strict)


def test_the_wide_profile_has_exactly_eight_classes_open(server: Server) -> None:
    """PUR-01: the list is ours and says so; each class names its source."""
    told = httpx.get(f"{server.portal}/api/purposes?region=610100&on={WIDE}").json()
    assert [category["enabled"] for category in told] == [True] * 8
    assert all(category["source"] for category in told)
    strict = httpx.get(f"{server.portal}/api/purposes?region=610100&on={STRICT}").json()
    assert [category["key"] for category in strict if category["enabled"]] == ["care", "pharmacy"]
