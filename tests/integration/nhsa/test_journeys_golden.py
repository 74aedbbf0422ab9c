"""Visits, stays, purchases and filings to the letter: each a story over contract files, the money checked beside."""

from datetime import date
from typing import Any

import pytest

from golden import Story
from gongji.core.person import Person
from gongji.ledger.verify import verify
from gongji.service.people import people_by_number

NUMBER = "99990000000000000000990004"


@pytest.fixture
async def story(city: Any) -> Story:
    if not await city.rows("select 1 from person where person_no = %s", NUMBER):
        await city.person(
            20_000,
            person_no=NUMBER,
            certificate_no="999901198501020070",
            card_no="C99990004",
            name="测试丁",
            birth_date=date(1985, 1, 2),
        )
    return Story(city)


async def balance(story: Story) -> int:
    rows = await story.city.rows("select sum(balance)::bigint from account where owner = %s", NUMBER)
    amount: int = rows[0][0]
    return amount


async def test_a_stay_from_admission_to_its_undoing(story: Story, dsn: str) -> None:
    await story.play("9001", "sign_no")
    await story.play("1101")
    await story.play("2401", "mdtrt_id")
    await story.play("2403")
    await story.play("2406", "ipt_psn_sp_flag_detl_id")
    await story.play("2407")
    await story.play("2301")
    await story.play("2306")
    await story.play("5303")
    planned = (await story.play("2303"))["setlinfo"]
    assert await balance(story) == 20_000
    await story.play("2402")
    settled = (await story.play("2304"))["setlinfo"]
    assert planned["psn_cash_pay"] == settled["psn_cash_pay"]
    assert await balance(story) == 20_000 - round(settled["acct_pay"] * 100)
    await story.play("2305")
    assert await balance(story) == 20_000
    for infno in ("2405", "2302", "2404", "9002"):
        await story.play(infno)
    assert await story.city.rows("select 1 from fee_line where visit_id = %s", story.issued["mdtrt_id 2401"]) == []
    assert verify(dsn).ok


async def test_a_visit_in_the_codes_of_zhejiang_and_its_undoing(story: Story, dsn: str) -> None:
    await story.play("2201", "mdtrt_id")
    await story.play("2203")
    await story.play("2204")
    planned = (await story.play("2206A"))["setlinfo"]
    settled = (await story.play("2207A", "medins_setl_id"))["setlinfo"]
    assert (planned["acct_pay"], await balance(story)) == (
        settled["acct_pay"],
        20_000 - round(settled["acct_pay"] * 100),
    )
    await story.play("2601")
    assert await balance(story) == 20_000
    for infno in ("2205", "2202"):
        await story.play(infno)
    assert verify(dsn).ok


async def test_a_purchase_and_a_prescription(story: Story, dsn: str) -> None:
    shop, patient = story.city.pharmacy, await _patient(story)
    await story.play("2101")
    bought = (await shop.call("2102", shop.purchase(patient, "25.00"))).info
    story.issued |= {"setl_id 2102": bought["setl_id"], "mdtrt_id 2102": bought["mdtrt_id"]}
    assert await balance(story) == 20_000 - 2_500
    await story.play("2103")
    assert await balance(story) == 20_000
    story.issued["mdtrt_id pharmacy"] = await shop.visit(patient)
    await story.play("2203A")
    assert verify(dsn).ok


async def _patient(story: Story) -> Person:
    async with story.city.platform.pool.connection() as conn:
        return (await people_by_number(conn, [NUMBER]))[NUMBER]


async def test_filings_are_made_asked_for_and_taken_back(story: Story) -> None:
    for made, asked, back in (("2501", "5304", "2502"), ("2503", "5301", "2504"), ("2505", "5302", "2506")):
        await story.play(made, "trt_dcla_detl_sn")
        output = await story.play(asked)
        assert [len(rows) for rows in output.values()] == [1]
        await story.play(back)
    await story.play("2507", "trt_dcla_detl_sn")
