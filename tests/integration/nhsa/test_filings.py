"""Filings through the gateway: care away from home is settled by how it was filed on the day of care."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gongji.channels.nhsa.codes import emergency_of
from gongji.core.codes import Filing
from gongji.core.filing import Subject
from gongji.core.refusal import Code, Refusal
from gongji.ledger.verify import verify
from gongji.service.commands import Sender
from gongji.service.filings import FilingRequest, file, file_away, review, revoke, views_of
from gongji.service.records import settlement_view
from stays import Ward, disease, referral

D = Decimal
BEIJING = "110000"
SHANDONG = "370400"


async def file_for(city: Any, person: Any, kind: Filing, **other: Any) -> Any:
    request = FilingRequest(
        **({"person_no": person.person_no, "subject": Subject.AWAY, "kind": kind, "place": "610000"}
           | {"begins_on": date(2026, 1, 1)} | other)
    )  # fmt: skip

    sender = Sender(institution="portal", message_id=f"{id(request)}", transaction="file", input_hash=b"")
    return await file(city.platform, sender, request)


async def test_care_away_from_home_goes_by_the_filing_on_its_day(city: Any, dsn: str) -> None:
    """Filed for the long term as at home, for a time or not at all with a part borne first."""
    seen = {}
    for name, kind, begins in (
        ("unfiled", None, None),
        ("temporary", Filing.TEMPORARY, date(2026, 1, 1)),
        ("long", Filing.LONG_TERM, date(2026, 1, 1)),
        ("later", Filing.LONG_TERM, date(2026, 1, 6)),
        ("elsewhere", Filing.LONG_TERM, date(2026, 1, 1)),
    ):
        patient = await city.person(region=BEIJING)
        if kind and begins:
            place = "310000" if name == "elsewhere" else "610000"
            answer = await file_for(city, patient, kind, begins_on=begins, place=place)
            assert not isinstance(answer, Refusal)
        visit = await Ward(city.hospital).stay(patient, "10000.00")
        setl_id = (await Ward(city.hospital).settle(patient, visit, "10000.00")).info["setl_id"]
        view = await settlement_view(city.platform, setl_id)
        assert not isinstance(view, Refusal)
        told = [step.facts for step in view.settlement.split.steps if step.rule == "away.ratio_points"]
        seen[name] = (view.settlement.case.facts.filing, told)
    assert seen == {
        "unfiled": (Filing.NONE, []),
        "temporary": (Filing.TEMPORARY, []),
        "long": (Filing.LONG_TERM, [("跨省异地", "长期异地", 0)]),
        "later": (Filing.NONE, []),
        "elsewhere": (Filing.NONE, []),
    }
    assert verify(dsn).ok


async def test_a_referral_is_filed_found_told_and_taken_back(city: Any) -> None:
    patient, hospital = await city.person(region=SHANDONG), city.hospital
    wrong = await hospital.call("2501", referral(patient, mdtrtarea_admdvs="110000"))
    assert "不一致" in wrong.error
    number = (await hospital.call("2501", referral(patient))).output["result"]["trt_dcla_detl_sn"]
    assert "已存在" in (await hospital.call("2501", referral(patient))).error
    assert "早于" in (await hospital.call("2501", referral(patient, enddate="2025-01-01"))).error
    asked = {"data": {"psn_no": patient.person_no, "begntime": "2026-01-01 00:00:00"}}
    told = (await hospital.call("5304", asked)).output["refmedin"]
    assert [(row["begndate"], row["enddate"], row["out_flag"]) for row in told] == [("2026-01-01", "2026-07-01", "1")]
    back = {"data": {"trt_dcla_detl_sn": number, "psn_no": patient.person_no, "memo": "填错"}}
    assert "未找到" in (await city.other_hospital.call("2502", back)).error
    assert "未找到" in (await hospital.call("2504", back)).error
    assert (await hospital.call("2502", back)).content["output"] is None
    assert "已撤销" in (await hospital.call("2502", back)).error
    assert (await hospital.call("5304", asked)).output["refmedin"] == []


async def test_a_special_disease_is_settled_for_those_who_are_filed(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit_with_fees(patient)
    bill = hospital.bill(patient, visit, "100", med_type="14")
    books = await city.books()
    assert "没有有效的门诊慢特病备案" in (await hospital.call("2206", bill)).error
    assert await city.books() == books
    number = (await hospital.call("2503", disease(patient))).output["result"]["trt_dcla_detl_sn"]
    assert "未收录" in (await hospital.call("2206", bill)).error  # filed; 西安's rules are not known
    told = (await hospital.call("5301", {"data": {"psn_no": patient.person_no}})).output["feedetail"]
    assert [(row["opsp_dise_code"], row["begndate"], row["enddate"]) for row in told] == [
        ("M03900", "2026-01-01", None)
    ]
    assert (await hospital.call("2503", disease(patient, opsp_dise_code="M00500"))).ok
    await review(city.platform, number)
    back = {"data": {"trt_dcla_detl_sn": number, "psn_no": patient.person_no, "memo": "填错"}}
    assert "已由经办机构审核" in (await hospital.call("2504", back)).error


async def test_an_accident_is_filed_before_it_is_settled(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await Ward(hospital).stay(patient, "1000.00", med_type="22")
    assert "没有有效的意外伤害备案" in (await Ward(hospital).settle(patient, visit, "1000.00")).error
    about = {"psn_no": patient.person_no, "begndate": "2026-01-04", "certno": patient.certificate_no, "dcla_souc": "01"}
    assert "信息与参保记录不一致" in (await hospital.call("2507", {"data": about | {"psn_name": "别人"}})).error
    assert (await hospital.call("2507", {"data": about})).ok
    assert (await Ward(hospital).settle(patient, visit, "1000.00")).info["med_type"] == "22"


async def test_a_chosen_institution(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    about = {"psn_no": patient.person_no, "biz_appy_type": "03", "begndate": "2026-01-01", "fix_srt_no": "1"}
    about |= {"fixmedins_code": hospital.code, "fixmedins_name": "测试机构"}
    number = (await hospital.call("2505", {"data": about})).output["result"]["trt_dcla_detl_sn"]
    assert "未找到定点" in (await hospital.call("2505", {"data": about | {"fixmedins_code": "none"}})).error
    asked = {"data": {"psn_no": patient.person_no, "biz_appy_type": "03"}}
    told = (await hospital.call("5302", asked)).output["psnfixmedin"]
    assert [(row["fixmedins_code"], row["fix_srt_no"]) for row in told] == [(hospital.code, "1")]
    other = {"data": {"psn_no": patient.person_no, "biz_appy_type": "01"}}
    assert (await hospital.call("5302", other)).output["psnfixmedin"] == []
    back = {"data": {"trt_dcla_detl_sn": number, "psn_no": patient.person_no, "memo": "换院"}}
    assert (await hospital.call("2506", back)).ok
    assert (await hospital.call("5302", asked)).output["psnfixmedin"] == []


async def test_a_person_files_for_himself_once_by_any_channel(city: Any) -> None:
    patient = await city.person(region=SHANDONG)
    today = city.platform.clock().date()

    def request(**other: Any) -> FilingRequest:
        stated = {"person_no": patient.person_no, "subject": Subject.AWAY, "kind": Filing.TEMPORARY, "place": "610100"}
        return FilingRequest(**(stated | {"begins_on": today} | other))

    def sender(number: str) -> Sender:
        return Sender(institution="portal/1", message_id=number, transaction="file", input_hash=b"")

    for number, wanted, accepted, code in (
        ("1", request(), False, Code.NOTICE_NOT_ACCEPTED),
        ("2", request(place="370400"), True, Code.FILING_INVALID),
        ("3", request(begins_on=today - timedelta(days=1)), True, Code.FILING_INVALID),
        ("4", request(place="西安"), True, Code.FILING_INVALID),
    ):
        outcome = await file_away(city.platform, sender(number), wanted, notice_accepted=accepted)
        assert isinstance(outcome, Refusal)
        assert outcome.code is code
    made = await file_away(city.platform, sender("5"), request(), notice_accepted=True)
    again = await file_away(city.platform, sender("5"), request(), notice_accepted=True)
    assert made == again
    twice = await file_away(city.platform, sender("6"), request(), notice_accepted=True)
    assert isinstance(twice, Refusal)
    found = await views_of(city.platform, patient.person_no)
    assert not isinstance(found, Refusal)
    assert [view.filed.kind for view in found[1]] == [Filing.TEMPORARY]
    assert isinstance(made, dict)
    undone = await revoke(city.platform, sender("7"), patient.person_no, made["filing"], Subject.AWAY, "")
    assert undone == {}


async def test_stays_are_marked_and_the_marks_are_found(city: Any) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await Ward(hospital).admit(patient)
    about = {"mdtrt_id": visit, "psn_no": patient.person_no, "ipt_psn_sp_flag_type": "01", "ipt_psn_sp_flag": "1"}
    number = (await hospital.call("2406", {"data": about})).output["IptPsnSpFlagRegOut"]["ipt_psn_sp_flag_detl_id"]
    page = {"page_num": "1", "page_size": "10", "mdtrt_id": visit}
    rows = (await hospital.call("2407", {"data": page})).output["IptPsnSpFlagReg"]
    assert [(row["ipt_psn_sp_flag_detl_id"], row["ipt_psn_sp_flag"]) for row in rows] == [(number, "1")]
    assert (await city.other_hospital.call("2407", {"data": page})).output["IptPsnSpFlagReg"] == []
    assert "不属于本机构" in (await city.other_hospital.call("2406", {"data": about})).error


@pytest.mark.parametrize(
    ("med_type", "extension", "emergency"),
    [
        ("1301", None, True),
        ("13", None, False),
        ("11", '{"OTP_ER_REFL_FLAG":"1"}', True),
        ("11", '{"OTP_ER_REFL_FLAG":"2"}', False),
        ("2101", '{"IPT_TYPE":"2"}', True),
        ("2101", "not json", False),
        ("2101", "[1]", False),
    ],
)
def test_what_is_an_emergency(med_type: str, extension: str | None, emergency: bool) -> None:  # noqa: FBT001

    assert emergency_of(med_type, extension) is emergency
