"""What must not be broken at the end of a line is marked, and nothing else."""

import pytest
from markupsafe import Markup

from gongji.web.unbroken import unbroken


@pytest.mark.parametrize(
    ("text", "kept"),
    [
        ("新华网 2024-11-25；四川省医保局 2025-07", ["2024-11-25", "2025-07"]),
        ("依据：国办发〔2024〕24号《意见》", ["国办发〔2024〕24号"]),
        ("您于2026年11月29日 14:20使用了 330.00 元。", ["2026年11月29日 14:20", "330.00 元"]),
    ],
)
def test_days_amounts_and_document_numbers_are_kept_whole(text: str, kept: list[str]) -> None:
    marked = unbroken(text)
    assert isinstance(marked, Markup)
    assert marked.striptags() == text
    assert [piece.split("</span>")[0] for piece in marked.split('<span class="whole">')[1:]] == kept


def test_a_text_without_them_stays_a_text_that_is_escaped_later() -> None:
    assert unbroken("父母 <可以>") == "父母 <可以>"
    assert not isinstance(unbroken("父母 <可以>"), Markup)


def test_what_stands_beside_them_is_escaped() -> None:
    assert unbroken("<b>2024-11-25<i>") == '&lt;b&gt;<span class="whole">2024-11-25</span>&lt;i&gt;'
