"""Whole visits and purchases over the national interface, with shared money, in 西安."""

import asyncio
from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gongji.core.codes import Relation, Scheme, Status

ITEM_B = "XZ99ACZ006A001010199003"
ITEM_C = "XZ99ADZ009A001010199005"

D = Decimal


def assert_sums(output: dict[str, Any]) -> None:
    """The sum rules of the specification, in settlements and reversals alike."""
    info = output["setlinfo"]
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    funds = ("hifp_pay", "cvlserv_pay", "hifes_pay", "hifmi_pay", "hifob_pay", "maf_pay", "hifdm_pay", "oth_pay")
    sign = -1 if info["medfee_sumamt"] < 0 else 1
    assert info["medfee_sumamt"] == info["fund_pay_sumamt"] + info["psn_part_amt"] + info.get("hosp_part_amt", 0)
    cash = info["psn_cash_pay"] if "psn_cash_pay" in info else info["pdn_cash_pay"]
    assert info["psn_part_amt"] == info["acct_pay"] + cash
    assert info["medfee_sumamt"] == sum(info[name] for name in parts)
    assert info["fund_pay_sumamt"] == sum(info[name] for name in funds)
    assert 0 <= sign * info["acct_mulaid_pay"] <= sign * info["acct_pay"]
    assert info["balc"] >= 0
    assert sum(row["fund_payamt"] for row in output["setldetail"]) == info["fund_pay_sumamt"] + info["acct_pay"]


def fees(hospital: Any, patient: Any, visit: str) -> list[dict[str, Any]]:
    """930.00 yuan: one item of each level, and another of the last."""
    return [
        hospital.line(patient, visit, det_item_fee_sumamt="800.00", cnt="64", pric="12.5"),
        hospital.line(patient, visit, med_list_codg=ITEM_B, det_item_fee_sumamt=84, cnt=2, pric=42),
        hospital.line(patient, visit, med_list_codg=ITEM_C, det_item_fee_sumamt="36.00", cnt="1", pric="36"),
        hospital.line(patient, visit, med_list_codg=ITEM_C, det_item_fee_sumamt="10", cnt="1", pric="10"),
    ]


async def test_reading_and_describing_a_patient(city: Any) -> None:
    patient, hospital = await city.person(2000, status=Status.RETIRED), city.hospital
    person = (await hospital.call("1101", {"data": hospital.shown(patient)})).output
    assert person["baseinfo"]["psn_no"] == patient.person_no
    assert person["baseinfo"]["exp_content"] is None
    insured = person["insuinfo"][0]
    assert (insured["balc"], insured["insutype"], insured["psn_type"], insured["psn_insu_stas"]) == (
        20,
        "310",
        "12",
        "1",
    )
    assert person["idetinfo"] == []
    visit = await hospital.visit(patient)
    diagnosis = {
        "diag_type": "1",
        "diag_srt_no": 1,
        "diag_code": "I10.x00",
        "diag_name": "高血压",
        "diag_dept": "内科",
        "dise_dor_no": "D1",
        "dise_dor_name": "医生",
        "diag_time": "2026-01-05 09:10:00",
        "vali_flag": "1",
    }
    about = {"mdtrt_id": visit, "psn_no": patient.person_no, "med_type": "14", "begntime": "2026-01-05 09:00:00"}
    described = await hospital.call("2203", {"mdtrtinfo": about, "diseinfo": diagnosis})
    assert described.ok
    assert described.content["output"] is None
    rows = await city.rows("select care, details from visit where id = %s", visit)
    assert rows[0][0] == "special_disease"
    assert rows[0][1]["diseinfo"][0]["diag_code"] == "I10.x00"


