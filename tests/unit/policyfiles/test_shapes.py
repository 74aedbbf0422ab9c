"""The how-to page is the reference of the shapes: each of its examples must be read without a fault."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from architecture.project import DOCS
from gongji.policyfiles import check, schema
from gongji.policyfiles.facts import read_statement
from gongji.policyfiles.rules import READERS, SUBJECTS

HEAD = """from = 2023-01-01
source = "试验文件"
confidence = "high"
verified_on = 2026-01-01
review_by = 2027-06-30
"""
_SECTION = re.compile(r"^## ", re.MULTILINE)
_FENCE = re.compile(r"^```toml\n(.*?)^```", re.MULTILINE | re.DOTALL)
_BLOCK = re.compile(r"^\[\[(\w+)\]\].*?(?=^\[\[|\Z)", re.MULTILINE | re.DOTALL)


def examples() -> Iterator[tuple[str, str, str]]:
    page = (DOCS / "how-to" / "add-a-region.md").read_text("utf-8")
    for section in _SECTION.split(page):
        for fence in _FENCE.findall(section):
            for found in _BLOCK.finditer(fence):
                rule = found[1]
                if rule == "case":
                    continue
                heading, comments = section.splitlines()[0], " ".join(re.findall(r"#.*", fence))
                named = re.findall(r"(\w+)\.toml", f"{comments} {heading}")
                fitting = [subject for subject in (*named, *SUBJECTS) if rule in SUBJECTS.get(subject, ())]
                yield fitting[0], rule, found[0]


EXAMPLES = list(examples())


@pytest.mark.parametrize(("subject", "rule", "text"), EXAMPLES)
def test_each_example_of_the_page_is_read(tmp_path: Path, subject: str, rule: str, text: str) -> None:
    folder = tmp_path / "999900"
    folder.mkdir()
    (folder / "region.toml").write_text('code = "999900"\nname = "试验市"\n', encoding="utf-8")
    if "same_as" in text:
        other = f'[[{rule}]]\n{HEAD}rows = [{{ share = "50%" }}]\n'
        (folder / "outpatient.toml").write_text(other, encoding="utf-8")
    header, _, body = text.partition("\n")
    head = "" if re.search(r"^source = ", body, re.MULTILINE) else HEAD
    (folder / f"{subject}.toml").write_text(f"{header}\n{head}{body}", encoding="utf-8")
    assert check(tmp_path) == ()


def test_the_page_has_an_example_of_every_rule() -> None:
    shown = {(subject, rule) for subject, rule, _ in EXAMPLES}
    statements = {name for name, reader in READERS.items() if reader is read_statement}
    page = (DOCS / "how-to" / "add-a-region.md").read_text("utf-8")
    for name in READERS:
        subject, _, rule = name.partition(".")
        if name in statements:
            assert f"`{rule}`" in page or f"`{name}`" in page, name
        elif subject not in ("inpatient", "special_disease"):
            assert (subject, rule) in shown, name


def _keys(definition: dict[str, object]) -> set[str]:
    found = definition["properties"]
    assert isinstance(found, dict)
    return set(found)


def test_the_schema_knows_every_key_of_every_example() -> None:
    definitions = schema()["$defs"]
    for subject, rule, text in EXAMPLES:
        block = definitions[subject]["properties"][rule]["items"]
        used = set(re.findall(r"^(\w+) = ", text, re.MULTILINE))
        assert used <= _keys(block), (subject, rule)
    row = definitions["inpatient"]["properties"]["ratio"]["items"]["properties"]["rows"]["items"]["properties"]
    assert {"level", "status", "share", "bands"} <= set(row)
    assert set(row["bands"]["items"]["properties"]) == {"to", "share"}
    assert "reductions" in definitions["outpatient"]["properties"]["deductible"]["items"]["properties"]
