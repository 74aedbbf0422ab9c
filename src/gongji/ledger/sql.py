"""Named SQL statements, read from ``.sql`` files so that DBAs, linters and auditors can read them too."""

import re
from importlib.resources import files

_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def parse_statements(text: str) -> dict[str, str]:
    """Split a file into its named statements."""
    parts = _NAME.split(text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


queries: dict[str, str] = parse_statements(files("gongji.ledger").joinpath("queries.sql").read_text("utf-8"))
"""Statement text by name, with psycopg placeholders."""
