"""Bad messages are refused with a text that says what to correct, and nothing is posted."""

import json
from collections.abc import Callable
from typing import Any, NamedTuple

import msgspec
import pytest

from gongji.core.codes import Insurance


class Scene(NamedTuple):
    """A patient with an open bill and a settled one."""

    city: Any
    patient: Any
    other: Any
    visit: str
    settled: Any


@pytest.fixture
async def scene(city: Any) -> Scene:
    patient, other = await city.person(30000), await city.person(10000)
    _, settled = await city.hospital.settled(patient)
    visit = await city.hospital.visit_with_fees(patient)
    assert settled.ok
    return Scene(city, patient, other, visit, settled)


Changed = Callable[[Scene], dict[str, Any]]
Case = tuple[str, Changed, str]


def bill(**other: Any) -> Changed:
    return lambda scene: scene.city.hospital.bill(scene.patient, scene.visit, "100.00", **other)


def line(**other: Any) -> Changed:
    return lambda scene: {"feedetail": [scene.city.hospital.line(scene.patient, scene.visit, "B9", **other)]}


def buy(**other: Any) -> Changed:
    return lambda scene: scene.city.pharmacy.purchase(scene.patient, "100.00", **other)


def without(changed: Changed, node: str, field: str) -> Changed:
    def removed(scene: Scene) -> dict[str, Any]:
        content = changed(scene)
        (content[node] if isinstance(content[node], dict) else content[node][0]).pop(field)
        return content

    return removed


def two_lines(**other: Any) -> Changed:
    def both(scene: Scene) -> dict[str, Any]:
        rows = [scene.city.hospital.line(scene.patient, scene.visit, "B9") for _ in range(2)]
        rows[1] |= {name: value(scene) if callable(value) else value for name, value in other.items()}
        return {"feedetail": rows}

    return both


def reversal(**other: Any) -> Changed:
    return lambda scene: {"data": scene.city.hospital.reversal(scene.patient, scene.settled)["data"] | other}


CASES: list[Case] = [
    ("2207", lambda _: {}, "data（门诊结算）缺失"),
    ("2207", lambda _: {"data": "文本"}, "类型不对"),
    ("2207", lambda _: {"data": [1, 2]}, "有2个"),
    ("2207", bill(medfee_sumamt=[]), "类型不对"),
    ("2207", bill(medfee_sumamt=True), "类型不对"),
    ("2207", bill(medfee_sumamt="abc"), "不是普通的十进制数字"),
    ("2207", bill(medfee_sumamt="-100"), "为负数"),
    ("2207", bill(medfee_sumamt="100.001"), "小数位过多"),
    ("2207", bill(medfee_sumamt=1e30), "不是普通的十进制数字"),
    ("2207", bill(psn_no="9" * 31), "过长"),
    ("2207", bill(acct_used_flag=""), "不能为空"),
    ("2207", bill(acct_used_flag="3"), "无法识别"),
    ("2207", bill(med_type="21"), "不受理"),
    ("2207", bill(insutype="390"), "险种与参保记录不一致"),
    ("2207", bill(insutype="510"), "不受理"),
    ("2207", without(bill(), "data", "mdtrt_id"), "不能为空"),
    ("2207", bill(medfee_sumamt="99.99"), "不等于明细合计"),
    ("2207", bill(psn_no="nobody"), "未找到参保人"),
    ("2207", bill(mdtrt_id="none"), "就诊信息不存在[none]"),
    ("2207", bill(chrg_bchno="none"), "没有费用明细"),
    ("2207", bill(mdtrt_cert_type="01"), "就诊凭证无法识别或已过期"),
    ("2206", bill(mdtrt_cert_type="04"), "受理 01 医保码、02 居民身份证和 03 社会保障卡"),
    ("2206", bill(medfee_sumamt="1"), "不等于明细合计"),
    ("2206", bill(psn_name="别人"), "信息与参保记录不一致"),
    ("2204", line(det_item_fee_sumamt="99.98"), "不等于数量乘单价"),
    ("2204", line(det_item_fee_sumamt=-1), "为负数"),
    ("2204", line(cnt="1.00001"), "小数位过多"),
    ("2204", line(med_list_codg="X" * 51), "过长"),
    ("2204", line(feedetl_sn="abc"), "数字以外的字符"),
    ("2204", line(mdtrt_id="none"), "就诊信息不存在"),
    ("2204", line(chrg_bchno="0000"), "不能为 0000"),
    ("2204", line(chrg_bchno="B1", feedetl_sn="1" * 31), "过长"),
    ("2204", two_lines(feedetl_sn="1"), ""),
    ("2204", two_lines(psn_no=lambda scene: scene.other.person_no), "就医者不是该参保人"),
    ("2204", two_lines(mdtrt_id="another"), "同一就诊"),
    ("2204", lambda _: {"feedetail": []}, "缺失"),
    (
        "2205",
        lambda s: {"data": {"mdtrt_id": s.visit, "chrg_bchno": "none", "psn_no": s.patient.person_no}},
        "没有费用",
    ),
    ("2208", reversal(setl_id="1"), "未找到结算记录"),
    ("2208", reversal(mdtrt_id="none"), "不属于"),
    ("2208", reversal(psn_no="nobody"), "不属于"),
    ("5203", reversal(setl_id="9" * 30), "未找到结算记录"),
    ("5203", reversal(mdtrt_id="none"), "不属于"),
    ("2102", buy(begntime="昨天"), "格式不对"),
    ("2102", buy(begntime="1999-01-01"), "未收录"),
    ("2102", buy(med_type="14"), "请填 41"),
    ("2102", buy(medfee_sumamt="100.01"), "不等于明细合计"),
    ("2102", buy(medfee_sumamt="0"), "不等于明细合计"),
    ("2102", lambda s: s.city.pharmacy.purchase(s.patient, "0"), "总额必须大于零"),
    ("2103", reversal(setl_id="1"), "未找到结算记录"),
    ("9002", lambda _: {"signOut": {"sign_no": "123456", "opter_no": "op"}}, "请先签到"),
    ("9001", lambda _: {"signIn": {"opter_no": "op"}}, "共2处"),
]


