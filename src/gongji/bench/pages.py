"""Server time of the portal's pages for many people at once, while bills are settled beside them (页面的响应时间).

People read: each opens a page, looks at it for about a second, and opens the next. What is measured is the time from
the request to the last byte of the answer, which on one machine is the server's. Run as a program it is the readers:
``python -m gongji.bench.pages '{"port": …}'``, see :class:`Readers`.
"""

import asyncio
import random
import shutil
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable
from functools import partial
from pathlib import Path
from typing import Final

import msgspec
import psycopg

from gongji.bench import gateway, workload
from gongji.bench.engine import Measured
from gongji.bench.gateway import Load, percentile
from gongji.http_listener import run_in_loop
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.ledger.sql import queries
from gongji.policyfiles import load, locate
from gongji.service.platform import china_now
from gongji.service.secret import hash_token, new_token
from gongji.service.sessions import SESSION_LIFE

PAGES: Final = (
    "/",
    "/account",
    "/records",
    "/family",
    "/voucher",
    "/messages",
    "/pay",
    "/me",
    "/ask?region=610100&relation=parent&purpose=pharmacy",
    "/quote?region=610100&status=retired&care=outpatient&level=3&amount=600&balance=50",
)
"""What people look at."""

ACCOUNTS: Final = 2_000
READERS: Final = 50
WORKERS: Final = 2
SETTLEMENTS_A_SECOND: Final = 100
CONNECTIONS: Final = 16
WARM_SECONDS: Final = 3.0
"""Templates, statements and rules are read once, before anything is measured."""
PAUSE_SECONDS: Final = (0.5, 1.5)
"""How long a page is looked at."""
_OK: Final = b"HTTP/1.1 200"

Tell = Callable[[str], None]


class Readers(msgspec.Struct, frozen=True, kw_only=True):
    """Whom to be: the port, the sessions' tokens, and how long."""

    port: int
    tokens: tuple[str, ...]
    seconds: float


class Looked(msgspec.Struct, frozen=True, kw_only=True):
    """What one kind of page took, in milliseconds, and its size in bytes."""

    page: str
    times: int
    p50_ms: float
    p99_ms: float
    bytes: int


class Figures(msgspec.Struct, frozen=True, kw_only=True):
    """All pages together, each page, and what was settled meanwhile.

    Attributes:
        p50_ms, p99_ms: of every page that was opened.
        pages_per_s: how many were opened.
        settlements_per_s: how many bills were settled beside them.
        settle_p99_ms: what those took.
    """

    readers: int
    p50_ms: float
    p99_ms: float
    pages_per_s: float
    settlements_per_s: float
    settle_p99_ms: float
    pages: tuple[Looked, ...]


class _Reading(msgspec.Struct):
    latencies: dict[str, list[float]]
    sizes: dict[str, int]


def run(seconds: float, tell: Tell) -> Figures:
    """Measure on a temporary server with durable commits."""
    folder = Path(tempfile.mkdtemp(prefix="gongji-pages-"))
    folder.chmod(0o755)
    database = EmbeddedPostgres(folder)
    try:
        dsn = database.start()
        tell(f"建立 {ACCOUNTS} 个个人账户")
        visits = _prepare(dsn, seconds + WARM_SECONDS)
        tokens = _sign_in(dsn)
        with gateway.serving(dsn, folder, WORKERS) as served:
            return _measure(served, visits, tokens, seconds, tell)
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(dsn: str, seconds: float) -> range:
    migrate(dsn, china_now().date())
    workload.load_people(dsn, ACCOUNTS)
    asyncio.run(workload.fund_accounts(dsn, load(locate()), ACCOUNTS))
    # The first half is settled before, so that people have something to look at.
    visits = range(1, int(seconds * SETTLEMENTS_A_SECOND) + ACCOUNTS + CONNECTIONS)
    workload.load_visits(dsn, visits, ACCOUNTS)
    return visits


