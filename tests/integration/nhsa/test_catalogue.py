"""The catalogue over the national interface: loaded from files, looked up by day and region, given out again."""

import asyncio
import io
import json
import os
import re
import resource
import zipfile
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest
from typer.testing import CliRunner

from golden import FOLDER, pretty
from gongji.channels.nhsa.catalogue_read import NationalFile
from gongji.channels.nhsa.tables import catalogue_columns, catalogue_files
from gongji.cli import app
from gongji.core.catalogue import CatalogueItem, CatalogueTerm
from gongji.core.codes import ItemKind, Level, Purpose, Scheme
from gongji.core.refusal import Refusal
from gongji.core.rules import SharingPurposes
from gongji.ledger.connection import connect
from gongji.ledger.verify import verify
from gongji.service.catalogue import add_items, add_terms
from gongji.service.catalogue_load import FaultyFilesError, Loaded, Source, load_catalogue
from gongji.service.catalogue_terms import TermsFile
from gongji.service.files import get_file
from integration.nhsa.conftest import ITEM_A, ITEM_B

COLUMNS = catalogue_columns("1301")
ROWS = int(os.environ.get("GONGJI_CATALOGUE_ROWS", "3000"))
"""GONGJI_CATALOGUE_ROWS=1000000 measures what an agency's whole catalogue takes."""

MOST_MEMORY = 150 * 1024
"""Kilobytes by which loading may let the process grow, however long the file."""

ENTERED = date(2026, 1, 1)


def line(code: str, version: str = "20260101", level: str = "甲", **columns: str) -> str:
    stated = {"医疗目录编码": code, "药品通用名": f"试验{code}", "有效标志": "1", "版本号": version} | columns
    stated["国家医保药品目录甲乙类标识"] = level
    return "\t".join(stated.get(label, "null") for label in COLUMNS)


def zipped(path: Path, *lines: str) -> Path:
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("1301.txt", "".join(text + "\n" for text in lines))
    return path


async def load(city: Any, *sources: Source) -> list[Loaded]:
    async with await connect(city.platform.dsn, "test") as conn:
        return await load_catalogue(conn, sources, city.platform.clock())


async def load_lines(city: Any, folder: Path, *lines: str) -> Loaded:
    [loaded] = await load(city, NationalFile(zipped(folder / "1301.zip", *lines), "1301"))
    return loaded


async def enter(city: Any, *entered: CatalogueItem | CatalogueTerm) -> None:
    async with city.platform.pool.connection() as conn:
        await add_items(conn, [one for one in entered if isinstance(one, CatalogueItem)], ENTERED)
        await add_terms(conn, [one for one in entered if isinstance(one, CatalogueTerm)], ENTERED)


def item(code: str, kind: ItemKind = ItemKind.WESTERN_DRUG, level: Any = "甲", **facts: Any) -> CatalogueItem:
    return CatalogueItem(code=code, name=f"试验{code}", kind=kind, level=level, **facts)


async def upload(city: Any, patient: Any, code: str, hospital: Any = None, **other: Any) -> Any:
    """One line of 100 yuan."""
    hospital = hospital or city.hospital
    visit = await hospital.visit(patient)
    stated = {"med_list_codg": code, "det_item_fee_sumamt": "100", "cnt": "1", "pric": "100"} | other
    return await hospital.call("2204", {"feedetail": [hospital.line(patient, visit, **stated)]})


async def fetched(city: Any, infno: str, ver: str = "0") -> tuple[dict[str, Any], list[str]]:
    """What 13xx answers, and the lines of the file."""
    output = (await city.hospital.call(infno, {"data": {"ver": ver}})).output
    file = await get_file(city.platform, city.hospital.code, output["file_qury_no"])
    assert not isinstance(file, Refusal)
    assert file.name == output["filename"]
    with zipfile.ZipFile(io.BytesIO(file.content)) as archive:
        [member] = archive.namelist()
        return output, archive.read(member).decode().splitlines()


