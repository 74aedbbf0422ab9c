"""One run: yardsticks, engine, gateway, on one temporary server with durable commits; then the books are verified."""

import asyncio
import os
import shutil
import signal
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from typing import Any, Final

import msgspec
import psycopg

from gongji.bench import engine, gateway, hordak, pgbench, server, workload
from gongji.bench.engine import Writer
from gongji.bench.gateway import Load, Served, percentile
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.ledger.verify import verify
from gongji.listening import Listening, free_port
from gongji.policyfiles import load, locate
from gongji.service.platform import china_now

WRITERS: Final = (1, 2)
CONNECTIONS: Final = (64, 256)
PREVIEW_CONNECTIONS: Final = 64
GATEWAY_WORKERS: Final = 2
HOT_CLIENTS: Final = 64
RATE_LIMIT: Final = 25_000
"""No machine of this size settles more a second: so many visits are prepared."""
HTTP_RATE_LIMIT: Final = 10_000
WARM: Final = 10_000
"""Settlements after which a process has loaded and cached what it needs."""
CHUNK: Final = 100_000
"""Visits that are registered at a time where many are settled."""
PATIENCE_SECONDS: Final = 3600

Tell = Callable[[str], None]
Figures = dict[str, Any]


class Plan(msgspec.Struct, frozen=True, kw_only=True):
    """What to measure.

    Attributes:
        seconds: of each measurement.
        runs: how often everything is measured; figures are medians, with the least and the most beside them.
        accounts: personal accounts in the books.
        growth: measure again after the books have grown; takes long.
        many_settlements: what one gateway process settles while its memory is watched, with growth.
        grown_accounts: accounts after growth.
        grown_settlements: settlements in the books after growth.
    """

    seconds: int
    runs: int = 1
    accounts: int = workload.ACCOUNTS
    growth: bool = False
    many_settlements: int = 1_000_000
    grown_accounts: int = 4_000_000
    grown_settlements: int = 5_000_000


def run(plan: Plan, tell: Tell) -> Figures:
    """Measure everything and return the figures of the contract, and more."""
    folder = Path(tempfile.mkdtemp(prefix="gongji-bench-"))
    folder.chmod(0o755)
    database = EmbeddedPostgres(folder)
    try:
        return _measure(server.start(database), folder, plan, tell)
    finally:
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(admin: str, folder: Path, plan: Plan, tell: Tell) -> Figures:
    yardstick = pgbench.prepare(admin)
    tell(f"建立 {plan.accounts} 个个人账户")
    books = _Books(admin, plan)
    rounds = []
    for number in range(1, plan.runs + 1):
        told = f"（第 {number} 轮，共 {plan.runs} 轮）" if plan.runs > 1 else ""
        tell(f"pgbench TPC-B{told}")
        tps, one_client = pgbench.measure(yardstick, plan.seconds)
        figures = {"pgbench_tps": tps, "pgbench_one_client_ms": one_client}
        figures |= _engine(books, plan, tell)
        figures |= _gateway(books, folder, plan, tell)
        rounds.append(figures | _ratios(figures))
        tell("核账")
        report = verify(books.dsn)
        if report.difference:
            raise RuntimeError(f"the books are wrong: {report.difference}")
    whole = _together(rounds)
    whole["splits_per_s"] = engine.splits_per_second(books.dsn)
    tell("启动")
    whole["start_ms"] = _start_ms(folder / "start")
    whole["hordak_transfers_per_s"] = hordak.measure(admin, plan.seconds, tell)
    if plan.growth:
        whole |= _growth(books, folder, plan, tell)
    return {key: _rounded(value) for key, value in whole.items()} | {
        "runs": plan.runs,
        "settlements": books.settled(),
        "verify_ok": verify(books.dsn).ok,
        "postgres": server.version(admin),
        "cpus": os.cpu_count(),
    }


