"""The outbox and its deliverers: failing gateways, late answers, two at once, killed in the middle."""

import asyncio
import signal
import sys
import time
from collections.abc import AsyncIterator, Iterator
from datetime import datetime, timedelta

import psycopg
import pytest

from gongji.core.notices import Channel, Kind
from gongji.core.times import CHINA
from gongji.service import deliver
from gongji.service.adapters import Adapter, HttpAdapter, NoticeHandler, OffAdapter, SandboxAdapter
from gongji.service.deliver import Deliverer
from gongji.service.inbox import choose
from gongji.service.letters import LetterState, count_letters, letters, retry
from gongji.service.notices import LETTER, send_code
from gongji.service.outbox import Letter, Taken, post
from gongji.service.platform import Platform
from gongji.service.sandbox import sandbox_messages
from message_gateway import KEY, Gateway
from world import World

NOON = datetime.now(CHINA).replace(hour=12, minute=0, second=0, microsecond=0)
PHONE = "13900000001"


class Clock:
    """A time that moves when told to."""

    def __init__(self) -> None:
        self.now = NOON

    def __call__(self) -> datetime:
        return self.now

    def pass_(self, span: timedelta) -> None:
        self.now += span


@pytest.fixture
def clock(platform: Platform) -> Clock:
    platform.clock = Clock()
    return platform.clock


@pytest.fixture
async def world(platform: Platform, clock: Clock, dsn: str) -> World:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("truncate outbox, sandbox_message")
    opened = await World(platform).open()
    await opened.person("父", phone=PHONE)
    return opened


@pytest.fixture
def gateway() -> Iterator[Gateway]:
    with Gateway() as running:
        yield running
    assert running.faults == []


@pytest.fixture
async def outward(platform: Platform, gateway: Gateway) -> AsyncIterator[Deliverer]:
    adapter = HttpAdapter(gateway.url, KEY, seconds=0.3)
    yield deliverer(platform, adapter)
    await adapter.close()


def deliverer(platform: Platform, adapter: Adapter, lease: timedelta = timedelta(seconds=60)) -> Deliverer:
    return Deliverer(platform, {LETTER: NoticeHandler(platform, dict.fromkeys(Channel, adapter))}, lease=lease)


async def put_letters(world: World, count: int = 1, channel: Channel = Channel.SMS) -> None:
    facts = {"when": "今天", "other": "李建国", "place": "长安药房", "amount": "6.00", "purpose": "药店购药"}
    payload = {"kind": Kind.SHARED_MONEY_USED.value, "side": "authoriser", "facts": facts}
    letter = Letter(kind=LETTER, channel=channel.value, recipient=world.people["父"], payload=payload)
    async with world.platform.pool.connection() as conn:
        assert len(set(await post(conn, [letter] * count, world.platform.clock()))) == count


async def test_what_is_chosen_goes_out_and_nothing_else(
    world: World, platform: Platform, clock: Clock, gateway: Gateway, outward: Deliverer
) -> None:
    await world.person("子", 10_000)
    assert await world.bind("子", "父")
    await choose(platform, world.people["父"], {Channel.SMS: [Kind.BINDING_ENDED, Kind.SHARED_MONEY_USED]}, "rest")
    await choose(platform, world.people["子"], {Channel.MINI_PROGRAM: [Kind.SHARED_MONEY_USED]}, "rest")
    await world.buy("父", 600)
    # The writer's own clock is the real one.
    clock.pass_(timedelta(days=1))
    assert await outward.round() == 2
    sent = {message["channel"]: message for message in gateway.got}
    assert sent["sms"]["to"] == PHONE
    assert sent["sms"]["kind"] == "shared_money_used"
    assert "子共享的资金 6.00 元" in sent["sms"]["text"]
    assert sent["mini_program"]["to"] == world.people["子"]
    assert await outward.round() == 0
    assert (await count_letters(platform))[LetterState.DELIVERED] == 2


