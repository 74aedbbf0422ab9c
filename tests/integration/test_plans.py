"""How PostgreSQL runs the statements of a settlement: reviewed text, regenerated and compared here.

``GONGJI_WRITE_PLANS=1`` writes the text anew. People, accounts, bindings and visits are there in thousands; the books
are empty, so sequential scans are switched off: what is compared is which indexes serve a statement.
"""

import os
import re
from pathlib import Path

import psycopg

from gongji.bench.workload import load_people, load_visits
from gongji.ledger.sql import numbered, queries

PEOPLE = 5_000
PLANS = Path(__file__).with_name("plans.txt")

HOT = (
    "lock_accounts_around",
    "people_and_their_authorisers",
    "institutions",
    "bindings_of_users",
    "binding_uses",
    "visits",
    "batch_totals",
    "settled_batches",
    "year_totals",
    "messages",
    "move_balances",
    "add_journals",
    "add_postings",
    "add_settlements",
    "add_settled_batches",
    "add_year_totals",
    "add_binding_uses",
    "add_messages",
    "settlements",
    "settlements_of_person",
)
"""What a batch runs, and what finds a settlement again."""

_MONTH = re.compile(r"(_\d{4}_\d{2})(?=_|\b)")
_SERIAL = re.compile(r"_\d+\b")


def _plan(conn: psycopg.Connection, statement: str) -> str:
    text = numbered(queries[statement])[0].decode()
    lines = [row[0] for row in conn.execute(f"explain (generic_plan, costs off) {text}".encode()).fetchall()]
    seen: list[str] = []
    for line in lines:
        # Every month has the same plan.
        plain = _SERIAL.sub("", _MONTH.sub("_month", line))
        if plain not in seen or not plain.strip().startswith("->"):
            seen.append(plain)
    return "\n".join(dict.fromkeys(seen))


def test_hot_statements_run_as_reviewed(dsn: str) -> None:
    load_people(dsn, PEOPLE)
    load_visits(dsn, range(1, PEOPLE), PEOPLE)
    with psycopg.connect(dsn, autocommit=True, cursor_factory=psycopg.ClientCursor) as conn:
        conn.execute("analyze")
        conn.execute("set enable_seqscan = off")
        found = "\n\n".join(f"-- {name}\n{_plan(conn, name)}" for name in HOT) + "\n"
    if os.environ.get("GONGJI_WRITE_PLANS"):
        PLANS.write_text(found, "utf-8")
    assert found == PLANS.read_text("utf-8")


def test_no_hot_statement_reads_a_whole_table() -> None:
    plans = PLANS.read_text("utf-8")
    # What a batch brings along is read as a whole; tables are not.
    assert "Seq Scan" not in plans
    assert plans.count("\n-- ") + 1 == len(HOT)
