"""Terms of regions come as a CSV; what is wrong is told by line and column."""

from datetime import date
from pathlib import Path

import pytest

from gongji.core.catalogue import ALWAYS
from gongji.service.catalogue_terms import COLUMNS, TermsFile, terms_row

HEAD = "code,region,scheme,hospital_level,begins_on,ends_on,kind,level,first_self_pay,price_limit,restriction"


def read(folder: Path, text: str | bytes) -> TermsFile:
    path = folder / "terms.csv"
    path.write_bytes(text.encode() if isinstance(text, str) else text)
    return TermsFile(path)


def test_rows_are_read_and_written_alike(tmp_path: Path) -> None:
    rows = [
        "X1,610100,employee,3,2026-01-01,2026-12-31,vaccine,乙,10%,12.50,限住院",
        "X2,000000,,,,,,,,,",
        'X3,310000,resident,,,,,甲,4.25%,,"限二线，用于""重症"""',
    ]
    source = read(tmp_path, "\ufeff" + "\n".join([HEAD, *rows]) + "\n")
    staged = list(source.rows())
    assert source.faults == []
    assert staged[0] == (
        2, "X1", "610100", "employee", "3", date(2026, 1, 1), date(2026, 12, 31), "vaccine", "乙", 1000, 1250, "限住院",
    )  # fmt: skip
    assert staged[1][5:] == (ALWAYS, None, None, None, None, None, None)
    again = [terms_row(row[1:]) for row in staged]
    assert [",".join(row) for row in again[:2]] == rows[:2]
    assert again[2][8] == "4.25%"


def test_columns_may_be_few_and_in_any_order(tmp_path: Path) -> None:
    [row] = read(tmp_path, "price_limit,region,code\n9.90,610100,X1\n").rows()
    assert (row[1], row[2], row[10]) == ("X1", "610100", 990)


@pytest.mark.parametrize(
    ("row", "column", "what"),
    [
        (",610100,,,,,,,,,", 1, "code（医疗目录编码）不能为空"),
        ("X1,西安,,,,,,,,,", 2, "region（地区）应为 6 位数字"),
        ("X1,610100,worker,,,,,,,,", 3, "scheme 应为employee 或 resident"),
        ("X1,610100,,9,,,,,,,", 4, "hospital_level 应为1、2 或 3"),
        ("X1,610100,,,2026-13-01,,,,,,", 5, "begins_on 应为日期"),
        ("X1,610100,,,2026-02-01,2026-01-01,,,,,", 6, "结束日期 2026-01-01 早于"),
        ("X1,610100,,,,,toy,,,,", 7, "kind 应为"),
        ("X1,610100,,,,,,丁,,,", 8, "level 应为甲、乙或丙"),
        ("X1,610100,,,,,,,110%,,", 9, "first_self_pay 应为百分比"),
        ("X1,610100,,,,,,,,-1.00,", 10, "price_limit 应为以元为单位的金额"),
        ("X1,610100,,,,,,,,1e3,", 10, "price_limit 应为以元为单位的金额"),
        ("X1,610100", 0, "这一行有 2 列，表头有 11 列"),
    ],
)
def test_a_fault_has_its_place(tmp_path: Path, row: str, column: int, what: str) -> None:
    source = read(tmp_path, f"{HEAD}\nX0,610100,,,,,,,,,\n{row}\n")
    assert len(list(source.rows())) == 1
    [fault] = source.faults
    assert (fault.line, fault.column) == (3, column)
    assert fault.what.startswith(what)


@pytest.mark.parametrize(
    ("text", "what"),
    [
        ("", "表头缺少列 code"),
        ("code,price\n", "表头不认识的列 price"),
        ("code,region,code\n", "表头列重复"),
        ('code,region\n"X1,610100\n', "CSV 格式错误"),
        ("code,region\nX1,西安\n".encode("gb18030"), "不是 UTF-8 编码"),
    ],
)
def test_a_file_that_is_no_table_of_terms(tmp_path: Path, text: str | bytes, what: str) -> None:
    source = read(tmp_path, text)
    assert list(source.rows()) == []
    assert source.faults[0].what.startswith(what)


def test_every_column_has_a_place() -> None:
    assert ",".join(COLUMNS) == HEAD