async def test_a_failing_gateway_is_asked_again_later_with_the_same_delivery_id(
    world: World, clock: Clock, gateway: Gateway, outward: Deliverer
) -> None:
    gateway.answers = [503, "cut", 429, 200]
    await put_letters(world)
    for attempt in range(1, 4):
        assert await outward.round() == 1
        (waiting,) = await letters(world.platform, [LetterState.WAITING])
        assert waiting.attempts == attempt
        assert waiting.due_at > clock.now
        assert await outward.round() == 0
        clock.now = waiting.due_at
    assert [waiting.error] == ["status 429"]
    assert await outward.round() == 1
    assert len(gateway.got) == 4
    assert len(set(gateway.deliveries)) == 1
    (delivered,) = await letters(world.platform, [LetterState.DELIVERED])
    assert (delivered.attempts, delivered.error) == (4, None)
    assert "李**" in gateway.got[0]["text"]
    assert "李建国" not in str(gateway.got)


async def test_a_late_answer_may_deliver_twice_and_the_id_says_so(
    world: World, clock: Clock, gateway: Gateway, outward: Deliverer
) -> None:
    gateway.delay = 0.6
    await put_letters(world)
    await outward.round()
    (waiting,) = await letters(world.platform, [LetterState.WAITING])
    assert waiting.error == "timeout"
    gateway.delay = 0
    clock.now = waiting.due_at
    await outward.round()
    assert len(gateway.got) == 2
    assert len(set(gateway.deliveries)) == 1
    assert (await count_letters(world.platform))[LetterState.DELIVERED] == 1


async def test_after_the_last_attempt_a_letter_is_dead_until_somebody_retries(
    world: World, clock: Clock, gateway: Gateway, outward: Deliverer
) -> None:
    gateway.answers = [500]
    await put_letters(world, 2)
    for _ in range(deliver.ATTEMPTS):
        assert await outward.round() == 2
        clock.pass_(timedelta(days=1))
    assert await outward.round() == 0
    dead = await letters(world.platform, [LetterState.DEAD])
    assert [(letter.attempts, letter.error) for letter in dead] == [(deliver.ATTEMPTS, "status 500")] * 2
    gateway.answers = [200]
    assert await retry(world.platform, [dead[0].id]) == 1
    assert await retry(world.platform, [dead[0].id]) == 0
    assert await outward.round() == 1
    assert await retry(world.platform, None) == 1
    assert await outward.round() == 1
    assert (await count_letters(world.platform))[LetterState.DELIVERED] == 2


@pytest.mark.parametrize("status", [400, 401, 404, 302])
async def test_what_asking_again_cannot_mend_is_dead_at_once(
    world: World, gateway: Gateway, outward: Deliverer, status: int
) -> None:
    gateway.answers = [status]
    await put_letters(world)
    await outward.round()
    (dead,) = await letters(world.platform, [LetterState.DEAD])
    assert (dead.attempts, dead.error) == (1, f"status {status}")


async def test_no_gateway_no_telephone_no_channel(world: World, clock: Clock) -> None:
    await put_letters(world)
    nowhere = HttpAdapter("http://127.0.0.1:1/", KEY)
    await deliverer(world.platform, nowhere).round()
    await nowhere.close()
    (waiting,) = await letters(world.platform, [LetterState.WAITING])
    assert waiting.error == "no connection"
    clock.now = waiting.due_at
    await deliverer(world.platform, OffAdapter()).round()
    await world.person("父", phone="")
    await put_letters(world)
    await deliverer(world.platform, SandboxAdapter(world.platform)).round()
    dead = await letters(world.platform, [LetterState.DEAD])
    assert {letter.error for letter in dead} == {"channel sms is off", "no telephone number"}