def of(prefix: str, lines: list[str]) -> list[str]:
    """The lines of one test: all tests of this file fill one catalogue."""
    return [text for text in lines if text.startswith(prefix)]


async def test_a_file_is_given_out_as_it_was_loaded(city: Any, tmp_path: Path) -> None:
    lines = [line("XR1", "20260201", 限制使用范围="限\\住院"), line("XR2", "20260202"), line("XR3", "20260203", "丙")]
    assert (await load_lines(city, tmp_path, *lines)).changed == 3
    output, given = await fetched(city, "1301", "20260131")
    assert of("XR", given) == lines
    assert output["data_cnt"] == len(given)
    again, _ = await fetched(city, "1301", "20260131")
    assert again["file_qury_no"] == output["file_qury_no"]
    _, newer = await fetched(city, "1301", "20260202")
    assert of("XR", newer) == lines[2:]
    nothing, none = await fetched(city, "1301", "Z")
    assert (nothing["data_cnt"], none) == (0, [])


async def test_what_was_entered_here_is_given_out_too(city: Any, tmp_path: Path) -> None:
    await enter(city, item("XE1", file="1301", version="20270101", unit="盒", begins_on=date(2026, 1, 1)))
    output, given = await fetched(city, "1301", "20269999")
    [entered] = of("XE", given)
    cells = dict(zip(COLUMNS, entered.split("\t"), strict=True))
    assert (cells["医疗目录编码"], cells["开始日期"], cells["结束日期"]) == ("XE1", "2026-01-01", "null")
    assert (cells["版本号"], cells["最小计价单位"]) == ("20270101", "盒")
    assert output["dld_end_time"]
    await load(city, NationalFile(zipped(tmp_path / "1301.zip", entered), "1301"))
    assert of("XE", (await fetched(city, "1301", "20269999"))[1]) == [entered]


async def test_loading_again_changes_nothing_and_older_never_replaces_newer(city: Any, tmp_path: Path) -> None:
    newer = line("XV1", "20260202", "乙")
    assert (await load_lines(city, tmp_path, newer)).changed == 1
    assert (await load_lines(city, tmp_path, newer)).changed == 0
    assert (await load_lines(city, tmp_path, line("XV1", "20260201", "甲"))).changed == 0
    assert await city.rows("select level from catalogue_item where code = 'XV1'") == [("乙",)]
    assert (await load_lines(city, tmp_path, line("XV1", "20260203", "甲"))).changed == 1
    assert await city.rows("select level from catalogue_item where code = 'XV1'") == [("甲",)]


async def test_of_one_item_twice_in_a_file_the_newer_counts(city: Any, tmp_path: Path) -> None:
    loaded = await load_lines(
        city, tmp_path, line("XT1", "3", "乙"), line("XT1", "2", "甲"), line("XT2", "1", "甲"), line("XT2", "1", "丙")
    )
    assert (loaded.rows, loaded.changed, loaded.repeated) == (4, 2, 2)
    found = await city.rows("select code, level from catalogue_item where code like 'XT%%' order by code")
    assert found == [("XT1", "乙"), ("XT2", "丙")]


async def test_all_files_or_nothing(city: Any, tmp_path: Path) -> None:
    terms = tmp_path / "terms.csv"
    terms.write_text("code,region,price_limit\nXN1,610100,abc\n", "utf-8")
    sources = [NationalFile(zipped(tmp_path / "1301.zip", line("XN1"), "broken"), "1301"), TermsFile(terms)]
    with pytest.raises(FaultyFilesError) as faulty:
        await load(city, *sources)
    assert [(f.source, f.line, f.column) for f in faulty.value.faults] == [("1301.zip", 2, 1), ("terms.csv", 2, 3)]
    assert await city.rows("select 1 from catalogue_item where code = 'XN1'") == []


