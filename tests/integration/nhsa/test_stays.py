"""Stays in hospital through the gateway: bands, the number of the stay, mid-stay settlement, order, returns."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gongji.core.codes import Relation, Scheme, Status
from gongji.ledger.verify import verify
from stays import Ward, admission, bill, change, discharge, line, named

D = Decimal


@pytest.fixture
def ward(city: Any) -> Ward:
    return Ward(city.hospital)


async def test_a_stay_from_admission_to_settlement(city: Any, ward: Ward, dsn: str) -> None:
    patient = await city.person(100_00)
    visit = await ward.admit(patient)
    await ward.charge(patient, visit, "8000.00")
    await ward.charge(patient, visit, "4650.00")
    planned = (await city.hospital.call("2303", bill(patient, visit, "12650.00"))).info
    assert (await city.hospital.call("2402", discharge(patient, visit))).content["output"] == {}
    settled = (await ward.settle(patient, visit, "12650.00")).info
    # 西安三级在职：起付 650，一万元以内（含起付）88%，以上 91%。
    fund = (D("10000") - 650) * D("0.88") + D("2650") * D("0.91")
    assert (settled["act_pay_dedc"], settled["hifp_pay"]) == (650, fund)
    assert (settled["acct_pay"], settled["psn_cash_pay"]) == (100, D("12650") - fund - 100)
    assert (settled["med_type"], settled["clr_type"], settled["balc"]) == ("2101", "21", 0)
    only_settled = ("setl_id", "setl_time", "clr_optins", "clr_way", "medins_setl_id")
    assert {name: value for name, value in planned.items() if name not in only_settled} == {
        name: value for name, value in settled.items() if name not in only_settled
    }
    assert verify(dsn).ok


async def test_the_deductible_goes_down_with_each_stay_of_the_year(city: Any, ward: Ward) -> None:
    patient = await city.person()
    borne = []
    for _ in range(4):
        visit = await ward.stay(patient, "3000.00")
        await city.hospital.call("2402", discharge(patient, visit))
        borne.append((await ward.settle(patient, visit, "3000.00")).info["act_pay_dedc"])
    assert borne == [650, 550, 350, 0]


async def test_a_stay_settled_in_between_pays_what_one_settlement_would(city: Any, ward: Ward, dsn: str) -> None:
    whole, parts = await city.person(), await city.person()
    visit = await ward.stay(whole, "15000.00")
    once = (await ward.settle(whole, visit, "15000.00")).info
    visit = await ward.stay(parts, "8000.00")
    middle = (await ward.settle(parts, visit, "8000.00", mid_setl_flag="1")).info
    await ward.charge(parts, visit, "7000.00")
    assert (await city.hospital.call("2402", discharge(parts, visit))).ok
    last = (await ward.settle(parts, visit, "7000.00")).info
    assert (middle["act_pay_dedc"], last["act_pay_dedc"]) == (650, 0)
    assert middle["hifp_pay"] + last["hifp_pay"] == once["hifp_pay"]
    figures = await city.rows(
        "select deductible, eligible, events from year_total where person_no = any(%s) order by person_no",
        [whole.person_no, parts.person_no],
    )
    assert figures == [(65000, 1500000, 1)] * 2
    # Taken back from the last: what the first bore is the beginning of the second.
    refused = await city.hospital.call("2305", named(parts, visit, setl_id=middle["setl_id"]))
    assert "从最后一笔开始" in refused.error
    for settled in (last, middle):
        back = (await city.hospital.call("2305", named(parts, visit, setl_id=settled["setl_id"]))).info
        assert back["hifp_pay"] == -settled["hifp_pay"]
    again = (await ward.settle(parts, visit, "15000.00")).info
    assert (again["hifp_pay"], again["act_pay_dedc"]) == (once["hifp_pay"], 650)
    assert verify(dsn).ok


async def test_whether_shared_money_pays_a_stay_is_the_regions_rule(city: Any, ward: Ward) -> None:
    """S08: 陕西 does not share for stays; 青岛, where nothing else is known, does."""
    for region, shares in (("610100", False), ("370200", True)):
        giver = await city.person(5000_00, region=region)
        patient = await city.person(300_00, region=region)
        await city.share(giver, patient, Relation.CHILD)
        # 青岛's money may be used in 西安 from 2026-01-09 on.
        visit = await ward.admit(patient, begntime="2026-01-09 09:00:00")
        await ward.charge(patient, visit, "5000.00", fee_ocur_time="2026-01-09 10:00:00")
        settled = await ward.settle(patient, visit, "5000.00")
        assert settled.ok, settled.error
        rest = settled.info["psn_part_amt"] - 300
        assert (settled.info["acct_mulaid_pay"], settled.info["psn_cash_pay"]) == ((rest, 0) if shares else (0, rest))


async def test_a_residents_stay_without_a_rule_is_refused_not_guessed(city: Any, ward: Ward) -> None:
    child = await city.person(scheme=Scheme.RESIDENT, status=Status.CHILD, birth_date=date(2020, 1, 1))
    visit = await ward.stay(child, "100.00")
    assert "未收录" in (await ward.settle(child, visit, "100.00")).error


async def test_a_top_hospital_and_a_village_clinic(city: Any, ward: Ward) -> None:
    await city.rows("update institution set top = true where code = %s returning 1", city.hospital.code)
    patient = await city.person()
    visit = await ward.stay(patient, "3000.00")
    assert (await ward.settle(patient, visit, "3000.00")).info["act_pay_dedc"] == 850
    await city.rows("update institution set top = false where code = %s returning 1", city.hospital.code)


async def test_what_comes_in_the_wrong_order(city: Any, ward: Ward, dsn: str) -> None:
    patient, hospital = await city.person(), city.hospital
    assert "就诊信息不存在" in (await ward.settle(patient, "1" * 30, "100.00")).error
    visit = await ward.admit(patient)
    assert f"正在{'测试机构'}住院" in (await city.other_hospital.call("2401", admission(patient))).error
    assert "没有费用明细" in (await ward.settle(patient, visit, "100.00")).error
    assert "还没有办理出院" in (await hospital.call("2405", named(patient, visit))).error
    number = await ward.charge(patient, visit, "900.00")
    assert "已有费用明细" in (await hospital.call("2404", named(patient, visit))).error
    assert "出院早于入院" in (await hospital.call("2402", discharge(patient, visit, "2026-01-04"))).error
    assert "晚于今天" in (await hospital.call("2402", discharge(patient, visit, "2999-01-04"))).error
    assert (await hospital.call("2402", discharge(patient, visit))).ok
    assert "不能再次办理出院" in (await hospital.call("2402", discharge(patient, visit))).error
    assert "不能中途结算" in (await ward.settle(patient, visit, "900.00", mid_setl_flag="1")).error
    assert "中途结算标志" in (await ward.settle(patient, visit, "900.00", mid_setl_flag="x")).error
    books = await city.books()
    settled = (await ward.settle(patient, visit, "900.00")).info
    closed = await city.books()
    late = line(patient, visit)
    for infno, content in (
        ("2301", {"feedetail": [late]}),
        ("2302", {"data": [named(patient, visit, feedetl_sn=number)["data"]]}),
        ("2403", change(patient, visit)),
        ("2405", named(patient, visit)),
        ("2304", bill(patient, visit, "900.00")),
    ):
        assert f"已出院结算（结算ID {settled['setl_id']}）" in (await hospital.call(infno, content)).error, infno
    assert "住院的撤销交易" in (await hospital.call("2208", named(patient, visit, setl_id=settled["setl_id"]))).error
    assert await city.books() == closed
    assert (await hospital.call("2305", named(patient, visit, setl_id=settled["setl_id"]))).ok
    other = await Ward(city.other_hospital).admit(patient, begntime="2026-01-10 09:00:00")
    assert "住院" in (await hospital.call("2405", named(patient, visit))).error
    assert (await city.other_hospital.call("2404", named(patient, other))).content["output"] is None
    assert (await hospital.call("2405", named(patient, visit))).content["output"] == {}
    assert (await city.books())[1] == books[1]
    assert verify(dsn).ok


async def test_a_stay_and_a_visit_have_transactions_of_their_own(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(), city.hospital
    stay, visit = await ward.stay(patient, "100.00"), await hospital.visit_with_fees(patient)
    row = hospital.line(patient, stay)
    about = {"mdtrt_id": stay, "psn_no": patient.person_no, "med_type": "11", "begntime": "2026-01-05 09:00:00"}
    for infno, content in (
        ("2202", {"data": {"mdtrt_id": stay, "psn_no": patient.person_no, "ipt_otp_no": "x"}}),
        ("2204", {"feedetail": [row]}),
        ("2205", named(patient, stay, chrg_bchno="0000")),
        ("2207", hospital.bill(patient, stay, "100")),
        ("2203", {"mdtrtinfo": about, "diseinfo": [hospital_diagnosis()]}),
        ("2301", {"feedetail": [line(patient, visit)]}),
        ("2302", {"data": [named(patient, visit, feedetl_sn="0000")["data"]]}),
        ("2304", bill(patient, visit, "100")),
        ("2402", discharge(patient, visit)),
        ("2404", named(patient, visit)),
    ):
        assert "请使用" in (await hospital.call(infno, content)).error, infno
    assert "住院交易" in (await hospital.call("2207", hospital.bill(patient, visit, "100", med_type="2101"))).error
    assert "不是住院" in (await hospital.call("2401", admission(patient, med_type="11"))).error
    for med_type in ("52", "2106", "71"):
        assert "未收录" in (await hospital.call("2401", admission(patient, med_type=med_type))).error
    for med_type in ("51", "18", "9901"):
        assert "未收录" in (await hospital.call("2207", hospital.bill(patient, visit, "100", med_type=med_type))).error


def hospital_diagnosis() -> dict[str, Any]:
    return {
        "diag_type": "1",
        "diag_srt_no": "1",
        "diag_code": "I10",
        "diag_name": "高血压",
        "diag_dept": "NK01",
        "dise_dor_no": "D1",
        "dise_dor_name": "医师甲",
        "diag_time": "2026-01-05 09:20:00",
        "vali_flag": "1",
    }


async def test_part_of_a_line_is_returned_and_the_bill_shrinks_by_it(city: Any, ward: Ward, dsn: str) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await ward.admit(patient)
    item = "XZ99ACZ006A001010199003"  # 乙 10%，限价 36.00，单价 42.00
    row = line(patient, visit, "126.00", cnt="3", pric="42", med_list_codg=item)
    first = (await hospital.call("2301", {"feedetail": [row]})).output["result"][0]
    assert (first["overlmt_amt"], first["preselfpay_amt"]) == (18, D("10.80"))
    back = row | {"feedetl_sn": "R1", "init_feedetl_sn": row["feedetl_sn"], "cnt": "-1", "det_item_fee_sumamt": "-42"}
    told = (await hospital.call("2301", {"feedetail": [back]})).output["result"][0]
    assert (told["det_item_fee_sumamt"], told["overlmt_amt"], told["preselfpay_amt"]) == (-42, -6, D("-3.60"))
    for bad, text in (
        ({"cnt": "-3", "det_item_fee_sumamt": "-126"}, "可退数量 2"),
        ({"init_feedetl_sn": "nothing"}, "没有流水号为 nothing"),
        ({"init_feedetl_sn": ""}, "原费用流水号"),
        ({"cnt": "1", "det_item_fee_sumamt": "42"}, "原费用流水号"),
        ({"med_list_codg": "XZ99AAZ001A001010199001"}, "目录编码与原明细不同"),
    ):
        assert text in (await hospital.call("2301", {"feedetail": [back | {"feedetl_sn": "R2"} | bad]})).error
    assert "不等于明细合计 84.00" in (await ward.settle(patient, visit, "126")).error
    rest = back | {"feedetl_sn": "R3", "cnt": "-2", "det_item_fee_sumamt": "-84"}
    assert (await hospital.call("2301", {"feedetail": [rest]})).ok
    await ward.charge(patient, visit, "10.00")
    settled = (await ward.settle(patient, visit, "10.00", mid_setl_flag="1")).info
    assert (settled["overlmt_selfpay"], settled["preselfpay_amt"]) == (0, 0)
    assert "已结算" in (await hospital.call("2301", {"feedetail": [back | {"feedetl_sn": "R4"}]})).error
    assert verify(dsn).ok


async def test_lines_are_taken_back_by_number_and_all_at_once(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await ward.admit(patient)
    one = await ward.charge(patient, visit, "10.00")
    await ward.charge(patient, visit, "20.00")
    drop = {"data": [named(patient, visit, feedetl_sn=one)["data"]]}
    assert (await hospital.call("2302", drop)).content["output"] == {}
    assert "没有流水号" in (await hospital.call("2302", drop)).error
    assert (await hospital.call("2303", bill(patient, visit, "20.00"))).ok
    assert (await hospital.call("2302", {"data": [named(patient, visit, feedetl_sn="0000")["data"]]})).ok
    assert (await hospital.call("2404", named(patient, visit))).ok
    assert (await hospital.call("2404", named(patient, visit))).error.endswith("请重新挂号")


async def test_a_lost_admission_or_upload_is_undone_by_its_message(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(), city.hospital
    admitted = hospital.message("2401", admission(patient))
    visit = (await hospital.send(admitted)).output["result"]["mdtrt_id"]
    charged = hospital.message("2301", {"feedetail": [line(patient, visit)]})
    assert (await hospital.send(charged)).ok

    def undo(msgid: str, infno: str) -> dict[str, Any]:
        return {"data": {"psn_no": patient.person_no, "omsgid": msgid, "oinfno": infno}}

    assert "已有费用明细" in (await hospital.call("2601", undo(admitted["msgid"], "2401"))).error
    assert (await hospital.call("2601", undo(charged["msgid"], "2301"))).content["output"] is None
    assert (await hospital.call("2601", undo(admitted["msgid"], "2401"))).ok
    assert "已被冲正" in (await hospital.call("2601", undo(admitted["msgid"], "2401"))).error
    assert "已被冲正" in (await hospital.send(charged)).error, "a late copy is not answered as if its lines were there"
    never = hospital.message("2401", admission(patient))
    assert "没有收到过" in (await hospital.call("2601", undo(never["msgid"], "2401"))).error
    assert "已被冲正" in (await hospital.send(never)).error
    outpatient = await hospital.visit(patient)
    sent = hospital.message("2204", {"feedetail": [hospital.line(patient, outpatient)]})
    assert (await hospital.send(sent)).ok
    assert (await hospital.call("2601", undo(sent["msgid"], "2204"))).ok
    assert "没有费用明细" in (await hospital.call("2206", hospital.bill(patient, outpatient, "100"))).error


async def test_an_undo_takes_only_what_its_message_sent(city: Any) -> None:
    """Lines that were dropped, and sent again under the same numbers by another message, are not the first one's."""
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit(patient)
    line = hospital.line(patient, visit)
    first, second = (hospital.message("2204", {"feedetail": [line]}) for _ in range(2))
    assert (await hospital.send(first)).ok
    drop = {"mdtrt_id": visit, "chrg_bchno": "B1", "psn_no": patient.person_no}
    assert (await hospital.call("2205", {"data": drop})).ok
    assert (await hospital.send(second)).ok

    def undo(msgid: str) -> dict[str, Any]:
        return {"data": {"psn_no": patient.person_no, "omsgid": msgid, "oinfno": "2204"}}

    assert "的费用明细，请核对" in (await hospital.call("2601", undo(first["msgid"]))).error
    assert await city.rows("select sent_with from fee_line where visit_id = %s", visit) == [(second["msgid"],)]
    assert (await hospital.call("2601", undo(second["msgid"]))).ok
    assert await city.rows("select 1 from fee_line where visit_id = %s", visit) == []


