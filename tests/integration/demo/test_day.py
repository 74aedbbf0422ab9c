"""``gongji demo day`` against a real server: institutions and platform agree to the fen in the evening."""

import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from his import GONGJI, Client, Server, institution_of, item_of


@pytest.fixture(scope="module")
def server() -> Iterator[Server]:
    path = Path(tempfile.mkdtemp(prefix="gongji-day-"))
    # The embedded server may run as a user of its own.
    path.chmod(0o755)
    running = Server(path / "data").start()
    yield running
    running.stop()
    shutil.rmtree(path, ignore_errors=True)


def day(data: Path, *options: str) -> "subprocess.CompletedProcess[str]":
    return subprocess.run(
        [GONGJI, "demo", "day", "--data", str(data), *options],
        capture_output=True,
        text=True,
        timeout=200,
        check=False,
    )


def test_a_day_reconciles_to_the_fen(server: Server) -> None:
    done = day(server.data, "--visits", "60", "--seed", "5")
    assert done.returncode == 0, done.stderr
    assert "对账一致，一分不差" in done.stdout
    for what in ("门诊", "药店购药", "结算", "重发", "丢失应答", "撤销"):
        assert what in done.stdout
    assert server.verify()["ok"]


def test_a_fresh_city_beside_the_running_server(server: Server) -> None:
    """On a server of its own: whatever others had there would be gone."""
    city = server.city()
    father = next(person for person in city["people"] if person["role"] == "story father")
    shop = institution_of(city, father["region"], "pharmacy")
    client = Client(server.gateway, shop["fixmedins_code"], shop["region"])
    content = client.pharmacy_input(father, item_of(city), "1.00")
    message = client.message("2102", content)
    assert client.send(message)["infcode"] == 0
    assert server.command("demo", "reset", "--yes").stdout.strip() == "演示城市已重建"
    seen = httpx.get(f"{server.portal}/api/messages/{client.institution}/{message['msgid']}")
    assert seen.json()["state"] == "never_seen"
    assert client.call("2102", content)["infcode"] == 0
    assert server.verify()["ok"]


def test_help_says_what_it_does() -> None:
    told = subprocess.run([GONGJI, "demo", "day", "--help"], capture_output=True, text=True, check=False)
    assert "最后对账到分" in told.stdout
