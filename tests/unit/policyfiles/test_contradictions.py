"""The list of contradictions: complete, in order, and every place it names is there (C01 to C41)."""

from pathlib import Path

import pytest

from gongji.core.codes import Scheme
from gongji.core.policy import PolicyBook
from gongji.policyfiles import Contradiction, check_contradictions, contradictions, load, locate
from gongji.policyfiles.contradictions import FILE, Handling

KNOWN = 41


@pytest.fixture(scope="module")
def book() -> PolicyBook:
    return load(locate())


@pytest.fixture(scope="module")
def listed(book: PolicyBook) -> tuple[Contradiction, ...]:
    return contradictions(locate(), book)


def test_every_contradiction_is_resolved(listed: tuple[Contradiction, ...]) -> None:
    assert [entry.number for entry in listed] == list(range(1, KNOWN + 1))
    assert all(len(entry.sides) > 1 and entry.stands and entry.default for entry in listed)
    assert {entry.handling for entry in listed} == set(Handling)


def test_the_default_stands_in_the_book(listed: tuple[Contradiction, ...], book: PolicyBook) -> None:
    # C01: kin is dated; C29: both hotlines; C33: passwords of Guangzhou.
    places = {entry.number: {(place.region, place.rule) for place in entry.stands} for entry in listed}
    assert ("000000", "sharing.kin") in places[1]
    assert len(book.rules["000000", "sharing.kin", Scheme.EMPLOYEE]) > 1
    assert ("000000", "service.hotline") in places[29]
    assert ("440100", "account.password") in places[33]


ENTRY = """[[contradiction]]
number = 1
topic = "题"
sides = [
    { says = "甲", told_in = "南宁篇" },
    { says = "乙", told_in = "青岛篇" },
]
handling = "both"
resolved = "并列"
default = "甲"
stands = ["000000 sharing.kin", "refusal busy"]
"""


@pytest.mark.parametrize(
    ("old", "new", "key", "says"),
    [
        ("", "", "", ""),
        ('"000000 sharing.kin"', '"999999 sharing.kin"', "stands", "没有 999999 sharing.kin"),
        ('"refusal busy"', '"refusal idle"', "stands", "没有 refusal idle"),
        ("number = 1", "number = 2", "number", "应为 1"),
        ('handling = "both"', 'handling = "guess"', "handling", "没有编码"),
        ('told_in = "青岛篇"', 'told_in = "火星篇"', "sides[1].told_in", "可用"),
        ('default = "甲"', 'why = "甲"', "default", "缺少 default"),
        ("topic =", "title =", "topic", "缺少 topic"),
    ],
)
def test_faults(tmp_path: Path, book: PolicyBook, old: str, new: str, key: str, says: str) -> None:
    (tmp_path / FILE).write_text(ENTRY.replace(old, new) if old else ENTRY, encoding="utf-8")
    faults = check_contradictions(tmp_path, book)
    if not says:
        assert faults == ()
        return
    assert any(fault.key == f"contradiction[0].{key}" and says in fault.text for fault in faults), faults


def test_a_folder_without_the_list_is_sound(tmp_path: Path, book: PolicyBook) -> None:
    assert check_contradictions(tmp_path, book) == ()
