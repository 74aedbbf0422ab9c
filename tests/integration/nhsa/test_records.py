"""What institutions tell and ask, when it is wrong, twice, somebody else's, or in the wrong order."""

import asyncio
import itertools
from datetime import date
from decimal import Decimal
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gongji.channels.nhsa import examples
from gongji.core.codes import Insurance, Scheme, Status
from gongji.ledger.verify import verify

_numbers = itertools.count(1)

ITEM_B = "XZ99ACZ006A001010199003"
D = Decimal


def department(code: str = "NK01", **other: Any) -> dict[str, Any]:
    stated: dict[str, Any] = examples.request("3401")["input"]["deptinfo"]
    return stated | {"hosp_dept_codg": code, "begntime": "2020-01-01 00:00:00"} | other


async def test_departments_live_and_end(city: Any) -> None:
    hospital, other = city.hospital, city.other_hospital
    first = await hospital.call("3401", {"deptinfo": department("A1")})
    assert first.ok
    assert "科室 A1 已存在" in (await hospital.call("3401", {"deptinfo": department("A1")})).error
    assert (await other.call("3401", {"deptinfo": department("A1", hosp_dept_name="别家")})).ok
    both = {"deptinfo": [department("A2"), department("A1")]}
    assert "科室 A1 已存在" in (await hospital.call("3401A", both)).error
    assert "多次" in (await hospital.call("3401A", {"deptinfo": [department("A3"), department("A3")]})).error
    told = (await hospital.call("5101", {"data": {}})).output["feedetail"]
    assert [row["hosp_dept_codg"] for row in told] == ["A1"], "a batch is kept whole or not at all"
    revoke = {"data": {"hosp_dept_codg": "A1", "hosp_dept_name": "内科", "begntime": "2020-01-01"}}
    assert (await hospital.call("3403", revoke)).ok
    assert "未找到科室 A1" in (await hospital.call("3403", revoke)).error
    assert "未找到科室 A1" in (await hospital.call("3402", {"deptinfo": department("A1")})).error
    assert (await hospital.call("5101", {})).output["feedetail"] == []
    assert (await hospital.call("3401", {"deptinfo": department("A1")})).ok, "what was revoked may come again"
    assert [row["hosp_dept_name"] for row in (await other.call("5101", {})).output["feedetail"]] == ["别家"]


async def test_a_repeated_upload_is_answered_once(city: Any) -> None:
    message = city.hospital.message("3401", {"deptinfo": department("R1")})
    answers = await asyncio.gather(*(city.hospital.send(message) for _ in range(5)))
    assert all(answer.ok for answer in answers)
    changed = city.hospital.message("3401", {"deptinfo": department("R2")}, msgid=message["msgid"])
    assert "已用于内容不同的请求" in (await city.hospital.send(changed)).error


def match(**other: Any) -> dict[str, Any]:
    stated: dict[str, Any] = examples.request("3301")["input"]["data"]
    return {"data": stated | {"fixmedins_hilist_id": "L9", "list_type": "101", "enddate": "2099-01-01"} | other}


async def test_matches_name_what_the_catalogue_has(city: Any) -> None:
    assert "不在目录中" in (await city.hospital.call("3301", match(med_list_codg="XZNONE"))).error
    assert "早于" in (await city.hospital.call("3301", match(begndate="2026-02-01", enddate="2026-01-01"))).error
    assert (await city.hospital.call("3301", match())).ok
    assert (await city.hospital.call("3301", match(fixmedins_hilist_name="新名"))).ok
    rows = await city.rows("select own_name from catalogue_match where own_code = 'L9'")
    assert rows == [("新名",)]
    taken = {"fixmedins_hilist_id": "L9", "list_type": "101", "med_list_codg": "XZ99AAZ001A001010199001"}
    foreign = await city.other_hospital.call("3302", {"data": taken | {"fixmedins_code": city.hospital.code}})
    assert "不是本机构" in foreign.error
    assert "未找到目录" in (
        await city.other_hospital.call("3302", {"data": taken | {"fixmedins_code": city.other_hospital.code}})
    ).error  # fmt: skip
    assert (await city.hospital.call("3302", {"data": taken | {"fixmedins_code": city.hospital.code}})).ok


