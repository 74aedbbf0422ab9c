"""Run the two listeners: people over the internet, institutions over the private network (启动服务)."""

import asyncio
import os
import signal
import subprocess
import sys
from collections.abc import Awaitable, Callable
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from typing import Final

import msgspec
import psycopg
import structlog
from psycopg import AsyncConnection

from gongji.channels.nhsa.gateway import gateway
from gongji.channels.nhsa.mobile_centre import PaymentNotices
from gongji.core.person import Person
from gongji.demo import city, third_party
from gongji.figures import Figures
from gongji.http_listener import Listener, run_in_loop
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.ledger.sql import queries
from gongji.listening import Listening, expect_free
from gongji.logs import write_log_lines
from gongji.memory import settle_in
from gongji.policyfiles import load, locate
from gongji.service import binding_life, notices, set_aside, wallet
from gongji.service.abuse_scan import scan
from gongji.service.mobile_payment import LETTER as PAYMENT
from gongji.service.outlets import delivering
from gongji.service.platform import Platform, china_now
from gongji.service.upkeep import sweep
from gongji.settings import Settings, SettingsError, read_settings

log = structlog.get_logger()

WATCH_SECONDS: Final = 0.5
LOOK_SECONDS: Final = 900


def run(settings: Settings, listening: Listening, *, demo: bool, ready: Callable[[Platform], Awaitable[None]]) -> None:
    """Start everything, serve until SIGTERM or SIGINT, finish what was accepted, stop."""
    for port in (listening.port, listening.gateway_port):
        expect_free(listening.host, port)
    embedded = None if settings.database_url else EmbeddedPostgres(settings.data)
    try:
        with ThreadPoolExecutor(max_workers=1) as beside:
            database = beside.submit(lambda: embedded.start() if embedded else str(settings.database_url))
            # The people's side is the largest part of the program; it loads while the database comes up.
            import_module("gongji.app")
        dsn = database.result()
        migrate(dsn, china_now().date())
        if settings.production:
            _refuse_demo(dsn)
        _note_addresses(dsn, listening)
        run_in_loop(_serve(dsn, settings, listening, embedded, demo=demo, ready=ready))
    finally:
        if embedded:
            embedded.stop()


