"""The demo city is built anew beside running traffic: what was is gone, what comes is done, the books are right."""

import asyncio
import json
from collections import Counter
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pytest

from gongji.channels.nhsa.gateway import gateway
from gongji.core.policy import PolicyBook
from gongji.demo import city
from gongji.demo.describe import NotBuiltError
from gongji.ledger.verify import verify
from gongji.service.messages import message_state
from gongji.service.platform import Platform
from gongji.service.recordings import Wanted, recordings
from gongji.settings import Settings
from his import Client, institution_of, item_of


class Pharmacy:
    """Sells to the story's father over the gateway."""

    def __init__(self, platform: Platform, now: dict[str, Any]) -> None:
        self.platform = platform
        self.father = next(person for person in now["people"] if person["role"] == "story father")
        self.item = item_of(now)
        place = institution_of(now, self.father["region"], "pharmacy")
        self.client = Client("", place["fixmedins_code"], place["region"])
        transport = httpx.ASGITransport(app=gateway(platform, Settings(data=Path("unused"))))
        self.http = httpx.AsyncClient(transport=transport, base_url="http://gateway")

    async def sell(self) -> tuple[str, dict[str, Any]]:
        message = self.client.message("2102", self.client.pharmacy_input(self.father, self.item, "1.00"))
        answer: dict[str, Any] = json.loads((await self.http.post("/", json=message)).content)
        return message["msgid"], answer


def balances(found: dict[str, Any]) -> dict[str, str]:
    return {person["psn_no"]: person["balance"] for person in found["people"]}


async def green(dsn: str) -> int:
    report = await asyncio.to_thread(verify, dsn)
    assert report.ok, report.difference
    return report.journals


async def test_everything_is_as_it_was_built(built: Platform, now: dict[str, Any], dsn: str) -> None:
    before = balances(now)
    journals = await green(dsn)
    pharmacy = Pharmacy(built, now)
    message_id, sold = await pharmacy.sell()
    assert sold["infcode"] == 0, sold
    assert balances(await city.snapshot(built)) != before
    await city.reset(built)
    fresh = await city.snapshot(built)
    assert balances(fresh) == before
    assert len(fresh["bindings"]) == len(now["bindings"])
    assert await green(dsn) == journals
    assert (await message_state(built, pharmacy.client.institution, message_id)).state == "never_seen"
    kept = await recordings(built, Wanted(message_id=message_id))
    assert [one.outcome for one in kept.recordings] == ["done"], "what the vendor sent stays to be looked at"
    _, again = await pharmacy.sell()
    assert again["infcode"] == 0, again
    assert again["output"]["setlinfo"]["setl_id"] > sold["output"]["setlinfo"]["setl_id"], "ids are not used twice"
    assert await green(dsn) == journals + 1


async def test_beside_running_traffic(built: Platform, now: dict[str, Any], dsn: str) -> None:
    pharmacy = Pharmacy(built, now)
    over = asyncio.Event()
    answers: dict[str, dict[str, Any]] = {}

    async def busy() -> None:
        while not over.is_set():
            message_id, answer = await pharmacy.sell()
            answers[message_id] = answer
            await asyncio.sleep(0)

    sellers = [asyncio.create_task(busy()) for _ in range(8)]
    await asyncio.sleep(0.3)
    for _ in range(2):
        await city.reset(built)
        await asyncio.sleep(0.2)
    over.set()
    await asyncio.gather(*sellers)
    journals = await green(dsn)
    heard = Counter("done" if answer["infcode"] == 0 else answer["err_msg"][-9:] for answer in answers.values())
    assert heard["done"] > len(answers) / 2, heard
    states = Counter()
    for message_id, answer in answers.items():
        state = (await message_state(built, pharmacy.client.institution, message_id)).state
        states[state] += 1
        if answer["infcode"] != 0:
            assert "结果未知" in answer["err_msg"], answer
            assert state in ("done", "never_seen")
    assert states["never_seen"], "what was sold before is forgotten"
    assert set(states) <= {"done", "never_seen"}
    await city.reset(built)
    assert await green(dsn) == journals - states["done"]


async def test_two_at_once(built: Platform, now: dict[str, Any], dsn: str) -> None:
    await asyncio.gather(city.reset(built), city.reset(built))
    assert balances(await city.snapshot(built)) == balances(now)
    await green(dsn)


async def test_it_waits_for_nobody_who_verifies(built: Platform, dsn: str, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(city, "RESET_TRIES", 1)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("select pg_advisory_lock_shared(20007, 1)")
        with pytest.raises(city.BusyError, match="核账"):
            await city.reset(built)
    await green(dsn)


async def test_a_database_without_a_city_is_left_alone(built: Platform, dsn: str, book: PolicyBook) -> None:
    with pytest.raises(city.ProductionError):
        await city.reset(Platform(dsn, book, sandbox=False))
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("delete from setting where key = 'demo'")
        with pytest.raises(NotBuiltError):
            await city.reset(built)
        assert conn.execute("select count(*) > 0 from person").fetchone() == (True,)
