"""``gongji demo`` beside a running server and without one."""

import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec
import pytest

from gongji.demo import city
from gongji.demo.people import PASSWORD, citizens
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.policyfiles.load import load
from gongji.policyfiles.locate import locate
from gongji.service.platform import Platform, china_now


@pytest.fixture(scope="module")
def folder() -> Iterator[Path]:
    made = Path(tempfile.mkdtemp(prefix="gongji-demo-"))
    # The embedded server may run as a user of its own.
    made.chmod(0o755)
    yield made
    shutil.rmtree(made, ignore_errors=True)


def gongji(*arguments: str, **environment: str) -> "subprocess.CompletedProcess[str]":
    inherited = {key: value for key, value in os.environ.items() if key not in ("DATABASE_URL", "GONGJI_ENV")}
    return subprocess.run(
        [str(Path(sys.executable).with_name("gongji")), *arguments],
        env=inherited | {"COLUMNS": "200"} | environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


def told(*arguments: str, **environment: str) -> dict[str, Any]:
    done = gongji("demo", "--json", *arguments, **environment)
    assert done.returncode == 0, done.stderr
    answer: dict[str, Any] = msgspec.json.decode(done.stdout)
    return answer


async def build(dsn: str) -> None:
    migrate(dsn, china_now().date())
    platform = Platform(dsn, load(locate()))
    await platform.open()
    try:
        await city.build(platform)
    finally:
        await platform.close()


def test_empty_folder_says_what_to_do_and_stays_empty(folder: Path) -> None:
    done = gongji("demo", "--data", str(folder))
    assert done.returncode == 1
    assert "gongji up --demo --data" in done.stderr
    assert list(folder.iterdir()) == []


async def test_city_is_told_beside_a_running_server_and_after_it(folder: Path) -> None:
    server = EmbeddedPostgres(folder)
    dsn = server.start()
    missing = gongji("demo", DATABASE_URL=dsn)
    assert missing.returncode == 1
    assert "gongji up --demo" in missing.stderr
    await build(dsn)
    beside = told("--data", str(folder))
    assert server.alive
    assert told(DATABASE_URL=dsn) == beside
    server.stop()
    assert not (folder / "postgres" / "postmaster.pid").exists()
    assert told("--data", str(folder)) == beside
    assert not (folder / "postgres" / "postmaster.pid").exists()


def test_table_is_for_people(folder: Path) -> None:
    shown = gongji("demo", "--data", str(folder)).stdout
    assert "虚构" in shown
    assert PASSWORD in shown
    for name, citizen in citizens().items():
        assert name in shown
        assert citizen.person.certificate_no in shown


def test_production_has_no_city(folder: Path) -> None:
    secret = "x" * 40
    done = gongji(
        "demo", "--data", str(folder), GONGJI_ENV="production", GONGJI_SECRET=secret, DATABASE_URL="postgresql:///none"
    )
    assert done.returncode == 1
    assert "沙箱" in done.stderr


def test_help_teaches_by_example() -> None:
    shown = gongji("demo", "--help").stdout
    assert "gongji demo --json --data" in shown
