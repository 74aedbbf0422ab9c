"""Every kind of fault a policy file can have, with its file, line and key."""

from pathlib import Path

import pytest

from gongji.policyfiles import Fault, PolicyFilesError, check, load, locate

REGION = 'code = "999900"\nname = "试验市"\naliases = ["试验"]\npooling = true\n'
HEAD = """from = 2023-01-01
source = "试验文件"
confidence = "high"
verified_on = 2026-01-01
review_by = 2027-06-30
"""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    (tmp_path / "999900").mkdir()
    (tmp_path / "999900" / "region.toml").write_text(REGION, encoding="utf-8")
    return tmp_path


def faults_of(folder: Path, subject: str, text: str) -> tuple[Fault, ...]:
    (folder / "999900" / f"{subject}.toml").write_text(text, encoding="utf-8")
    return check(folder)


def only(folder: Path, subject: str, text: str) -> Fault:
    faults = faults_of(folder, subject, text)
    assert len(faults) == 1, faults
    assert faults[0].file == f"regions/999900/{subject}.toml"
    return faults[0]


def block(rule: str, body: str, head: str = HEAD) -> str:
    return f"[[{rule}]]\n{head}{body}\n"


def ratio(*rows: str, head: str = HEAD) -> str:
    lines = "".join(f"    {{ {row} }},\n" for row in rows)
    return block("ratio", f"rows = [\n{lines}]", head)


def test_the_real_files_have_no_fault() -> None:
    assert check(locate()) == ()


def test_a_sound_file_has_no_fault(folder: Path) -> None:
    assert faults_of(folder, "outpatient", ratio('level = "1", share = "70%"')) == ()


def test_syntax_errors_name_their_line(folder: Path) -> None:
    fault = only(folder, "outpatient", "[[ratio]]\nfrom = 2023-01-01\nsource = 试验\n")
    assert fault.line == 3
    assert "TOML 语法错误" in fault.text


def test_a_key_given_twice_is_refused(folder: Path) -> None:
    assert "TOML 语法错误" in only(folder, "outpatient", "[[ratio]]\nfrom = 2023-01-01\nfrom = 2023-01-01\n").text


def test_a_file_that_is_not_utf8_is_refused(folder: Path) -> None:
    (folder / "999900" / "outpatient.toml").write_bytes("来源".encode("gbk"))
    assert [fault.text for fault in check(folder)] == ["文件不是 UTF-8 编码"]


