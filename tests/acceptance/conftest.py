"""One real server process for the acceptance tests that only add to it."""

import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path

import pytest

from his import Server


@pytest.fixture
def folder() -> Iterator[Path]:
    """A data folder that the embedded server's own user can reach."""
    path = Path(tempfile.mkdtemp(prefix="gongji-up-"))
    path.chmod(0o755)
    yield path / "data"
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    path = Path(tempfile.mkdtemp(prefix="gongji-up-"))
    path.chmod(0o755)
    running = Server(path / "data").start()
    yield running
    assert running.stop() == 0
    shutil.rmtree(path, ignore_errors=True)