async def test_loads_at_the_same_time_wait_for_each_other(city: Any, tmp_path: Path) -> None:
    path = zipped(tmp_path / "1301.zip", *[line(f"XC{n}") for n in range(200)])
    results = await asyncio.gather(*(load(city, NationalFile(path, "1301")) for _ in range(3)))
    assert sorted(one.changed for [one] in results) == [0, 0, 200]


async def test_a_running_server_sees_what_was_loaded(city: Any, tmp_path: Path) -> None:
    patient = await city.person()
    refused = (await upload(city, patient, "XS1")).error
    assert "医疗目录编码 XS1 不在目录中" in refused
    await load_lines(city, tmp_path, line("XS1", "1", "乙"))
    terms = tmp_path / "terms.csv"
    terms.write_text("code,region,first_self_pay\nXS1,610100,25%\n", "utf-8-sig")
    await load(city, TermsFile(terms))
    [row] = (await upload(city, patient, "XS1")).output["result"]
    assert (row["preselfpay_amt"], row["inscp_scp_amt"], row["selfpay_prop"]) == (25, 75, Decimal("0.25"))


async def test_an_item_is_refused_by_name_outside_its_days(city: Any) -> None:
    patient = await city.person()
    await enter(city, item("XD1", ends_on=date(2026, 1, 4)), item("XD2", begins_on=date(2026, 1, 6)))
    await enter(city, item("XD3", valid=False))
    books = await city.books()
    day = {"fee_ocur_time": "2026-01-05 10:00:00"}
    ended = (await upload(city, patient, "XD1", **day)).error
    assert "XD1（试验XD1）在 2026-01-05 不可用：至 2026-01-04 有效" in ended
    assert "自 2026-01-06 有效" in (await upload(city, patient, "XD2", **day)).error
    assert "已停用" in (await upload(city, patient, "XD3", **day)).error
    assert (await upload(city, patient, "XD1", fee_ocur_time="2026-01-04 23:59:59")).ok
    assert (await upload(city, patient, "XD2", fee_ocur_time="2026-01-06 00:00:00")).ok
    assert await city.books() == books


async def test_a_purchase_of_an_unknown_item_is_refused_by_name(city: Any) -> None:
    patient = await city.person(10000)
    bought = city.pharmacy.purchase(patient, "20.00")
    bought["drugdetail"][0]["med_list_codg"] = "XNOTHING"
    for infno in ("2101", "2102"):
        assert "医疗目录编码 XNOTHING 不在目录中" in (await city.pharmacy.call(infno, bought)).error
    assert await city.balance(patient) == 10000


@pytest.mark.parametrize("infno", ["2204", "2102"])
async def test_a_message_that_was_done_is_answered_though_the_item_has_gone(
    city: Any, tmp_path: Path, infno: str
) -> None:
    patient = await city.person(10000)
    code = f"XG{infno}"
    await load_lines(city, tmp_path, line(code))
    if infno == "2204":
        visit = await city.hospital.visit(patient)
        sender, content = city.hospital, {"feedetail": [city.hospital.line(patient, visit, med_list_codg=code)]}
    else:
        sender, content = city.pharmacy, city.pharmacy.purchase(patient, "20.00")
        content["drugdetail"][0]["med_list_codg"] = code
    message = sender.message(infno, content)
    first = (await sender.send(message)).output
    await load_lines(city, tmp_path, line(code, "20260102", 有效标志="0"))
    again = (await sender.send(message)).output
    assert again.get("setlinfo") == first.get("setlinfo")
    assert again.get("result") == first.get("result")
    fresh = sender.message(infno, content)
    assert "已停用" in (await sender.send(fresh)).error
    assert verify(city.platform.dsn).ok