@pytest.mark.parametrize(
    ("subject", "text", "key", "line", "says"),
    [
        ("dental", "", "", 1, "不认识的文件"),
        ("outpatient", block("refund", ""), "refund", 1, "没有规则 refund"),
        ("outpatient", "ratio = 1", "ratio", 1, "须写作 [[ratio]] 块"),
        ("outpatient", ratio('share = "70%"') + "note = 1", "ratio[0].note", 10, "不认识的键 note"),
        ("outpatient", ratio('share = "70%", town = true'), "ratio[0].rows[0].town", 8, "不认识的键 town"),
        ("outpatient", ratio("share = 0.7"), "ratio[0].rows[0].share", 8, "不用浮点数或整数"),
        ("outpatient", ratio("share = 70"), "ratio[0].rows[0].share", 8, "不用浮点数或整数"),
        ("outpatient", ratio('share = "70"'), "ratio[0].rows[0].share", 8, "不是百分比"),
        ("outpatient", ratio('share = "170%"'), "ratio[0].rows[0].share", 8, "超过 100%"),
        ("outpatient", ratio('level = "1"'), "ratio[0].rows[0].share", 8, "缺少 share"),
        ("outpatient", ratio('level = 1, share = "70%"'), "ratio[0].rows[0].level", 8, "没有编码 1"),
        ("outpatient", ratio('level = "4", share = "70%"'), "ratio[0].rows[0].level", 8, "没有编码 '4'"),
        ("outpatient", ratio('community = "yes", share = "70%"'), "ratio[0].rows[0].community", 8, "true 或 false"),
        ("outpatient", ratio('age_from = -1, share = "70%"'), "ratio[0].rows[0].age_from", 8, "整数"),
        ("outpatient", ratio('age_from = true, share = "70%"'), "ratio[0].rows[0].age_from", 8, "整数"),
        ("outpatient", block("ratio", "rows = []"), "ratio[0].rows", 7, "至少有一行"),
        ("outpatient", block("ratio", ""), "ratio[0].rows", 1, "缺少 rows"),
        (
            "outpatient",
            ratio('level = "1", share = "70%"', 'level = "1", share = "60%"'),
            "ratio[0].rows[1]",
            9,
            "条件重复",
        ),
        (
            "outpatient",
            ratio('status = "active", share = "70%"', 'level = "1", status = "active", share = "60%"'),
            "ratio[0].rows[1]",
            9,
            "永远轮不到",
        ),
        (
            "outpatient",
            ratio('age_from = 60, share = "70%"', 'age_from = 70, share = "60%"'),
            "ratio[0].rows[1]",
            9,
            "永远轮不到",
        ),
        (
            "outpatient",
            ratio('retired_before = 2001-01-01, share = "70%"', 'retired_before = 1999-01-01, share = "60%"'),
            "ratio[0].rows[1]",
            9,
            "永远轮不到",
        ),
        ("outpatient", block("deductible", "rows = [{ amount = 200 }]"), "deductible[0].rows[0].amount", 7, "不用浮点"),
        (
            "outpatient",
            block("deductible", 'rows = [{ amount = "1.005" }]'),
            "deductible[0].rows[0].amount",
            7,
            "不是最多两位小数",
        ),
        ("outpatient", block("deductible", 'rows = [{ amount = "-1" }]'), "deductible[0].rows[0].amount", 7, "负数"),
        ("outpatient", block("cap", 'rows = [{ amount = "n" }]'), "cap[0].rows[0].amount", 7, "不是最多两位小数"),
        ("outpatient", block("cap", 'above_share = 0.8\nrows = [{ amount = "1" }]'), "cap[0].above_share", 7, "浮点"),
        ("sharing", block("kin", 'relations = ["cousin"]'), "kin[0].relations", 7, "没有编码 'cousin'"),
        ("sharing", block("kin", 'relations = ["child", "child"]'), "kin[0].relations", 7, "重复"),
        ("sharing", block("kin", 'relations = "child"'), "kin[0].relations", 7, "须是列表"),
        ("sharing", block("purposes", 'purposes = ["gym"]'), "purposes[0].purposes", 7, "没有编码 'gym'"),
        ("sharing", block("draw", 'order = "random"'), "draw[0].order", 7, "没有 'random'"),
        ("sharing", block("reach", 'reach = "planet"'), "reach[0].reach", 7, "没有编码"),
        ("sharing", block("limits", "authorisers_per_user = 0"), "limits[0].authorisers_per_user", 7, "整数"),
        ("sharing", block("binding", 'notice = "  "\ncommitment = "书"'), "binding[0].notice", 7, "非空文字"),
        ("pharmacy", block("prescription", ""), "prescription[0].as_level", 1, "缺少 as_level"),
        ("account", block("medical_year", "month = 2\nday = 29"), "medical_year[0].day", 8, "1 到 28"),
        ("account", block("medical_year", "month = 13\nday = 1"), "medical_year[0].month", 7, "1 到 12"),
        ("account", block("segments", ""), "segments[0].kept", 1, "缺少 kept"),
        (
            "account",
            block("segments", "kept = false\ncurrent_year_pays_first = true"),
            "segments[0].current_year_pays_first",
            8,
            "没有当年账户",
        ),
        (
            "account",
            block("payable", 'rows = [\n{ care = "pharmacy", parts = [] },\n{ care = "pharmacy", parts = [] },\n]'),
            "payable[0].rows[1].care",
            9,
            "条件重复",
        ),
        ("account", block("payable", 'rows = [{ care = "x", parts = [] }]'), "payable[0].rows[0].care", 7, "没有编码"),
    ],
)
def test_faults_of_figures_and_keys(folder: Path, subject: str, text: str, key: str, line: int, says: str) -> None:
    fault = only(folder, subject, text)
    assert (fault.key, fault.line) == (key, line)
    assert says in fault.text


@pytest.mark.parametrize("key", ["from", "source", "confidence", "verified_on", "review_by"])
def test_every_block_says_since_when_by_whom_and_how_sure(folder: Path, key: str) -> None:
    head = "".join(line for line in HEAD.splitlines(keepends=True) if not line.startswith(f"{key} "))
    fault = only(folder, "outpatient", ratio('share = "70%"', head=head))
    assert (fault.key, fault.text, fault.line) == (f"ratio[0].{key}", f"缺少 {key}", 1)


@pytest.mark.parametrize(
    ("given", "wrong", "says"),
    [
        ("from = 2023-01-01", 'from = "2023-01-01"', "须是日期"),
        ("from = 2023-01-01", "from = 2023-01-01T00:00:00", "须是日期"),
        ('source = "试验文件"', 'source = ""', "非空文字"),
        ('confidence = "high"', 'confidence = "sure"', "没有编码"),
        ("from = 2023-01-01", "from = 2023-01-01\nto = 2022-12-31", "早于起日"),
        ("from = 2023-01-01", 'from = 2023-01-01\nscheme = "army"', "没有编码"),
    ],
)
def test_wrong_heads_are_refused(folder: Path, given: str, wrong: str, says: str) -> None:
    fault = only(folder, "outpatient", ratio('share = "70%"', head=HEAD.replace(given, wrong)))
    assert says in fault.text


