"""S08 through the real server: the same stay in a place that does not share for stays, and in one that does.

In 2025 rules/370200/account.toml lets accounts of 青岛 pay what lies outside the scheme's scope as well.
"""

from types import SimpleNamespace
from typing import Any

import pytest

from gongji.core.codes import Scheme
from his import Client, Server, SignedIn, balance, by_role, fen, institution_of, item_of, paid, split
from stays import admission, bill, discharge, line

TOTAL, OUTSIDE = 10_000_00, 1_000_00


def stayed(hospital: Client, patient: dict[str, Any], inside: str, outside: str, year: int) -> dict[str, Any]:
    """A stay from admission to settlement: items in the scheme's scope for 9000.00, others for 1000.00."""
    who = SimpleNamespace(
        person_no=patient["psn_no"], certificate_no=patient["certno"], scheme=Scheme(patient["scheme"])
    )
    begun, charged = f"{year}-04-06 09:00:00", f"{year}-04-07 09:30:00"
    visit = hospital.ok("2401", admission(who, begntime=begun))["result"]["mdtrt_id"]
    for item, amount in ((inside, "9000.00"), (outside, "1000.00")):
        row = line(who, visit, amount, med_list_codg=item, fee_ocur_time=charged)
        hospital.ok("2301", {"feedetail": [row]})
    planned = hospital.ok("2303", bill(who, visit, "10000.00"))["setlinfo"]
    hospital.ok("2402", discharge(who, visit, f"{year}-04-10"))
    info: dict[str, Any] = hospital.ok("2304", bill(who, visit, "10000.00"))["setlinfo"]
    assert split(planned) == split(info)
    return info


def outside_item(city: dict[str, Any]) -> str:
    return next(i["med_list_codg"] for i in city["catalogue"] if i["name"].startswith("上臂式电子血压计"))


@pytest.fixture(scope="module")
def xian(server: Server, city: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any], Client]:
    code = institution_of(city, "610100", "hospital")["fixmedins_code"]
    return by_role(city, "S08 Xi'an patient"), by_role(city, "S08 Xi'an spouse"), Client(server.gateway, code, "610100")


def test_shaanxi_shares_nothing_for_a_stay_and_says_so(server: Server, city: dict[str, Any], xian: Any) -> None:
    """S08, SET-18, SET-20: the fund, her own 300.00, cash; the receipt names the rule. A visit does draw."""
    patient, spouse, hospital = xian
    info = stayed(hospital, patient, item_of(city), outside_item(city), 2026)
    fund = fen(info["fund_pay_sumamt"])
    # 西安三级在职：起付 650，一万元以内 88%。
    assert fund == (9_000_00 - 650_00) * 88 // 100
    assert split(info) == (300_00, 0, TOTAL - fund - 300_00)
    assert balance(server, spouse) == 5000_00
    told = SignedIn(server, patient).get(f"/settlements/{info['setl_id']}")["trace"]
    (why,) = [step for step in told if step["rule"] == "sharing.not_drawn"]
    assert "当地规定共济资金不能用于这类费用" in why["text"]
    assert ("不包括住院" in why["source"], why["file"]) == (True, "regions/610000/sharing.toml")
    shop = Client(server.gateway, institution_of(city, "610100", "pharmacy")["fixmedins_code"], "610100")
    assert paid(shop, patient, item_of(city), "80.00") == (0, 80_00, 0)


def test_qingdao_shares_for_a_stay_what_lies_in_the_schemes_scope(server: Server, city: dict[str, Any]) -> None:
    """S08, SET-19: own first, then her husband's money; what lies outside is cash, or his too where a place says so."""
    patient, spouse = by_role(city, "S08 Qingdao patient"), by_role(city, "S08 Qingdao spouse")
    code = institution_of(city, "370200", "hospital")["fixmedins_code"]
    hospital = Client(server.gateway, code, "370200")
    info = stayed(hospital, patient, item_of(city), outside_item(city), 2026)
    # 青岛三级在职：起付 800，两万元以内 86%。
    assert fen(info["fund_pay_sumamt"]) == (9_000_00 - 800_00) * 86 // 100
    rest = 9_000_00 - fen(info["fund_pay_sumamt"])
    assert split(info) == (300_00, rest - 300_00, OUTSIDE)
    assert balance(server, spouse) == 5000_00 - (rest - 300_00)
    back = {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": patient["psn_no"]}
    hospital.ok("2305", {"data": back})
    assert (balance(server, patient), balance(server, spouse)) == (300_00, 5000_00)

    info = stayed(hospital, patient, item_of(city), outside_item(city), 2025)
    rest = 9_000_00 - fen(info["fund_pay_sumamt"])
    assert split(info) == (300_00, rest - 300_00 + OUTSIDE, 0)