async def test_price_limits_differ_by_level_of_hospital_and_shares_by_scheme(city: Any) -> None:
    await enter(
        city,
        item("XL1", level="乙", first_self_pay=1000, price_limit=90_00),
        CatalogueTerm(code="XL1", region="610100", hospital_level=Level.FIRST, price_limit=60_00),
        CatalogueTerm(code="XL1", region="610000", scheme=Scheme.RESIDENT, first_self_pay=2000),
        CatalogueTerm(code="XL1", region="310000", first_self_pay=0),
    )
    employee, resident = await city.person(), await city.person(scheme=Scheme.RESIDENT, status="adult")
    [third] = (await upload(city, employee, "XL1")).output["result"]
    assert (third["overlmt_amt"], third["preselfpay_amt"], third["pric_uplmt_amt"]) == (10, 9, 90)
    [first] = (await upload(city, employee, "XL1", city.other_hospital)).output["result"]
    assert (first["overlmt_amt"], first["preselfpay_amt"], first["pric_uplmt_amt"]) == (40, 6, 60)
    [other] = (await upload(city, resident, "XL1")).output["result"]
    assert (other["overlmt_amt"], other["preselfpay_amt"]) == (10, 18)


async def test_restricted_use_that_is_not_met_is_borne(city: Any) -> None:
    patient = await city.person()
    await enter(city, item("XU1", restriction="限重症"))
    [met] = (await upload(city, patient, "XU1", hosp_appr_flag="1")).output["result"]
    assert (met["lmt_used_flag"], met["inscp_scp_amt"], met["memo"]) == ("1", 100, "限制使用：限重症")
    [unmet] = (await upload(city, patient, "XU1", hosp_appr_flag="2")).output["result"]
    assert (unmet["fulamt_ownpay_amt"], unmet["memo"]) == (100, "限制使用：限重症，不符合，按全自费处理")


async def test_fee_types_follow_the_kind(city: Any) -> None:
    """S22: registration, consultation, filling and whitening are told apart."""
    patient = await city.person()
    wanted = {
        ItemKind.REGISTRATION: "13",
        ItemKind.CONSULTATION: "02",
        ItemKind.DENTAL_TREATMENT: "05",
        ItemKind.EXAMINATION: "03",
        ItemKind.DENTAL_COSMETIC: "14",
    }
    await enter(city, *[item(f"XF{kind}", kind) for kind in wanted])
    for kind, charge in wanted.items():
        [row] = (await upload(city, patient, f"XF{kind}")).output["result"]
        assert row["med_chrgitm_type"] == charge
        borne = 100 if kind is ItemKind.DENTAL_COSMETIC else 0
        assert (row["fulamt_ownpay_amt"], row["inscp_scp_amt"]) == (borne, 100 - borne)


NEVER = (ItemKind.COSMETIC, ItemKind.DENTAL_COSMETIC, ItemKind.WELLNESS, ItemKind.FITNESS, ItemKind.PUBLIC_HEALTH)


@pytest.mark.parametrize("kind", [*NEVER, ItemKind.VACCINE, ItemKind.TCM_PREVENTION])
async def test_what_no_account_may_pay_is_paid_in_cash(city: Any, kind: ItemKind) -> None:
    """S09, S22: cosmetic, wellness, fitness and public-health lines never; others where the region's data say so."""
    patient = await city.person(50000)
    code = f"XP{kind}"
    await enter(city, item(code, kind, "丙"))
    visit = await city.hospital.visit(patient)
    lines = [
        city.hospital.line(patient, visit),
        city.hospital.line(patient, visit, med_list_codg=code, det_item_fee_sumamt="60", cnt="1", pric="60"),
    ]
    assert (await city.hospital.call("2204", {"feedetail": lines})).ok
    stored = await city.rows("select purpose, amount from fee_line where visit_id = %s order by amount", visit)
    assert stored == [(item(code, kind).purpose, 6000), (None, 10000)]
    info = (await city.hospital.call("2207", city.hospital.bill(patient, visit, "160.00"))).info
    assert info["fulamt_ownpay_amt"] == 60
    assert info["psn_cash_pay"] >= 60
    assert info["acct_pay"] == info["psn_part_amt"] - info["psn_cash_pay"] > 0
    barred = city.platform.book.rule(SharingPurposes, "000000", "account.forbidden", date(2026, 1, 5))
    assert (item(code, kind).purpose in barred.purposes) == (kind in NEVER)
    assert verify(city.platform.dsn).ok


