"""Told rules: how they are written, inherited, shown, and every fault they can have."""

from datetime import date
from pathlib import Path

import pytest

from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import PolicyBook
from gongji.core.rules import SharingPurposes, Statement
from gongji.core.told import told
from gongji.policyfiles import Fault, check, columns, describe, describe_for, load, locate, matrix, trace
from gongji.policyfiles.facts import TOLD

ON = date(2026, 11, 22)
HEAD = """from = 2023-01-01
source = "试验文件"
confidence = "high"
verified_on = 2026-01-01
review_by = 2027-06-30
"""


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


def written(tmp_path: Path, text: str, file: str = "facts") -> Path:
    folder = tmp_path / "999900"
    folder.mkdir(exist_ok=True)
    (folder / "region.toml").write_text('code = "999900"\nname = "试验市"\n', encoding="utf-8")
    (folder / f"{file}.toml").write_text(text, encoding="utf-8")
    return tmp_path


def faults(tmp_path: Path, items: str, block: str = "withdrawal") -> tuple[Fault, ...]:
    return check(written(tmp_path, f"[[{block}]]\n{HEAD}items = [\n{items}\n]\n"))


def test_an_item_is_words_an_amount_or_a_table(tmp_path: Path) -> None:
    text = f"""[[crediting]]
{HEAD}items = [
    {{ key = "a", name = "甲", value = "按月" }},
    {{ key = "b", name = "乙", amount = "1680.00", per = "年" }},
    {{ key = "c", name = "丙", table = [["情形", "数"], ["一", "1"], ["二", "2"]], note = "注" }},
    {{ key = "d", name = "丁", value = "x", source = "另一处", confidence = "low" }},
]
"""
    rule = load(written(tmp_path, text)).in_force("999900", "account.crediting", ON)
    assert isinstance(rule, Statement)
    assert [item.value for item in rule.items] == ["按月", "1680.00 元/年", "一，1；二，2", "x"]
    assert rule.items[1].amount == 168_000
    assert rule.items[2].table[0] == ("情形", "数")
    assert describe(rule)[2:] == ("丙：一，1；二，2（注）", "丁：x〔低：另一处〕")


@pytest.mark.parametrize(
    ("items", "key", "says"),
    [
        ('{ key = "a", name = "甲" }', "withdrawal[0].items[0].value", "四者写一项"),
        ('{ key = "a", name = "甲", value = "x", amount = "1.00" }', "withdrawal[0].items[0].value", "四者写一项"),
        ('{ key = "a", name = "甲", amount = 1680 }', "withdrawal[0].items[0].amount", "带引号的金额"),
        ('{ key = "a", name = "甲", value = "x", per = "年" }', "withdrawal[0].items[0].per", "只与 amount 同写"),
        ('{ key = "a", name = "甲", table = [["一行"]] }', "withdrawal[0].items[0].table", "至少两行"),
        ('{ key = "a", name = "甲", table = [["a"], ["b", "c"]] }', "withdrawal[0].items[0].table", "各行一样长"),
        ('{ key = "a", name = "甲", value = "x", source = "另" }', "withdrawal[0].items[0].source", "同写"),
        ('{ key = "a", name = "甲", hours = ["8:30-12:00"] }', "withdrawal[0].items[0].hours", "24 小时制"),
        ('{ key = "a", name = "甲", hours = ["14:00-17:00", "08:30-12:00"] }', "withdrawal[0].items[0].hours", "先后"),
        ('{ key = "A-", name = "甲", value = "x" }', "withdrawal[0].items[0].key", "小写字母"),
        ('{ key = "a", name = "甲", value = "x", say = 1 }', "withdrawal[0].items[0].say", "不认识的键"),
        (
            '{ key = "a", name = "甲", value = "x" },\n{ key = "a", name = "乙", value = "y" }',
            "withdrawal[0].items[1].key",
            "key 重复",
        ),
    ],
)
def test_faults_of_items(tmp_path: Path, items: str, key: str, says: str) -> None:
    (fault,) = faults(tmp_path, items)
    assert (fault.key, fault.file) == (key, "regions/999900/facts.toml")
    assert says in fault.text
    assert fault.line >= 8


def test_a_block_without_a_source_or_of_no_name_is_refused(tmp_path: Path) -> None:
    (fault,) = check(written(tmp_path, '[[hotline]]\nitems = [{ key = "a", name = "甲", value = "x" }]\n'))[:1]
    assert "缺少" in fault.text
    (fault,) = check(written(tmp_path, f'[[ratio]]\n{HEAD}rows = [{{ share = "50%" }}]\n'))
    assert fault.text.startswith("facts.toml 没有规则 ratio")


def test_a_rule_stated_in_two_files_overlaps(tmp_path: Path) -> None:
    block = f'{HEAD}items = [{{ key = "a", name = "甲", value = "x" }}]\n'
    written(tmp_path, f"[[withdrawal]]\n{block}", "account")
    (fault,) = check(written(tmp_path, f"[[withdrawal]]\n{block}"))
    assert "重叠" in fault.text


def test_items_add_up_from_the_nation_down(book: PolicyBook) -> None:
    found = {each.item.key: each.cite for each in told(book, "421126", "service.hotline", ON)}
    assert [found[key].region for key in ("county", "bureau", "h12393")] == ["421126", "421100", "000000"]
    assert found["h12333"].confidence is Confidence.ARTICLE_ONLY
    assert found["h12393"].confidence is Confidence.HIGH
    rule = book.in_force("421126", "service.hotline", ON)
    assert rule is not None
    lines = describe_for(book, "421126", rule, ON, Scheme.EMPLOYEE)
    assert any("黄冈市医疗保障局：0713-8366936［黄冈市，仅见于文章］" in line for line in lines)


def test_a_fact_is_traced_to_its_line(book: PolicyBook) -> None:
    stated = trace(book, locate(), "610100", "account.withdrawal", ON, Scheme.EMPLOYEE)
    (holding,) = [each for each in stated if each.holds]
    lines = (locate() / "610100" / "facts.toml").read_text("utf-8").splitlines()
    assert lines[holding.line - 1] == "[[withdrawal]]"


def test_every_fact_says_when_it_was_compared_with_its_source(book: PolicyBook) -> None:
    names = {rule for rule, _ in TOLD.values()}
    cites = [block.cite for (_, name, _), blocks in book.rules.items() if name in names for block in blocks]
    assert len(cites) > 60
    assert {cite.verified_on for cite in cites} == {date(2026, 11, 22)}
    assert all(cite.source for cite in cites)


def test_no_place_opens_what_is_barred_everywhere(book: PolicyBook) -> None:
    barred = book.rule(SharingPurposes, "000000", "account.forbidden", ON)
    assert barred is not None
    for (region, name, _), blocks in book.rules.items():
        if name in ("sharing.purposes", "sharing.extra"):
            for block in blocks:
                assert isinstance(block, SharingPurposes)
                assert not set(block.purposes) & set(barred.purposes), (region, name)


def test_what_is_told_does_not_blur_how_sure_the_figures_are(book: PolicyBook) -> None:
    heads = columns(book)
    (row,) = [cells for region, cells in matrix(book, ON) if region.code == "370200"]
    cells = dict(zip(heads, row, strict=True))
    account, apart = cells["account", Scheme.EMPLOYEE], cells["facts", Scheme.EMPLOYEE]
    assert account is not None
    assert apart is not None
    assert (account.confidence, apart.confidence) == (Confidence.MEDIUM, Confidence.ARTICLE_ONLY)
