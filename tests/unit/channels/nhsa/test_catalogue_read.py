"""Catalogue files are read a row at a time, and what is wrong is told by file, line and column."""

import zipfile
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gongji.channels.nhsa import catalogue_read
from gongji.channels.nhsa.catalogue_layout import layout, service_kind
from gongji.channels.nhsa.catalogue_read import NationalFile, file_of
from gongji.channels.nhsa.catalogue_write import line_of
from gongji.channels.nhsa.tables import catalogue_columns, catalogue_files
from gongji.core.catalogue import ALWAYS

CODE, NAME, BEGINS, ENDS, VERSION, VALID, LEVEL = (
    catalogue_columns("1301").index(label)
    for label in (
        "医疗目录编码",
        "药品通用名",
        "开始日期",
        "结束日期",
        "版本号",
        "有效标志",
        "国家医保药品目录甲乙类标识",
    )
)


def line(**facts: str) -> str:
    fields = ["null"] * len(catalogue_columns("1301"))
    fields[CODE], fields[NAME], fields[VERSION], fields[VALID] = "XZ1", "演示片", "20260101", "1"
    for label, value in facts.items():
        fields[int(label[1:])] = value
    return "\t".join(fields)


def write(folder: Path, text: str | bytes, name: str = "1301.txt") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def faults(path: Path, **options: int) -> list[tuple[int, int, str]]:
    source = NationalFile(path, "1301", **options)
    list(source.rows())
    return [(fault.line, fault.column, fault.what) for fault in source.faults]


def test_a_row_is_read(tmp_path: Path) -> None:
    text = "\ufeff" + line(**{f"_{BEGINS}": "2024-01-01 08:00:00", f"_{ENDS}": "20251231", f"_{LEVEL}": "甲"}) + "\r\n"
    source = NationalFile(write(tmp_path, text), "1301")
    [row] = source.rows()
    assert source.faults == []
    assert row[:8] == (1, "1301", "XZ1", date(2024, 1, 1), date(2025, 12, 31), "演示片", "western_drug", "甲")
    assert row[12:14] == ("20260101", True)
    assert row[14] == text.strip("\ufeff\r\n")


def test_an_empty_date_is_always_and_an_empty_level_is_borne(tmp_path: Path) -> None:
    [row] = NationalFile(write(tmp_path, line()), "1301").rows()
    assert (row[3], row[4], row[7]) == (ALWAYS, None, "丙")


def test_chinese_patent_medicine_is_told_by_its_code(tmp_path: Path) -> None:
    [row] = NationalFile(write(tmp_path, line(**{f"_{CODE}": "ZZ1"})), "1301").rows()
    assert row[6] == "chinese_patent"


@pytest.mark.parametrize(
    ("text", "column", "what"),
    [
        ("a\tb", 2, "这一行有 2 列，1301 应为 97 列"),
        (line() + "\tmore", 98, "这一行有 98 列，1301 应为 97 列"),
        (line(**{f"_{CODE}": ""}), CODE + 1, "医疗目录编码不能为空"),
        (line(**{f"_{CODE}": "X" * 51}), CODE + 1, "医疗目录编码超过 50 个字符"),
        (line(**{f"_{BEGINS}": "2024-02-30"}), BEGINS + 1, "开始日期不是日期：2024-02-30"),
        (line(**{f"_{BEGINS}": "明天"}), BEGINS + 1, "开始日期不是日期：明天"),
        (line(**{f"_{BEGINS}": "2024-01-02", f"_{ENDS}": "2024-01-01"}), ENDS + 1, "结束日期 2024-01-01 早于"),
        (line(**{f"_{VERSION}": "null"}), VERSION + 1, "版本号不能为空"),
        (line(**{f"_{VALID}": "2"}), VALID + 1, "有效标志应为 0 或 1"),
        (line(**{f"_{LEVEL}": "丁"}), LEVEL + 1, "国家医保药品目录甲乙类标识无法识别：丁"),
        (line(**{f"_{NAME}": "a\0b"}), NAME + 1, "有空字符"),
    ],
    ids=lambda value: value[-30:] if isinstance(value, str) else None,
)
def test_a_fault_has_its_place(tmp_path: Path, text: str, column: int, what: str) -> None:
    found = faults(write(tmp_path, line() + "\n" + text + "\n" + line()))
    assert [(number, place) for number, place, _ in found] == [(2, column)]
    assert found[0][2].startswith(what)


