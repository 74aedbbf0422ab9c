"""What no file of the project may say, and links that lead somewhere."""

import re
from pathlib import Path
from typing import Final

import pytest

from architecture.project import ROOT, name, pages, project_texts

# Written in pieces, so that this file does not say them either.
MACHINE_PATHS: Final = (r"(?<![\w.:/-])/wo" + r"rk/", r"(?<![\w.:/-])/ro" + r"ot/")
REGISTRIES: Final = (r"pypi\.org/sim" + "ple", r"deb\.deb" + r"ian\.org", r"registry\.npm" + "js")
TOOLS: Final = ("Cla" + "ude", "Chat" + "GPT", "LLM sess" + "ion")
FORBIDDEN: Final = re.compile("|".join((*MACHINE_PATHS, *REGISTRIES, *TOOLS)), re.IGNORECASE)

_FENCE: Final = re.compile(r"^(```|~~~).*?^\1", re.MULTILINE | re.DOTALL)
_CODE: Final = re.compile(r"`[^`\n]*`")
_LINK: Final = re.compile(r"\[[^\]\n]*\]\(([^)\s]+)\)")
_HEADING: Final = re.compile(r"^#{1,6} +(.+?) *$", re.MULTILINE)


@pytest.mark.parametrize("path", list(project_texts()), ids=name)
def test_no_machine_path_registry_or_tool_is_named(path: Path) -> None:
    lines = path.read_text("utf-8").splitlines()
    assert [f"{number}: {line[:160]}" for number, line in enumerate(lines, 1) if FORBIDDEN.search(line)] == []


def _anchors(page: Path) -> set[str]:
    """The anchors that headings get: small letters, no punctuation, hyphens for blanks."""
    text = _FENCE.sub("", page.read_text("utf-8"))
    return {re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-") for heading in _HEADING.findall(text)}


def _dead(page: Path, link: str) -> bool:
    if re.match(r"[a-z]+:", link):
        return False
    path, _, anchor = link.partition("#")
    target = (page.parent / path).resolve() if path else page
    if not target.is_relative_to(ROOT) or not target.exists():
        return True
    return bool(anchor) and target.suffix == ".md" and anchor not in _anchors(target)


@pytest.mark.parametrize("page", pages(), ids=name)
def test_links_lead_somewhere(page: Path) -> None:
    text = _CODE.sub("", _FENCE.sub("", page.read_text("utf-8")))
    assert [link for link in _LINK.findall(text) if _dead(page, link)] == []


def test_every_page_of_the_docs_is_in_its_index() -> None:
    index = (ROOT / "docs" / "README.md").read_text("utf-8")
    decisions = (ROOT / "docs" / "adr" / "README.md").read_text("utf-8")
    for page in sorted((ROOT / "docs").rglob("*.md")):
        if page.name == "README.md":
            continue
        listed = decisions if page.parent.name == "adr" else index
        assert page.name in listed, f"{name(page)} is in no index"