async def test_a_pharmacy_sells_devices_and_disinfectants_from_the_account_but_no_fitness(city: Any) -> None:
    """S09: each line is paid by what it is."""
    patient = await city.person(50000)
    await enter(city, *[item(f"XB{kind}", kind, "丙") for kind in (ItemKind.DEVICE, ItemKind.DISINFECTANT, *NEVER)])
    for kind in (ItemKind.DEVICE, ItemKind.DISINFECTANT, *NEVER):
        bought = city.pharmacy.purchase(patient, "30.00")
        bought["drugdetail"][0]["med_list_codg"] = f"XB{kind}"
        info = (await city.pharmacy.call("2102", bought)).info
        assert (info["acct_pay"], info["psn_cash_pay"]) == ((0, 30) if kind in NEVER else (30, 0)), kind


async def test_check_ups_are_paid_only_where_they_are_kept(city: Any) -> None:
    """S09: in a region that opens check-ups, at a flagged institution and at another."""
    patient = await city.person(50000, region="440300")
    rule = city.platform.book.rule(SharingPurposes, "440300", "sharing.extra", date(2026, 1, 5))
    assert Purpose.CHECKUP in rule.purposes
    await enter(city, item("XK1", ItemKind.CHECKUP, "丙"))
    async with city.platform.pool.connection() as conn:
        await conn.execute("update institution set checkup = true where code = %s", (city.other_hospital.code,))
    paid = {}
    for hospital in (city.hospital, city.other_hospital):
        visit = await hospital.visit(patient)
        fee = hospital.line(patient, visit, med_list_codg="XK1", det_item_fee_sumamt="80", cnt="1", pric="80")
        assert (await hospital.call("2204", {"feedetail": [fee]})).ok
        info = (await hospital.call("2207", hospital.bill(patient, visit, "80.00"))).info
        paid[hospital] = (info["acct_pay"], info["psn_cash_pay"])
    assert paid == {city.hospital: (0, 80), city.other_hospital: (80, 0)}


QUESTION = {"updt_time": "2020-01-01", "page_num": 1, "page_size": 10}


async def test_pages_can_be_turned(city: Any) -> None:
    await enter(city, *[item(f"XQ{n}", ItemKind.SELF_PREPARED) for n in range(7)])
    seen = []
    for number in (1, 2, 3, 4):
        question = QUESTION | {"page_num": number, "page_size": 3, "list_type": "103"}
        output = (await city.hospital.call("1312", {"data": question})).output
        seen += [row["hilist_code"] for row in output["data"]]
        if number < 4:
            assert (output["recordCounts"], output["pages"], output["pageNum"]) == (7, 3, number)
    assert seen == [f"XQ{n}" for n in range(7)]


@pytest.mark.parametrize(
    ("infno", "asked", "what"),
    [
        ("1312", {"page_num": 0}, "从 1 开始"),
        ("1312", {"page_size": 5000}, "1 至 1000"),
        ("1318", {"page_size": 0}, "1 至 1000"),
        ("1312", {"wubi": "ABC"}, "暂不支持按 wubi 查询"),
        ("1312", {"chrgitm_lv": "09"}, "应为 01、02 或 03"),
        ("1319", {"tabname": "T"}, "暂不支持按 tabname 查询"),
        ("1304", {"rid": "1"}, "暂不支持按 rid 查询"),
    ],
)
async def test_a_question_that_cannot_be_answered_is_refused(
    city: Any, infno: str, asked: dict[str, Any], what: str
) -> None:
    assert what in (await city.hospital.call(infno, {"data": QUESTION | asked})).error