class _Books:
    """The database that is measured; hands out visits that nobody has settled, and registers them before."""

    def __init__(self, admin: str, plan: Plan) -> None:
        with psycopg.connect(admin, autocommit=True) as conn:
            # Keys are compared as bytes, as the how-to for production advises.
            conn.execute("create database books template template0 locale_provider builtin builtin_locale 'C.UTF-8'")
        self.dsn = admin.replace("/postgres?", "/books?")
        self.accounts = plan.accounts
        self._next = 1
        migrate(self.dsn, china_now().date())
        workload.load_people(self.dsn, self.accounts)
        asyncio.run(workload.fund_accounts(self.dsn, load(locate()), self.accounts))

    def take(self, count: int, *, hot: bool = False) -> tuple[int, int]:
        visits = range(self._next, self._next + count)
        workload.load_visits(self.dsn, visits, self.accounts, hot=hot)
        self._next = visits.stop
        return visits.start, visits.stop

    def settled(self) -> int:
        with psycopg.connect(self.dsn, autocommit=True) as conn:
            row = conn.execute("select count(*) from settlement").fetchone()
        return int(row[0]) if row else 0


def _engine(books: _Books, plan: Plan, tell: Tell) -> Figures:
    rates = []
    for writers in WRITERS:
        tell(f"引擎，{writers} 个写入进程")
        rates.append(engine.measure(_writer(books, plan), writers))
    tell(f"一个家庭的账户，{HOT_CLIENTS} 个同时；再分散到各家")
    share = HOT_CLIENTS // WRITERS[-1]
    hot = engine.measure(_writer(books, plan, waiting=share, hot=True), WRITERS[-1])
    spread = engine.measure(_writer(books, plan, waiting=share), WRITERS[-1])
    return {"engine_settlements_per_s": max(rates), "hot_account_per_s": hot, "hot_spread_per_s": spread}


def _writer(books: _Books, plan: Plan, waiting: int = engine.WAITING, *, hot: bool = False) -> Writer:
    first, stop = books.take(plan.seconds * RATE_LIMIT, hot=hot)
    return Writer(
        dsn=books.dsn, seconds=plan.seconds, first=first, stop=stop, accounts=books.accounts, waiting=waiting, hot=hot
    )


def _gateway(books: _Books, folder: Path, plan: Plan, tell: Tell) -> Figures:
    with gateway.serving(books.dsn, folder, GATEWAY_WORKERS) as served:

        def load_of(infno: str, connections: int, rate: float | None = None) -> Load:
            count = int(plan.seconds * min(HTTP_RATE_LIMIT, rate or HTTP_RATE_LIMIT)) + connections
            everything = _load(books, served, infno, connections, count)
            return msgspec.structs.replace(everything, seconds=plan.seconds, rate=rate)

        gateway.measure(msgspec.structs.replace(load_of("2207", CONNECTIONS[0]), seconds=2))
        before, counted = served.megabytes, books.settled()
        figures = _rates(load_of, tell)
        return figures | _memory(served, before, books.settled() - counted)


def _load(books: _Books, served: Served, infno: str, connections: int, count: int) -> Load:
    """So many visits to be sent, however long it takes."""
    first, stop = books.take(count)
    return Load(
        port=served.port,
        infno=infno,
        seconds=PATIENCE_SECONDS,
        connections=connections,
        first=first,
        stop=stop,
        accounts=books.accounts,
    )


def _rates(load_of: Callable[..., Load], tell: Tell) -> Figures:
    measured = {}
    for connections in CONNECTIONS:
        tell(f"国家接口 2207，{connections} 个连接")
        measured[connections] = gateway.measure(load_of("2207", connections))
    connections = max(measured, key=lambda number: measured[number].per_second)
    best = measured[connections]
    tell("国家接口 2207，一半的速度")
    half = gateway.measure(load_of("2207", connections, best.per_second / 2))
    tell("国家接口 2207，1 个连接")
    alone = gateway.measure(load_of("2207", 1))
    tell(f"国家接口 2206，{PREVIEW_CONNECTIONS} 个连接")
    preview = gateway.measure(load_of("2206", PREVIEW_CONNECTIONS))
    return {
        "http_settlements_per_s": best.per_second,
        "http_p50_ms": percentile(best.latencies, 50),
        "http_p99_ms": percentile(best.latencies, 99),
        "http_connections": connections,
        "http_half_rate_p99_ms": percentile(half.latencies, 99),
        "http_one_connection_p50_ms": percentile(alone.latencies, 50),
        "preview_per_s": preview.per_second,
    }


