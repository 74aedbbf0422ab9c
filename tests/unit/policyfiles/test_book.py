"""What the real files hold once loaded, and how they are found, listed and shown."""

import time
import tomllib
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from gongji.core.codes import Confidence, Level, Reach, Relation, Scheme
from gongji.core.policy import Cap, Draw, Kin, PolicyBook, Prescription, SharingLimits, SharingReach
from gongji.policyfiles import RULE_NAMES, coverage, describe, load, locate, show
from gongji.policyfiles.rules import READERS

MOST_TIMES = 6
"""Reading strictly, checking and hashing may cost some times what the parser of the standard library takes."""


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


def test_loading_all_regions_costs_little_beside_parsing_them() -> None:
    texts = [path.read_text(encoding="utf-8") for path in locate().rglob("*.toml")]
    parsing = min(_seconds(lambda: [tomllib.loads(text) for text in texts]) for _ in range(3))
    loading = min(_seconds(lambda: load(locate())) for _ in range(3))
    assert loading < MOST_TIMES * parsing


def _seconds(work: Callable[[], object]) -> float:
    # The time of this process: other programs on the machine do not count.
    start = time.process_time()
    work()
    return time.process_time() - start


def test_the_digest_follows_the_text_and_not_the_place(tmp_path: Path) -> None:
    folder = tmp_path / "999900"
    folder.mkdir()
    (folder / "region.toml").write_bytes('code = "999900"\nname = "试验市"\n'.encode())
    first = load(tmp_path).digest
    (folder / "region.toml").write_bytes('code = "999900"\r\nname = "试验市"\r\n'.encode())
    assert load(tmp_path).digest == first
    (folder / "region.toml").write_bytes('code = "999900"\nname = "试验县"\n'.encode())
    assert load(tmp_path).digest != first


@pytest.mark.parametrize(
    ("region", "on", "reach"),
    [
        ("610100", date(2022, 9, 30), None),
        ("610100", date(2022, 10, 1), Reach.SAME_POOL),
        ("610400", date(2024, 5, 21), Reach.SAME_POOL),
        ("610400", date(2024, 5, 22), Reach.PROVINCE),
        ("370200", date(2023, 12, 31), None),
        ("370200", date(2024, 1, 1), Reach.PROVINCE),
    ],
)
def test_sharing_reaches_as_far_as_the_date_allows(
    book: PolicyBook, region: str, on: date, reach: Reach | None
) -> None:
    rule = book.rule(SharingReach, region, "sharing.reach", on)
    assert (rule.reach if rule else None) is reach


def test_parents_in_law_are_kin_in_shandong_only(book: PolicyBook) -> None:
    on = date(2025, 1, 1)
    rules = {code: book.rule(Kin, code, "sharing.kin", on) for code in book.regions}
    wider = {code for code, rule in rules.items() if rule and Relation.SPOUSE_PARENT in rule.relations}
    assert wider == {code for code in book.regions if code.startswith("37")}


@pytest.mark.parametrize(
    ("region", "users", "authorisers"),
    [("310000", None, None), ("610100", None, 2), ("360100", 7, 1), ("370200", 7, 1), ("450100", None, None)],
)
def test_how_many_may_be_bound(book: PolicyBook, region: str, users: int | None, authorisers: int | None) -> None:
    rule = book.rule(SharingLimits, region, "sharing.limits", date(2025, 1, 1))
    assert rule is not None
    assert (rule.users_per_authoriser, rule.authorisers_per_user) == (users, authorisers)


def test_drawing_in_nanning_and_shanghai(book: PolicyBook) -> None:
    nanning = book.rule(Draw, "450100", "sharing.draw", date(2025, 1, 1))
    shanghai = book.rule(Draw, "310000", "sharing.draw", date(2025, 1, 1))
    assert nanning is not None
    assert shanghai is not None
    assert (nanning.one_account_must_cover, nanning.automatic) == (True, True)
    assert (shanghai.historical_only, shanghai.one_account_must_cover) == (True, False)


def test_prescriptions_are_known_for_three_regions(book: PolicyBook) -> None:
    known = {
        code: rule.as_level
        for code in book.regions
        if (rule := book.rule(Prescription, code, "pharmacy.prescription", date(2025, 1, 1)))
    }
    assert known == {"360100": Level.FIRST, "450100": Level.FIRST, "610100": Level.FIRST}


def test_the_cap_of_shanghai_moves_with_the_medical_year(book: PolicyBook) -> None:
    days = (date(2024, 6, 30), date(2024, 7, 1), date(2025, 7, 1), date(2026, 7, 1))
    rules = [book.rule(Cap, "310000", "outpatient.cap", on) for on in days]
    assert [rule.rows[0].amount for rule in rules if rule] == [61_000_000, 63_000_000, 65_000_000, 65_000_000]
    assert [rule.cite.overdue(on) for rule, on in zip(rules, days, strict=True) if rule] == [False, False, False, True]


def test_coverage_lists_every_block_once(book: PolicyBook) -> None:
    listed = coverage(book)
    assert len(listed) == sum(len(blocks) for blocks in book.rules.values())
    key = ("360100", "outpatient.ratio", Scheme.EMPLOYEE)
    shares = [known.cite for known in listed if (known.region.code, known.rule, known.scheme) == key]
    assert [(cite.start, cite.confidence) for cite in shares] == [
        (date(2023, 1, 1), Confidence.HIGH),
        (date(2023, 7, 1), Confidence.HIGH),
    ]


def test_show_tells_what_holds_and_what_is_unknown(book: PolicyBook) -> None:
    shown = dict(show(book, "450100", date(2024, 1, 31)))
    assert list(shown) == list(READERS)
    assert shown["outpatient.ratio"] is None
    deductible, segments = shown["outpatient.deductible"], shown["account.segments"]
    assert deductible is not None
    assert describe(deductible) == ("全部人员：600.00 元",)
    assert segments is not None
    assert segments.cite.region == "000000"


def test_every_rule_of_every_region_can_be_described(book: PolicyBook) -> None:
    assert set(RULE_NAMES) == set(READERS)
    for blocks in book.rules.values():
        for rule in blocks:
            assert all(line for line in describe(rule))


def test_no_source_is_a_bare_tag(book: PolicyBook) -> None:
    short = {known.cite.source for known in coverage(book) if len(known.cite.source) < 8}
    assert short == set()


def test_the_environment_names_another_folder(tmp_path: Path) -> None:
    assert locate({"GONGJI_REGIONS": str(tmp_path)}) == tmp_path
    assert (locate({}) / "000000").is_dir()
    with pytest.raises(FileNotFoundError, match="不存在"):
        locate({"GONGJI_REGIONS": str(tmp_path / "none")})