@pytest.mark.parametrize(
    ("infno", "asked", "codes"),
    [
        ("1312", {"hilist_code": ITEM_A}, [ITEM_A]),
        ("1312", {"hilist_code": ITEM_A, "chrgitm_lv": "02"}, []),
        ("1312", {"hilist_code": ITEM_B, "chrgitm_lv": "02", "list_type": "101", "vali_flag": "1"}, [ITEM_B]),
        ("1312", {"hilist_name": "降压"}, [ITEM_A]),
        ("1312", {"hilist_code": ITEM_A, "lmt_used_flag": "1"}, []),
        ("1312", {"hilist_code": ITEM_A, "med_use_flag": "0"}, []),
        ("1312", {"hilist_code": ITEM_A, "updt_time": "2099-01-01"}, []),
        ("1312", {"hilist_code": ITEM_A, "begndate": "2000-01-01"}, []),
        ("1316", {"med_list_codg": ITEM_A}, [ITEM_A]),
        ("1316", {"med_list_codg": ITEM_A, "hilist_code": ITEM_B}, []),
        ("1318", {"hilist_code": ITEM_B}, [ITEM_B] * 3),
        ("1318", {"hilist_code": ITEM_B, "hilist_lmtpric_type": "2"}, [ITEM_B]),
        ("1318", {"hilist_code": ITEM_B, "overlmt_dspo_way": "7"}, []),
        ("1319", {"hilist_code": ITEM_B}, [ITEM_B] * 2),
        ("1319", {"hilist_code": ITEM_B, "selfpay_prop_psn_type": "390"}, [ITEM_B]),
        ("1319", {"hilist_code": ITEM_B, "selfpay_prop_psn_type": "330"}, []),
        ("1319", {"hilist_code": ITEM_B, "selfpay_prop_type": "20"}, []),
    ],
)
async def test_questions_find_what_they_ask_for(city: Any, infno: str, asked: dict[str, Any], codes: list[str]) -> None:
    rows = (await city.hospital.call(infno, {"data": QUESTION | asked})).output["data"]
    assert [row["hilist_code"] for row in rows] == codes


_MASKED = re.compile(
    r'"(inf_refmsgid|refmsg_time|respond_time|file_qury_no|dld_end_time|dld_endtime|updt_time|crte_time|opt_time)":"[^"]+"'
)
_GOLDEN = {
    **{file: {"ver": "Y"} for file in catalogue_files()},
    "1304": QUESTION | {"med_list_codg": "ZGOLD1"},
    "1312": QUESTION | {"hilist_code": "XGOLD1", "insu_admdvs": "610100"},
    "1316": QUESTION | {"hilist_code": "XGOLD1", "insu_admdvs": "610100"},
    "1317": QUESTION | {"medins_list_codg": "GOLD", "insu_admdvs": "610100"},
    "1318": QUESTION | {"hilist_code": "XGOLD1", "hilist_lmtpric_type": "3"},
    "1319": QUESTION | {"hilist_code": "XGOLD1", "selfpay_prop_psn_type": "310"},
}


