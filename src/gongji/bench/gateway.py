"""The real national interface under load, with the load from a process of its own.

Run as a program it is the load: ``python -m gongji.bench.gateway '{"port": …}'``, see :class:`Load`.
"""

import asyncio
import os
import signal
import statistics
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections import deque
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import cast

import msgspec
import psutil

from gongji.bench.engine import Measured
from gongji.bench.workload import REGION, amount_of, certificate_of, institution_of, person_of
from gongji.core.money import format_yuan
from gongji.http_listener import run_in_loop
from gongji.listening import Listening, free_port

HEADER = b"POST /fsi/api/rsfComIfsService/callService HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
PATIENCE_SECONDS = 180
_SUCCESS = b'"infcode":0'


class Load(msgspec.Struct, frozen=True, kw_only=True):
    """What to send: so many connections for so long, visits of a range once each.

    ``rate`` spaces the messages evenly, whatever the answers take; None sends the next one when an answer is there.
    """

    port: int
    infno: str
    seconds: float
    connections: int
    first: int
    stop: int
    accounts: int
    rate: float | None = None


class Served(msgspec.Struct, frozen=True):
    """A running server: the gateway's port, the portal's, and the process that was started."""

    port: int
    portal: int
    process: psutil.Process

    @property
    def megabytes(self) -> float:
        """Memory of the largest process that serves."""
        family = [self.process, *self.process.children(recursive=True)]
        return max(p.memory_info().rss for p in family if p.name().startswith(("python", "gongji"))) / 1e6


@contextmanager
def serving(dsn: str, data: Path, workers: int) -> Iterator[Served]:
    """The real server on a database that is there."""
    listening = Listening(host="127.0.0.1", port=free_port(), gateway_port=free_port(), workers=workers)
    process = start(listening, data, os.environ | {"DATABASE_URL": dsn})
    try:
        yield Served(listening.gateway_port, listening.port, psutil.Process(process.pid))
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def start(listening: Listening, data: Path, environment: dict[str, str]) -> "subprocess.Popen[bytes]":
    """Start ``gongji up`` and wait until both ports are ready.

    Raises:
        NotStartedError: it ended, for example because another process still has the ports.
        TimeoutError: it is not ready in time.
    """
    arguments = [sys.executable, "-m", "gongji", "up", "--data", str(data), "--port", str(listening.port)]
    arguments += ["--gateway-port", str(listening.gateway_port), "--workers", str(listening.workers)]
    process = subprocess.Popen(  # noqa: S603
        arguments, env=environment, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    for url in (listening.portal_url, listening.gateway_url):
        _wait(f"{url}/healthz", process)
    return process


class NotStartedError(RuntimeError):
    """The server ended instead of serving."""


def _wait(url: str, process: "subprocess.Popen[bytes]") -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if process.poll() is not None:
            raise NotStartedError(f"gongji up ended with {process.returncode}")
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.02)
    raise TimeoutError(url)


def request(infno: str, visit: int, accounts: int) -> bytes:
    """A whole HTTP request that settles (2207) or previews (2206) a visit."""
    institution, amount = institution_of(visit), format_yuan(amount_of(visit))
    message = {
        "infno": infno,
        "msgid": f"{institution}H{visit:012d}",
        "mdtrtarea_admvs": REGION,
        "insuplc_admdvs": REGION,
        "recer_sys_code": "FSI_LOCAL",
        "infver": "V1.0",
        "opter_type": "1",
        "opter": "op",
        "opter_name": "测",
        "inf_time": "2026-01-01 00:00:00",
        "fixmedins_code": institution,
        "fixmedins_name": "测试医院",
        "input": {
            "data": {
                "psn_no": person_of(visit, accounts),
                "mdtrt_cert_type": "02",
                "mdtrt_cert_no": certificate_of(visit, accounts),
                "med_type": "11",
                "medfee_sumamt": amount,
                "psn_setlway": "01",
                "mdtrt_id": f"V{visit}",
                "chrg_bchno": "1",
                "insutype": "310",
                "acct_used_flag": "2",
                **_parts(infno, visit),
            }
        },
    }
    body = msgspec.json.encode(message)
    return HEADER + b"Content-Length: " + str(len(body)).encode() + b"\r\n\r\n" + body


