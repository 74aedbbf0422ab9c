"""Bring a database to the schema of this version; Alembic keeps the order, the steps are plain SQL files."""

import re
from datetime import date
from importlib.resources import files

import psycopg

from gongji.ledger.sql import queries
from gongji.ledger.store import month_span

_STEP = re.compile(r"(\d{4})_(\w+)\.sql")


def head() -> str:
    """The newest revision this version knows."""
    names = (step.name for step in files("gongji.ledger").joinpath("migrations").iterdir())
    return max(match[1] for name in names if (match := _STEP.fullmatch(name)))


def revision(dsn: str) -> str | None:
    """The revision a database is at, or None when it is empty."""
    with psycopg.connect(dsn, autocommit=True) as conn:
        if conn.execute("select to_regclass('alembic_version')").fetchone() == (None,):
            return None
        row = conn.execute("select version_num from alembic_version").fetchone()
        return row[0] if row else None


class NewerDatabaseError(RuntimeError):
    """The database was migrated by a newer version of the program."""


def migrate(dsn: str, today: date) -> None:
    """Run the steps that are missing and make the months' partitions.

    Raises:
        NewerDatabaseError: the database is ahead of this version.
    """
    at = revision(dsn)
    if at and at > head():
        raise NewerDatabaseError(f"数据库版本 {at} 高于程序版本 {head()}，请升级程序")
    if at != head():
        _upgrade(dsn)
    first, last = month_span(today)
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute(queries["ensure_months"], {"first": first, "last": last})


def _upgrade(dsn: str) -> None:
    # Alembic and SQLAlchemy take half a second to import: only a database that needs them pays for it.
    from alembic import command  # noqa: PLC0415
    from alembic.config import Config  # noqa: PLC0415

    config = Config()
    config.set_main_option("script_location", str(files("gongji.ledger").joinpath("migrations")))
    config.attributes["dsn"] = dsn
    command.upgrade(config, "head")
