"""What changed, where a value stands, what is covered; and books that are read as they are needed."""

import time
from datetime import date
from pathlib import Path

import pytest

from gongji.bench.regions import MADE, make, run
from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import Cap, Deductible, PolicyBook
from gongji.policyfiles import PolicyFilesError, changes, columns, load, locate, matrix, open_lazily, svg, trace

MANY = 400
BEFORE, AFTER = date(2024, 5, 21), date(2024, 5, 23)


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


def test_what_changed_in_xian_in_may_2024(book: PolicyBook) -> None:
    (change,) = changes(book, "610100", BEFORE, AFTER)
    assert (change.rule, change.before, change.after) == ("sharing.reach", ("同一统筹区",), ("省内",))
    assert changes(book, "610100", AFTER, AFTER) == ()


def test_what_began_is_told_as_unknown_before(book: PolicyBook) -> None:
    found = {change.rule: change for change in changes(book, "360100", date(2023, 6, 30), date(2023, 7, 1))}
    assert found["pharmacy.prescription"].before == ("未收录",)
    assert found["outpatient.deductible"].after == ("全部人员：300.00 元",)


def test_a_new_source_for_the_same_figures_is_told_as_such(book: PolicyBook) -> None:
    found = changes(book, "360100", date(2026, 1, 8), date(2026, 1, 9))
    told = {"sharing.purposes": True, "sharing.cross_province": False, "sharing.across": False}
    assert {change.rule: change.source_only for change in found} == told


def test_a_value_is_traced_to_its_line(book: PolicyBook) -> None:
    stated = trace(book, locate(), "610400", "sharing.reach", AFTER, Scheme.EMPLOYEE)
    (holding,) = [each for each in stated if each.holds]
    assert (holding.region.code, holding.rule.cite.file) == ("610000", "regions/610000/sharing.toml")
    lines = (locate() / "610000" / "sharing.toml").read_text("utf-8").splitlines()
    assert lines[holding.line - 1] == "[[reach]]"
    assert lines[holding.line] == f"from = {holding.rule.cite.start}"


def test_a_rule_that_repeats_another_is_traced_through(book: PolicyBook) -> None:
    stated = trace(book, locate(), "310000", "inpatient.cap", date(2025, 9, 1), Scheme.EMPLOYEE)
    assert [each.rule.cite.rule for each in stated if each.holds] == ["inpatient.cap", "outpatient.cap"]
    cap = book.rule(Cap, "310000", "inpatient.cap", date(2025, 9, 1))
    assert cap is not None
    assert cap.rows[0].amount == 65_000_000


def test_the_matrix_tells_the_weakest_confidence(book: PolicyBook) -> None:
    heads = columns(book)
    rows = {region.code: dict(zip(heads, cells, strict=True)) for region, cells in matrix(book, date(2025, 9, 1))}
    cell = rows["370200"]["inpatient", Scheme.EMPLOYEE]
    assert cell is not None
    assert (cell.confidence, cell.inherited) == (Confidence.LOW, False)
    away = rows["370200"]["away", Scheme.EMPLOYEE]
    assert away is not None
    assert away.inherited
    assert rows["450100"]["inpatient", Scheme.EMPLOYEE] is None


def test_the_picture_has_a_cell_for_each_region_and_subject(book: PolicyBook) -> None:
    picture = svg(book, date(2025, 9, 1))
    assert picture.startswith("<svg")
    assert picture.count("<rect") == 1 + len(columns(book)) * len(book.regions)
    assert "青岛市" in picture


def test_a_lazy_book_is_the_same_book(book: PolicyBook) -> None:
    lazy = open_lazily(locate())
    assert (lazy.digest, dict(lazy.regions)) == (book.digest, dict(book.regions))
    assert dict(lazy.rules) == dict(book.rules)
    assert len(lazy.rules) == len(book.rules)


def test_a_lazy_book_finds_faults_when_a_region_is_asked_for(tmp_path: Path) -> None:
    for code, text in (("999900", "[[cap]]\n"), ("888800", "")):
        (tmp_path / code).mkdir()
        (tmp_path / code / "region.toml").write_text(f'code = "{code}"\nname = "{code}"\n', encoding="utf-8")
        (tmp_path / code / "outpatient.toml").write_text(text, encoding="utf-8")
    lazy = open_lazily(tmp_path)
    assert lazy.in_force("888800", "outpatient.cap", AFTER) is None
    with pytest.raises(PolicyFilesError, match="缺少 source"):
        lazy.in_force("999900", "outpatient.cap", AFTER)
    (tmp_path / "888800" / "region.toml").write_text("code = \n", encoding="utf-8")
    with pytest.raises(PolicyFilesError):
        open_lazily(tmp_path)


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Four hundred regions with the files of a real one."""
    root = tmp_path_factory.mktemp("regions")
    make(root, MANY)
    return root


def test_four_hundred_regions_cost_no_more_than_those_asked_for(many: Path) -> None:
    start = time.perf_counter()
    book = open_lazily(many)
    opened = time.perf_counter()
    assert book.rule(Deductible, MADE, "outpatient.deductible", AFTER) is not None
    first = time.perf_counter()
    for _ in range(1_000):
        book.in_force(MADE, "outpatient.deductible", AFTER)
    looked = time.perf_counter()
    print(f"open {opened - start:.3f} s, first {first - opened:.4f} s, then {(looked - first) * 1e3:.1f} us")  # noqa: T201
    assert len(book.regions) == MANY + 1
    # A slow machine is not a fault; reading every file of every region would be.
    assert looked - start < 3
    read = book.rules._read  # type: ignore[attr-defined]
    assert set(read) <= {"110100", "110000", "000000"}


def test_the_cost_of_more_regions_is_told_beside_the_real_ones() -> None:
    growth = run(3)
    assert (growth.made.regions, growth.real.regions) == (4, len(load(locate()).regions))
    assert set(growth.ratio) == {"regions", "blocks", "open_ms", "first_ms", "further_us", "load_ms"}
    assert growth.ratio["regions"] == round(4 / growth.real.regions, 2)
    assert growth.made.first_ms > 0
