"""Settlements a second through the real national interface, with the load from a process of its own.

Run as a program it is the load: ``python -m gongji.bench.gateway PORT INFNO SECONDS CONNECTIONS FIRST STOP``.
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
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import msgspec

from gongji.bench.engine import Measured
from gongji.bench.workload import REGION, amount_of, certificate_of, institution_of, person_of
from gongji.core.money import format_yuan
from gongji.listening import Listening, free_port

HEADER = b"POST /fsi/api/rsfComIfsService/callService HTTP/1.1\r\nHost: b\r\nContent-Type: application/json\r\n"
PATIENCE_SECONDS = 30


@contextmanager
def serving(dsn: str, data: Path, workers: int) -> Iterator[int]:
    """The real server on a database that is there; gives the gateway's port."""
    listening = Listening(host="127.0.0.1", port=free_port(), gateway_port=free_port(), workers=workers)
    arguments = [sys.executable, "-m", "gongji", "up", "--data", str(data), "--port", str(listening.port)]
    arguments += ["--gateway-port", str(listening.gateway_port), "--workers", str(workers)]
    process = subprocess.Popen(  # noqa: S603
        arguments, env=os.environ | {"DATABASE_URL": dsn}, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL
    )
    try:
        _wait(f"{listening.gateway_url}/healthz")
        yield listening.gateway_port
    finally:
        process.send_signal(signal.SIGTERM)
        process.wait()


def _wait(url: str) -> None:
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        try:
            with urllib.request.urlopen(url, timeout=1):  # noqa: S310 - our own server
                return
        except (urllib.error.URLError, OSError):
            time.sleep(0.1)
    raise TimeoutError(url)


def request(infno: str, visit: int) -> bytes:
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
                "psn_no": person_of(visit),
                "mdtrt_cert_type": "02",
                "mdtrt_cert_no": certificate_of(visit),
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


async def press(port: int, infno: str, seconds: float, connections: int, visits: range) -> Measured:
    """Keep so many connections busy for a time; every answer must be a success."""
    prepared = [request(infno, visit) for visit in visits]
    latencies: list[float] = []
    started = time.perf_counter()
    deadline = started + seconds

    async def client() -> None:
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        while prepared and time.perf_counter() < deadline:
            sent = time.perf_counter()
            writer.write(prepared.pop())
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            answer = await reader.readexactly(length)
            latencies.append(time.perf_counter() - sent)
            if b'"infcode":0' not in answer:
                raise RuntimeError(answer.decode())
        writer.close()

    await asyncio.gather(*(client() for _ in range(connections)))
    return Measured(settlements=len(latencies), seconds=time.perf_counter() - started, latencies=latencies)


def measure(port: int, infno: str, seconds: float, connections: int, visits: range) -> Measured:
    """Load the gateway from another process."""
    arguments = [str(port), infno, str(seconds), str(connections), str(visits.start), str(visits.stop)]
    done = subprocess.run(  # noqa: S603
        [sys.executable, "-m", "gongji.bench.gateway", *arguments], stdout=subprocess.PIPE, check=True
    )
    return msgspec.json.decode(done.stdout, type=Measured)


def percentile(latencies: list[float], percent: int) -> float:
    """A percentile of latencies, in milliseconds."""
    return statistics.quantiles(latencies, n=100)[percent - 1] * 1000


if __name__ == "__main__":
    a = sys.argv[1:]
    result = asyncio.run(press(int(a[0]), a[1], float(a[2]), int(a[3]), range(int(a[4]), int(a[5]))))
    sys.stdout.buffer.write(msgspec.json.encode(result))