async def test_an_institution_pages_through_its_own_matches(city: Any) -> None:
    hospital = city.hospital
    for number in range(5):
        ends = "2026-01-31" if number == 4 else "2099-01-01"
        about = {"fixmedins_hilist_id": f"M{number}", "fixmedins_hilist_name": f"自编{number}号", "enddate": ends}
        assert (await hospital.call("3301", match(**about, spec="12片"))).ok
    assert (await city.other_hospital.call("3301", match(fixmedins_hilist_id="M0"))).ok
    question = {"updt_time": "2020-01-01", "page_num": 1, "page_size": 2, "medins_list_name": "自编"}

    async def own(**other: Any) -> tuple[list[str], int]:
        output = (await hospital.call("1317", {"data": question | other})).output
        return [row["medins_list_codg"] for row in output["data"]], output["recordCounts"]

    assert await own() == (["M0", "M1"], 5)
    assert await own(page_num=3) == (["M4"], 5)
    assert await own(vali_flag="0") == (["M4"], 1)
    assert await own(query_date="2026-03-01", page_num=2) == (["M2", "M3"], 4)
    assert await own(medins_list_codg="M3") == (["M3"], 1)
    assert await own(list_type="201") == ([], 0)
    assert await own(updt_time="2099-01-01") == ([], 0)
    (row,) = (await hospital.call("1317", {"data": question | {"medins_list_codg": "M4"}})).output["data"]
    assert (row["fixmedins_code"], row["spec"], row["enddate"], row["vali_flag"]) == (
        hospital.code,
        "12片",
        "2026-01-31",
        "0",
    )
    foreign = {"data": question | {"fixmedins_code": city.other_hospital.code}}
    assert "不是本机构" in (await hospital.call("1317", foreign)).error
    assert "从 1 开始" in (await hospital.call("1317", {"data": question | {"page_num": 0}})).error


@pytest.mark.parametrize(
    ("stated", "says"),
    [
        ({}, "至少填写一项"),
        ({"fixmedins_name": "测试机构"}, "多家机构同名"),
        ({"fixmedins_name": "没有的医院"}, "未找到定点医药机构"),
        ({"fixmedins_code": "H61010099901", "fixmedins_name": "别的名"}, "未找到定点医药机构"),
        ({"fixmedins_code": "H61010099901", "fixmedins_type": "2"}, "与该机构不符"),
    ],
)
async def test_institutions_that_are_not_meant(city: Any, stated: dict[str, str], says: str) -> None:
    assert says in (await city.hospital.call("1201", {"medinsinfo": stated})).error


async def test_levels_of_institutions(city: Any) -> None:
    levels = {
        one.code: (await city.hospital.call("1201", {"medinsinfo": {"fixmedins_code": one.code}})).output["medinsinfo"]
        for one in (city.hospital, city.other_hospital, city.pharmacy)
    }
    assert [(row["fixmedins_type"], row["hosp_lv"]) for row in levels.values()] == [("1", "2"), ("1", "8"), ("2", "11")]


async def test_a_dictionary_by_name_day_and_flag(city: Any) -> None:
    async def codes(**stated: str) -> Any:
        asked = {"type": "acct_used_flag", "admdvs": "610100", "date": "2026-01-01"} | stated
        return await city.hospital.call("1901", {"data": asked})

    assert [row["value"] for row in (await codes()).output["list"]] == ["0", "1", "2"]
    assert (await codes(Vali_Flag="0")).output["list"] == []
    assert (await codes(date="2019-01-01")).output["list"] == []
    assert (await codes(parent_value="9")).output["list"] == []
    assert "不在字典表中" in (await codes(type="nothing")).error