def test_text_of_another_encoding_is_told_by_its_column(tmp_path: Path) -> None:
    raw = line().replace("演示片", "?").encode().replace(b"?", "演示片".encode("gb18030"))
    [(number, column, what)] = faults(write(tmp_path, raw))
    assert (number, column) == (1, NAME + 1)
    assert "UTF-8" in what


def test_all_faults_are_found_up_to_a_limit(tmp_path: Path) -> None:
    path = write(tmp_path, "\n".join(["x"] * 30))
    assert len(faults(path)) == 30
    assert len(faults(path, most=7)) == 7


def test_an_endless_line_is_no_row(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(catalogue_read, "LONGEST_LINE", 100)
    assert [what for _, _, what in faults(write(tmp_path, "x" * 1000))] == ["这一行超过 100 字节，不是目录文件"]


def _zipped(folder: Path, names: list[str]) -> Path:
    with zipfile.ZipFile(folder / "1301.zip", "w", zipfile.ZIP_DEFLATED) as archive:
        for name in names:
            archive.writestr(name, line() + "\n")
    return folder / "1301.zip"


def _broken(folder: Path) -> Path:
    path = _zipped(folder, ["1301.txt"])
    raw = bytearray(path.read_bytes())
    raw[45:60] = bytes(15)
    path.write_bytes(raw)
    return path


def test_a_zip_may_hold_several_texts(tmp_path: Path) -> None:
    source = NationalFile(_zipped(tmp_path, ["a.txt", "读我.md", "b.TXT"]), "1301")
    assert len(list(source.rows())) == 2
    assert source.faults == []


@pytest.mark.parametrize(
    ("make", "what"),
    [
        (lambda folder: _zipped(folder, ["读我.md"]), "压缩文件里没有 .txt"),
        (_broken, "压缩文件损坏"),
        (lambda folder: folder / "missing.txt", "文件读不了"),
    ],
)
def test_a_file_that_cannot_be_read_is_a_fault(tmp_path: Path, make: Callable[[Path], Path], what: str) -> None:
    [(_, _, told)] = faults(make(tmp_path))
    assert told.startswith(what)


@pytest.mark.parametrize("file", catalogue_files())
def test_every_file_of_the_specification_is_written_and_read(tmp_path: Path, file: str) -> None:
    entered = (
        None,
        "C1",
        date(2026, 1, 1),
        None,
        "名\t称",
        "乙",
        "盒",
        "片剂",
        "",
        "限住院",
        "V1",
        True,
        date(2026, 1, 2),
    )
    written = line_of(file, entered)
    assert written.count("\t") == len(catalogue_columns(file)) - 1
    source = NationalFile(write(tmp_path, written, f"{file}.txt"), file)
    [row] = source.rows()
    assert source.faults == []
    assert (row[1], row[2], row[5], row[12], row[13]) == (file, "C1", "名 称", "V1", True)
    assert row[3] == (date(2026, 1, 1) if layout(file).begins else ALWAYS)
    assert (row[6] is None) == (layout(file).kind is None)


def test_a_delivered_row_is_given_out_as_it_came() -> None:
    assert line_of("1301", ("as it came", *[None] * 12)) == "as it came"


@pytest.mark.parametrize(
    ("name", "file"),
    [
        ("1301.txt", "1301"),
        ("目录1306A_2026.zip", "1306A"),
        ("x_1320_1.zip", "1320"),
        ("20261301.txt", None),
        ("a", None),
    ],
)
def test_the_name_of_a_file_tells_what_it_is(name: str, file: str | None) -> None:
    assert file_of(name) == file


@pytest.mark.parametrize(
    ("code", "kind"),
    [
        ("001101000010000", "registration"),
        ("001102000010000", "consultation"),
        ("002501010010000", "laboratory"),
        ("003301000010000", "surgery"),
        ("110900001", "bed"),
        ("009900000010000", "service"),
        ("ABC", "service"),
    ],
)
def test_the_code_of_a_service_tells_its_fee_type(code: str, kind: str) -> None:
    assert service_kind(code) == kind
