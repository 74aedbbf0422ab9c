"""A whole outpatient visit and a pharmacy purchase of a father with shared money, in each region, over HTTP."""

from decimal import Decimal
from typing import Any

import pytest

from his import Client, Server, assert_sums, balance, family_of, fen, institution_of, item_of, with_parts

REGIONS = ("310000", "610100", "360100", "450100", "370200")


@pytest.mark.parametrize("region", REGIONS)
def test_visit_and_purchase_with_shared_money_and_back(server: Server, city: dict[str, Any], region: str) -> None:
    father, payers = family_of(city, region)
    hospital = Client(server.gateway, institution_of(city, region, "hospital")["fixmedins_code"], region)
    pharmacy = Client(server.gateway, institution_of(city, region, "pharmacy")["fixmedins_code"], region)
    before = {p["psn_no"]: balance(server, p) for p in (father, *payers)}

    hospital.ok("9001", {"signIn": {"opter_no": "op1", "mac": "00", "ip": "127.0.0.1"}})
    known = hospital.person(father["certno"])
    assert fen(known["insuinfo"][0]["balc"]) == before[father["psn_no"]]
    visit = hospital.register(father)
    hospital.describe(father, visit)
    hospital.ok("2204", {"feedetail": [hospital.line(father, visit, item_of(city), "800.00")]})
    data = hospital.settle_data(father, visit, "800.00")
    preview = hospital.ok("2206", {"data": data})["setlinfo"]
    settled = hospital.ok("2207", {"data": with_parts(data, preview)})["setlinfo"]
    for info in (preview, settled):
        assert_sums(info)
    for amount in ("fund_pay_sumamt", "acct_pay", "acct_mulaid_pay", "psn_cash_pay", "balc"):
        assert settled[amount] == preview[amount]
    shared = fen(settled["acct_mulaid_pay"])
    assert shared > 0
    assert sum(before[p["psn_no"]] - balance(server, p) for p in payers) == shared
    assert balance(server, father) == before[father["psn_no"]] - (fen(settled["acct_pay"]) - shared)
    assert fen(settled["balc"]) == balance(server, father)

    purchase = pharmacy.ok("2102", pharmacy.pharmacy_input(father, item_of(city), "60.00"))["setlinfo"]
    assert_sums(purchase)
    assert fen(purchase["acct_mulaid_pay"]) == 6000 - (fen(purchase["acct_pay"]) - fen(purchase["acct_mulaid_pay"]))
    assert fen(purchase["psn_cash_pay"]) == 0

    for client, infno, made in ((pharmacy, "2103", purchase), (hospital, "2208", settled)):
        back = {"setl_id": made["setl_id"], "mdtrt_id": made["mdtrt_id"], "psn_no": father["psn_no"]}
        returned = client.ok(infno, {"data": back})["setlinfo"]
        for amount in ("medfee_sumamt", "fund_pay_sumamt", "acct_pay", "acct_mulaid_pay"):
            assert fen(returned[amount]) == -fen(made[amount])
        assert returned["setl_id"] != made["setl_id"]
        if infno == "2208":
            assert client.ok("5203", {"data": back})["setlinfo"]["refd_setl_flag"] == "1"
    assert {p["psn_no"]: balance(server, p) for p in (father, *payers)} == before


def test_nanning_draws_only_an_account_that_covers_the_whole_rest(server: Server, city: dict[str, Any]) -> None:
    father, (payer,) = family_of(city, "450100")
    pharmacy = Client(server.gateway, institution_of(city, "450100", "pharmacy")["fixmedins_code"], "450100")
    rest = balance(server, payer) + 1_00
    amount = Decimal(balance(server, father) + rest) / 100
    preview = pharmacy.ok("2101", pharmacy.pharmacy_input(father, item_of(city), f"{amount:.2f}"))["setlinfo"]
    assert_sums(preview)
    assert fen(preview["acct_mulaid_pay"]) == 0
    assert fen(preview["psn_cash_pay"]) == rest


def test_every_addressing_style_reaches_the_same_transaction(server: Server, city: dict[str, Any]) -> None:
    hospital = institution_of(city, "610100", "hospital")
    person = city["people"][0]
    paths = ("/fsi/api/rsfComIfsService/callService", "/nhsa/1101", "/fsi/api/fsiPsnInfoService/queryPsnInfo")
    answers = [
        Client(server.gateway, hospital["fixmedins_code"], "610100", path).person(person["certno"]) for path in paths
    ]
    assert answers[0] == answers[1] == answers[2]
