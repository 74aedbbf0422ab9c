"""How relatives' accounts are drawn where a region limits it."""

from datetime import date
from typing import Any

import msgspec
import pytest

from gongji.core.account import PersonalAccount
from gongji.core.case import Bill, Case, NotDrawn, Sharer, Split
from gongji.core.codes import AccountState, Care, Level, Relation, Scheme, Segment, SharingMode, Status
from gongji.core.eligibility import above_threshold
from gongji.core.facts import Facts
from gongji.core.rules import Draw, SharingLimits
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.policyfiles import load, locate

BASE = terms_for(load(locate()), "360100", date(2025, 3, 1), Scheme.EMPLOYEE, Care.OUTPATIENT)


def result(*available: int, due: int = 30_000, limits: dict[str, Any] | None = None, **draw: Any) -> Split:
    assert isinstance(BASE, Terms)
    assert BASE.sharing is not None
    cites = BASE.sharing.draw.cite, BASE.sharing.limits.cite
    sharing = msgspec.structs.replace(
        BASE.sharing, draw=Draw(cite=cites[0], **draw), limits=SharingLimits(cite=cites[1], **(limits or {}))
    )
    case = Case(
        facts=Facts(scheme=Scheme.EMPLOYEE, status=Status.ACTIVE, care=Care.OUTPATIENT, level=Level.FIRST),
        bill=Bill(total=due, person_share_only=True),
        sharers=tuple(
            Sharer(id=str(place), relation=Relation.CHILD, available=money, order=place)
            for place, money in enumerate(available, start=1)
        ),
    )
    split = calculate(msgspec.structs.replace(BASE, sharing=sharing), case)
    assert isinstance(split, Split)
    return split


def drawn(split: Split) -> list[tuple[int, NotDrawn | None]]:
    return [(each.amount, each.reason) for each in split.shared]


def test_one_account_a_settlement_pays_what_it_can() -> None:
    split = result(0, 10_000, 90_000, one_account_per_settlement=True)
    assert drawn(split) == [
        (0, NotDrawn.NOTHING_AVAILABLE),
        (10_000, None),
        (0, NotDrawn.ONE_ACCOUNT_PER_SETTLEMENT),
    ]
    assert split.cash == 20_000


def test_one_account_a_settlement_may_be_enough() -> None:
    split = result(40_000, 10_000, one_account_per_settlement=True)
    assert drawn(split) == [(30_000, None), (0, NotDrawn.NOT_NEEDED)]


def test_the_region_caps_what_each_account_pays_of_a_bill() -> None:
    split = result(40_000, 40_000, limits={"max_per_transaction": 12_000})
    assert drawn(split) == [(12_000, None), (12_000, None)]
    assert split.cash == 6_000


def test_an_account_must_cover_within_its_cap() -> None:
    split = result(40_000, limits={"max_per_transaction": 12_000}, one_account_must_cover=True)
    assert drawn(split) == [(0, NotDrawn.ONE_ACCOUNT_MUST_COVER)]


@pytest.mark.parametrize(
    ("money", "mode", "expected"),
    [
        (250_000, SharingMode.LIVE_CALL, 50_000),
        (200_000, SharingMode.LIVE_CALL, 0),
        (150_000, SharingMode.LIVE_CALL, 0),
        (150_000, SharingMode.FAMILY_ACCOUNT, 150_000),
        (150_000, SharingMode.QUOTA_HOLD, 150_000),
    ],
)
def test_only_what_lies_above_a_threshold_is_called(money: int, mode: SharingMode, expected: int) -> None:
    assert isinstance(BASE, Terms)
    assert BASE.sharing is not None
    rule = Draw(cite=BASE.sharing.draw.cite, threshold=200_000)
    assert above_threshold(money, rule, mode) == expected
    assert above_threshold(money, None, mode) == money


def test_an_account_of_the_ledger_offers_nothing_when_frozen() -> None:
    account = PersonalAccount(
        id=1, region="1", owner="1", segment=Segment.WHOLE, state=AccountState.FROZEN, balance=100
    )
    assert account.available == 0
