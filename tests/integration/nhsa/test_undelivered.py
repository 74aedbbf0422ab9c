"""A connection cut before the answer, over real sockets: the live list names it at once, until it is asked for."""

import asyncio
import json
from collections.abc import AsyncIterator
from datetime import timedelta
from typing import Any

import pytest

from gongji.http_listener import Listener
from gongji.ledger.verify import verify
from gongji.service.reconciliation import live
from gongji.service.undelivered import Lost
from gongji.service.upkeep import COMPARED, sweep
from his import free_port

WAITING = "select 1 from pg_stat_activity where wait_event_type = 'Lock' and datname = current_database()"
NOTHING: tuple[Lost, ...] = ()


@pytest.fixture
async def port(city: Any) -> AsyncIterator[int]:
    """The gateway behind the server that the product runs."""
    number = free_port()
    listener = Listener(city.app, "127.0.0.1", number)
    serving = asyncio.create_task(listener.listen())
    while not listener.started:  # noqa: ASYNC110
        await asyncio.sleep(0.01)
    city.listener = listener
    yield number
    listener.stop()
    await serving


async def begun(port: int, message: dict[str, Any]) -> asyncio.StreamWriter:
    """A request that has left the house, whole."""
    _, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(message).encode()
    writer.write(b"POST /nhsa HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
    await writer.drain()
    return writer


async def hung_up(city: Any, writer: asyncio.StreamWriter) -> None:
    """Cut without a goodbye, and wait until the server has learned of it."""
    writer.transport.abort()
    async with asyncio.timeout(5):
        while city.listener.server_state.connections:  # noqa: ASYNC110
            await asyncio.sleep(0.005)


async def cut(city: Any, port: int, patient: Any, message: dict[str, Any]) -> None:
    """Send a message that has to wait for the patient's account, cut the connection meanwhile, let it be done."""
    async with city.platform.pool.connection() as conn, conn.transaction():
        await conn.execute("select 1 from account where owner = %s for update", [patient.person_no])
        writer = await begun(port, message)
        async with asyncio.timeout(5):
            while not await city.rows(WAITING):  # noqa: ASYNC110
                await asyncio.sleep(0.005)
        await hung_up(city, writer)


async def lost(city: Any, code: str, count: int = 1) -> tuple[Lost, ...]:
    """What the live list says, once it has that many lost answers."""
    async with asyncio.timeout(5):
        while len(found := (await live(city.platform, code)).undelivered) < count:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    return found


async def bill(city: Any, patient: Any) -> dict[str, Any]:
    visit = await city.hospital.visit_with_fees(patient)
    message: dict[str, Any] = city.hospital.message("2207", city.hospital.bill(patient, visit, "100"))
    return message


async def test_a_settlement_whose_sender_was_cut_off_is_listed_until_it_is_asked_for(city: Any, port: int) -> None:
    patient, hospital = await city.person(20_000), city.hospital
    message = await bill(city, patient)
    await cut(city, port, patient, message)
    [one] = await lost(city, hospital.code)
    assert (one.message_id, one.transaction) == (message["msgid"], "2207")
    assert await city.balance(patient) == 10_000, "it was done all the same"
    assert (await live(city.platform, city.pharmacy.code)).undelivered == NOTHING
    asked = {"data": {"psn_no": patient.person_no, "medins_setl_id": message["msgid"]}}
    assert (await hospital.call("5203", asked)).info["setl_id"] == one.settlement
    assert (await live(city.platform, hospital.code)).undelivered == NOTHING
    assert verify(city.platform.dsn).ok


async def test_a_repeat_ends_it_and_a_repeat_that_is_lost_too_does_not(city: Any, port: int) -> None:
    patient, hospital = await city.person(20_000), city.hospital
    message = await bill(city, patient)
    await cut(city, port, patient, message)
    first = await lost(city, hospital.code)
    assert len(first) == 1
    await cut(city, port, patient, message)
    async with asyncio.timeout(5):
        while (again := await lost(city, hospital.code))[0].at == first[0].at:  # noqa: ASYNC110
            await asyncio.sleep(0.01)
    assert again[0].settlement == first[0].settlement
    assert (await hospital.send(message)).info["setl_id"] == first[0].settlement
    assert (await live(city.platform, hospital.code)).undelivered == NOTHING
    assert await city.balance(patient) == 10_000


async def test_an_upload_is_listed_without_a_settlement_until_it_is_undone(city: Any, port: int) -> None:
    patient, hospital = await city.person(), city.hospital
    visit = await hospital.visit(patient)
    message = hospital.message("2204", {"feedetail": [hospital.line(patient, visit)]})
    await cut(city, port, patient, message)
    [one] = await lost(city, hospital.code)
    assert (one.message_id, one.transaction, one.settlement) == (message["msgid"], "2204", None)
    undo = {"data": {"psn_no": patient.person_no, "omsgid": message["msgid"], "oinfno": "2204"}}
    assert (await hospital.call("2601", undo)).ok
    assert (await live(city.platform, hospital.code)).undelivered == NOTHING


async def test_what_did_nothing_is_not_listed(city: Any, port: int) -> None:
    """A refusal, a preview and a question lose nothing when nobody hears the answer."""
    patient, hospital = await city.person(20_000), city.hospital
    message = await bill(city, patient)
    message["input"]["data"]["medfee_sumamt"] = "99.00"
    await cut(city, port, patient, message)
    for infno, content in (("2206", message["input"]), ("1101", {"data": hospital.shown(patient)})):
        await hung_up(city, await begun(port, hospital.message(infno, content)))
    complete = await bill(city, patient)
    await cut(city, port, patient, complete)
    assert [one.message_id for one in await lost(city, hospital.code)] == [complete["msgid"]]
    assert (await hospital.send(complete)).ok


async def test_an_answer_that_arrives_is_not_listed_and_what_was_listed_is_forgotten_in_time(
    city: Any, port: int
) -> None:
    patient, hospital = await city.person(20_000), city.hospital
    message = await bill(city, patient)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(message).encode()
    for _ in range(2):  # on one connection, as a client keeps it
        writer.write(b"POST / HTTP/1.1\r\nhost: x\r\ncontent-length: %d\r\n\r\n" % len(body) + body)
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().partition(b"content-length: ")[2].split(b"\r\n")[0])
        assert json.loads(await reader.readexactly(length))["infcode"] == 0
    writer.close()
    assert (await live(city.platform, hospital.code)).undelivered == NOTHING
    other = await bill(city, patient)
    await cut(city, port, patient, other)
    await lost(city, hospital.code)
    now = city.platform.clock()
    city.platform.clock = lambda: now + COMPARED + timedelta(days=1)
    await sweep(city.platform)
    assert await city.rows("select 1 from undelivered") == []


async def test_the_connection_of_a_fault_counts_as_cut(city: Any, port: int) -> None:
    patient, hospital = await city.person(20_000), city.hospital
    message = await bill(city, patient)
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    body = json.dumps(message).encode()
    head = b"POST / HTTP/1.1\r\nhost: x\r\nx-gongji-fault: cut-after\r\ncontent-length: %d\r\n\r\n" % len(body)
    writer.write(head + body)
    assert not (await reader.read()).partition(b"\r\n\r\n")[2]
    writer.close()
    [one] = await lost(city, hospital.code)
    assert one.message_id == message["msgid"]
