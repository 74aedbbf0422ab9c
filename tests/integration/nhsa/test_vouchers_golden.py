"""E-vouchers and mobile payment, to the letter: one story over the contract files."""

import re
from datetime import date
from typing import Any

import pytest

from golden import FOLDER, Story
from gongji.core.refusal import Refusal
from gongji.ledger.verify import verify
from gongji.service import mobile_orders
from gongji.service.vouchers import show

_NOW = re.compile(r'"(hiTrnsDate|hiTrnsTime|traceTime)":"[0-9]+"')
_AGE = re.compile(r'"age":[0-9.]+')


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


async def play(story: Story, infno: str, *issued: str) -> Any:
    """Play a contract file; ``issued`` are the names of new ids in its answer."""
    response = await story.answer(infno)
    content = response.json()
    assert content["infcode"] == 0, content
    for name in issued:
        story.issued[f"{name} {infno}"] = _find(content["output"], name)
    text = _AGE.sub('"age":"<age>"', _NOW.sub(r'"\1":"<\1>"', response.text))
    story.compare(FOLDER / infno / "answer.json", text.encode())
    return content["output"]


def _find(node: Any, name: str) -> str:
    if isinstance(node, dict):
        if node.get(name):
            return str(node[name])
        node = list(node.values())
    if isinstance(node, list):
        return next((found for part in node if (found := _find(part, name))), "")
    return ""


async def test_the_contract_files(story: Story) -> None:
    await play(story, "1161")
    await play(story, "1162", "ecToken")
    await play(story, "6101", "ecToken", "authNo")
    await play(story, "90100")
    order = (await play(story, "6201", "payOrdId", "payToken"))["data"]["payOrdId"]
    person = "99990000000000000000990003"
    consent = await mobile_orders.consent(story.city.platform, person, order, "portal")
    assert not isinstance(consent, Refusal)
    story.issued["payAuthNo"] = consent
    await play(story, "6202", "setlId")
    await play(story, "6301", "revsToken")
    await play(story, "6204")
    await play(story, "6203", "refdSn", "hiFefdSn")
    again = (await story.answer("6201")).json()
    assert again["output"]["data"]["payOrdId"] == order
    await _another_order(story)
    await play(story, "6401")
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
