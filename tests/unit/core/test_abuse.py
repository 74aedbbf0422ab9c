"""Patterns of misuse by the national thresholds, as an officer would read them."""

from datetime import datetime, timedelta
from typing import Any

import pytest

from gongji.core.abuse import Bought, Made, look_at_bindings, look_at_settlements, strangers
from gongji.core.codes import BindingTerm, Care
from gongji.core.incidents import IncidentKind
from gongji.core.policy import PolicyBook
from gongji.core.times import CHINA

AT = datetime(2026, 3, 5, 9, 0, tzinfo=CHINA)


def made(number: int, **more: Any) -> Made:
    plain = {"id": f"B{number}", "authoriser": f"a{number}", "user": f"u{number}", "at": AT + timedelta(hours=number)}
    return Made(**({"term": BindingTerm.LONG_TERM, "region": "610100"} | plain | more))


def bought(number: int, minutes: int, institution: str, **more: Any) -> Bought:
    plain = {"id": f"S{number}", "person_no": "p", "region": "610100", "institution": institution, "place": "610100"}
    plain |= {"care": Care.PHARMACY, "at": AT + timedelta(minutes=minutes), "total": 100, "shared": 40}
    return Bought(**(plain | more))


@pytest.mark.parametrize(
    ("cases", "kinds"),
    [
        ([made(n, device="d") for n in range(4)], [IncidentKind.BROKER]),
        ([made(n, phone="139") for n in range(4)], [IncidentKind.BROKER]),
        ([made(n, user="u") for n in range(4)], [IncidentKind.BROKER]),
        ([made(n, device="d") for n in range(3)], []),
        ([made(n) for n in range(9)], []),
        # one family on one telephone: each is bound to somebody of the others
        ([made(n, device="d", authoriser=f"p{n}", user=f"p{n + 1}") for n in range(5)], []),
        # four strangers, but over more than a month
        ([made(n, device="d", at=AT + timedelta(days=11 * n)) for n in range(4)], []),
        ([made(n, authoriser="a", user="u") for n in range(4)], [IncidentKind.PING_PONG]),
        ([made(n, authoriser="a", user="u") for n in range(3)], []),
        ([made(n, authoriser="a", term=BindingTerm.SINGLE_USE) for n in range(6)], [IncidentKind.MANY_SINGLE_USE]),
        ([made(n, authoriser="a", term=BindingTerm.SINGLE_USE) for n in range(5)], []),
        ([made(n, authoriser="a") for n in range(6)], []),
    ],
)
def test_bindings(book: PolicyBook, cases: list[Made], kinds: list[IncidentKind]) -> None:
    found = look_at_bindings(book, cases)
    assert [finding.kind for finding in found] == kinds
    for finding in found:
        assert finding.evidence["rule"]["file"] == "regions/000000/abuse.toml"
        assert len(finding.evidence["bindings"]) == len(finding.evidence["times"]) >= 4


@pytest.mark.parametrize(
    ("cases", "kinds"),
    [
        ([bought(n, 30 * n, f"P{n % 3}") for n in range(4)], [IncidentKind.QUICK_SERIES]),
        ([bought(n, 30 * n, f"P{n % 2}") for n in range(4)], []),
        ([bought(n, 41 * n, f"P{n}") for n in range(4)], []),
        ([bought(n, 30 * n, f"P{n}") for n in range(3)], []),
        ([bought(n, 1, f"P{n}", person_no=f"p{n}") for n in range(9)], []),
        ([bought(n, n, f"H{n}", care=Care.OUTPATIENT) for n in range(4)], []),
        ([bought(1, 0, "P1"), bought(2, 20, "P2", place="450100")], [IncidentKind.TWO_PLACES]),
        ([bought(1, 0, "P1"), bought(2, 31, "P2", place="450100")], []),
    ],
)
def test_settlements(book: PolicyBook, cases: list[Bought], kinds: list[IncidentKind]) -> None:
    found = look_at_settlements(book, cases)
    assert [finding.kind for finding in found] == kinds
    for finding in found:
        assert set(finding.evidence["settlements"]) <= {one.id for one in cases}
        assert set(finding.evidence["amounts"]) == {100}


def test_a_second_look_has_the_same_key(book: PolicyBook) -> None:
    first = look_at_bindings(book, [made(n, device="d") for n in range(4)])
    later = look_at_bindings(book, [made(n, device="d") for n in range(7)])
    assert [finding.key for finding in first] == [finding.key for finding in later]


def test_strangers_are_groups_without_a_tie() -> None:
    assert strangers([("a", "b"), ("b", "c"), ("x", "y")]) == 2
    assert strangers([]) == 0
