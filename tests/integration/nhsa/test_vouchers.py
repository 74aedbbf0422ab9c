"""E-voucher codes at institutions: shown, read once, used as a credential, refused when not good (S05, S06)."""

import asyncio
from datetime import date, datetime, timedelta
from typing import Any

import pytest

from gongji.core.codes import Relation
from gongji.core.person import Person
from gongji.core.refusal import Refusal
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service import code_accounts, voucher_keys
from gongji.service.code_accounts import CodeAccountRequest
from gongji.service.platform import Platform
from gongji.service.vouchers import show


async def code_of(city: Any, person: Person, account: str | None = None, holder: Person | None = None) -> str:
    shown = await show(city.platform, (holder or person).person_no, "portal", account)
    assert not isinstance(shown, Refusal), shown
    return shown.code


async def account_of(city: Any, holder: Person, person: Person) -> str:
    """The person lets the holder show his code."""
    request = CodeAccountRequest(
        holder=holder.person_no,
        certificate_no=person.certificate_no,
        name=person.name,
        relation=Relation.PARENT,
    )
    made = await code_accounts.add(city.platform, request)
    assert not isinstance(made, Refusal), made
    allowed = await code_accounts.allow(city.platform, made.id, person.person_no, "counter")
    assert not isinstance(allowed, Refusal), allowed
    return made.id


async def token_of(city: Any, institution: Any, person: Person) -> str:
    answer = await institution.call("1162", {"data": {"ecQrCode": await code_of(city, person)}})
    token: str = answer.output["cardecinfo"]["ecToken"]
    return token


def late(city: Any, monkeypatch: pytest.MonkeyPatch, **later: int) -> None:
    ahead = timedelta(**later)
    monkeypatch.setattr(city.platform, "clock", lambda: datetime.now(CHINA) + ahead)


def voucher(text: str) -> dict[str, str]:
    return {"mdtrt_cert_type": "01", "mdtrt_cert_no": text}


async def test_1162_reads_a_code_and_the_token_goes_through_a_whole_visit(city: Any) -> None:
    """EVC-01, EVC-06, SET-12, CRD-35."""
    person = await city.person(5000)
    code = await code_of(city, person)
    read = (await city.hospital.call("1162", {"data": {"ecQrCode": code, "businessType": "01101"}})).output
    assert read["baseinfo"]["psn_no"] == person.person_no
    assert read["insuinfo"][0]["balc"] == 50
    token = read["cardecinfo"]["ecToken"]
    assert len(token) <= 40
    shown = voucher(token)
    assert (await city.hospital.call("1101", {"data": shown})).output["baseinfo"]["certno"] == person.certificate_no
    visit = await city.hospital.visit(person, **shown)
    assert (await city.hospital.call("2204", {"feedetail": [city.hospital.line(person, visit)]})).ok
    preview = await city.hospital.call("2206", city.hospital.bill(person, visit, "100.00", **shown))
    settled = await city.hospital.call("2207", city.hospital.bill(person, visit, "100.00", **shown))
    assert settled.info["acct_pay"] == preview.info["acct_pay"] == 50
    assert settled.info["mdtrt_cert_type"] == "01"
    by_card = await city.person(5000)
    _, plain = await city.hospital.settled(by_card)
    assert plain.info["fund_pay_sumamt"] == settled.info["fund_pay_sumamt"]


async def test_6101_reads_a_code_for_the_terminals_library(city: Any) -> None:
    person = await city.person()
    desk = {"orgId": "1", "businessType": "01101", "operatorId": "1", "operatorName": "收费员", "officeId": "1"}
    sent = {"InData": desk | {"officeName": "收费处", "ecQrCode": await code_of(city, person)}}
    read = (await city.hospital.call("6101", sent)).output["OutData"]
    assert (read["userName"], read["idNo"], read["insuOrg"]) == (person.name, person.certificate_no, person.region)
    assert (await city.hospital.call("1101", {"data": voucher(read["ecToken"])})).ok
    assert "缺少 ecQrCode" in (await city.hospital.call("6101", {"InData": desk})).error


