"""One run: yardstick, engine, gateway, on one temporary server with durable commits; then the books are verified."""

import asyncio
import os
import shutil
import tempfile
from collections.abc import Callable
from pathlib import Path
from typing import Any

import psycopg

from gongji.bench import engine, gateway, pgbench, workload
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.ledger.verify import verify
from gongji.policyfiles import load, locate
from gongji.service.platform import china_now

WRITERS = (1, 2)
CONNECTIONS = (64, 256)
GATEWAY_WORKERS = 2
RATE_LIMIT = 25_000
"""No machine of this size settles more a second: so many visits are prepared."""

Tell = Callable[[str], None]


def run(seconds: int, tell: Tell, accounts: int = workload.ACCOUNTS) -> dict[str, Any]:
    """Measure everything and return the figures of the contract."""
    folder = Path(tempfile.mkdtemp(prefix="gongji-bench-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    try:
        return _measure(server.start(), folder, seconds, accounts, tell)
    finally:
        server.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _measure(admin: str, folder: Path, seconds: int, accounts: int, tell: Tell) -> dict[str, Any]:
    version = pgbench.assert_durable(admin)
    tell("pgbench TPC-B")
    tps, pgbench_ms = pgbench.measure(pgbench.prepare(admin), seconds)
    tell(f"建立 {accounts} 个个人账户")
    dsn = _books(admin, accounts)
    visits = _Visits(dsn, accounts)
    rates = []
    for writers in WRITERS:
        tell(f"引擎，{writers} 个写入进程")
        rates.append(engine.measure(dsn, seconds, writers, visits.take(seconds * RATE_LIMIT)))
    best = None
    with gateway.serving(dsn, folder, GATEWAY_WORKERS) as port:
        for connections in CONNECTIONS:
            tell(f"国家接口 2207，{connections} 个连接")
            measured = gateway.measure(port, "2207", seconds, connections, visits.take(30_000))
            if best is None or measured.per_second > best[0].per_second:
                best = (measured, connections)
        tell("国家接口 2207，1 个连接")
        alone = gateway.measure(port, "2207", seconds, 1, visits.take(10_000))
        tell("国家接口 2206，64 个连接")
        preview = gateway.measure(port, "2206", seconds, 64, visits.take(30_000))
    if best is None:
        raise RuntimeError("nothing was measured")
    tell("核账")
    report = verify(dsn)
    return {
        "pgbench_tps": round(tps),
        "engine_settlements_per_s": round(max(rates)),
        "http_settlements_per_s": round(best[0].per_second),
        "engine_ratio": round(max(rates) / tps, 2),
        "http_ratio": round(best[0].per_second / tps, 2),
        "http_p50_ms": round(gateway.percentile(best[0].latencies, 50), 1),
        "http_p99_ms": round(gateway.percentile(best[0].latencies, 99), 1),
        "http_connections": best[1],
        "pgbench_one_client_ms": pgbench_ms,
        "http_one_connection_p50_ms": round(gateway.percentile(alone.latencies, 50), 2),
        "preview_per_s": round(preview.per_second),
        "verify_ok": report.ok,
        "postgres": version,
        "cpus": os.cpu_count(),
    }


def _books(admin: str, accounts: int) -> str:
    with psycopg.connect(admin, autocommit=True) as conn:
        conn.execute("create database books")
    dsn = admin.replace("/postgres?", "/books?")
    migrate(dsn, china_now().date())
    workload.load_people(dsn, accounts)
    asyncio.run(workload.fund_accounts(dsn, load(locate()), accounts))
    return dsn


class _Visits:
    """Hands out visits that nobody has settled, and registers them before."""

    def __init__(self, dsn: str, accounts: int) -> None:
        self._dsn, self._accounts, self._next = dsn, accounts, 1

    def take(self, count: int) -> range:
        visits = range(self._next, self._next + count)
        workload.load_visits(self._dsn, visits, self._accounts)
        self._next = visits.stop
        return visits
