"""Settle for a time while workers, server and database are killed at random; then every answer must be in the books.

Institutions behave as they should: who got no answer, or an unknown one, repeats his message with the same number.
"""

import asyncio
import os
import random
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import suppress
from pathlib import Path
from typing import Any, Final

import msgspec
import psutil
import psycopg

from gongji.bench import gateway, workload
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.ledger.verify import verify
from gongji.listening import Listening, free_port
from gongji.policyfiles import load, locate
from gongji.service.platform import china_now

ACCOUNTS: Final = 2_000
VISITS_A_SECOND: Final = 300
CLIENTS: Final = 32
WORKERS: Final = 2
PAUSE_SECONDS: Final = (1.0, 6.0)
"""Between two kills."""
ANSWER_SECONDS: Final = 20.0
START_TRIES: Final = 60
REPEATED: Final = 0.1
"""The part of answered messages that are sent once more."""

Tell = Callable[[str], None]


class Soaked(msgspec.Struct, frozen=True, kw_only=True):
    """What was done and found.

    Attributes:
        answered: settlements that were acknowledged.
        stored: settlements in the books.
        repeated: messages sent again after their answer; all got the first answer.
        retried: messages sent again because no answer came.
        killed: how often what was killed.
        lost: acknowledged settlements that are not in the books.
        difference: what ``verify`` found, or nothing.
    """

    answered: int
    stored: int
    repeated: int
    retried: int
    killed: dict[str, int]
    lost: int
    difference: str

    @property
    def ok(self) -> bool:
        """Whether nothing was lost, doubled or changed."""
        return not self.lost and not self.difference and self.answered == self.stored > 0


def run(seconds: float, seed: int, tell: Tell) -> Soaked:
    """Soak for a time; ``seed`` decides what is killed when."""
    folder = Path(tempfile.mkdtemp(prefix="gongji-soak-"))
    folder.chmod(0o755)
    database = EmbeddedPostgres(folder)
    dsn = database.start()
    server = None
    try:
        visits = _prepare(dsn, seconds)
        server = _Server(folder)
        soak = _Soak(server, database, visits, random.Random(seed), tell)  # noqa: S311 - it only has to be repeatable
        asyncio.run(soak.run(seconds))
        server.stop()
        database.revive()
        return _judge(dsn, soak)
    finally:
        if server:
            server.stop()
        database.stop()
        shutil.rmtree(folder, ignore_errors=True)


def _prepare(dsn: str, seconds: float) -> range:
    migrate(dsn, china_now().date())
    workload.load_people(dsn, ACCOUNTS)
    asyncio.run(workload.fund_accounts(dsn, load(locate()), ACCOUNTS))
    visits = range(1, int(seconds * VISITS_A_SECOND) + CLIENTS)
    workload.load_visits(dsn, visits, ACCOUNTS)
    return visits


class _Server:
    """The real server, started again whenever it was killed."""

    def __init__(self, data: Path) -> None:
        self._data = data
        self.listening = Listening(host="127.0.0.1", port=free_port(), gateway_port=free_port(), workers=WORKERS)
        self._process = self._start()

    def _start(self) -> "subprocess.Popen[bytes]":
        environment = {key: value for key, value in os.environ.items() if key != "DATABASE_URL"}
        for _ in range(START_TRIES):
            try:
                return gateway.start(self.listening, self._data, environment)
            except gateway.NotStartedError:
                # Workers of a server that was killed finish what they have; so long they keep the ports.
                time.sleep(1)
        raise gateway.NotStartedError(f"not after {START_TRIES} tries")

    def worker(self) -> psutil.Process | None:
        """One of the further processes that serve."""
        with suppress(psutil.Error):
            for child in psutil.Process(self._process.pid).children():
                if "gongji.serve" in child.cmdline():
                    return child
        return None

    def kill(self) -> None:
        """Kill the first process and start the server again once the others have gone."""
        children = psutil.Process(self._process.pid).children()
        self._process.kill()
        self._process.wait()
        psutil.wait_procs([child for child in children if "postgres" not in child.name()], timeout=ANSWER_SECONDS)
        self._process = self._start()

    def stop(self) -> None:
        """Stop as an operator does."""
        self._process.terminate()
        self._process.wait()