@pytest.mark.parametrize("case", CASES, ids=lambda case: f"{case[0]}-{case[2]}")
async def test_a_bad_message_is_refused_and_posts_nothing(scene: Scene, case: Case) -> None:
    infno, changed, text = case
    sender = scene.city.pharmacy if infno.startswith("210") else scene.city.hospital
    if text == "":
        changed_line = scene.city.hospital.line(scene.patient, scene.visit, "B9")
        content: dict[str, Any] = {"feedetail": [changed_line, changed_line]}
        text = "已上传过"
    else:
        content = changed(scene)
    books = await scene.city.books()
    answer = await sender.call(infno, content)
    assert answer.status == 200
    assert text in answer.error
    assert answer.error.startswith("FSI-")
    assert await scene.city.books() == books


async def refused(scene: Scene, sender: Any, infno: str, content: Any, text: str) -> None:
    books = await scene.city.books()
    answer = await sender.call(infno, content)
    assert text in answer.error
    assert await scene.city.books() == books


async def test_a_visit_is_settled_once(scene: Scene) -> None:
    hospital = scene.city.hospital
    assert (await hospital.call("2207", bill()(scene))).ok
    await refused(scene, hospital, "2207", bill()(scene), "请勿重复结算")
    await refused(scene, hospital, "2206", bill()(scene), "请勿重复结算")
    named = {"mdtrt_id": scene.visit, "chrg_bchno": "B1", "psn_no": scene.patient.person_no}
    await refused(scene, hospital, "2205", {"data": named}, "请勿重复结算")
    await refused(scene, hospital, "2204", line(chrg_bchno="B1")(scene), "请勿重复结算")
    await refused(scene, hospital, "2202", {"data": named | {"ipt_otp_no": "x"}}, "已有结算")


async def test_a_settlement_is_taken_back_once(scene: Scene) -> None:
    hospital = scene.city.hospital
    back = await hospital.call("2208", reversal()(scene))
    assert back.ok
    await refused(scene, hospital, "2208", reversal()(scene), "请勿重复撤销")
    await refused(scene, hospital, "2208", hospital.reversal(scene.patient, back), "本身是一笔已办成的撤销")


async def test_another_institutions_visit_and_settlement(scene: Scene) -> None:
    elsewhere = scene.city.other_hospital
    await refused(scene, elsewhere, "2207", bill()(scene), "不属于本机构")
    await refused(scene, elsewhere, "2206", bill()(scene), "不属于本机构")
    await refused(scene, elsewhere, "2204", line()(scene), "不属于本机构")
    await refused(scene, elsewhere, "2208", reversal()(scene), "不属于本机构")
    await refused(scene, elsewhere, "5203", reversal()(scene), "不属于本机构")


async def test_a_visit_of_another_patient(scene: Scene) -> None:
    stranger = scene.city.hospital.bill(scene.other, scene.visit, "100.00")
    await refused(scene, scene.city.hospital, "2207", stranger, "就医者不是该参保人")


