"""E-vouchers and mobile payment, to the letter: one story over the contract files."""

from datetime import date
from typing import Any

import pytest

from golden import FOLDER, Story
from gongji.core.refusal import Refusal
from gongji.ledger.verify import verify
from gongji.service import mobile_orders
from gongji.service.vouchers import show


@pytest.fixture
async def story(city: Any) -> Story:
    patient = await city.person(
        2500,
        person_no="99990000000000000000990003",
        certificate_no="999901198501020054",
        card_no="C99990003",
        name="测试丙",
        birth_date=date(1985, 1, 2),
    )
    told = Story(city)
    for label in ("code 1162", "code 6101"):
        shown = await show(city.platform, patient.person_no, "portal")
        assert not isinstance(shown, Refusal)
        told.issued[label] = shown.code
    return told


async def test_the_contract_files(story: Story) -> None:
    await story.play("1161")
    await story.play("1162", "ecToken")
    await story.play("6101", "ecToken", "authNo")
    await story.play("90100")
    order = (await story.play("6201", "payOrdId", "payToken"))["data"]["payOrdId"]
    person = "99990000000000000000990003"
    consent = await mobile_orders.consent(story.city.platform, person, order, "portal")
    assert not isinstance(consent, Refusal)
    story.issued["payAuthNo"] = consent
    await story.play("6202", "setlId")
    await story.play("6301", "revsToken")
    await story.play("6204")
    await story.play("6203", "refdSn", "hiFefdSn")
    again = (await story.answer("6201")).json()
    assert again["output"]["data"]["payOrdId"] == order
    await _another_order(story)
    await story.play("6401")
    assert verify(story.city.platform.dsn).ok


async def _another_order(story: Story) -> None:
    """The same bill under other numbers, so that there is an order to take back."""
    request = (FOLDER / "6201" / "request.json").read_text("utf-8")
    for label, value in story.issued.items():
        request = request.replace(f"<{label}>", value)
    for old, new in (("00009005", "00009099"), ("ORD20260106001", "ORD20260106002"), ("MOBILE001", "MOBILE002")):
        request = request.replace(old, new)
    opened = (await story.city.http.post("/nhsa/6201", content=request.encode())).json()["output"]["data"]
    story.issued |= {"payOrdId 6201": opened["payOrdId"], "payToken 6201": opened["payToken"]}
