"""Requests and answers to the letter, for those who build a client: the files under ``tests/contract/nhsa``.

``GOLDEN=write`` writes the answers anew; look at the difference before you keep it.
"""

from datetime import date
from typing import Any

import pytest

from golden import Story
from gongji.core.codes import Relation


@pytest.fixture
async def story(city: Any) -> Story:
    giver = await city.person(1500)
    patient = await city.person(
        2500,
        person_no="99990000000000000000990001",
        certificate_no="999901198501020011",
        card_no="C99990001",
        name="测试甲",
        birth_date=date(1985, 1, 2),
    )
    await city.share(giver, patient, Relation.SPOUSE)
    told = Story(city)
    visit = await city.hospital.visit(patient)
    told.issued["mdtrt_id 2201"] = visit
    lines = [
        city.hospital.line(patient, visit, det_item_fee_sumamt="300.00", cnt="24"),
        city.hospital.line(
            patient, visit, med_list_codg="XZ99ACZ006A001010199003", det_item_fee_sumamt="42.00", cnt="1", pric="42"
        ),
    ]
    assert (await city.hospital.call("2204", {"feedetail": lines})).ok
    return told


async def test_answers_are_what_the_contract_says(story: Story) -> None:
    planned = (await story.play("2206"))["setlinfo"]
    settled = (await story.play("2207"))["setlinfo"]
    assert planned["psn_cash_pay"] == settled["psn_cash_pay"]
    await story.play("2208")
    await story.play("2102")