async def test_benefits_depend_on_insurance_and_place(city: Any) -> None:
    def asked(person: Any, **other: Any) -> dict[str, Any]:
        scheme = "310" if person.scheme is Scheme.EMPLOYEE else "390"
        stated = {"psn_no": person.person_no, "insutype": scheme, "fixmedins_code": city.hospital.code}
        return {"data": stated | {"med_type": "11", "begntime": "2026-01-05 09:00:00"} | other}

    suspended = await city.person(insurance=Insurance.SUSPENDED, suspended_on=date(2025, 12, 1))
    rows = (await city.hospital.call("2001", asked(suspended))).output["trtinfo"]
    assert {row["trt_enjymnt_flag"] for row in rows} == {"0"}
    assert all("暂停参保" in row["trt_chk_rslt"] for row in rows)
    resident = await city.person(scheme=Scheme.RESIDENT, status=Status.ADULT)
    rows = (await city.hospital.call("2001", asked(resident))).output["trtinfo"]
    assert [row["fund_pay_type"] for row in rows] == ["390100", "390200"]
    early = (await city.hospital.call("2001", asked(await city.person(), begntime="1999-01-01 00:00:00"))).output
    assert [row["trt_enjymnt_flag"] for row in early["trtinfo"]][:2] == ["0", "0"]
    assert (
        "不是医保定点机构" in (await city.hospital.call("2001", asked(resident, fixmedins_code=city.clinic.code))).error
    )
    assert "未找到参保人" in (await city.hospital.call("2001", asked(resident, psn_no="0"))).error
    assert "不受理" in (await city.hospital.call("2001", asked(resident, med_type="99"))).error


async def uploaded_list(city: Any, patient: Any, visit: str, settled: Any, **other: Any) -> Any:
    info = examples.request("4101")["input"]["setlinfo"] | {
        "psn_no": patient.person_no,
        "setl_id": settled.info["setl_id"],
        "mdtrt_id": visit,
        "stas_type": "0",
    }
    return await city.hospital.call("4101", {"setlinfo": info | other})


async def test_a_settlement_list_goes_its_way(city: Any, dsn: str) -> None:
    patient = await city.person(10000)
    visit, settled = await city.hospital.settled(patient)
    named = {"psn_no": patient.person_no, "setl_id": settled.info["setl_id"]}
    assert "未找到结算" in (await city.hospital.call("4102", {"data": named | {"stas_type": "1"}})).error
    assert "不能由机构上传" in (await uploaded_list(city, patient, visit, settled, stas_type="2")).error
    assert "不属于本机构" in (await uploaded_list(city, patient, "0" * 30, settled)).error
    first = await uploaded_list(city, patient, visit, settled)
    again = await uploaded_list(city, patient, visit, settled)
    assert first.output == again.output, "a draft may be sent again and keeps its number"
    assert (await city.hospital.call("4102", {"data": named | {"stas_type": "1"}})).ok
    for state, says in (("1", "已提交，不能改为已提交"), ("0", "不能改为暂存"), ("9", "不能改为9")):
        assert says in (await city.hospital.call("4102", {"data": named | {"stas_type": state}})).error
    assert "已提交，不能重新上传" in (await uploaded_list(city, patient, visit, settled)).error
    for institution in (city.other_hospital, city.pharmacy):
        assert "未找到结算" in (await institution.call("4103", {"data": named})).error
    month = settled.info["setl_id"][6:12]
    asked = {"setl_ym": month, "setl_id": named["setl_id"], "page_num": "1", "page_size": "5"}
    found = (await city.hospital.call("4104", {"data": asked})).output["data"]
    assert found[0]["detailinfo"][0]["exam_data_fld"] == "maindiag_flag"
    assert (await city.other_hospital.call("4104", {"data": asked})).output["recordCounts"] == 0
    await city.hospital.call("2208", city.hospital.reversal(patient, settled))
    visit, settled = await city.hospital.settled(patient)
    await city.hospital.call("2208", city.hospital.reversal(patient, settled))
    assert "已撤销" in (await uploaded_list(city, patient, visit, settled)).error
    assert verify(dsn).ok


