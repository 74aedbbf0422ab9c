"""Between which places shared money is good, from which day on, by the shipped rules."""

from datetime import date

import pytest

from gongji.core.eligibility import not_open_across, reaches
from gongji.core.policy import PolicyBook

XIAN, XIANYANG, NANNING, NANCHANG = "610100", "610400", "450100", "360100"


@pytest.mark.parametrize(
    ("mine", "theirs", "day", "good", "closed"),
    [
        (XIAN, XIAN, "2023-01-01", True, ""),
        (XIAN, XIANYANG, "2024-05-21", False, ""),
        (XIAN, XIANYANG, "2024-05-22", True, ""),
        (XIAN, NANNING, "2026-01-08", False, "未收录陕西省、广西壮族自治区当时已开通跨省共济"),
        (XIAN, NANNING, "2026-01-09", True, ""),
        (NANCHANG, XIAN, "2026-01-08", False, "未收录江西省、陕西省当时已开通跨省共济"),
        (NANCHANG, XIAN, "2026-01-09", True, ""),
    ],
)
def test_a_pool_a_province_another_province(
    book: PolicyBook,
    mine: str,
    theirs: str,
    day: str,
    good: bool,  # noqa: FBT001
    closed: str,
) -> None:
    on = date.fromisoformat(day)
    assert reaches(book, mine, theirs, on) is good
    assert not_open_across(book, mine, theirs, on) == closed