async def test_fees_are_split_line_by_line(city: Any) -> None:
    patient = await city.person()
    visit = await city.hospital.visit(patient)
    result = (await city.hospital.call("2204", {"feedetail": fees(city.hospital, patient, visit)})).output["result"]
    for row in result:
        assert row["det_item_fee_sumamt"] == (
            row["fulamt_ownpay_amt"] + row["overlmt_amt"] + row["preselfpay_amt"] + row["inscp_scp_amt"]
        )
    assert [row["chrgitm_lv"] for row in result] == ["01", "02", "03", "03"]
    assert [row["pric_uplmt_amt"] for row in result] == [999999, 36, 999999, 999999]
    assert (result[1]["overlmt_amt"], result[1]["preselfpay_amt"]) == (12, D("7.20"))
    assert [row["selfpay_prop"] for row in result] == [0, D("0.1"), 1, 1]
    assert [row["memo"] for row in result] == [None] * 4


async def test_a_visit_with_shared_money(city: Any) -> None:
    son = await city.person(50000)
    father = await city.person(2000, status=Status.RETIRED, birth_date=date(1955, 1, 1), retired_on=date(2015, 1, 1))
    await city.share(son, father)
    hospital = city.hospital
    paid_before = await city.payables()
    visit = await hospital.visit(father)
    assert (await hospital.call("2204", {"feedetail": fees(hospital, father, visit)})).ok
    bill = hospital.bill(father, visit, "930.00")
    books = await city.books()
    planned = await hospital.call("2206", bill)
    assert await city.books() == books
    assert_sums(planned.output)
    assert planned.info["setl_time"] is None

    stated = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    bill["data"] |= {name: str(planned.info[name]) for name in stated}
    message = hospital.message("2207", bill)
    settled = await hospital.send(message)
    assert_sums(settled.output)
    assert_settled(settled.info, message["msgid"])
    assert [row["fund_pay_type"] for row in settled.output["setldetail"]] == ["310100", "310200"]
    unlike = {"setl_time", "medins_setl_id", "clr_optins", "clr_way"}
    for name in settled.info.keys() & planned.info.keys() - unlike:
        assert settled.info[name] == planned.info[name]
    assert (await city.balance(son), await city.balance(father)) == (50000 - 48636, 0)

    back = await hospital.call("2208", hospital.reversal(father, settled))
    assert_sums(back.output)
    assert back.info["setl_id"] != settled.info["setl_id"]
    assert (back.info["psn_cash_pay"], back.info["pdn_cash_pay"]) == (-58, -58)
    assert back.info["acct_mulaid_pay"] == D("-486.36")
    assert back.info["balc"] == 20
    assert (await city.balance(son), await city.balance(father)) == (50000, 2000)
    assert await city.payables() == paid_before

    again = await hospital.send(message)
    assert again.output == settled.output, "the first answer, also after the reversal"
    once_more = await hospital.call("2207", hospital.bill(father, visit, "930.00"))
    assert once_more.info["acct_pay"] == settled.info["acct_pay"], "what was taken back may be settled anew"


def assert_settled(info: dict[str, Any], message_id: str) -> None:
    """800 + 64.80 in scope; 200 deductible; 55 % for a retired person at a third-level hospital."""
    assert info["inscp_scp_amt"] == D("864.80")
    assert info["act_pay_dedc"] == 200
    assert info["hifp_pay"] == D("365.64")
    assert info["pool_prop_selfpay"] == D("0.55")
    assert info["acct_pay"] == D("506.36")
    assert info["acct_mulaid_pay"] == D("486.36")
    assert info["psn_cash_pay"] == 58
    assert info["balc"] == 0
    assert len(info["setl_id"]) == 30
    assert info["medins_setl_id"] == message_id
    assert info["clr_optins"] == "610100"
    assert (info["clr_type"], info["clr_way"], info["med_type"], info["mdtrt_cert_type"]) == ("11", "1", "11", "02")