async def test_1161_reads_a_card_and_90100_tells_the_insurance(city: Any) -> None:
    person = await city.person(100)
    sent = {"mdtrt_cert_type": "03", "mdtrt_cert_no": person.card_no, "card_sn": "SN9"}
    read = (await city.hospital.call("1161", {"data": sent})).output
    assert (read["cardecinfo"]["cardno"], read["cardecinfo"]["card_sn"]) == (person.card_no, "SN9")
    assert read["baseinfo"]["psn_no"] == person.person_no
    told = (await city.hospital.call("90100", {"data": {"psn_no": person.person_no}})).output["data"]
    assert [(row["insutype"], row["psn_insu_stas"]) for row in told] == [("310", "1")]
    assert "未找到参保人" in (await city.hospital.call("90100", {"data": {"psn_no": "none"}})).error


async def test_a_code_is_read_once_at_an_institution_and_elsewhere_once_more(city: Any) -> None:
    person = await city.person()
    code = await code_of(city, person)
    first = city.hospital.message("1162", {"data": {"ecQrCode": code}})
    read = await city.hospital.send(first)
    again = await city.hospital.send(first)
    assert again.output["cardecinfo"] == read.output["cardecinfo"]
    assert "已经用过" in (await city.hospital.call("1162", {"data": {"ecQrCode": code}})).error
    assert "已经用过" in (await city.hospital.call("1101", {"data": voucher(code)})).error
    assert "已经用过" in (await city.hospital.call("2201", city.hospital.registration(person, **voucher(code)))).error
    elsewhere = await city.pharmacy.call("1162", {"data": {"ecQrCode": code}})
    assert elsewhere.output["cardecinfo"]["ecToken"] != read.output["cardecinfo"]["ecToken"]


async def test_many_readings_at_one_time_give_one_token(city: Any) -> None:
    person = await city.person()
    code = await code_of(city, person)
    answers = await asyncio.gather(*(city.hospital.call("1162", {"data": {"ecQrCode": code}}) for _ in range(6)))
    assert sum(answer.ok for answer in answers) == 1
    assert all("已经用过" in answer.error for answer in answers if not answer.ok)