class _Soak:
    def __init__(
        self, server: _Server, database: EmbeddedPostgres, visits: range, chance: random.Random, tell: Tell
    ) -> None:
        self._server = server
        self._database = database
        self._visits: Iterator[int] = iter(visits)
        self._chance = chance
        self._tell = tell
        self._end = 0.0
        self.answered: dict[int, str] = {}
        self.repeated = 0
        self.retried = 0
        self.killed = {"worker": 0, "server": 0, "database": 0}

    async def run(self, seconds: float) -> None:
        """Settle and kill until the time is over, then let everybody get his answer."""
        self._end = time.monotonic() + seconds
        await asyncio.gather(self._killer(), *(self._client() for _ in range(CLIENTS)))

    async def _killer(self) -> None:
        while True:
            pause = self._chance.uniform(*PAUSE_SECONDS)
            if time.monotonic() + pause > self._end:
                return
            await asyncio.sleep(pause)
            what = self._chance.choice(list(self.killed))
            self._tell(f"kill -9 {what}，已答复 {len(self.answered)} 笔")
            await asyncio.to_thread(self._kill, what)
            self.killed[what] += 1

    def _kill(self, what: str) -> None:
        if what == "server":
            self._server.kill()
        elif what == "database":
            with suppress(psutil.Error, RuntimeError):
                psutil.Process(self._database.pid).kill()
        elif worker := self._server.worker():
            with suppress(psutil.Error):
                worker.kill()

    async def _client(self) -> None:
        while time.monotonic() < self._end:
            visit = next(self._visits, None)
            if visit is None:
                return
            self.answered[visit] = await self._settle(visit)
            if self._chance.random() < REPEATED:
                again = await self._settle(visit)
                if again != self.answered[visit]:
                    raise RuntimeError(f"visit {visit}: {self.answered[visit]} and then {again}")
                self.repeated += 1

    async def _settle(self, visit: int) -> str:
        """Send until there is an answer that says what became of it."""
        message = gateway.request("2207", visit, ACCOUNTS)
        while True:
            try:
                answer = await asyncio.wait_for(self._ask(message), ANSWER_SECONDS)
            except (OSError, EOFError, TimeoutError, ValueError):
                answer = {}
            if answer.get("infcode") == 0:
                return str(answer["output"]["setlinfo"]["setl_id"])
            said = str(answer.get("err_msg") or "")
            if answer and "未知" not in said and "繁忙" not in said:
                raise RuntimeError(said)
            self.retried += 1
            await asyncio.sleep(0.1)

    async def _ask(self, message: bytes) -> dict[str, Any]:
        reader, writer = await asyncio.open_connection("127.0.0.1", self._server.listening.gateway_port)
        try:
            writer.write(message)
            head = await reader.readuntil(b"\r\n\r\n")
            length = int(head.lower().split(b"content-length: ", 1)[1].split(b"\r\n", 1)[0])
            return msgspec.json.decode(await reader.readexactly(length), type=dict[str, Any])
        finally:
            writer.close()


def _judge(dsn: str, soak: _Soak) -> Soaked:
    with psycopg.connect(dsn, autocommit=True) as conn:
        rows = conn.execute("select visit_id, region || to_char(booked_on, 'YYYYMMDD'), journal_id from settlement")
        stored = {f"{begin}{number:016d}": visit for visit, begin, number in rows.fetchall()}
    lost = [visit for visit, number in soak.answered.items() if stored.get(number) != f"V{visit}"]
    report = verify(dsn)
    return Soaked(
        answered=len(soak.answered),
        stored=len(stored),
        repeated=soak.repeated,
        retried=soak.retried,
        killed=soak.killed,
        lost=len(lost),
        difference=str(report.difference or ""),
    )