def _refuse_demo(dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        if conn.execute(queries["setting"], {"key": "demo"}).fetchone():
            raise SettingsError("数据库中有演示城市的虚构数据，不能用于生产；请为 DATABASE_URL 换一个新的数据库")


def _note_addresses(dsn: str, listening: Listening) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        for key, value in (("portal", listening.portal_url), ("gateway", listening.gateway_url)):
            conn.execute(queries["put_setting"], {"key": key, "value": value})


def _opened_at(settings: Settings, listening: Listening) -> list[str]:
    """Where people open the portal: at the public address, if there is one, or on this machine."""
    return [settings.public_url] if settings.public_url else [f"http://127.0.0.1:{listening.port}"]


async def _serve(
    dsn: str,
    settings: Settings,
    listening: Listening,
    embedded: EmbeddedPostgres | None,
    *,
    demo: bool,
    ready: Callable[[Platform], Awaitable[None]],
) -> None:
    platform = Platform(dsn, load(locate()), sandbox=not settings.production)
    await platform.open()
    if demo:
        await city.build(platform)
    if platform.sandbox:
        await third_party.register(platform, _opened_at(settings, listening))
    figures = Figures(settings.data)
    figures.begin()
    chores = [asyncio.create_task(_keep_months(dsn)), asyncio.create_task(_keep_tidy(platform))]
    chores.append(asyncio.create_task(figures.keep_writing()))
    chores.append(asyncio.create_task(_keep_looking(platform)))
    chores.append(asyncio.create_task(_keep_terms(platform)))
    if embedded:
        chores.append(asyncio.create_task(_keep_alive(embedded)))
    chores += [asyncio.create_task(_keep_worker(dsn, settings, listening)) for _ in range(listening.workers - 1)]
    await ready(platform)
    try:
        async with delivering(platform, settings, {PAYMENT: PaymentNotices(platform)}):
            await listen(platform, settings, listening)
    finally:
        for chore in chores:
            chore.cancel()
        await asyncio.gather(*chores, return_exceptions=True)
        await platform.close()


async def listen(platform: Platform, settings: Settings, listening: Listening) -> None:
    """Serve both ports in this process until a signal asks to stop; requests in flight are finished."""
    from gongji.app import portal  # noqa: PLC0415 - see run

    if settings.sms.adapter != "off":
        platform.send_code = _send_code
    servers = [
        Listener(portal(platform, settings), listening.host, listening.port),
        Listener(gateway(platform, settings), listening.host, listening.gateway_port),
    ]
    settle_in()
    loop = asyncio.get_running_loop()
    for number in (signal.SIGTERM, signal.SIGINT):
        loop.add_signal_handler(number, _stopper(servers))
    await asyncio.gather(*(server.listen() for server in servers))


async def _send_code(conn: AsyncConnection, person: Person, code: str) -> None:
    await notices.send_code(conn, person.person_no, code, china_now())


def _stopper(servers: list[Listener]) -> Callable[[], None]:
    def stop() -> None:
        for server in servers:
            server.stop()

    return stop


async def _keep_alive(embedded: EmbeddedPostgres) -> None:
    """Start the embedded database again when it dies; what was acknowledged is in its log."""
    while True:
        await asyncio.sleep(WATCH_SECONDS)
        if await asyncio.to_thread(lambda: embedded.alive):
            continue
        log.warning("embedded database is down, starting it again")
        with suppress(subprocess.SubprocessError, AssertionError, OSError):
            await asyncio.to_thread(embedded.revive)


async def _keep_months(dsn: str) -> None:
    """Make the partitions of coming months, once a day."""
    while True:
        await asyncio.sleep(24 * 3600)
        with suppress(psycopg.Error):
            await asyncio.to_thread(migrate, dsn, china_now().date())


async def _keep_terms(platform: Platform) -> None:
    """Do what falls due at a time of day, each minute; what fell due before the start is done at once."""
    while True:
        try:
            await wallet.return_unaccepted(platform)
            await binding_life.end_expired(platform)
            await set_aside.release_left(platform)
        except Exception:
            log.exception("what falls due could not be done, trying again in a minute")
        await asyncio.sleep(60)


async def _keep_tidy(platform: Platform) -> None:
    """Throw away what has expired, each hour."""
    while True:
        await asyncio.sleep(3600)
        with suppress(psycopg.Error):
            await sweep(platform)


async def _keep_looking(platform: Platform) -> None:
    """Look for patterns of misuse, every quarter of an hour."""
    while True:
        await asyncio.sleep(LOOK_SECONDS)
        with suppress(psycopg.Error):
            for finding in await scan(platform):
                log.info("incident", kind=finding.kind.value, region=finding.region)


async def _keep_worker(dsn: str, settings: Settings, listening: Listening) -> None:
    """Another process on the same ports; started again if it dies, stopped when this task is cancelled."""
    environment = os.environ | {"DATABASE_URL": dsn, "GONGJI_WORKER": msgspec.json.encode(listening).decode()}
    arguments = ("-m", "gongji.serve", str(settings.data))
    while True:
        # The pipe tells the worker when its parent is gone, however that happened.
        worker = await asyncio.create_subprocess_exec(
            sys.executable, *arguments, env=environment, stdin=asyncio.subprocess.PIPE
        )
        try:
            code = await worker.wait()
        except asyncio.CancelledError:
            worker.terminate()
            await worker.wait()
            raise
        log.warning("worker stopped, starting it again", code=code)
        await asyncio.sleep(WATCH_SECONDS)


async def _work(settings: Settings, listening: Listening) -> None:
    if settings.database_url is None:
        raise SystemExit("a worker needs DATABASE_URL")
    platform = Platform(settings.database_url, load(locate()), sandbox=not settings.production)
    await platform.open()
    watch = asyncio.create_task(_stop_with_parent())
    writing = asyncio.create_task(Figures(settings.data).keep_writing())
    try:
        async with delivering(platform, settings, {PAYMENT: PaymentNotices(platform)}):
            await listen(platform, settings, listening)
    finally:
        watch.cancel()
        writing.cancel()
        await platform.close()


async def _stop_with_parent() -> None:
    reader = asyncio.StreamReader()
    await asyncio.get_running_loop().connect_read_pipe(lambda: asyncio.StreamReaderProtocol(reader), sys.stdin)
    await reader.read()
    os.kill(os.getpid(), signal.SIGTERM)


if __name__ == "__main__":
    write_log_lines()
    run_in_loop(
        _work(read_settings(Path(sys.argv[1])), msgspec.json.decode(os.environ["GONGJI_WORKER"], type=Listening))
    )
