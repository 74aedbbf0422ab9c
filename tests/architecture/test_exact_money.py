"""No binary float where money is counted."""

import ast
from collections.abc import Iterator
from pathlib import Path
from typing import Final

from architecture.project import SOURCE, modules, name

WAITING: Final = frozenset({"src/gongji/ledger/embedded.py"})
"""Seconds to wait are not money."""

DECIMAL_DIVISION: Final = frozenset({"src/gongji/core/lines.py"})
"""Divides decimals, exactly by a hundred."""


def _counting() -> list[Path]:
    return [path for path in modules(SOURCE / "core") + modules(SOURCE / "ledger") if name(path) not in WAITING]


def _nodes(paths: list[Path]) -> Iterator[tuple[str, ast.AST]]:
    for path in paths:
        for node in ast.walk(ast.parse(path.read_text("utf-8"))):
            yield f"{name(path)}:{getattr(node, 'lineno', 0)}", node


def _is_float(node: ast.AST) -> bool:
    literal = isinstance(node, ast.Constant) and isinstance(node.value, float | complex)
    return literal or (isinstance(node, ast.Name) and node.id == "float")


def test_core_and_ledger_have_no_float() -> None:
    assert [place for place, node in _nodes(_counting()) if _is_float(node)] == []


def test_core_divides_whole_numbers_only_into_whole_numbers() -> None:
    paths = [path for path in modules(SOURCE / "core") if name(path) not in DECIMAL_DIVISION]
    divisions = [
        place
        for place, node in _nodes(paths)
        if isinstance(node, ast.BinOp | ast.AugAssign) and isinstance(node.op, ast.Div)
    ]
    assert divisions == []