async def test_text_messages_wait_for_the_morning_but_codes_do_not(world: World, clock: Clock) -> None:
    clock.now = NOON.replace(hour=23)
    await put_letters(world)
    await put_letters(world, channel=Channel.MINI_PROGRAM)
    async with world.platform.pool.connection() as conn:
        code = await send_code(conn, world.people["父"], "314159", clock.now)
    sandbox = deliverer(world.platform, SandboxAdapter(world.platform))
    assert await sandbox.round() == 3
    page = await sandbox_messages(world.platform)
    assert {(message.channel, message.kind) for message in page.messages} == {
        ("sms", "sign_in_code"),
        ("mini_program", "shared_money_used"),
    }
    assert next(message for message in page.messages if message.delivery_id == code).to == "139****0001"
    (waiting,) = await letters(world.platform, [LetterState.WAITING])
    morning = (NOON + timedelta(days=1)).replace(hour=8)
    assert morning <= waiting.due_at <= morning + deliver.MORNING_SPREAD
    assert waiting.attempts == 0
    clock.now = waiting.due_at
    assert await sandbox.round() == 1
    assert (await count_letters(world.platform))[LetterState.WAITING] == 0


async def test_a_code_is_forgotten_when_it_was_sent_or_is_too_late(world: World, clock: Clock, dsn: str) -> None:
    async with world.platform.pool.connection() as conn:
        await send_code(conn, world.people["父"], "271828", clock.now)
        await deliverer(world.platform, SandboxAdapter(world.platform)).round()
        await send_code(conn, world.people["父"], "161803", clock.now)
    clock.pass_(timedelta(minutes=6))
    await deliverer(world.platform, SandboxAdapter(world.platform)).round()
    with psycopg.connect(dsn) as conn_:
        kept = conn_.execute("select state, payload, error from outbox order by created_at, state desc").fetchall()
    assert kept == [("delivered", {}, None), ("dead", {}, "expired")]
    assert await retry(world.platform, None) == 0


async def test_two_deliverers_share_the_work(world: World, dsn: str, gateway: Gateway) -> None:
    other = Platform(dsn, world.platform.book, clock=world.platform.clock)
    await other.open()
    gateway.delay = 0.02
    await put_letters(world, 60)
    adapters = [HttpAdapter(gateway.url, KEY) for _ in range(2)]
    both = [deliverer(p, a) for p, a in zip((world.platform, other), adapters, strict=True)]

    async def work(each: Deliverer) -> int:
        done = 0
        while taken := await each.round():
            done += taken
        return done

    shares = await asyncio.gather(*map(work, both))
    for adapter in adapters:
        await adapter.close()
    await other.close()
    assert sum(shares) == 60
    assert min(shares) > 0
    assert len(gateway.deliveries) == len(set(gateway.deliveries)) == 60
    assert (await count_letters(world.platform))[LetterState.DELIVERED] == 60


async def test_a_fault_of_ours_does_not_stop_other_letters(world: World, gateway: Gateway, outward: Deliverer) -> None:
    strange = Letter(kind=LETTER, channel="sms", recipient=world.people["父"], payload={"kind": "nonsense"})
    unknown = Letter(kind="payment_result", channel="merchant", recipient="M1", payload={})
    async with world.platform.pool.connection() as conn:
        await post(conn, [strange, unknown], NOON)
    await put_letters(world)
    assert await outward.round() == 2
    assert len(gateway.got) == 1
    errors = {letter.kind: letter.error for letter in await letters(world.platform, [LetterState.WAITING])}
    assert errors == {LETTER: "fault ValueError", "payment_result": None}


async def test_other_kinds_bring_their_own_handler(world: World) -> None:
    class Payments:
        got: list[tuple[str, int]]

        async def deliver(self, taken: Taken) -> None:
            self.got.append((taken.letter.payload["order"], taken.attempt))

    payments = Payments()
    payments.got = []
    letter = Letter(kind="payment_result", channel="merchant", recipient="M1", payload={"order": "42"})
    async with world.platform.pool.connection() as conn:
        await post(conn, [letter], NOON)
    await Deliverer(world.platform, {"payment_result": payments}).round()
    assert payments.got == [("42", 1)]


