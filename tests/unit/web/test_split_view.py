"""The bar and the reasons of a split."""

from datetime import date

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.core.case import Bill, Drawn, NotDrawn, Purse, Split, Step
from gongji.core.codes import Segment
from gongji.web.split_view import BAR_WIDTH, THINNEST, split_view

TODAY = date(2026, 3, 1)


def _split(fund: int, own: int, shared: int, cash: int, steps: tuple[Step, ...] = ()) -> Split:
    total = fund + own + shared + cash
    return Split(
        total=total,
        eligible=total,
        deductible=0,
        pool=fund,
        supplementary=0,
        ratio=0,
        own=(Purse(segment=Segment.WHOLE, available=own),),
        shared=(Drawn(id="b", amount=shared),),
        cash=cash,
        bill=Bill(total=total),
        steps=steps,
    )


@given(st.lists(st.integers(0, 10**14), min_size=4, max_size=4).filter(any))
def test_bar_is_filled_and_shows_every_payer(amounts: list[int]) -> None:
    parts = split_view(_split(*amounts), TODAY).parts
    assert sum(part.width for part in parts) == BAR_WIDTH
    assert [part.amount for part in parts] == amounts
    for part in parts:
        assert (part.width >= THINNEST) if part.amount else part.width == 0
    assert [part.x for part in parts] == [sum(p.width for p in parts[:n]) for n in range(4)]


def test_bar_is_told_in_words() -> None:
    assert split_view(_split(22000, 5000, 33000, 0), TODAY).spoken == (
        "统筹 220.00 元，本人账户 50.00 元，家庭共济 330.00 元，现金 0.00 元"
    )


@pytest.mark.parametrize(
    ("why", "told"),
    [(NotDrawn.PURPOSE_NOT_ALLOWED, True), (NotDrawn.NOTHING_AVAILABLE, False), (NotDrawn.CAP_IS_ZERO, False)],
)
def test_institution_learns_nothing_about_relatives(why: NotDrawn, told: bool) -> None:
    steps = (
        Step(rule="sharing.drawn", amount=7000, facts=("子女", "即时调用", 10000)),
        Step(rule="sharing.not_drawn", amount=0, facts=("配偶", why.label)),
    )
    split = _split(0, 0, 7000, 0, steps)
    texts = [reason.text for reason in split_view(split, TODAY, to_institution=True).reasons]
    assert texts[0] == "家庭共济账户支付 70.00 元"
    assert (f"家庭共济未动用：{why.label}" in texts) is told
    assert not any("子女" in text or "配偶" in text or "100.00" in text for text in texts)
    assert "子女" in split_view(split, TODAY).reasons[0].text