def _parts(infno: str, visit: int) -> dict[str, str]:
    """2207 repeats the parts of the bill."""
    if infno != "2207":
        return {}
    amount = amount_of(visit)
    first = amount // 50
    return {
        "fulamt_ownpay_amt": "0",
        "overlmt_selfpay": "0",
        "preselfpay_amt": format_yuan(first),
        "inscp_scp_amt": format_yuan(amount - first),
    }


class _Client(asyncio.Protocol):
    """One connection that sends a message after the other."""

    def __init__(self, press: "_Press") -> None:
        self._press = press
        self._transport: asyncio.Transport | None = None
        self._buffer = b""
        self._due = 0.0
        self.ended: asyncio.Future[None] = asyncio.get_running_loop().create_future()

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        # uvloop's transports are no subclasses of asyncio's.
        self._transport = cast("asyncio.Transport", transport)

    def data_received(self, data: bytes) -> None:
        self._buffer = self._buffer + data if self._buffer else data
        head, found, body = self._buffer.partition(b"\r\n\r\n")
        if not found:
            return
        length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
        if len(body) < length:
            return
        self._press.latencies.append(time.perf_counter() - self._due)
        self._buffer = b""
        if _SUCCESS not in body:
            self._end(RuntimeError(body.decode()))
            return
        self._next()

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(exc or ConnectionError("the server closed the connection"))

    def begin(self) -> None:
        """Send the first message."""
        self._next()

    def _next(self) -> None:
        due = self._press.next_due()
        if due is None:
            self._end(None)
            return
        self._due = due
        wait = due - time.perf_counter()
        if wait > 0:
            asyncio.get_running_loop().call_later(wait, self._send)
        else:
            self._send()

    def _send(self) -> None:
        if self._transport and self._press.prepared:
            self._transport.write(self._press.prepared.popleft())
        else:
            self._end(None)

    def _end(self, error: Exception | None) -> None:
        if self.ended.done():
            return
        if error:
            self.ended.set_exception(error)
        else:
            self.ended.set_result(None)
        if self._transport:
            self._transport.close()


class _Press:
    """What the connections share: the messages, the clock and the latencies."""

    def __init__(self, load: Load) -> None:
        visits = range(load.first, load.stop)
        self.prepared = deque(request(load.infno, visit, load.accounts) for visit in visits)
        self.latencies: list[float] = []
        self._gap = 1 / load.rate if load.rate else None
        self._seconds = load.seconds
        self.started = self._end = self._due = 0.0

    def begin(self) -> None:
        """Start the clock."""
        self.started = self._due = time.perf_counter()
        self._end = self.started + self._seconds

    def next_due(self) -> float | None:
        """When the next message is due; None when the time is over or nothing is left."""
        now = time.perf_counter()
        if not self.prepared or now >= self._end:
            return None
        if self._gap is None:
            return now
        self._due += self._gap
        return self._due if self._due < self._end else None


async def press(load: Load) -> Measured:
    """Keep the connections busy; every answer must be a success."""
    shared = _Press(load)
    loop = asyncio.get_running_loop()
    clients = [
        (await loop.create_connection(lambda: _Client(shared), "127.0.0.1", load.port))[1]
        for _ in range(load.connections)
    ]
    shared.begin()
    for client in clients:
        client.begin()
    await asyncio.gather(*(client.ended for client in clients))
    elapsed = time.perf_counter() - shared.started
    return Measured(settlements=len(shared.latencies), seconds=elapsed, latencies=shared.latencies)


def measure(load: Load) -> Measured:
    """Load the gateway from another process."""
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gongji.bench.gateway", msgspec.json.encode(load).decode()],
        stdout=subprocess.PIPE,
        check=True,
    )
    return msgspec.json.decode(done.stdout, type=Measured)


def percentile(latencies: list[float], percent: int) -> float:
    """A percentile of latencies, in milliseconds."""
    if len(latencies) == 1:
        return latencies[0] * 1000
    return statistics.quantiles(latencies, n=100)[percent - 1] * 1000


if __name__ == "__main__":
    result = run_in_loop(press(msgspec.json.decode(sys.argv[1], type=Load)))
    sys.stdout.buffer.write(msgspec.json.encode(result))
