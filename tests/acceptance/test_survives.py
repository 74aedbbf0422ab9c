"""Killed in the middle of a stream of settlements, nothing acknowledged is lost and nothing is done twice."""

import itertools
import os
import shutil
import signal
import tempfile
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import httpx
import psutil
import pytest

from his import Client, Server, family_of, institution_of, item_of

CLIENTS = 6
SECONDS_BEFORE = 1.5
_numbers = itertools.count(10)


class Stream(threading.Thread):
    """A pharmacy that buys for one father until told to stop, remembering what was answered and what was not."""

    def __init__(self, server: Server, city: dict[str, Any], father: dict[str, Any], number: int) -> None:
        super().__init__(daemon=True)
        pharmacy = institution_of(city, father["region"], "pharmacy")["fixmedins_code"]
        self.client = Client(server.gateway, pharmacy, father["region"], http=httpx.Client(timeout=30))
        self.father = father
        self.item = item_of(city)
        self.number = number
        self.acknowledged: list[tuple[dict[str, Any], str]] = []
        self.unknown: list[dict[str, Any]] = []
        self.halt = threading.Event()

    def run(self) -> None:
        serial = 0
        while not self.halt.is_set():
            serial += 1
            content = self.client.pharmacy_input(self.father, self.item, "0.50")
            message = self.client.message("2102", content, f"{self.client.institution}K{self.number}{serial:012d}")
            try:
                answer = self.client.send(message)
            except (httpx.TransportError, AssertionError):
                self.unknown.append(message)
                time.sleep(0.05)
                continue
            if answer["infcode"] == 0:
                self.acknowledged.append((message, answer["output"]["setlinfo"]["setl_id"]))
            else:
                self.unknown.append(message)


def kill_server(server: Server) -> None:
    server.kill()


def kill_postgres(server: Server) -> None:
    pid = int((server.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(pid, signal.SIGKILL)
    server.kill()


def kill_postgres_only(server: Server) -> None:
    """The server stays up and brings its database back by itself."""
    pid = int((server.data / "postgres" / "postmaster.pid").read_text().split("\n", 1)[0])
    os.kill(pid, signal.SIGKILL)
    psutil.wait_procs([psutil.Process(pid)] if psutil.pid_exists(pid) else [], timeout=1)


@pytest.fixture(scope="module")
def victim() -> Iterator[Server]:
    """A server of its own, that is killed and comes back again and again."""
    path = Path(tempfile.mkdtemp(prefix="gongji-up-"))
    path.chmod(0o755)
    running = Server(path / "data").start()
    yield running
    running.stop()
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="module")
def town(victim: Server) -> dict[str, Any]:
    return victim.city()


@pytest.mark.parametrize("kill", [kill_server, kill_postgres, kill_postgres_only])
def test_acknowledged_is_there_once_and_unacknowledged_can_be_repeated(
    victim: Server, town: dict[str, Any], kill: Any
) -> None:
    father, _ = family_of(town, "610100")
    before = victim.verify()["journals"]
    streams = [Stream(victim, town, father, next(_numbers)) for _ in range(CLIENTS)]
    for stream in streams:
        stream.start()
    time.sleep(SECONDS_BEFORE)
    kill(victim)
    time.sleep(0.3)
    for stream in streams:
        stream.halt.set()
    for stream in streams:
        stream.join(40)
        assert not stream.is_alive()
    if kill is kill_postgres_only:
        victim.wait_ready()
    else:
        victim.start()
    assert sum(len(stream.acknowledged) for stream in streams) > CLIENTS
    with httpx.Client(timeout=30) as http:
        settlements = check_repeats(streams, http)
    assert len(set(settlements)) == len(settlements)
    report = victim.verify()
    assert report["ok"], report
    assert report["journals"] == before + len(settlements)


def check_repeats(streams: list[Stream], http: httpx.Client) -> list[str]:
    """Send every message again: acknowledged ones give their settlement, the others settle now, once."""
    settlements = []
    for stream in streams:
        stream.client.http.close()
        stream.client.http = http
        for message, settlement in stream.acknowledged:
            answer = stream.client.send(message)
            assert answer["output"]["setlinfo"]["setl_id"] == settlement
            settlements.append(settlement)
        for message in stream.unknown:
            first = stream.client.send(message)
            again = stream.client.send(message)
            assert first["infcode"] == 0, first
            assert again["output"] == first["output"]
            settlements.append(first["output"]["setlinfo"]["setl_id"])
    return settlements
