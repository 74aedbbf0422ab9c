"""Whoever lost an answer asks by his own message id."""

from typing import Any

import httpx

from gongji.app import portal
from gongji.core.refusal import Code, refuse
from gongji.service.commands import Reverse, Sender
from gongji.service.messages import once
from gongji.service.platform import Platform
from gongji.settings import Settings

PHARMACY = "P61010000001"


async def state(api: Any, message_id: str, institution: str = PHARMACY) -> dict[str, Any]:
    answer: dict[str, Any] = (await (await api(None)).get(f"/messages/{institution}/{message_id}")).json()
    return answer


async def test_done_refused_void_or_never_seen(api: Any, buy: Any, running: Platform, people: Any) -> None:
    settlement = await buy("father", 100, "STATE1")
    assert await state(api, "STATE1") == {
        "state": "done",
        "transaction": "test",
        "settlement": settlement,
        "code": None,
    }
    assert (await state(api, "NEVER"))["state"] == "never_seen"

    sender = Sender(institution=PHARMACY, message_id="STATE2", transaction="2601", input_hash=b"2")
    original = ("STATE3", "2102")
    await running.batcher.submit(Reverse(sender=sender, person_no=people["father"].person_no, original=original))
    assert (await state(api, "STATE2"))["code"] == "message_unknown"
    assert (await state(api, "STATE3"))["state"] == "void"


async def test_a_refusal_that_no_batch_made_is_remembered_too(api: Any, running: Platform) -> None:
    sender = Sender(institution=PHARMACY, message_id="STATE4", transaction="2204", input_hash=b"4")

    async def work(_: Any) -> Any:
        return refuse(Code.VISIT_UNKNOWN, visit="x")

    await once(running, sender, None, work)
    assert await state(api, "STATE4") == {
        "state": "refused",
        "transaction": "2204",
        "settlement": None,
        "code": "visit_unknown",
    }


async def test_unknown_institutions_and_wrong_keys_are_told_nothing(
    api: Any, running: Platform, dsn: str, tmp_path: Any
) -> None:
    assert (await state(api, "STATE1", "P00000000000"))["code"] == "institution_unknown"
    outside = Platform(dsn, running.book, sandbox=False)
    await outside.open()
    app = portal(outside, Settings(data=tmp_path))
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
        for headers in ({}, {"apikey": "wrong"}):
            refused = await http.get(f"/api/messages/{PHARMACY}/STATE1", headers=headers)
            assert refused.status_code == 403
    await outside.close()
