"""What institutions tell and ask beside their bills, to the letter: one story over the contract files."""

from datetime import date
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from golden import Story
from gongji.core.review import Limit
from gongji.ledger.verify import verify
from gongji.service.departments import Practitioner, add_practitioners
from gongji.service.reviews import put_limits

ITEM = "XZ99AAZ001A001010199001"
HOSPITAL = "H61010099901"

DIAGNOSIS = {
    "diag_type": "1",
    "diag_srt_no": "1",
    "diag_code": "I10.x00x002",
    "diag_name": "高血压",
    "diag_dept": "NK01",
    "dise_dor_no": "D1",
    "dise_dor_name": "医师甲",
    "diag_time": "2026-01-05 09:20:00",
    "vali_flag": "1",
}

PLAYED = (
    *("1201", "1901", "2001", "3401", "3401A", "3402", "3403", "5101", "5102", "3301", "3302", "3101", "3102", "3103"),
    *("4101", "4103", "4104", "4102", "4105", "4261", "4262", "4263", "5201", "5202", "5203", "5204", "5205", "5206"),
    *("100001", "9101", "9102"),
)


@pytest.fixture
async def story(city: Any) -> Story:
    patient = await city.person(
        2500,
        person_no="99990000000000000000990002",
        certificate_no="999901198501020038",
        card_no="C99990002",
        name="测试乙",
        birth_date=date(1985, 1, 2),
    )
    hospital, told = city.hospital, Story(city)
    visit = await hospital.visit(patient, ipt_otp_no="OPGOLDEN")
    line = hospital.line(patient, visit, feedetl_sn="1", det_item_fee_sumamt="300.00", cnt="24")
    other = hospital.line(patient, visit, feedetl_sn="2", med_list_codg="XZ99ADZ009A001010199005", cnt="1", pric="42",
                          det_item_fee_sumamt="42.00")  # fmt: skip
    assert (await hospital.call("2204", {"feedetail": [line, other]})).ok
    about = {"mdtrt_id": visit, "psn_no": patient.person_no, "med_type": "11", "begntime": "2026-01-05 09:00:00"}
    assert (await hospital.call("2203", {"mdtrtinfo": about, "diseinfo": [DIAGNOSIS]})).ok
    settled = await hospital.call("2207", hospital.bill(patient, visit, "342.00"))
    told.issued |= {
        "mdtrt_id 2201": visit,
        "setl_id 2207": settled.info["setl_id"],
        "medins_setl_id 2207": settled.info["medins_setl_id"],
        "month": settled.info["setl_id"][6:12],
    }
    special = await hospital.visit(patient, ipt_otp_no="OPSPECIAL")
    assert (await hospital.call("2203", {"mdtrtinfo": about | {"mdtrt_id": special, "med_type": "14"},
                                         "diseinfo": [DIAGNOSIS]})).ok  # fmt: skip
    assert (await hospital.call("2204", {"feedetail": [hospital.line(patient, special, feedetl_sn="1")]})).ok
    await _facts(city)
    return told


async def _facts(city: Any) -> None:
    """What the agency registers: a doctor, and the most of an item that one order may have."""
    doctor = Practitioner(
        code="D610100000001",
        kind="1",
        name="医师甲",
        certificate_type="01",
        certificate_no="999901197001010012",
        insurance_doctor=True,
        begins_on=date(2020, 1, 1),
    )
    limit = Limit(item=ITEM, max_quantity=Decimal(12), basis="药品说明书：每次处方不超过12盒")
    async with city.platform.pool.connection() as conn, conn.transaction():
        await add_practitioners(conn, HOSPITAL, [doctor])
        await put_limits(conn, [limit])


async def test_records_are_told_as_the_contract_says(story: Story, dsn: str) -> None:
    books = await story.city.books()
    for infno in PLAYED:
        if infno == "9102":
            response = await story.answer(infno)
            assert response.headers["content-type"] == "application/octet-stream"
            assert response.content == "测试文件".encode()
            continue
        output = await story.play(infno)
        if infno == "3101":
            assert [row["rule_id"] for row in output["result"]] == ["R01", "R02"]
            story.issued["jr_id 3101"] = output["result"][0]["jr_id"]
        if infno == "9101":
            story.issued["file_qury_no 9101"] = output["file_qury_no"]
    assert await story.city.books() == books
    assert verify(dsn).ok
    await _kept(story)


async def _kept(story: Story) -> None:
    """What was told stands in the database, and only once."""
    rows = await story.city.rows("select code, state from department where institution = %s order by code", HOSPITAL)
    assert rows == [("EK01", "revoked"), ("NK01", "open"), ("WK01", "open")]
    rows = await story.city.rows("select handling, handling_reason from review_finding where id = %s",
                                 story.issued["jr_id 3101"])  # fmt: skip
    assert rows == [("continued", "病情需要")]
    assert await story.city.rows("select count(*) from catalogue_match") == [(0,)]
    rows = await story.city.rows("select state, findings -> 0 ->> 'field' from settlement_list")
    assert rows == [("1", "fund_payamt")]
    assert await story.city.rows("select total, stated from self_paid_care") == [(2550, 2500)]


async def test_a_kept_file_cannot_be_altered(city: Any) -> None:
    sent = {"fsUploadIn": {"in": [-26, 181, 139], "filename": "字节.txt", "fixmedins_code": HOSPITAL}}
    number = (await city.hospital.call("9101", sent)).output["file_qury_no"]
    rows = await city.rows("select content, sha256 = sha256(content) from stored_file where number = %s", number)
    assert rows == [("测".encode(), True)]
    async with city.platform.pool.connection() as conn:
        with pytest.raises(psycopg.errors.CheckViolation):
            await conn.execute("update stored_file set content = 'x'")
