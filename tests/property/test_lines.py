"""A line's parts always sum to its amount, whatever the item says."""

from decimal import Decimal

from hypothesis import given
from hypothesis import strategies as st

from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import ItemKind
from gongji.core.lines import LineSplit, product, split_line, total_of
from gongji.core.money import WHOLE

items = st.builds(
    CatalogueItem,
    code=st.just("X"),
    name=st.just("药"),
    kind=st.sampled_from(ItemKind),
    level=st.sampled_from(("甲", "乙", "丙")),
    first_self_pay=st.integers(0, WHOLE),
    price_limit=st.none() | st.integers(0, 10_000_00),
    restriction=st.sampled_from(("", "限住院")),
)
quantities = st.decimals("0.0001", "9999", places=4)
prices = st.decimals("0", "99999", places=6)


def parts(split: LineSplit) -> tuple[int, ...]:
    return split.full_self_pay, split.over_limit, split.first_self_pay, split.in_scope


@given(st.none() | items, quantities, prices, st.integers(-1, 1), st.booleans())
def test_parts_sum_to_the_amount(
    item: CatalogueItem | None,
    quantity: Decimal,
    price: Decimal,
    off: int,
    approved: bool,  # noqa: FBT001 - invented like the rest
) -> None:
    amount = max(0, product(quantity, price) + off)
    split = split_line(item, quantity, price, amount, approved=approved)
    assert sum(parts(split)) == split.amount == amount
    assert min(parts(split)) >= 0
    if item and item.purpose:
        assert [(part.purpose, part.amount) for part in split.by_purpose] == [(item.purpose, amount)]
        assert split.full_self_pay == amount
    else:
        assert split.by_purpose == ()


@given(st.lists(st.tuples(items, st.integers(1, 20), st.integers(0, 100_000)), max_size=8))
def test_a_bill_is_the_sum_of_its_lines(lines: list[tuple[CatalogueItem, int, int]]) -> None:
    splits = [split_line(item, Decimal(count), Decimal(price) / 100, count * price) for item, count, price in lines]
    total = total_of(splits)
    assert parts(total) == tuple(sum(column) for column in zip(*map(parts, splits), strict=True)) or not splits
    purposes = [part.purpose for part in total.by_purpose]
    assert purposes == sorted(set(purposes))
    assert sum(part.amount for part in total.by_purpose) <= total.full_self_pay
