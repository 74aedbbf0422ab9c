"""Files of cases that are written wrong: each fault names its file, line and key."""

from pathlib import Path

import msgspec
import pytest

from gongji.policyfiles import PolicyFilesError, load, locate
from gongji.service.region_cases import RegionCase, case_faults, differences, region_cases

CASE = """[[case]]
name = "一"
ask.date = "2025-03-01"
ask.person = { status = "active" }
ask.care = { type = "outpatient", level = "1" }
ask.bill = { total = "900.00" }
expect.fund = "60.00"
expect.own = "0.00"
expect.shared = "0.00"
expect.cash = "840.00"
"""


def written(folder: Path, text: str) -> Path:
    cases = folder / "341200" / "cases"
    cases.mkdir(parents=True, exist_ok=True)
    (cases / "outpatient.toml").write_text(text, encoding="utf-8")
    return folder


def case_of(folder: Path, text: str = CASE) -> RegionCase:
    (case,) = region_cases(written(folder, text))
    return case


@pytest.mark.parametrize(
    ("text", "line", "key", "says"),
    [
        (CASE.replace('"900.00"', "900元"), 6, "", "TOML 语法错误"),
        (CASE.replace("[[case]]", "[[cases]]"), 1, "cases", "写作 [[case]] 块"),
        (CASE.replace("[[case]]", "[case]"), 1, "case", "写作 [[case]] 块"),
        (CASE.replace('name = "一"\n', ""), 1, "case[0].name", "缺少 name"),
        (CASE + CASE.replace("expect.", "expected."), 11, "case[1].expect", "缺少 expect"),
        (CASE + 'note = "x"\n', 11, "case[0].note", "不认识的键 note"),
    ],
)
def test_a_fault_names_its_line_and_key(tmp_path: Path, text: str, line: int, key: str, says: str) -> None:
    found = [fault for fault in case_faults(written(tmp_path, text)) if fault.key == key]
    assert [(fault.file, fault.line) for fault in found] == [("regions/341200/cases/outpatient.toml", line)]
    assert says in found[0].text
    with pytest.raises(PolicyFilesError, match=r"outpatient\.toml"):
        region_cases(tmp_path)


def test_a_file_in_another_encoding_is_a_fault(tmp_path: Path) -> None:
    path = written(tmp_path, "") / "341200" / "cases" / "outpatient.toml"
    path.write_bytes("案例".encode("gbk"))
    assert [fault.text for fault in case_faults(tmp_path)] == ["文件不是 UTF-8 编码"]


def test_a_case_knows_its_line(tmp_path: Path) -> None:
    assert [case.line for case in region_cases(written(tmp_path, CASE + CASE))] == [2, 12]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        (CASE, ""),
        (CASE.replace("60.00", "61.00"), "fund 应为 61.00，得到 60.00"),
        (CASE.replace("expect.own", "expect.owned"), "结果里没有 owned"),
        (CASE.replace("ask.bill", "ask.bil"), "应当能计算，得到 input_invalid"),
        (CASE + 'expect.error = "rule_unknown"\n', "应当拒绝 rule_unknown（None），得到 能计算的结果"),
    ],
)
def test_what_differs_is_told_in_words(tmp_path: Path, text: str, told: str) -> None:
    found = differences(load(locate()), case_of(tmp_path, text))
    assert told in "".join(found)
    assert bool(found) == bool(told)


def test_a_case_without_a_payer_is_told(tmp_path: Path) -> None:
    case = case_of(tmp_path)
    less = msgspec.structs.replace(case, expect={key: value for key, value in case.expect.items() if key != "own"})
    assert differences(load(locate()), less) == ["案例没有写 expect.own"]