def _sign_in(dsn: str) -> tuple[str, ...]:
    """Sessions of as many people, each with a relative's account or a relative who uses his."""
    tokens, now = [new_token() for _ in range(READERS)], china_now()
    with psycopg.connect(dsn, autocommit=True) as conn:
        for number, token in enumerate(tokens, start=1):
            person = {"token_hash": hash_token(token), "id": f"bench{number}", "person_no": workload.person(number)}
            conn.execute(queries["add_session"], person | {"device": "", "now": now, "expires": now + SESSION_LIFE})
    return tuple(tokens)


def _measure(served: gateway.Served, visits: range, tokens: tuple[str, ...], seconds: float, tell: Tell) -> Figures:
    first = visits.start + ACCOUNTS
    tell("结算每人一笔账单")
    load_of = partial(Load, port=served.port, infno="2207", accounts=ACCOUNTS, connections=CONNECTIONS)
    gateway.measure(load_of(seconds=600, first=visits.start, stop=first))
    tell("热身")
    _read(Readers(port=served.portal, tokens=tokens, seconds=WARM_SECONDS))
    tell(f"{READERS} 人看页面，同时每秒结算 {SETTLEMENTS_A_SECOND} 笔")
    beside = load_of(seconds=seconds, first=first, stop=visits.stop, rate=SETTLEMENTS_A_SECOND)
    settled: list[Measured] = []
    settling = threading.Thread(target=lambda: settled.append(gateway.measure(beside)))
    settling.start()
    found = _read(Readers(port=served.portal, tokens=tokens, seconds=seconds))
    settling.join()
    every = [one for some in found.latencies.values() for one in some]
    return Figures(
        readers=READERS,
        p50_ms=round(percentile(every, 50), 2),
        p99_ms=round(percentile(every, 99), 2),
        pages_per_s=round(len(every) / seconds, 1),
        settlements_per_s=round(settled[0].per_second, 1),
        settle_p99_ms=round(percentile(settled[0].latencies, 99), 2),
        pages=tuple(_looked(page, some, found.sizes[page]) for page, some in found.latencies.items()),
    )


def _looked(page: str, latencies: list[float], size: int) -> Looked:
    return Looked(
        page=page,
        times=len(latencies),
        p50_ms=round(percentile(latencies, 50), 2),
        p99_ms=round(percentile(latencies, 99), 2),
        bytes=size,
    )


def _read(readers: Readers) -> _Reading:
    """Read from another process, so that the readers' work is not counted."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gongji.bench.pages", msgspec.json.encode(readers).decode()],
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=_Reading)


async def read(readers: Readers) -> _Reading:
    """Be all readers; a page that is not there is a fault of the measurement."""
    found = _Reading(latencies={page: [] for page in PAGES}, sizes={})
    end = time.perf_counter() + readers.seconds
    await asyncio.gather(*(_one(readers.port, token, n, end, found) for n, token in enumerate(readers.tokens)))
    return found


async def _one(port: int, token: str, number: int, end: float, found: _Reading) -> None:
    """One reader with one connection, beginning with another page than his neighbours."""
    chance = random.Random(number)  # noqa: S311 - it only has to be repeatable
    await asyncio.sleep(chance.uniform(0, PAUSE_SECONDS[1]))
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    while time.perf_counter() < end:
        page = PAGES[number % len(PAGES)]
        number += 1
        started = time.perf_counter()
        writer.write(f"GET {page} HTTP/1.1\r\nHost: b\r\nCookie: gongji_session={token}\r\n\r\n".encode())
        head = await reader.readuntil(b"\r\n\r\n")
        length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        await reader.readexactly(length)
        found.latencies[page].append(time.perf_counter() - started)
        found.sizes[page] = length
        if not head.startswith(_OK):
            raise RuntimeError(f"{page}: {head.decode('latin-1')}")
        await asyncio.sleep(chance.uniform(*PAUSE_SECONDS))
    writer.close()


if __name__ == "__main__":
    result = run_in_loop(read(msgspec.json.decode(sys.argv[1], type=Readers)))
    sys.stdout.buffer.write(msgspec.json.encode(result))