async def test_a_letter_that_kills_whoever_takes_it_ends_as_dead(world: World, dsn: str, gateway: Gateway) -> None:
    await put_letters(world)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("update outbox set attempts = %s", [deliver.ATTEMPTS])
    adapter = HttpAdapter(gateway.url, KEY)
    assert await deliverer(world.platform, adapter).round() == 1
    await adapter.close()
    assert gateway.got == []
    (dead,) = await letters(world.platform, [LetterState.DEAD])
    assert dead.error == "never finished"


async def test_the_loop_outlives_a_database_that_is_away(world: World, gateway: Gateway, outward: Deliverer) -> None:
    faults = iter([psycopg.OperationalError("away"), RuntimeError("strange")])
    inner = outward.round

    async def round_() -> int:
        for fault in faults:
            raise fault
        return await inner()

    outward.round = round_  # type: ignore[method-assign]
    running = asyncio.create_task(outward.run())
    await put_letters(world)
    await _until(lambda: len(gateway.got) == 1)
    outward.stop()
    await asyncio.wait_for(running, 5)


async def test_the_loop_delivers_until_it_is_stopped_and_forgets_what_is_old(
    world: World, clock: Clock, gateway: Gateway, outward: Deliverer
) -> None:
    await put_letters(world, 20)
    running = asyncio.create_task(outward.run())
    await _until(lambda: len(gateway.got) == 20)
    outward.stop()
    await asyncio.wait_for(running, 5)
    assert (await count_letters(world.platform))[LetterState.DELIVERED] == 20
    clock.pass_(timedelta(days=31))
    await outward._forget_old()
    assert sum((await count_letters(world.platform)).values()) == 0


async def _until(holds: object, seconds: float = 10) -> None:
    deadline = time.monotonic() + seconds
    while not holds():  # type: ignore[operator]
        assert time.monotonic() < deadline
        await asyncio.sleep(0.02)


_PROGRAM = """
import asyncio, sys
from datetime import timedelta
from gongji.core.notices import Channel
from gongji.policyfiles import load, locate
from gongji.service.adapters import HttpAdapter, NoticeHandler
from gongji.service.deliver import Deliverer
from gongji.service.notices import LETTER
from gongji.service.platform import Platform, china_now

async def main(dsn, url, key):
    noon = lambda: china_now().replace(hour=12)
    platform = Platform(dsn, load(locate()), clock=noon)
    await platform.open()
    handler = NoticeHandler(platform, dict.fromkeys(Channel, HttpAdapter(url, key)))
    await Deliverer(platform, {LETTER: handler}, lease=timedelta(seconds=2)).run()

asyncio.run(main(*sys.argv[1:]))
"""


async def test_a_deliverer_killed_in_the_middle_loses_nothing(
    world: World, dsn: str, gateway: Gateway, clock: Clock
) -> None:
    """SIGKILL while requests are on their way: another one delivers the rest when the lease has ended."""
    gateway.delay = 0.2
    clock.now = datetime.now(CHINA).replace(hour=11)
    await put_letters(world, 40)
    first = await asyncio.create_subprocess_exec(sys.executable, "-c", _PROGRAM, dsn, gateway.url, KEY)
    try:
        await _until(lambda: len(gateway.got) >= 12, 30)
    finally:
        first.send_signal(signal.SIGKILL)
        await first.wait()
    reached = set(gateway.deliveries)
    assert len(reached) < 40
    gateway.delay = 0
    clock.now = datetime.now(CHINA).replace(hour=12)
    adapter = HttpAdapter(gateway.url, KEY)
    second = deliverer(world.platform, adapter)
    assert await second.round() > 0
    while (await count_letters(world.platform))[LetterState.WAITING]:
        clock.pass_(timedelta(seconds=3))
        await second.round()
    await adapter.close()
    assert len(set(gateway.deliveries)) == 40
    assert reached <= set(gateway.deliveries)
    counts = await count_letters(world.platform)
    assert counts[LetterState.DELIVERED] == 40
    # Only what was on its way when it died came twice.
    assert len(gateway.deliveries) - 40 <= deliver.AT_ONCE
