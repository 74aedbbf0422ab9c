"""An institution's list against the books: what a partial return may look like, and each kind of difference."""

from datetime import datetime
from typing import Any

import pytest

from gongji.core.codes import Care
from gongji.core.reconciliation import Booked, Held, Kind, compare
from gongji.core.times import CHINA

AT = datetime(2026, 11, 28, 10, tzinfo=CHINA)


def booked(settlement: str, total: int, reverses: str | None = None, **other: Any) -> Booked:
    """Half of it paid by the account, the rest in cash."""
    facts = {"standing": reverses is None, "care": Care.OUTPATIENT, "message_id": f"M{settlement}", "visit": "V"}
    facts |= {"settled_at": AT, "person_no": "P", "fund": 0, "account": total // 2, "cash": total - total // 2}
    return Booked(**(facts | {"settlement": settlement, "total": total, "reverses": reverses} | other))


def held(settlement: str, total: int, *, refund: bool = False, **other: Any) -> Held:
    facts = {"visit": "V", "person_no": "P", "fund": 0, "account": total // 2}
    return Held(**(facts | {"settlement": settlement, "total": total, "refund": refund} | other))


WHOLE = booked("A", 1000, standing=False)
BACK, REST = booked("B", -1000, "A", returned=True), booked("B", 600)
ONCE = [WHOLE, BACK, REST]
"""A settled, then 400 of it returned: B is what is left."""

REST_AGAIN = booked("C", 100)
TWICE = [WHOLE, BACK, booked("B", 600, standing=False), booked("C", -600, "B", returned=True), REST_AGAIN]
"""And then 500 more: C is what is left."""


def kinds(ours: list[Booked], *theirs: Held) -> list[tuple[Kind, str, int]]:
    """Kind, settlement and amount of each difference: of the books' row, or else of the list's."""
    told = []
    for one in compare(ours, theirs):
        row = one.ours or one.theirs
        assert row is not None
        told.append((one.kind, row.settlement, row.total))
    return told


@pytest.mark.parametrize(
    ("form", "theirs"),
    [
        ("2208 under the old id, then 2207", [held("A", 1000), held("A", -1000, refund=True), held("B", 600)]),
        ("2208 under the new id, then 2207", [held("A", 1000), held("B", 1000, refund=True), held("B", 600)]),
        ("a refund of the difference, old id", [held("A", 1000), held("A", -400, refund=True)]),
        ("a refund of the difference, new id", [held("A", 1000), held("B", -400, refund=True)]),
        ("only what stands", [held("B", 600)]),
    ],
)
def test_a_return_agrees_in_every_form(form: str, theirs: list[Held]) -> None:
    assert kinds(ONCE, *theirs) == [], form


@pytest.mark.parametrize(
    "theirs",
    [
        [held("A", 1000), held("A", -1000, refund=True), held("B", 600), held("B", -600, refund=True), held("C", 100)],
        [held("A", 1000), held("B", -400, refund=True), held("C", -500, refund=True)],
        [held("A", 1000), held("A", -400, refund=True), held("B", -500, refund=True)],
        [held("C", 100)],
    ],
)
def test_a_return_of_a_return_agrees(theirs: list[Held]) -> None:
    assert kinds(TWICE, *theirs) == []


def test_a_rest_that_was_reversed_later() -> None:
    ours = [WHOLE, BACK, booked("B", 600, standing=False), booked("R", -600, "B")]
    refunds = [held("A", -1000, refund=True), held("B", -600, refund=True)]
    assert kinds(ours, held("A", 1000), refunds[0], held("B", 600), refunds[1]) == []
    assert kinds(ours, held("A", 1000), held("A", -400, refund=True), held("B", -600, refund=True)) == []
    assert kinds(ours) == [], "nobody has anything of it"
    assert kinds(ours, held("A", 1000)) == [(Kind.REVERSED_HERE, "B", -1000)]
    assert kinds(ours, held("A", 1000), held("A", -400, refund=True)) == [(Kind.REVERSED_HERE, "R", -600)]


@pytest.mark.parametrize(
    ("theirs", "expected"),
    [
        ([held("A", 1000)], [(Kind.RETURNED_HERE, "B", -400)]),
        ([held("A", 1000), held("B", 600)], [(Kind.REVERSED_HERE, "B", -1000)]),
        ([held("A", 1000), held("A", -1000, refund=True)], [(Kind.MISSING_THERE, "B", 600)]),
        ([], [(Kind.MISSING_THERE, "B", 600)]),
        ([held("A", 1000), held("A", -399, refund=True)], [(Kind.AMOUNT, "B", -400)]),
        ([held("B", 601)], [(Kind.AMOUNT, "B", 600)]),
        ([held("A", 1000), held("A", -1000, refund=True), held("B", 600)] * 2, [(Kind.DOUBLED, "A", 1000),
         (Kind.DOUBLED, "B", -1000), (Kind.DOUBLED, "B", 600)]),
        ([held("B", 600, person_no="Q")], [(Kind.DETAILS, "B", 600)]),
    ],
)  # fmt: skip
def test_what_is_wrong_about_a_return_is_told_once(theirs: list[Held], expected: list[Any]) -> None:
    assert kinds(ONCE, *theirs) == expected


def test_a_return_the_institution_does_not_know_is_told_with_its_amount() -> None:
    [one] = compare(ONCE, [held("A", 1000)])
    assert one.memo == "中心已部分退费、机构没有退费记录：请补记退回的金额（4.00 元，原结算 A）"


def test_a_refund_that_only_the_institution_has() -> None:
    assert kinds([booked("A", 1000)], held("A", 1000), held("A", -400, refund=True)) == [
        (Kind.REVERSED_THERE, "A", 1000)
    ]
    assert kinds([], held("A", -400, refund=True)) == [(Kind.MISSING_HERE, "A", -400)]