async def test_institutions_that_may_not(scene: Scene) -> None:
    clinic = scene.city.clinic
    await refused(scene, clinic, "2201", clinic.registration(scene.patient), "不是医保定点机构")
    await refused(scene, clinic, "2102", buy()(scene), "不是医保定点机构")
    books = await scene.city.books()
    message = clinic.message("2102", buy()(scene), fixmedins_code="H00000000000")
    assert "未找到定点医药机构" in (await clinic.send(message)).error
    assert await scene.city.books() == books


MISMATCH = "持卡人与就医者身份不一致"


async def test_another_persons_credential_is_an_incident(scene: Scene) -> None:
    city, hospital, other = scene.city, scene.city.hospital, scene.other
    stolen = {"mdtrt_cert_no": other.certificate_no}
    card = {"mdtrt_cert_type": "03", "mdtrt_cert_no": other.card_no}
    attempts = [
        (hospital, "2207", bill(**stolen)(scene)),
        (hospital, "2207", bill(**card)(scene)),
        (hospital, "2207", bill(certno=other.certificate_no)(scene)),
        (hospital, "2206", bill(**stolen)(scene)),
        (hospital, "2201", hospital.registration(scene.patient, **stolen)),
        (hospital, "1101", {"data": hospital.shown(scene.patient, certno=other.certificate_no)}),
        (city.pharmacy, "2101", buy(**stolen)(scene)),
        (city.pharmacy, "2102", buy(**card)(scene)),
    ]
    for sender, infno, content in attempts:
        before = await city.incidents()
        await refused(scene, sender, infno, content, MISMATCH)
        assert await city.incidents() == before + 1


async def test_a_card_serves_like_the_identity_card(scene: Scene) -> None:
    card = {"mdtrt_cert_type": "03", "mdtrt_cert_no": scene.patient.card_no}
    assert (await scene.city.hospital.call("2207", bill(**card)(scene))).ok


async def test_who_is_not_insured_is_told_so_and_not_served(city: Any) -> None:
    person = await city.person(insurance=Insurance.SUSPENDED)
    read = await city.hospital.call("1101", {"data": city.hospital.shown(person)})
    assert read.output["insuinfo"][0]["psn_insu_stas"] == "2"
    assert "暂停参保" in (await city.hospital.call("2201", city.hospital.registration(person))).error


async def test_a_registration_number_is_used_once(city: Any) -> None:
    person = await city.person()
    content = city.hospital.registration(person)
    assert (await city.hospital.call("2201", content)).ok
    assert "已登记过就诊" in (await city.hospital.call("2201", content)).error


async def test_an_unknown_credential(city: Any) -> None:
    answer = await city.hospital.call("1101", {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": "000"}})
    assert "未找到参保人" in answer.error


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"{",
        b"null",
        b"[]",
        b'"text"',
        b"\xff\xfe",
        b'{"a":1}',
        b'{"infno":null}',
        b"[" * 100_000,
        b'{"a":"\\ud800"}',
    ],
)
async def test_what_is_no_message(city: Any, body: bytes) -> None:
    books = await city.books()
    answer = await city.hospital.post(body)
    assert answer.status == 400
    assert answer.error
    assert await city.books() == books


@pytest.mark.parametrize(
    "change", [{"input": "{"}, {"input": None}, {"input": 5}, {"msgid": ""}, {"msgid": "1" * 31}, {"msgid": []}]
)
async def test_an_envelope_with_a_fault(scene: Scene, change: dict[str, Any]) -> None:
    books = await scene.city.books()
    answer = await scene.city.hospital.send(scene.city.hospital.message("2207", bill()(scene), **change))
    assert answer.status == 200
    assert answer.error
    assert await scene.city.books() == books


async def test_a_body_over_one_megabyte(city: Any) -> None:
    padded = city.hospital.message("1101", {"data": {}}, dev_safe_info="x" * 1_048_576)
    assert (await city.hospital.send(padded)).status == 413

    async def pieces() -> Any:
        for _ in range(17):
            yield b"x" * 65_536

    response = await city.http.post("/nhsa/1101", content=pieces())
    assert response.status_code == 413
    assert "1048576" in msgspec.json.decode(response.content)["err_msg"]
    fitting = city.hospital.message("1101", {"data": {}}, dev_safe_info="")
    fitting["dev_safe_info"] = "x" * (1_048_576 - len(json.dumps(fitting)))
    assert (await city.hospital.send(fitting)).status == 200


async def test_errors_are_never_longer_than_the_field(city: Any) -> None:
    lines = [{"feedetl_sn": "x" * 40} for _ in range(30)]
    answer = await city.hospital.call("2204", {"feedetail": lines})
    assert answer.error.startswith("FSI-门诊费用明细信息上传失败：共20处")