def two(first_end: str, second_start: str) -> str:
    first = HEAD.replace("from = 2023-01-01", f"from = 2023-01-01{first_end}")
    second = HEAD.replace("from = 2023-01-01", f"from = {second_start}")
    return ratio('share = "70%"', head=first) + ratio('share = "60%"', head=second)


@pytest.mark.parametrize(
    ("first_end", "second_start", "says"),
    [
        ("", "2024-01-01", "重叠（那一块没有止日）"),
        ("\nto = 2024-01-01", "2024-01-01", "重叠（那一块到 2024-01-01 为止）"),
        ("\nto = 2023-12-30", "2024-01-01", "之间有空档"),
    ],
)
def test_blocks_of_a_rule_follow_each_other_without_overlap_or_gap(
    folder: Path, first_end: str, second_start: str, says: str
) -> None:
    fault = only(folder, "outpatient", two(first_end, second_start))
    assert fault.key == "ratio[1].from"
    assert says in fault.text


def test_blocks_that_follow_each_other_may_stand_in_any_order(folder: Path) -> None:
    text = two("\nto = 2023-12-31", "2024-01-01")
    first, second = text.split("[[ratio]]")[1:]
    assert faults_of(folder, "outpatient", f"[[ratio]]{second}[[ratio]]{first}") == ()


def test_two_schemes_have_their_own_sequence(folder: Path) -> None:
    resident = HEAD + 'scheme = "resident"\n'
    assert faults_of(folder, "outpatient", ratio('share = "70%"') + ratio('share = "60%"', head=resident)) == ()


def test_all_faults_are_reported_at_once_in_order_of_place(folder: Path) -> None:
    text = ratio("share = 0.7", 'level = "9", share = "60%"', head=HEAD.replace('source = "试验文件"\n', ""))
    faults = faults_of(folder, "outpatient", text)
    assert [(fault.line, fault.key) for fault in faults] == [
        (1, "ratio[0].source"),
        (7, "ratio[0].rows[0].share"),
        (8, "ratio[0].rows[1]"),
        (8, "ratio[0].rows[1].level"),
    ]
    with pytest.raises(PolicyFilesError) as refused:
        load(folder)
    assert refused.value.faults == faults
    assert str(faults[0]) == "regions/999900/outpatient.toml:1 ratio[0].source：缺少 source"


@pytest.mark.parametrize(
    ("text", "key", "says"),
    [
        (REGION.replace("999900", "999901"), "code", "与文件夹名 999900 不一致"),
        (REGION.replace('name = "试验市"\n', ""), "name", "缺少 name"),
        (REGION + "capital = true\n", "capital", "不认识的键"),
        (REGION.replace('["试验"]', "[1]"), "aliases", "文字列表"),
        (REGION.replace("pooling = true", 'pooling = "yes"'), "pooling", "true 或 false"),
    ],
)
def test_faults_of_the_region_itself(folder: Path, text: str, key: str, says: str) -> None:
    fault = only(folder, "region", text)
    assert fault.key == key
    assert says in fault.text


def test_a_folder_must_be_a_code_and_say_its_name(tmp_path: Path) -> None:
    (tmp_path / "xian").mkdir()
    (tmp_path / "999900").mkdir()
    assert [fault.text for fault in check(tmp_path)] == [
        "缺少 region.toml（代码、名称）",
        "文件夹名须是六位行政区划代码",
    ]


def test_an_empty_folder_is_a_fault(tmp_path: Path) -> None:
    assert "没有任何地区" in check(tmp_path)[0].text


