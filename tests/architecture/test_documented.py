"""What the documentation promises to list, it lists."""

import re
import tomllib
from collections import Counter
from typing import Final

import pytest

from architecture.project import DOCS, ROOT
from gongji.core.codes import Relation, Scheme, Segment
from gongji.core.refusal import Code
from gongji.ledger.sql import texts

MIN_TERMS: Final = 60


def _direct_dependencies() -> list[str]:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))
    groups = [project["project"]["dependencies"], *project["dependency-groups"].values()]
    return sorted({re.split(r"[\[<>=!~ ]", line)[0] for group in groups for line in group})


@pytest.mark.parametrize("dependency", _direct_dependencies())
def test_each_direct_dependency_has_its_reason(dependency: str) -> None:
    page = (DOCS / "dependencies.md").read_text("utf-8")
    assert f"| `{dependency}` |" in page


def test_refusal_codes_are_unique_and_documented() -> None:
    assert len(Code.__members__) == len(list(Code)), "two refusals have one code"
    page = (DOCS / "reference" / "refusals.md").read_text("utf-8")
    assert [code.value for code in Code if f"| `{code.value}` |" not in page] == []


def test_each_refusal_has_its_own_text() -> None:
    twice = [text for text, count in Counter(code.text for code in Code).items() if count > 1]
    assert twice == []


def test_each_table_of_the_schema_is_described() -> None:
    schema = "".join(texts("schema"))
    page = (DOCS / "reference" / "schema.md").read_text("utf-8")
    tables = re.findall(r"^create table (\w+)", schema, re.MULTILINE)
    assert [table for table in tables if f"`{table}`" not in page] == []


def test_the_glossary_names_the_closed_sets() -> None:
    page = (DOCS / "glossary.md").read_text("utf-8")
    rows = [line for line in page.splitlines() if line.startswith("| ") and not line.startswith("| 中文")]
    assert len(rows) >= MIN_TERMS
    for term in (*Scheme, *Segment, *Relation):
        assert f"`{term.value}`" in page, f"{term.value} is not in the glossary"