@pytest.mark.parametrize("page", [{"page_num": "0"}, {"page_num": "-1"}, {"page_size": "1001"}, {"page_size": "0.5"}])
async def test_pages_that_do_not_exist(city: Any, page: dict[str, str]) -> None:
    asked = {"setl_ym": "202601", "page_num": "1", "page_size": "5"} | page
    assert not (await city.hospital.call("4104", {"data": asked})).ok


@pytest.mark.parametrize("month", ["202613", "2026", "000001", "abcdef", "２０２６０１"])
async def test_months_that_do_not_exist(city: Any, month: str) -> None:
    asked = {"setl_ym": month, "page_num": "1", "page_size": "5"}
    assert "6 位年月" in (await city.hospital.call("4104", {"data": asked})).error


async def test_lists_due_are_counted_without_what_was_reversed(city: Any) -> None:
    def asked(institution: Any, *types: str) -> dict[str, Any]:
        period = {"stt_begntime": "2026-01-01 00:00:00", "stt_endtime": "2098-01-01 00:00:00"}
        return {"data": {"fixmedins_code": institution.code, "medtype_list": list(types)} | period}

    patient, hospital = await city.person(100000), city.other_hospital
    before = (await hospital.call("4105", asked(hospital, "11"))).output["needUploadCnt"]
    await hospital.settled(patient)
    _, reversed_ = await hospital.settled(patient)
    assert (await hospital.call("2208", hospital.reversal(patient, reversed_))).ok
    assert (await hospital.call("4105", asked(hospital, "11"))).output["needUploadCnt"] == before + 1
    assert (await hospital.call("4105", asked(hospital, "21"))).output["needUploadCnt"] == 0
    assert "不是本机构" in (await hospital.call("4105", asked(city.hospital, "11"))).error
    assert "不受理" in (await hospital.call("4105", asked(hospital, "zz"))).error


async def test_self_paid_care_is_its_institutions_own(city: Any) -> None:
    content = examples.request("4261")["input"]
    data = content["data"]
    data["fmiOwnpayPatnMdtrtDDTO"] |= {"mdtrtId": "S1", "fixmedinsCode": city.hospital.code}
    line = data["fmiOwnpayPatnFeeListDDTO"][0] | {"fixmedinsCode": city.hospital.code, "detItemFeeSumamt": "7.10"}
    data["fmiOwnpayPatnFeeListDDTO"] = [line, line]
    assert "已上传过" in (await city.hospital.call("4261", content)).error
    void = line | {"bkkpSn": "2", "valiFlag": "0"}
    data["fmiOwnpayPatnFeeListDDTO"] = [line, void]
    assert "不是本机构" in (await city.other_hospital.call("4261", content)).error
    assert (await city.hospital.call("4261", data)).ok, "clients leave the wrapper out"
    total = {"mdtrtId": "S1", "fixmedinsCode": city.hospital.code}
    assert (await city.hospital.call("4262", total | {"totalFeeSumamt": "7.1"})).output["data"]["stmtResult"] == "0"
    assert (await city.hospital.call("4263", {"data": {"pageNum": "1", "pageSize": "9", "mdtrtId": "S1"}})).output[
        "data"]["data"] == []  # fmt: skip
    assert (
        "未找到自费就诊" in (await city.hospital.call("4262", total | {"mdtrtId": "S2", "totalFeeSumamt": "1"})).error
    )
    assert not (await city.hospital.call("4262", total | {"totalFeeSumamt": "-1"})).ok


