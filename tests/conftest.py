"""Real PostgreSQL for every test that needs one: one server a run, one database a test module."""

import itertools
import os
import shutil
import tempfile
from collections.abc import AsyncIterator, Iterator
from datetime import date
from pathlib import Path

import psycopg
import pytest
from hypothesis import HealthCheck, settings

from gongji.core.policy import PolicyBook
from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.migrate import migrate
from gongji.policyfiles.load import load
from gongji.policyfiles.locate import locate
from gongji.service.platform import Platform

# A test is not a stopwatch, and the same code passes or fails the same way: new examples are looked for on purpose,
# with GONGJI_SEARCH=1.
settings.register_profile(
    "gongji",
    deadline=None,
    derandomize=not os.environ.get("GONGJI_SEARCH"),
    suppress_health_check=[HealthCheck.too_slow],
)
settings.load_profile("gongji")

_numbers = itertools.count(1)


@pytest.fixture(scope="session")
def book() -> PolicyBook:
    return load(locate())


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    folder = Path(tempfile.mkdtemp(prefix="gongji-test-"))
    folder.chmod(0o755)
    server = EmbeddedPostgres(folder)
    yield server.start()
    server.stop()
    shutil.rmtree(folder, ignore_errors=True)


@pytest.fixture(scope="module")
def dsn(postgres: str) -> str:
    """An empty database at the newest schema."""
    name = f"t{next(_numbers)}"
    with psycopg.connect(postgres, autocommit=True) as conn:
        conn.execute(f"create database {name}")
    fresh = postgres.replace("/postgres?", f"/{name}?")
    migrate(fresh, date.today())  # noqa: DTZ011
    return fresh


@pytest.fixture
async def platform(dsn: str, book: PolicyBook) -> AsyncIterator[Platform]:
    opened = Platform(dsn, book)
    await opened.open()
    yield opened
    await opened.close()