async def test_a_settlement_is_queried_before_and_after_its_reversal(city: Any) -> None:
    patient, hospital = await city.person(1000), city.hospital
    visit, settled = await hospital.settled(patient)
    query = hospital.reversal(patient, settled)
    shown = await hospital.call("5203", query)
    info = shown.info
    assert (info["medfee_sumamt"], info["psn_pay"], info["cash_payamt"], info["refd_setl_flag"]) == (100, 100, 90, "0")
    assert (info["mdtrt_id"], info["fixmedins_code"], info["year"]) == (visit, hospital.code, "2026")
    assert info["medins_setl_id"] == settled.info["medins_setl_id"]
    assert shown.output["setldetail"] == settled.output["setldetail"]
    assert (await hospital.call("2208", query)).ok
    assert (await hospital.call("5203", query)).info["refd_setl_flag"] == "1"


async def test_a_purchase_with_shared_money(city: Any) -> None:
    wife = await city.person(3000)
    husband = await city.person(2500)
    await city.share(wife, husband, Relation.SPOUSE)
    pharmacy = city.pharmacy
    before = await city.payables()
    content = pharmacy.purchase(husband, "50.00")
    books = await city.books()
    planned = await pharmacy.call("2101", content)
    assert await city.books() == books
    assert_sums(planned.output)
    assert planned.info["mdtrt_id"] is None
    assert planned.output["detlcutinfo"][0]["inscp_scp_amt"] == 50
    message = pharmacy.message("2102", content)
    bought = await pharmacy.send(message)
    assert_sums(bought.output)
    info = bought.info
    assert (info["acct_pay"], info["acct_mulaid_pay"], info["psn_cash_pay"]) == (50, 25, 0)
    assert (info["clr_type"], info["med_type"], info["balc"]) == ("41", "41", 0)
    assert info["mdtrt_id"]
    assert (await pharmacy.send(message)).output == bought.output
    assert (await city.balance(wife), await city.balance(husband)) == (500, 0)
    back = await pharmacy.call("2103", pharmacy.reversal(husband, bought))
    assert_sums(back.output)
    assert back.info["medfee_sumamt"] == -50
    assert (await city.balance(wife), await city.balance(husband)) == (3000, 2500)
    assert await city.payables() == before


async def test_a_prescription_at_a_pharmacy_draws_the_fund(city: Any) -> None:
    patient = await city.person(100000)
    content = city.pharmacy.purchase(patient, "300.00")
    content["drugdetail"][0]["rx_circ_flag"] = "1"
    info = (await city.pharmacy.call("2102", content)).info
    assert (info["act_pay_dedc"], info["hifp_pay"]) == (200, 70)


@pytest.mark.parametrize(
    ("flag", "own", "shared"), [("0", 0, 0), ("00", 0, 0), ("1", 30, 0), ("01", 30, 0), ("2", 30, 70), ("02", 30, 70)]
)
async def test_whose_accounts_pay(city: Any, flag: str, own: int, shared: int) -> None:
    giver, patient = await city.person(10000), await city.person(3000)
    await city.share(giver, patient, Relation.SIBLING)
    info = (await city.pharmacy.call("2102", city.pharmacy.purchase(patient, "100", acct_used_flag=flag))).info
    assert (info["acct_pay"], info["acct_mulaid_pay"]) == (own + shared, shared)


async def test_a_resident_is_told_no_balance_and_uses_shared_money(city: Any) -> None:
    mother = await city.person(10000)
    child = await city.person(scheme=Scheme.RESIDENT, status=Status.CHILD, birth_date=date(2022, 1, 1))
    await city.share(mother, child, Relation.CHILD)
    read = (await city.hospital.call("1101", {"data": city.hospital.shown(child)})).output["insuinfo"]
    assert [(row["insutype"], row["psn_type"], row["balc"]) for row in read] == [("390", "1402", 0)]
    bought = await city.pharmacy.call("2102", city.pharmacy.purchase(child, "60"))
    assert_sums(bought.output)
    assert (bought.info["insutype"], bought.info["acct_mulaid_pay"], bought.info["balc"]) == ("390", 60, 0)