@pytest.mark.parametrize("infno", _GOLDEN)
async def test_answers_to_the_letter(city: Any, infno: str) -> None:
    """Files under ``tests/contract/nhsa``; ``GOLDEN=write`` writes them anew."""
    await enter(
        city,
        item("XGOLD1", level="乙", first_self_pay=1000, price_limit=36_00, restriction="限住院"),
        *(item(f"XGOLD{file}", file=file, version="Y1") for file in catalogue_files()),
        item("ZGOLD1", ItemKind.ETHNIC_DRUG, "乙", first_self_pay=1000, file="1304", version="20260101", unit="盒"),
    )
    if infno == "1317":
        match = {"fixmedins_hilist_id": "GOLD", "fixmedins_hilist_name": "金片", "list_type": "101", "spec": "12片"}
        match |= {"med_list_codg": "XGOLD1", "begndate": "2026-01-01", "enddate": "2099-12-31"}
        assert (await city.hospital.call("3301", {"data": match})).ok
    request = city.hospital.message(infno, {"data": _GOLDEN[infno]}, msgid="H61010099901202601010000009999")
    response = await city.http.post(f"/nhsa/{infno}", content=json.dumps(request).encode())
    text = pretty(_MASKED.sub(r'"\1":"<\1>"', re.sub(r"_[0-9a-f]{8}\.zip", "_<stamp>.zip", response.text)))
    folder = FOLDER / infno
    if os.environ.get("GOLDEN") == "write":
        folder.mkdir(exist_ok=True)
        (folder / "request.json").write_text(json.dumps(request, ensure_ascii=False, indent=2) + "\n", "utf-8")
        (folder / "answer.json").write_text(text, "utf-8")
    assert json.loads((folder / "request.json").read_text("utf-8")) == request
    assert text == (folder / "answer.json").read_text("utf-8")


async def test_a_whole_catalogue_needs_no_more_memory(city: Any, tmp_path: Path) -> None:
    path = tmp_path / "1301.zip"
    with zipfile.ZipFile(path, "w", zipfile.ZIP_DEFLATED) as archive, archive.open("1301.txt", "w") as text:
        for number in range(ROWS):
            text.write((line(f"XM{number:08d}", "20280101", 说明书="说明" * 100) + "\n").encode())
    before = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    [loaded] = await load(city, NationalFile(path, "1301"))
    assert loaded.rows == loaded.changed == ROWS
    assert resource.getrusage(resource.RUSAGE_SELF).ru_maxrss - before < MOST_MEMORY
    [again] = await load(city, NationalFile(path, "1301"))
    assert again.changed == 0


def test_commands_check_load_and_write(dsn: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("DATABASE_URL", dsn)
    runner = CliRunner()
    lines = [line("XO1", "20290101"), line("XO2", "20290102")]
    path = zipped(tmp_path / "1301_a.zip", *lines)
    terms = tmp_path / "terms.csv"
    terms.write_text("code,region,price_limit\nXO1,610100,9.90\n", "utf-8")
    assert "没有错误：2 个文件，3 行" in runner.invoke(app, ["catalogue", "check", str(path), str(terms)]).output
    loaded = runner.invoke(app, ["catalogue", "import", str(path), str(terms)])
    assert loaded.exit_code == 0, loaded.output
    assert "变化 2 行" in loaded.output
    assert "变化 0 行" in runner.invoke(app, ["catalogue", "import", str(path)]).output
    written = tmp_path / "out.zip"
    assert runner.invoke(app, ["catalogue", "export", "1301", str(written), "--since", "2028"]).exit_code == 0
    with zipfile.ZipFile(written) as archive:
        given = archive.read("1301.txt").decode().splitlines()
    assert [one for one in given if one.startswith("XO")] == lines
    assert runner.invoke(app, ["catalogue", "export", "terms", str(tmp_path / "out.csv")]).exit_code == 0
    assert "XO1,610100" in (tmp_path / "out.csv").read_text("utf-8-sig")
    faulty = zipped(tmp_path / "1301_b.zip", lines[0], "broken")
    for command in ("check", "import"):
        refused = runner.invoke(app, ["catalogue", command, str(faulty)])
        assert refused.exit_code == 1
        assert "1301_b.zip:2:1" in refused.output
    nameless = zipped(tmp_path / "catalogue.zip", lines[0])
    assert "--as" in runner.invoke(app, ["catalogue", "check", str(nameless)]).output
    assert runner.invoke(app, ["catalogue", "check", "--as", "1301", str(nameless)]).exit_code == 0
    assert runner.invoke(app, ["catalogue", "check", "--as", "1399", str(nameless)]).exit_code == 1
    assert runner.invoke(app, ["catalogue", "export", "1399", str(written)]).exit_code == 1
