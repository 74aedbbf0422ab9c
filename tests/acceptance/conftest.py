"""One real server process for all acceptance tests that only add to it; its rules are the shipped ones and ``rules/``.

Each story has people of its own in the demo city, so that stories do not meet. After every test the books are
recomputed, beside the running server.
"""

import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from gongji.ledger.embedded import EmbeddedPostgres
from gongji.ledger.verify import verify
from his import Desk, Server

HERE = Path(__file__).parent


def rules_with_profiles(target: Path) -> None:
    """The shipped rules, and over them what no real place is known to have: each file of ``rules/``."""
    shutil.copytree(HERE.parents[1] / "regions", target)
    for profile in (HERE / "rules").rglob("*.toml"):
        with (target / profile.relative_to(HERE / "rules")).open("a", encoding="utf-8") as file:
            file.write("\n" + profile.read_text("utf-8"))


@pytest.fixture(scope="package")
def server() -> Iterator[Server]:
    path = Path(tempfile.mkdtemp(prefix="gongji-up-"))
    # The embedded server may run as a user of its own.
    path.chmod(0o755)
    rules_with_profiles(path / "regions")
    running = Server(path / "data", environment={"GONGJI_REGIONS": str(path / "regions")}).start()
    yield running
    assert running.verify()["ok"]
    assert running.stop() == 0
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture(scope="package")
def city(server: Server) -> dict[str, Any]:
    """The demo city as it was built; what somebody has now is asked of the server."""
    return server.city()


@pytest.fixture(scope="package")
def desk(server: Server, city: dict[str, Any]) -> Callable[[str], Desk]:
    """Members of staff by role, each signed in once: a code of the moment is good for one sign-in."""
    signed_in: dict[str, Desk] = {}

    def of(role: str) -> Desk:
        if role not in signed_in:
            signed_in[role] = Desk(server, next(one for one in city["staff"] if one["role"] == role))
        return signed_in[role]

    return of


@pytest.fixture(scope="package")
def books(server: Server) -> Iterator[str]:
    """Connection string of the running server's database."""
    embedded = EmbeddedPostgres(server.data)
    yield embedded.start()
    embedded.stop()


@pytest.fixture(autouse=True)
def books_agree(request: pytest.FixtureRequest) -> Iterator[None]:
    """After each test that uses the server, every balance and seal is recomputed."""
    dsn = request.getfixturevalue("books") if "server" in request.fixturenames else None
    yield
    if dsn:
        report = verify(dsn)
        assert report.ok, report