async def test_two_segments_are_told_where_the_region_keeps_them(city: Any) -> None:
    person = await city.person(1234, region="330100")
    rows = await city.rows("select segment, balance from account where owner = %s order by id", person.person_no)
    read = (await city.hospital.call("1101", {"data": city.hospital.shown(person)})).output
    content = read["baseinfo"]["exp_content"]
    assert content == ('{"crtYearBalc":0.00,"calYearBalc":12.34}' if len(rows) == 2 else None)
    assert read["insuinfo"][0]["balc"] == D("12.34")


async def test_the_parts_of_the_bill_are_checked_only_where_they_are_sent(city: Any) -> None:
    patient = await city.person(0)
    visit = await city.hospital.visit_with_fees(patient)
    books = await city.books()
    refused = await city.hospital.call("2207", city.hospital.bill(patient, visit, "100", inscp_scp_amt="99"))
    assert "符合政策范围金额" in refused.error
    assert await city.books() == books
    assert (await city.hospital.call("2207", city.hospital.bill(patient, visit, "100", inscp_scp_amt="100"))).ok


async def test_two_users_draw_an_authorisers_last_100_yuan_at_the_same_moment(city: Any) -> None:
    giver = await city.person(10000)
    users = [await city.person() for _ in range(2)]
    for user in users:
        await city.share(giver, user, Relation.PARENT)
    answers = await asyncio.gather(*(city.pharmacy.call("2102", city.pharmacy.purchase(user, "80")) for user in users))
    drawn = sorted(answer.info["acct_mulaid_pay"] for answer in answers)
    assert drawn == [20, 80]
    assert await city.balance(giver) == 0


async def test_the_kind_of_care_and_registration_fee(city: Any) -> None:
    patient = await city.person(5000)
    visit = await city.hospital.visit_with_fees(patient, det_item_fee_sumamt="1", cnt="1", pric="1")
    info = (await city.hospital.call("2207", city.hospital.bill(patient, visit, "1", med_type="12"))).info
    assert info["med_type"] == "12"
    shown = await city.hospital.call(
        "5203", {"data": {"psn_no": patient.person_no, "setl_id": info["setl_id"], "mdtrt_id": visit}}
    )
    assert shown.info["med_type"] == "12"


async def test_fees_and_registrations_are_taken_back(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit_with_fees(patient, batch="B1")
    assert (await hospital.call("2204", {"feedetail": hospital.line(patient, visit, "B2")})).ok
    named = {"mdtrt_id": visit, "psn_no": patient.person_no}
    in_use = await hospital.call("2202", {"data": named | {"ipt_otp_no": "x"}})
    assert "费用明细" in in_use.error
    one = await hospital.call("2205", {"data": named | {"chrg_bchno": "B1"}})
    assert one.ok
    assert one.content["output"] is None
    assert (await hospital.call("2205", {"data": named | {"chrg_bchno": "0000"}})).ok
    assert (await hospital.call("2202", {"data": named | {"ipt_otp_no": "x"}})).content["output"] is None
    assert "已撤销" in (await hospital.call("2204", {"feedetail": [hospital.line(patient, visit)]})).error


async def test_signing_in_and_out(city: Any) -> None:
    message = city.hospital.message("9001", {"signIn": {"opter_no": "op1", "mac": "00", "ip": "10.0.0.1"}})
    signed = (await city.hospital.send(message)).output["signinoutb"]
    assert signed["sign_no"].isdigit()
    assert 6 <= len(signed["sign_no"]) <= 30
    assert (await city.hospital.send(message)).output["signinoutb"] == signed
    content = {"signOut": {"sign_no": signed["sign_no"], "opter_no": "op1"}}
    assert (await city.hospital.call("9002", content)).output["signoutoutb"]["sign_time"]
    assert "已签退" in (await city.hospital.call("9002", content)).error
