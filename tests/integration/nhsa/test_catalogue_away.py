"""Care away from home: the catalogue of the place of care says what is in scope, home's rules what is paid of it."""

from datetime import date
from decimal import Decimal
from typing import Any

import pytest

from gongji.core.catalogue import CatalogueItem, CatalogueTerm
from gongji.core.codes import ItemKind
from gongji.core.explain import explain
from gongji.core.money import format_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.ledger.verify import verify
from gongji.service.catalogue import add_items, add_terms
from gongji.service.quote import quote
from gongji.service.records import settlement_view
from stays import Ward, line

BEIJING, XIANYANG, XIAN = "110000", "610400", "610100"
DRUG = "XAWAY1"


@pytest.fixture(autouse=True)
async def catalogue(city: Any) -> None:
    """One drug: 10 % first in the country, none in 北京, 30 % and at most 90 yuan in 西安, none of it in 咸阳."""
    national = CatalogueItem(
        code=DRUG, name="异地药", kind=ItemKind.WESTERN_DRUG, level="乙", first_self_pay=1000, price=100_00
    )
    terms = (
        CatalogueTerm(code=DRUG, region=BEIJING, level="甲"),
        CatalogueTerm(code=DRUG, region=XIAN, first_self_pay=3000, price_limit=90_00),
        CatalogueTerm(code=DRUG, region=XIANYANG, level="丙"),
    )
    async with city.platform.pool.connection() as conn:
        await add_items(conn, [national], date(2026, 1, 1))
        await add_terms(conn, terms, date(2026, 1, 1))


def parts(row: dict[str, Any]) -> tuple[Any, ...]:
    """Full self-pay, over the limit, first self-pay, in scope."""
    return tuple(row[name] for name in ("fulamt_ownpay_amt", "overlmt_amt", "preselfpay_amt", "inscp_scp_amt"))


async def upload(city: Any, person: Any) -> tuple[str, dict[str, Any]]:
    visit = await city.hospital.visit(person)
    row = city.hospital.line(person, visit, med_list_codg=DRUG, det_item_fee_sumamt="10000", cnt="100", pric="100")
    [answered] = (await city.hospital.call("2204", {"feedetail": [row]})).output["result"]
    return visit, answered


async def settlement_of(city: Any, answer: Any) -> Settlement:
    view = await settlement_view(city.platform, answer.info["setl_id"])
    assert not isinstance(view, Refusal)
    return view.settlement


def told(settlement: Settlement) -> list[str]:
    return [explain(step) for step in settlement.split.steps if step.rule == "bill.catalogue"]


WHERE = "异地就医：哪些费用在政策范围内，看就医地（西安市）的医保目录；怎样支付，按参保地（{home}）的规定"


async def test_an_outpatient_bill(city: Any, dsn: str) -> None:
    """1,000 over the limit, 2,700 first, 6,300 in scope, as for people of 西安; the fund pays by the rules of 北京."""
    at_home, away = await city.person(), await city.person(10_000, region=BEIJING)
    _, mine = await upload(city, at_home)
    visit, theirs = await upload(city, away)
    assert parts(theirs) == parts(mine) == (0, 1000, 2700, 6300)
    assert (theirs["memo"], mine["memo"]) == ("按就医地（西安市）医保目录", None)
    asked = city.hospital.bill(away, visit, "10000.00")
    previewed = (await city.hospital.call("2206", asked)).info
    answer = await city.hospital.call("2207", asked)
    assert answer.info["fund_pay_sumamt"] == previewed["fund_pay_sumamt"]
    settlement = await settlement_of(city, answer)
    assert told(settlement) == [WHERE.format(home="北京市")]
    # The money follows home's rules: the same as a quote of home for a bill of these parts.
    care = {"type": "outpatient", "level": "3", "grade": "A", "place": XIAN}
    bill = {"total": "10000.00", "over_limit": "1000.00", "first_self_pay": "2700.00"}
    case = {
        "region": BEIJING,
        "date": "2026-01-05",
        "person": {"status": "active", "age": 45},
        "care": care,
        "bill": bill,
    }
    worked = quote(city.platform.book, case | {"accounts": {"balance": "100.00"}})
    assert settlement.split.fund > 0
    assert worked["fund"] == format_yuan(settlement.split.fund)
    assert worked["own"] == format_yuan(settlement.split.own_total)
    assert [step["text"] for step in worked["trace"] if step["rule"] == "bill.catalogue"] == told(settlement)
    assert verify(dsn).ok


async def test_at_home_nothing_is_said(city: Any) -> None:
    person = await city.person()
    visit, _ = await upload(city, person)
    settlement = await settlement_of(city, await city.hospital.call("2207", city.hospital.bill(person, visit, "10000")))
    assert told(settlement) == []
    assert settlement.case.catalogue == ""


async def test_a_stay(city: Any, dsn: str) -> None:
    """Also where home would have found all of it in scope, and a part that is taken back goes back as it came."""
    person = await city.person(region=BEIJING)
    ward = Ward(city.hospital)
    visit = await ward.admit(person)
    row = line(person, visit, "10000.00", med_list_codg=DRUG, cnt="100", pric="100")
    [answered] = (await city.hospital.call("2301", {"feedetail": [row]})).output["result"]
    assert parts(answered) == (0, 1000, 2700, 6300)
    back = line(person, visit, "-1000.00", med_list_codg=DRUG, cnt="-10", pric="100", init_feedetl_sn=row["feedetl_sn"])
    [less] = (await city.hospital.call("2301", {"feedetail": [back]})).output["result"]
    assert parts(less) == (0, -100, -270, -630)
    answer = await ward.settle(person, visit, "9000.00")
    names = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert [answer.info[name] for name in names] == [0, 900, 2430, 5670]
    settlement = await settlement_of(city, answer)
    assert told(settlement) == [WHERE.format(home="北京市")]
    rows = (await city.hospital.call("5204", {"data": {"psn_no": person.person_no, "setl_id": settlement.id,
                                                       "mdtrt_id": visit}})).content["output"]  # fmt: skip
    assert [(r["chrgitm_lv"], r["selfpay_prop"], r["pric_uplmt_amt"]) for r in rows] == [("02", Decimal("0.3"), 90)] * 2
    assert verify(dsn).ok


async def test_a_relative_pays_away_from_home(city: Any, dsn: str) -> None:
    """A father of 咸阳 buys in 西安; at home the drug would be borne whole. His son's money follows home's rules."""
    father, son = await city.person(100_00, region=XIANYANG), await city.person(1000_00, region=XIANYANG)
    await city.share(son, father)
    bought = city.pharmacy.purchase(father, "1000.00")
    bought["drugdetail"][0] |= {"med_list_codg": DRUG, "cnt": "10", "pric": "100"}
    answer = await city.pharmacy.call("2102", bought)
    [row] = answer.output["detlcutinfo"]
    assert parts(row) == (0, 100, 270, 630)
    assert answer.info["acct_mulaid_pay"] == 900
    settlement = await settlement_of(city, answer)
    assert told(settlement) == [WHERE.format(home="咸阳市")]
    assert verify(dsn).ok
