"""Requests and answers to the letter, for those who build a client: the files under ``tests/contract/nhsa``.

``GOLDEN=write`` writes the answers anew; look at the difference before you keep it.
"""

import json
import os
import re
from datetime import date
from pathlib import Path
from typing import Any

import pytest

from gongji.core.codes import Relation

FOLDER = Path(__file__).parents[2] / "contract" / "nhsa"
MASKED = re.compile(r'"(inf_refmsgid|refmsg_time|respond_time|setl_time)":"[0-9: -]+"')


class Story:
    """One story over all four: the identifiers that the platform issues have names in the files."""

    def __init__(self, city: Any) -> None:
        self.city = city
        self.issued: dict[str, str] = {}

    async def play(self, infno: str) -> dict[str, Any]:
        folder = FOLDER / infno
        request = (folder / "request.json").read_text("utf-8")
        for label, value in self.issued.items():
            request = request.replace(f"<{label}>", value)
        response = await self.city.http.post(f"/nhsa/{infno}", content=request.encode())
        content: dict[str, Any] = response.json()
        assert content["infcode"] == 0, content
        info = content["output"]["setlinfo"]
        if info.get("setl_id"):
            self.issued[f"setl_id {infno}"] = info["setl_id"]
        if info.get("mdtrt_id") not in self.issued.values():
            self.issued[f"mdtrt_id {infno}"] = info["mdtrt_id"]
        self.compare(folder / "answer.json", response.content)
        return info  # type: ignore[no-any-return]

    def compare(self, path: Path, received: bytes) -> None:
        """Equal to the letter: 100.00 is not 100."""
        text = MASKED.sub(r'"\1":"<\1>"', received.decode())
        for label, value in self.issued.items():
            text = text.replace(f'"{value}"', f'"<{label}>"')
        if os.environ.get("GOLDEN") == "write":
            path.write_text(pretty(text), "utf-8")
        assert pretty(text) == path.read_text("utf-8")


def pretty(text: str) -> str:
    """Indented JSON in which numbers keep their digits."""
    numbers: list[str] = []

    def kept(digits: str) -> str:
        numbers.append(digits)
        return f"#{len(numbers) - 1}#"

    shaped = json.dumps(json.loads(text, parse_float=kept, parse_int=kept), ensure_ascii=False, indent=2)
    return re.sub(r'"#(\d+)#"', lambda found: numbers[int(found[1])], shaped) + "\n"


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
    planned = await story.play("2206")
    settled = await story.play("2207")
    assert planned["psn_cash_pay"] == settled["psn_cash_pay"]
    await story.play("2208")
    await story.play("2102")
