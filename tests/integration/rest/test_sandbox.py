"""The vendor's tools over REST and on the command line, on one database."""

import json
from collections.abc import AsyncIterator
from pathlib import Path
from typing import Any

import httpx
import pytest

from gongji.app import portal
from gongji.channels.nhsa import examples
from gongji.channels.nhsa.gateway import gateway
from gongji.service.platform import Platform
from gongji.settings import Settings
from integration.rest.conftest import PHARMACY


@pytest.fixture
def settings() -> Settings:
    return Settings(data=Path("unused"))


@pytest.fixture
async def his(running: Platform, settings: Settings) -> AsyncIterator[httpx.AsyncClient]:
    transport = httpx.ASGITransport(app=gateway(running, settings))
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        yield http


def message(infno: str, **changes: Any) -> dict[str, Any]:
    return examples.request(infno) | {"fixmedins_code": PHARMACY} | changes


async def test_a_pair_is_found_explained_and_sent_again(his: httpx.AsyncClient, api: Any, people: Any) -> None:
    http = (await api(None)).http
    father = people["father"]
    asked = message("1101", msgid="REST0001")
    asked["input"] = {"data": {"mdtrt_cert_type": "02", "mdtrt_cert_no": father.certificate_no}}
    answer = (await his.post("/", json=asked)).json()
    assert answer["infcode"] == 0, answer
    listed = (await http.get("/api/sandbox/recordings", params={"message_id": "REST0001"})).json()
    (one,) = listed["recordings"]
    assert (one["transaction"], one["outcome"], listed["next"]) == ("1101", "done", None)
    shown = await http.get(f"/api/sandbox/recordings/{one['id']}")
    assert father.certificate_no not in shown.text
    assert father.name not in shown.text
    words = shown.json()["words"]
    assert [said["kind"] for said in words["messages"]] == ["request", "answer"]
    assert json.loads(words["request_text"])["infno"] == "1101"
    again = await http.post(f"/api/sandbox/recordings/{one['id']}/replay", json={"renewed": True})
    assert again.json()["recording"]["replays"] == one["id"]
    assert again.json()["recording"]["message_id"] != "REST0001"
    assert again.json()["recording"]["outcome"] == "done"
    assert (await http.get(f"/api/sandbox/recordings/{10**9}")).status_code == 404
    assert (await http.post(f"/api/sandbox/recordings/{10**9}/replay", json={})).status_code == 404


async def test_faults_are_set_listed_and_ended(api: Any) -> None:
    http = (await api(None)).http
    made = await http.put(f"/api/sandbox/faults/{PHARMACY}", json={"kind": "slow", "times": 3, "transaction": "2102"})
    assert made.status_code == 200, made.text
    (one,) = made.json()
    assert (one["kind"], one["milliseconds"], one["remaining"]) == ("slow", 5000, 3)
    assert (await http.put("/api/sandbox/faults/H0", json={"kind": "slow"})).status_code == 404
    for wrong in ({"kind": "explode"}, {"kind": "slow", "times": 0}, {"kind": "slow", "milliseconds": -1}):
        assert (await http.put(f"/api/sandbox/faults/{PHARMACY}", json=wrong)).status_code == 422, wrong
    assert (await http.delete(f"/api/sandbox/faults/{PHARMACY}")).json() == []
    assert (await http.get("/api/sandbox/faults")).json() == []


async def test_a_reset_must_be_meant_and_needs_a_city(api: Any) -> None:
    http = (await api(None)).http
    assert (await http.post("/api/sandbox/reset", json={"forget_everything": False})).status_code == 422
    assert (await http.post("/api/sandbox/reset", content=b"")).status_code == 422
    assert (await http.post("/api/sandbox/reset", json={"forget_everything": True})).status_code == 404


async def test_production_has_none_of_it(running: Platform, settings: Settings) -> None:
    app = portal(running, Settings(production=True, secret="x" * 40, data=settings.data))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        for method, path, content in (
            ("GET", "recordings", None),
            ("GET", "recordings/1", None),
            ("POST", "recordings/1/replay", {}),
            ("GET", "faults", None),
            ("PUT", f"faults/{PHARMACY}", {"kind": "slow"}),
            ("DELETE", f"faults/{PHARMACY}", None),
            ("POST", "reset", {"forget_everything": True}),
        ):
            answer = await http.request(method, f"/api/sandbox/{path}", json=content)
            assert answer.status_code == 404, path