async def test_inquiries_show_an_institution_its_own_only(city: Any) -> None:
    patient = await city.person(10000)
    visit, settled = await city.hospital.settled(patient)
    ids = {"psn_no": patient.person_no, "setl_id": settled.info["setl_id"], "mdtrt_id": visit}
    period = {"begntime": "2026-01-01 00:00:00", "endtime": "2026-12-31 00:00:00"}
    named = {"psn_No": ids["psn_no"], "setl_Id": ids["setl_id"], "mdtrt_Id": visit}
    other = city.other_hospital
    assert "不属于本机构" in (await other.call("5204", {"data": ids})).error
    assert "不属于本机构" in (await other.call("100001", {"data": named})).error
    assert "不属于本机构" in (await other.call("5202", {"data": ids})).error
    assert "未找到该参保人在本机构的就诊记录" in (await other.call("5205", {"data": ids | period})).error
    asked = {"data": {"psn_no": patient.person_no, "med_type": "11"} | period}
    assert (await other.call("5201", asked)).output["mdtrtinfo"] == []
    assert [row["mdtrt_id"] for row in (await city.hospital.call("5201", asked)).output["mdtrtinfo"]] == [visit]
    assert (await other.call("5102", {"data": {"prac_psn_type": "1"}})).output["feedetail"] == []
    months = [(await city.hospital.call("5206", {"data": {"psn_no": patient.person_no, "cum_ym": month}}))
              for month in ("202601", "202501", "20261")]  # fmt: skip
    assert len(months[0].output["cuminfo"]) == 4
    assert months[1].output["cuminfo"] == []
    assert "6 位年月" in months[2].error


async def test_feedback_names_findings_of_ones_own(city: Any) -> None:
    def said(**one: Any) -> dict[str, Any]:
        return {"data": {"warn_type": "1", "warns": [{"warn_rslt_id": "1", "dspo_way": "2"} | one]}}

    assert "未找到违规标识" in (await city.hospital.call("3103", said())).error
    assert "须填写" in (await city.hospital.call("3103", said(dspo_way="1"))).error
    assert "无法识别" in (await city.hospital.call("3103", said(dspo_way="7"))).error
    wrong = said()
    wrong["data"]["warn_type"] = "9"
    assert "无法识别" in (await city.hospital.call("3103", wrong)).error
    rules = {"data": examples.request("3101")["input"]["data"] | {"rule_ids": ["R99"]}}
    assert "R01 重复用药" in (await city.hospital.call("3101", rules)).error


@settings(max_examples=25, deadline=None, suppress_health_check=list(HealthCheck))
@given(data=st.data())
async def test_policy_items_sum_to_the_bill(city: Any, data: st.DataObject) -> None:
    """Whatever the bill, before and above deductible and cap, for employees and residents, also when taken back."""
    resident = data.draw(st.booleans())
    facts = {"scheme": Scheme.RESIDENT, "status": Status.STUDENT} if resident else {}
    hospital = city.other_hospital if resident else city.hospital
    number = next(_numbers)
    patient = await city.person(certificate_no=f"99990{number:012d}X", card_no=f"P{number}", **facts)
    for _ in range(data.draw(st.integers(1, 2))):
        total = D(data.draw(st.integers(1, 5_000_000))) / 100
        item = data.draw(st.sampled_from(["XZ99AAZ001A001010199001", ITEM_B, "XZ99ADZ009A001010199005"]))
        line = {"med_list_codg": item, "det_item_fee_sumamt": str(total), "cnt": "1", "pric": str(total)}
        visit = await hospital.visit_with_fees(patient, **line)
        settled = await hospital.call("2207", hospital.bill(patient, visit, str(total)))
        named = {"psn_No": patient.person_no, "setl_Id": settled.info["setl_id"], "mdtrt_Id": visit}
        items = (await hospital.call("100001", {"data": named})).output
        assert sum(row["polItemPaySum"] for row in items) == settled.info["medfee_sumamt"]
        assert sum(row["fundPayAmt"] for row in items) == settled.info["fund_pay_sumamt"]
        assert all(row["selfPayAmt"] >= 0 and row["fundPayAmt"] >= 0 for row in items)
    back = await hospital.call("2208", hospital.reversal(patient, settled))
    items = (await hospital.call("100001", {"data": named | {"setl_Id": back.info["setl_id"]}})).output
    assert sum(row["polItemPaySum"] for row in items) == -settled.info["medfee_sumamt"]