def _memory(served: Served, before: float, settlements: int) -> Figures:
    return {"memory_before_mb": before, "memory_after_mb": served.megabytes, "memory_settlements": settlements}


def _ratios(figures: Figures) -> Figures:
    tps = figures["pgbench_tps"]
    return {
        "engine_ratio": figures["engine_settlements_per_s"] / tps,
        "http_ratio": figures["http_settlements_per_s"] / tps,
        "preview_ratio": figures["preview_per_s"] / figures["http_settlements_per_s"],
        "one_connection_ratio": figures["http_one_connection_p50_ms"] / figures["pgbench_one_client_ms"],
        "hot_account_ratio": figures["hot_account_per_s"] / figures["hot_spread_per_s"],
    }


def _together(rounds: list[Figures]) -> Figures:
    """The median of each figure over the runs, and how far they spread."""
    figures = {key: sorted(one[key] for one in rounds)[len(rounds) // 2] for key in rounds[0]}
    if len(rounds) > 1:
        figures["spread"] = {
            key: [_rounded(min(one[key] for one in rounds)), _rounded(max(one[key] for one in rounds))]
            for key in rounds[0]
        }
    return figures


def _start_ms(data: Path) -> float:
    """From the command to both ports ready, on a data folder that is there, with all regions."""
    data.mkdir(mode=0o755)
    environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
    elapsed = 0.0
    for _ in range(2):
        listening = Listening(host="127.0.0.1", port=free_port(), gateway_port=free_port())
        started = time.perf_counter()
        process = gateway.start(listening, data, environment)
        elapsed = time.perf_counter() - started
        process.send_signal(signal.SIGTERM)
        process.wait()
    return elapsed * 1000


def _growth(books: _Books, folder: Path, plan: Plan, tell: Tell) -> Figures:
    """Memory over many settlements, then the engine's rate when the books are large, as a part of what it was."""
    rate = _engine_rate(books, plan)
    figures = _long_memory(books, folder, plan, tell)
    tell(f"增加到 {plan.grown_accounts} 个账户")
    grown = range(books.accounts + 1, plan.grown_accounts + 1)
    workload.add_people(books.dsn, grown)
    asyncio.run(workload.fund(books.dsn, load(locate()), grown))
    books.accounts = plan.grown_accounts
    many = _engine_rate(books, plan)
    while (settled := books.settled()) < plan.grown_settlements:
        tell(f"账上 {settled} 笔结算")
        _settle_all(books, min(CHUNK, plan.grown_settlements - settled))
    full = _engine_rate(books, plan)
    return figures | {"grown_accounts_ratio": many / rate, "grown_settlements_ratio": full / rate}


def _long_memory(books: _Books, folder: Path, plan: Plan, tell: Tell) -> Figures:
    """Memory of one gateway process before and after the many settlements that it alone is asked for."""
    with gateway.serving(books.dsn, folder, 1) as served:

        def settle(count: int) -> None:
            gateway.measure(_load(books, served, "2207", CONNECTIONS[0], count))

        settle(WARM)
        before = served.megabytes
        for done in range(0, plan.many_settlements, CHUNK):
            tell(f"网关进程已结算 {done} 笔，内存 {served.megabytes:.0f} MB")
            settle(min(CHUNK, plan.many_settlements - done))
        return {"memory_many_before_mb": before, "memory_many_after_mb": served.megabytes}


def _settle_all(books: _Books, count: int) -> None:
    """Settle so many visits, however long it takes."""
    first, stop = books.take(count)
    everything = Writer(dsn=books.dsn, seconds=PATIENCE_SECONDS, first=first, stop=stop, accounts=books.accounts)
    engine.measure(everything, WRITERS[-1])


def _engine_rate(books: _Books, plan: Plan) -> float:
    return engine.measure(_writer(books, plan), WRITERS[-1])


def _rounded(value: Any) -> Any:
    if not isinstance(value, float):
        return value
    return round(value) if value >= 100 else round(value, 2)  # noqa: PLR2004 - three digits say enough
