"""What the architecture tests look at: the project's files and the modules of the source."""

from collections.abc import Iterator
from pathlib import Path
from typing import Final

ROOT: Final = Path(__file__).resolve().parents[2]
SOURCE: Final = ROOT / "src" / "gongji"
DOCS: Final = ROOT / "docs"

NOT_OURS: Final = frozenset({"dist", "node_modules"})
"""Folders that hold what tools make; so do those whose name begins with a dot, but for ``.ci``."""

_TEXT: Final = frozenset(
    {".css", ".html", ".js", ".json", ".jinja", ".md", ".py", ".sql", ".svg", ".toml", ".txt", ".xml", ".yaml", ".yml"}
)


def modules(folder: Path = SOURCE) -> list[Path]:
    """Python files of a folder, in order."""
    return sorted(folder.rglob("*.py"))


def name(path: Path) -> str:
    """Path within the project, with slashes."""
    return path.relative_to(ROOT).as_posix()


def project_texts(folder: Path = ROOT) -> Iterator[Path]:
    """Every text file that people write."""
    for path in sorted(folder.iterdir()):
        hidden = path.name.startswith(".") and path.name != ".ci"
        if path.is_dir():
            if not hidden and path.name not in NOT_OURS and path.name != "__pycache__":
                yield from project_texts(path)
        elif path.suffix in _TEXT or (path.suffix == "" and not hidden) or path.name == ".gitignore":
            yield path


def pages() -> list[Path]:
    """Every Markdown page of the project."""
    return [path for path in project_texts() if path.suffix == ".md"]
