"""The bar and the reasons of a split."""

from datetime import date

from hypothesis import given
from hypothesis import strategies as st

from gongji.core.case import Bill, Drawn, Purse, Split, Step
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
    parts = split_view(_split(*amounts), [], TODAY).parts
    assert sum(part.width for part in parts) == BAR_WIDTH
    assert [part.amount for part in parts] == amounts
    for part in parts:
        assert (part.width >= THINNEST) if part.amount else part.width == 0
    assert [part.x for part in parts] == [sum(p.width for p in parts[:n]) for n in range(4)]


def test_bar_is_told_in_words() -> None:
    assert split_view(_split(22000, 5000, 33000, 0), [], TODAY).spoken == (
        "统筹 220.00 元，本人账户 50.00 元，家庭共济 330.00 元，现金 0.00 元"
    )


def test_steps_without_a_text_and_repeats_are_left_out() -> None:
    steps = tuple(Step(rule="cash", amount=amount) for amount in (1, 2, 2))
    view = split_view(_split(1, 0, 0, 0, steps), ["", "同样", "同样"], TODAY)
    assert [(reason.text, reason.amount) for reason in view.reasons] == [("同样", 2)]
