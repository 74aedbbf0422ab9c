"""Settlements a second of the engine in process: policy, eligibility, split, ledger, idempotency, seal.

Run as a program it is one writer: ``python -m gongji.bench.engine DSN SECONDS FIRST STOP``.
"""

import asyncio
import subprocess
import sys
import time
from itertools import islice

import msgspec

from gongji.bench.workload import commands
from gongji.core.refusal import Refusal
from gongji.policyfiles import load, locate
from gongji.service.platform import Platform

WAITING = 400
"""Requests in flight at a writer, as many institutions would have."""


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement counted."""

    settlements: int
    seconds: float
    latencies: list[float] = []

    @property
    def per_second(self) -> float:
        """Settlements a second."""
        return self.settlements / self.seconds


async def write(dsn: str, seconds: float, visits: range) -> Measured:
    """Settle visits of a range for a time, with many requests in flight."""
    platform = Platform(dsn, load(locate()))
    await platform.open()
    todo = commands(visits)
    ready = list(islice(todo, 20_000))
    done = 0
    deadline = 0.0

    async def client() -> None:
        nonlocal done
        while ready and time.perf_counter() < deadline:
            outcome = await platform.batcher.submit(ready.pop())
            if isinstance(outcome, Refusal):
                raise RuntimeError(outcome.text)
            done += 1
            if len(ready) < WAITING:
                ready.extend(islice(todo, WAITING))

    started = time.perf_counter()
    deadline = started + seconds
    await asyncio.gather(*(client() for _ in range(WAITING)))
    elapsed = time.perf_counter() - started
    await platform.close()
    return Measured(settlements=done, seconds=elapsed)


def measure(dsn: str, seconds: float, writers: int, visits: range) -> float:
    """Settlements a second of so many writer processes on disjoint visits."""
    span = len(visits) // writers
    running = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gongji.bench.engine", dsn, str(seconds), str(start), str(start + span)],
            stdout=subprocess.PIPE,
        )
        for start in range(visits.start, visits.start + span * writers, span)
    ]
    results = [msgspec.json.decode(process.communicate()[0], type=Measured) for process in running]
    return sum(result.per_second for result in results)


if __name__ == "__main__":
    arguments = sys.argv[1:]
    result = asyncio.run(write(arguments[0], float(arguments[1]), range(int(arguments[2]), int(arguments[3]))))
    sys.stdout.buffer.write(msgspec.json.encode(result))
