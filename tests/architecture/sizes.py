"""Lengths of functions and files; ``python tests/architecture/sizes.py`` lists what is longer than the habit."""

import ast
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Final, NamedTuple

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from architecture.project import modules, name

FUNCTION_HABIT: Final = 40
FUNCTION_MAX: Final = 70
FILE_HABIT: Final = 300
FILE_MAX: Final = 600


class Size(NamedTuple):
    """Lines of a file or function; a function stands as ``path:function``."""

    what: str
    lines: int


def files() -> list[Size]:
    """Every module of the source with its lines."""
    return [Size(name(path), len(path.read_text("utf-8").splitlines())) for path in modules()]


def functions() -> list[Size]:
    """Every function of the source with its lines, decorators left out."""
    return [size for path in modules() for size in _functions(path)]


def _functions(path: Path) -> Iterator[Size]:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield Size(f"{name(path)}:{node.name}", (node.end_lineno or node.lineno) - node.lineno + 1)


def beyond(sizes: list[Size], limit: int) -> list[Size]:
    """Those longer than a limit, longest first."""
    return sorted((size for size in sizes if size.lines > limit), key=lambda size: -size.lines)


def report() -> str:
    """What is longer than the habit, one line each."""
    over = [*beyond(files(), FILE_HABIT), *beyond(functions(), FUNCTION_HABIT)]
    return "\n".join(f"{size.lines:4} {size.what}" for size in over)


if __name__ == "__main__":
    sys.stdout.write(report() + "\n")