async def test_an_expired_code_is_refused_and_a_screenshot_of_it_too(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    """EVC-07: a code is good for a minute, by the dated rule."""
    person = await city.person()
    code = await code_of(city, person)
    late(city, monkeypatch, seconds=61)
    assert "已过期" in (await city.hospital.call("1162", {"data": {"ecQrCode": code}})).error
    assert "已过期" in (await city.hospital.call("1101", {"data": voucher(code)})).error
    assert (
        "已过期" in (await city.pharmacy.call("2102", city.pharmacy.purchase(person, "10.00", **voucher(code)))).error
    )


async def test_a_purchase_by_the_code_itself_uses_it_up_and_its_repeat_is_answered_later(
    city: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    person = await city.person(5000)
    code = await code_of(city, person)
    assert (await city.pharmacy.call("1101", {"data": voucher(code)})).ok
    assert (await city.pharmacy.call("2101", city.pharmacy.purchase(person, "10.00", **voucher(code)))).ok
    message = city.pharmacy.message("2102", city.pharmacy.purchase(person, "10.00", **voucher(code)))
    first = await city.pharmacy.send(message)
    late(city, monkeypatch, days=3)
    again = await city.pharmacy.send(message)
    assert again.info["setl_id"] == first.info["setl_id"]
    assert await city.balance(person) == 4000
    monkeypatch.undo()
    other = await city.pharmacy.call("2102", city.pharmacy.purchase(person, "10.00", **voucher(code)))
    assert "已经用过" in other.error
    assert await city.balance(person) == 4000


async def test_a_message_that_was_refused_used_nothing_up(city: Any) -> None:
    person = await city.person(5000)
    code = await code_of(city, person)
    wrong = city.pharmacy.purchase(person, "10.00", **voucher(code)) | {"drugdetail": []}
    before = await city.books()
    assert not (await city.pharmacy.call("2102", wrong)).ok
    assert await city.books() == before
    assert (await city.pharmacy.call("2102", city.pharmacy.purchase(person, "10.00", **voucher(code)))).ok


async def test_a_token_is_good_only_where_it_was_got_and_for_a_day(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await city.person()
    token = await token_of(city, city.hospital, person)
    assert "不是本机构取得" in (await city.pharmacy.call("1101", {"data": voucher(token)})).error
    late(city, monkeypatch, hours=23)
    assert (await city.hospital.call("1101", {"data": voucher(token)})).ok
    late(city, monkeypatch, hours=25)
    assert "已过期" in (await city.hospital.call("1101", {"data": voucher(token)})).error


@pytest.mark.parametrize("text", ["1", "x" * 50, "2" * 28, "Z" * 28, "é", "", "'; drop table person; --"])
async def test_other_texts_are_not_recognised(city: Any, text: str) -> None:
    person = await city.person()
    answer = await city.hospital.call("2201", city.hospital.registration(person, **voucher(text)))
    assert not answer.ok
    assert not (await city.hospital.call("1162", {"data": {"ecQrCode": text}})).ok


async def test_a_tampered_row_no_longer_fits_its_code(city: Any) -> None:
    person, other = await city.person(), await city.person()
    code, token = await code_of(city, person), await token_of(city, city.hospital, person)
    await city.rows("update voucher_code set person_no = %s, shown_by = %s returning id", *[other.person_no] * 2)
    assert "无法识别" in (await city.hospital.call("1101", {"data": voucher(code)})).error
    assert "无法识别" in (await city.hospital.call("1101", {"data": voucher(token)})).error


async def test_s05_a_son_shows_his_fathers_code_and_no_money_of_his_is_touched(city: Any) -> None:
    """EVC-02, EVC-03, EVC-08, EVC-10, SET-26: the purchase is the father's; only a binding opens the son's account."""
    father, son = await city.person(1000), await city.person(50_000)
    account = await account_of(city, son, father)
    code = await code_of(city, father, account, holder=son)
    first = await city.pharmacy.call("2102", city.pharmacy.purchase(father, "30.00", **voucher(code)))
    assert first.info["psn_no"] == father.person_no
    assert (first.info["acct_pay"], first.info["acct_mulaid_pay"], first.info["psn_cash_pay"]) == (10, 0, 20)
    assert await city.balance(son) == 50_000
    await city.share(son, father)
    code = await code_of(city, father, account, holder=son)
    second = await city.pharmacy.call("2102", city.pharmacy.purchase(father, "30.00", **voucher(code)))
    assert (second.info["acct_mulaid_pay"], second.info["psn_cash_pay"]) == (30, 0)
    assert await city.rows("select 1 from incident where %s = any(persons)", father.person_no) == []
    assert verify(city.platform.dsn).ok


async def test_s06_the_sons_code_for_the_father_is_refused_and_leaves_an_incident_of_both(city: Any) -> None:
    """SET-05, SET-06, PEN-01, PEN-03."""
    father, son = await city.person(1000), await city.person(50_000)
    before = await city.books()
    token = await token_of(city, city.hospital, son)
    registered = await city.hospital.call("2201", city.hospital.registration(father, **voucher(token)))
    assert "持卡人与就医者身份不一致" in registered.error
    bought = await city.pharmacy.call(
        "2102", city.pharmacy.purchase(father, "30.00", **voucher(await code_of(city, son)))
    )
    assert "持卡人与就医者身份不一致" in bought.error
    card = await city.pharmacy.call(
        "2102", city.pharmacy.purchase(father, "30.00", mdtrt_cert_type="03", mdtrt_cert_no=son.card_no)
    )
    assert "持卡人与就医者身份不一致" in card.error
    assert await city.books() == before
    noted = await city.rows("select persons, institution, details->>'shown' from incident order by id")
    both = [father.person_no, son.person_no]
    assert noted[-3:] == [
        (both, city.hospital.code, "voucher"),
        (both, city.pharmacy.code, "voucher"),
        (both, city.pharmacy.code, "card"),
    ]


async def test_an_ended_code_account_stops_codes_and_tokens_at_once(city: Any) -> None:
    father, son = await city.person(1000), await city.person()
    account = await account_of(city, son, father)
    code = await code_of(city, father, account, holder=son)
    read = await city.hospital.call("1162", {"data": {"ecQrCode": code}})
    token = read.output["cardecinfo"]["ecToken"]
    assert not isinstance(await code_accounts.end(city.platform, account, father.person_no, "portal"), Refusal)
    assert "已失效" in (await city.pharmacy.call("1101", {"data": voucher(code)})).error
    assert "已失效" in (await city.hospital.call("1101", {"data": voucher(token)})).error
    refused = await show(city.platform, son.person_no, "portal", account)
    assert isinstance(refused, Refusal)
    steps = await city.rows(
        "select what, actor, channel from code_account_event where code_account = %s order by at", account
    )
    assert steps == [
        ("asked", son.person_no, "portal"),
        ("allowed", father.person_no, "counter"),
        ("ended_by_person", father.person_no, "portal"),
    ]


async def test_two_processes_agree_and_old_keys_still_check(city: Any) -> None:
    """What one process shows another one reads; a rotation spoils nothing that is out."""
    person = await city.person()
    other = Platform(city.platform.dsn, city.platform.book)
    await other.open()
    try:
        shown = await show(other, person.person_no, "portal")
        assert not isinstance(shown, Refusal)
        assert await voucher_keys.rotate(other) > 0
        later = await show(other, person.person_no, "portal")
        assert not isinstance(later, Refusal)
    finally:
        await other.close()
    for code in (shown.code, later.code):
        assert (await city.hospital.call("1162", {"data": {"ecQrCode": code}})).ok
    keys = await city.rows("select count(distinct key_no) from voucher_code where person_no = %s", person.person_no)
    assert keys == [(2,)]


async def test_a_key_signs_for_a_day(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    person = await city.person()
    await code_of(city, person)
    (before,) = (await city.rows("select count(*) from voucher_key"))[0]
    late(city, monkeypatch, hours=25)
    await asyncio.gather(*(code_of(city, person) for _ in range(4)))
    assert await city.rows("select count(*) from voucher_key") == [(before + 1,)]


async def test_a_minor_is_added_by_a_parent_until_he_is_of_age(city: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    mother = await city.person()
    child = await city.person(birth_date=date.today() - timedelta(days=17 * 365))  # noqa: DTZ011
    wanted = CodeAccountRequest(
        holder=mother.person_no, certificate_no=child.certificate_no, name=child.name, relation=Relation.CHILD
    )
    refused = await code_accounts.add(city.platform, wanted)
    assert isinstance(refused, Refusal)
    assert refused.code.value == "guardian_only"
    declared = CodeAccountRequest(
        holder=mother.person_no,
        certificate_no=child.certificate_no,
        name=child.name,
        relation=Relation.CHILD,
        guardian=True,
    )
    made = await code_accounts.add(city.platform, declared)
    assert not isinstance(made, Refusal)
    assert made.state == "active"
    await code_of(city, child, made.id, holder=mother)
    late(city, monkeypatch, days=3 * 365)
    grown = await show(city.platform, mother.person_no, "portal", made.id)
    assert isinstance(grown, Refusal)
    assert grown.code.value == "code_account_waits"
    assert not isinstance(await code_accounts.allow(city.platform, made.id, child.person_no, "portal"), Refusal)
    await code_of(city, child, made.id, holder=mother)
