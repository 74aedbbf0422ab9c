"""``gongji regions`` and ``gongji bench regions`` as typed: what is printed, and the exit code."""

import shutil
from pathlib import Path

import msgspec
import pytest
from typer.testing import CliRunner, Result

from gongji.cli import app
from gongji.policyfiles import locate

NARROW = {"COLUMNS": "80"}


def typed(*words: str, **environ: str) -> Result:
    return CliRunner().invoke(app, list(words), env=NARROW | environ)


@pytest.fixture
def copied(tmp_path: Path) -> Path:
    """Three real regions to write wrong things into."""
    for code in ("000000", "340000", "341200"):
        shutil.copytree(locate() / code, tmp_path / code)
    return tmp_path


def test_what_a_region_states_itself() -> None:
    shown = typed("regions", "show", "阜阳", "--own", "--on", "2025-03-01").output
    assert "800.00" in shown
    assert "继承自" not in shown
    assert "未收录" not in shown


def test_the_matrix_is_never_shortened() -> None:
    told = typed("regions", "coverage").output
    assert "阜阳市" in told
    assert "…" not in told


def test_a_picture_that_cannot_be_written_is_told(tmp_path: Path) -> None:
    result = typed("regions", "coverage", "--svg", str(tmp_path / "none" / "x.svg"))
    assert (result.exit_code, "不能写入" in result.output) == (2, True)


def test_a_rule_half_named_lists_those_meant() -> None:
    result = typed("regions", "trace", "阜阳", "ratio")
    assert result.exit_code == 2
    assert "outpatient.ratio 门诊统筹支付比例" in result.output
    assert "sharing.kin" not in result.output


def test_an_unknown_region_lists_those_known() -> None:
    result = typed("regions", "test", "不存在市")
    assert (result.exit_code, "阜阳市" in result.output.replace("\n", "")) == (2, True)


def test_a_name_of_two_districts_asks_for_the_code(copied: Path) -> None:
    for code in ("341202", "340104"):
        (copied / code).mkdir()
        (copied / code / "region.toml").write_text(f'code = "{code}"\nname = "中心区"\n', encoding="utf-8")
    result = typed("regions", "show", "中心区", GONGJI_REGIONS=str(copied))
    assert (result.exit_code, "341202" in result.output, "340104" in result.output) == (2, True, True)


def test_cases_written_wrong_fail_the_check_and_the_test(copied: Path) -> None:
    path = copied / "341200" / "cases" / "outpatient.toml"
    path.write_text(path.read_text("utf-8").replace("[[case]]", "[[cases]]"), encoding="utf-8")
    for command, code in (("check", 1), ("test", 2)):
        result = typed("regions", command, GONGJI_REGIONS=str(copied))
        assert (result.exit_code, "cases/outpatient.toml:5" in result.output) == (code, True)


def test_a_case_that_differs_names_its_line(copied: Path) -> None:
    path = copied / "341200" / "cases" / "outpatient.toml"
    path.write_text(path.read_text("utf-8").replace('"420.00"', '"421.00"'), encoding="utf-8")
    result = typed("regions", "test", "阜阳", GONGJI_REGIONS=str(copied))
    assert result.exit_code == 1
    assert "cases/outpatient.toml:6 起付：首日，在职一级" in result.output
    assert "fund 应为 421.00，得到 420.00" in result.output


def test_the_bench_of_regions_as_a_table_and_as_json() -> None:
    assert "倍数" in typed("bench", "regions", "--count", "2").output
    growth = msgspec.json.decode(typed("bench", "regions", "--count", "2", "--json").output)
    assert growth["made"]["regions"] == 3
    assert set(growth) == {"real", "made", "ratio"}


def test_the_bench_without_its_template_says_so(copied: Path) -> None:
    result = typed("bench", "regions", "--count", "1", GONGJI_REGIONS=str(copied))
    assert (result.exit_code, "610100" in result.output) == (2, True)