@pytest.mark.parametrize(
    ("subject", "text", "part"),
    [
        (
            "inpatient",
            ratio(
                'bands = [{ to = "100.00", share = "50%" }, { to = "100.00", share = "60%" }, { share = "70%" }]'
            ).replace("rows", 'bands_of = "visit_eligible"\nrows', 1),
            "须依次变大",
        ),
        (
            "inpatient",
            ratio('bands = [{ to = "100.00", share = "50%" }, { to = "200.00", share = "60%" }]').replace(
                "rows", 'bands_of = "visit_eligible"\nrows', 1
            ),
            "最后一段不写 to",
        ),
        (
            "inpatient",
            ratio('bands = [{ to = "100.00", share = "50%" }, { share = "60%" }]'),
            "按什么分段",
        ),
        ("inpatient", ratio('share = "50%", bands = [{ to = "1.00", share = "5%" }, { share = "6%" }]'), "只写一个"),
        ("inpatient", ratio('share = "101%"'), "超过 100%"),
        ("inpatient", block("ratio", 'same_as = "outpatient"'), "本地和上级都没有"),
        ("inpatient", block("ratio", 'same_as = "inpatient"'), "不能与自己相同"),
        ("inpatient", block("ratio", 'same_as = "dental"'), "可用"),
        ("inpatient", block("deductible", 'basis = "by_stay"\nrows = [{ amounts = [] }]'), "须是金额列表"),
        ("inpatient", block("deductible", 'basis = "none"\nrows = [{ amount = "1.00" }]'), "不认识的键"),
        ("inpatient", block("deductible", 'basis = "weekly"\nrows = [{ amount = "1.00" }]'), "没有 'weekly'"),
        ("away", block("ratio_points", 'rows = [{ points = "-3" }]'), "不写负号"),
        ("away", block("ratio_points", 'rows = [{ points = "3%" }]'), "百分点"),
        ("sharing", block("kin", 'relations = ["uncle"]'), "没有编码 'uncle'"),
        (
            "service",
            block(
                "hotline", 'items = [{ key = "a", name = "甲", value = "1" },\n{ key = "a", name = "乙", value = "2" }]'
            ),
            "key 重复",
        ),
        ("service", block("hotline", 'items = [{ key = "A", name = "甲", value = "1" }]'), "小写字母"),
        ("account", block("segments", 'kept = true\nfirst_for = ["outpatient"]'), "first_for"),
    ],
)
def test_faults_of_the_further_rules(folder: Path, subject: str, text: str, part: str) -> None:
    assert part in " ".join(fault.text for fault in faults_of(folder, subject, text))


def test_a_fault_inside_a_band_names_its_line(folder: Path) -> None:
    rows = 'rows = [\n    { level = "1", share = "5%" },\n    { bands = [\n        { to = "1.00", share = "x" },\n'
    text = block("ratio", f'bands_of = "visit_eligible"\n{rows}        {{ share = "6%" }},\n    ] }},\n]')
    fault = only(folder, "inpatient", text)
    assert "不是百分比" in fault.text
    assert text.splitlines()[fault.line - 1].strip() == '{ to = "1.00", share = "x" },'


def test_cases_beside_a_region_are_no_policy(folder: Path) -> None:
    before = load(folder).digest
    (folder / "999900" / "cases").mkdir()
    (folder / "999900" / "cases" / "outpatient.toml").write_text("[[case]]\n", encoding="utf-8")
    assert load(folder).digest == before


def test_a_band_beyond_the_cap_is_refused(folder: Path) -> None:
    rows = ratio('bands = [{ to = "9000.00", share = "50%" }, { share = "40%" }]')
    banded = rows.replace("rows", 'bands_of = "year_eligible"\nrows', 1)
    cap = block("cap", 'basis = "eligible_spending"\nrows = [{ amount = "9000.00" }]')
    assert "永远轮不到" in only(folder, "outpatient", banded + cap).text
    assert faults_of(folder, "outpatient", banded + cap.replace("9000", "9001")) == ()
    assert faults_of(folder, "outpatient", banded + cap.replace("eligible_spending", "fund_payment")) == ()


def test_a_wrong_key_names_the_likely_one(folder: Path) -> None:
    faults = faults_of(folder, "outpatient", ratio('share = "70%"', head=HEAD.replace("confidence", "confidense")))
    assert any("是不是 confidence" in fault.text for fault in faults)


def another(folder: Path, code: str, name: str, alias: str) -> None:
    (folder / code).mkdir()
    text = f'code = "{code}"\nname = "{name}"\naliases = ["{alias}"]\n'
    (folder / code / "region.toml").write_text(text, encoding="utf-8")


def test_cities_do_not_share_a_name_and_nobody_an_alias(folder: Path) -> None:
    another(folder, "999800", "试验市", "别处")
    assert [(fault.key, "会混淆" in fault.text) for fault in check(folder)] == [("name", True)] * 2
    (folder / "999800" / "region.toml").write_text('code = "999800"\nname = "别市"\naliases = ["试验"]\n', "utf-8")
    assert [(fault.file, fault.key, fault.line) for fault in check(folder)] == [
        ("regions/999800/region.toml", "aliases", 3),
        ("regions/999900/region.toml", "aliases", 3),
    ]


def test_districts_of_different_cities_may_share_a_name(folder: Path) -> None:
    another(folder, "999801", "中心区", "甲地中心")
    another(folder, "999701", "中心区", "乙地中心")
    assert check(folder) == ()
