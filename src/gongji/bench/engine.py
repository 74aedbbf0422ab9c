"""Settlements a second of the engine in process: policy, eligibility, split, ledger, idempotency, seal.

Run as a program it is one writer: ``python -m gongji.bench.engine '{"dsn": …}'``, see :class:`Writer`.
"""

import asyncio
import subprocess
import sys
import time
from itertools import islice

import msgspec
import psycopg

from gongji.bench.workload import commands
from gongji.core.refusal import Refusal
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.http_listener import run_in_loop
from gongji.ledger.rows import settlement_decoder
from gongji.memory import settle_in
from gongji.policyfiles import load, locate
from gongji.service.platform import Platform

WAITING = 400
"""Requests in flight at a writer, as many institutions would have."""

SAMPLE = 500
ROUNDS = 20


class Measured(msgspec.Struct, frozen=True, kw_only=True):
    """What one measurement counted."""

    settlements: int
    seconds: float
    latencies: list[float] = []

    @property
    def per_second(self) -> float:
        """Settlements a second."""
        return self.settlements / self.seconds


class Writer(msgspec.Struct, frozen=True, kw_only=True):
    """One writer process: visits of a range, so many in flight; ``hot`` when all draw on one account."""

    dsn: str
    seconds: float
    first: int
    stop: int
    accounts: int
    waiting: int = WAITING
    hot: bool = False


async def write(plan: Writer) -> Measured:
    """Settle visits of a range for a time, with many requests in flight."""
    platform = Platform(plan.dsn, load(locate()))
    await platform.open()
    settle_in()
    todo = commands(range(plan.first, plan.stop), plan.accounts, hot=plan.hot)
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
            if len(ready) < plan.waiting:
                ready.extend(islice(todo, plan.waiting))

    started = time.perf_counter()
    deadline = started + plan.seconds
    await asyncio.gather(*(client() for _ in range(plan.waiting)))
    elapsed = time.perf_counter() - started
    await platform.close()
    return Measured(settlements=done, seconds=elapsed)


def measure(plan: Writer, writers: int) -> float:
    """Settlements a second of so many writer processes on disjoint visits; ``plan`` tells what they share."""
    span = (plan.stop - plan.first) // writers
    plans = [
        msgspec.structs.replace(plan, first=start, stop=start + span)
        for start in range(plan.first, plan.first + span * writers, span)
    ]
    running = [
        subprocess.Popen(  # noqa: S603
            [sys.executable, "-m", "gongji.bench.engine", msgspec.json.encode(one).decode()], stdout=subprocess.PIPE
        )
        for one in plans
    ]
    results = [msgspec.json.decode(process.communicate()[0], type=Measured) for process in running]
    return sum(result.per_second for result in results)


def splits_per_second(dsn: str) -> float:
    """How often ``calculate`` alone splits a bill in a second, over cases that were settled."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        rows = conn.execute("select document from settlement limit %s", (SAMPLE,)).fetchall()
    settled = [settlement_decoder.decode(bytes(row[0])) for row in rows]
    book = load(locate())
    cases = []
    for one in settled:
        terms = terms_for(book, one.region, one.care_on, one.case.facts.scheme, one.care)
        if isinstance(terms, Terms):
            cases.append((terms, one.case))
    best = float("inf")
    for _ in range(ROUNDS):
        started = time.perf_counter()
        for terms, case in cases:
            calculate(terms, case)
        best = min(best, time.perf_counter() - started)
    return len(cases) / best


if __name__ == "__main__":
    result = run_in_loop(write(msgspec.json.decode(sys.argv[1], type=Writer)))
    sys.stdout.buffer.write(msgspec.json.encode(result))
