"""``gongji ask`` at the terminal: words, JSON, and the exit codes."""

import json

import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app

WIDE = {"COLUMNS": "200"}


def run(*words: str) -> Result:
    return CliRunner().invoke(app, ["ask", *words], env=WIDE)


@pytest.mark.parametrize(
    ("words", "says"),
    [
        (("西安", "父亲", "买药", "--date", "2025-09-10"), "可以"),
        (("西安", "岳母", "买药"), "不可以"),
        (("西安", "母亲", "体检", "--date", "2024-05-01"), "不知道"),
        (("--region", "拉萨", "--relation", "父亲", "--purpose", "买药"), "不知道"),
    ],
)
def test_an_answer_leaves_with_zero_whatever_it_is(words: tuple[str, ...], says: str) -> None:
    result = run(*words)
    assert result.exit_code == 0
    assert says in result.stdout.splitlines()
    assert result.stdout.rstrip().endswith("以参保地医保经办机构答复为准。")


def test_sources_and_telephones_are_shown() -> None:
    text = run("西安", "父亲", "买药").stdout
    for words in ("可信度", "复核期限", "12393", "签署《个人承诺书》", "先后：使用人本人账户"):
        assert words in text


def test_what_is_not_understood_leaves_with_two_and_names_the_words() -> None:
    result = run("西安", "岳母", "看戏")
    assert result.exit_code == 2
    for words in ("不懂“看戏”", "岳母", "买药", "西安市"):
        assert words in result.stderr


def test_json() -> None:
    answer = json.loads(run("--authoriser-region", "南宁", "--relation", "配偶", "--purpose", "住院", "--json").stdout)
    assert (answer["answer"], answer["question"]["relation"]) == ("yes", "spouse")
    assert {"state", "text", "rule", "basis"} <= answer["conditions"][0].keys()
    assert {"source", "confidence", "review_by", "file"} <= answer["conditions"][0]["basis"].keys()


def test_help_shows_examples() -> None:
    text = run("--help").stdout
    assert "gongji ask 西安 岳母 买药" in text