async def test_a_lost_settlement_of_a_stay_is_undone_and_repeated(city: Any, ward: Ward, dsn: str) -> None:
    patient, hospital = await city.person(5000), city.hospital
    visit = await ward.stay(patient, "900.00")
    message = hospital.message("2304", bill(patient, visit, "900.00"))
    first = (await hospital.send(message)).info
    assert (await hospital.send(message)).info == first
    undo = {"data": {"psn_no": patient.person_no, "omsgid": message["msgid"], "oinfno": "2304"}}
    assert (await hospital.call("2601", undo)).ok
    assert "已撤销" in (await hospital.call("2601", undo)).error
    assert await city.balance(patient) == 5000
    back = undo["data"] | {"oinfno": "2305"}
    assert "没有收到过" in (await hospital.call("2601", {"data": back})).error
    assert (await ward.settle(patient, visit, "900.00")).ok
    assert verify(dsn).ok


async def test_what_was_told_of_a_stay_is_told_again(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await ward.admit(patient)
    changed = change(patient, visit, adm_bed="77", begntime="2026-01-04 08:00:00")
    assert (await hospital.call("2403", changed)).content["output"] is None
    period = {"begntime": "2026-01-01 00:00:00", "endtime": "2026-01-31 00:00:00"}
    inside = (await hospital.call("5303", {"data": {"psn_no": patient.person_no} | period})).output["data"]
    assert [(row["mdtrt_id"], row["begndate"], row["med_type"]) for row in inside] == [(visit, "2026-01-04", "2101")]
    assert (await city.other_hospital.call("5303", {"data": period})).output["data"] == []
    assert (await hospital.call("2402", discharge(patient, visit))).ok
    assert (await hospital.call("5303", {"data": {"psn_no": patient.person_no} | period})).output["data"] == []
    asked = {"data": {"psn_no": patient.person_no, "med_type": "2101", "mdtrt_id": visit} | period}
    told = (await hospital.call("5201", asked)).output["mdtrtinfo"]
    assert [(row["begntime"], row["endtime"], row["adm_bed"]) for row in told] == [
        ("2026-01-04 08:00:00", "2026-01-09 10:00:00", "77")
    ]
    both = {"data": {"psn_no": patient.person_no, "mdtrt_id": visit}}
    assert len((await hospital.call("5202", both)).output["diseinfo"]) == 2
    kept = await city.rows("select details::text from visit where id = %s", visit)
    assert patient.certificate_no not in kept[0][0]


async def test_a_remark_changes_no_amount(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await ward.stay(patient, "900.00")
    rows = await city.rows("select line_no, item from fee_line where visit_id = %s", visit)
    content = named(patient, visit, bkkp_sn=rows[0][0], med_list_codg=rows[0][1], memo="81234567890123456789")["data"]
    assert (await hospital.call("2306", {"data": [content]})).content["output"] is None
    assert "没有流水号" in (await hospital.call("2306", {"data": [content | {"bkkp_sn": "none"}]})).error
    assert await city.rows("select details ->> 'memo', amount from fee_line where visit_id = %s", visit) == [
        ("81234567890123456789", 90000)
    ]


async def test_what_a_table_does_not_demand_is_missed_in_words(city: Any, ward: Ward) -> None:
    patient, hospital = await city.person(5000), city.hospital
    visit = await ward.stay(patient, "900.00")
    for infno in ("2303", "2304"):
        unshown = bill(patient, visit, "900.00")
        unshown["data"]["mdtrt_cert_no"] = ""
        assert "就诊凭证无法识别" in (await hospital.call(infno, unshown)).error
    assert "data" in (await hospital.call("2306", {"data": None})).error
