"""The temporary server of a measurement: durable, and with the memory that a server of this size is given."""

from typing import Final

import psutil
import psycopg
from psycopg import sql

from gongji.ledger.embedded import EmbeddedPostgres

DURABLE: Final = ("fsync", "synchronous_commit", "full_page_writes")

SHARE_OF_MEMORY: Final = 6
"""One part in six is for the server: processes of the program, the load and the files' cache need the others."""

SETTINGS: Final = {"max_wal_size": "8GB", "checkpoint_timeout": "15min"}
"""Checkpoints by time: after each one the first change to a page writes it whole, as the how-to for production says."""


def start(server: EmbeddedPostgres) -> str:
    """Start a server with these settings; returns its connection string.

    Raises:
        RuntimeError: a setting that makes commits durable is off.
    """
    megabytes = psutil.virtual_memory().total // 2**20 // SHARE_OF_MEMORY
    with psycopg.connect(server.start(), autocommit=True) as conn:
        for name, value in {**SETTINGS, "shared_buffers": f"{megabytes}MB"}.items():
            conn.execute(sql.SQL("alter system set {} = {}").format(sql.Identifier(name), sql.Literal(value)))
    # Memory is taken at the start only.
    server.stop()
    dsn = server.start()
    _assert_durable(dsn)
    return dsn


def version(dsn: str) -> str:
    """The server's version."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        return str(conn.info.parameter_status("server_version"))


def _assert_durable(dsn: str) -> None:
    """Make sure that what is acknowledged is on the disk."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        for setting in DURABLE:
            row = conn.execute("select current_setting(%s)", (setting,)).fetchone()
            if row != ("on",):
                raise RuntimeError(f"{setting} is {row}, the figures would not be durable")
