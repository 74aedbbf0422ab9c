"""Named SQL statements, read from ``.sql`` files so that DBAs, linters and auditors can read them too."""

import re
from collections.abc import Iterable
from functools import cache
from importlib.resources import files

_PARAMETER = re.compile(r"%\((\w+)\)s|%%")
_NAME = re.compile(r"^-- name: (\w+)\n", re.MULTILINE)


def parse_statements(text: str) -> dict[str, str]:
    """Split a file into its named statements."""
    parts = _NAME.split(text)[1:]
    return {name: body.strip().rstrip(";") for name, body in zip(parts[::2], parts[1::2], strict=True)}


def texts(folder: str) -> list[str]:
    """The texts of a folder's ``.sql`` files, in the order of their names."""
    found = [file for file in files("gongji.ledger").joinpath(folder).iterdir() if file.name.endswith(".sql")]
    return [file.read_text("utf-8") for file in sorted(found, key=lambda file: file.name)]


def all_statements(parts: Iterable[str]) -> dict[str, str]:
    """The statements of several files; a name stands once.

    Raises:
        ValueError: a name stands twice.
    """
    found: dict[str, str] = {}
    for statements in map(parse_statements, parts):
        twice = found.keys() & statements.keys()
        if twice:
            raise ValueError(f"named twice: {sorted(twice)}")
        found |= statements
    return found


@cache
def numbered(query: str) -> tuple[bytes, tuple[str, ...]]:
    """A statement with numbered parameters as the server wants them, and the parameters' names in order."""
    names: list[str] = []

    def number(found: re.Match[str]) -> str:
        name = found[1]
        if name is None:
            return "%"
        if name not in names:
            names.append(name)
        return f"${names.index(name) + 1}"

    return _PARAMETER.sub(number, query).encode(), tuple(names)


queries: dict[str, str] = all_statements(texts("queries"))
"""Statement text by name, with psycopg placeholders."""
