"""Moving to another pooling area: where money goes that belongs back, what cannot be, which bindings go on."""

from datetime import date

import msgspec
import pytest

from gongji.core.account import AccountKind, AccountRef, PersonalAccount, landing
from gongji.core.codes import AccountState, Insurance, Scheme, Segment, Status
from gongji.core.moving import kind_there, segment_there
from gongji.core.person import Person
from gongji.core.posting import Posting, bring_back

XIAN, XIANYANG = "610100", "610400"
OPEN, MOVED, CLOSED, NONE = AccountState.OPEN, AccountState.MOVED, AccountState.CLOSED, AccountState.NONE
PERSONAL, WALLET, FAMILY, QUOTA = AccountKind.PERSONAL, AccountKind.WALLET, AccountKind.FAMILY, AccountKind.QUOTA_HOLD


def account(
    number: int, kind: AccountKind, state: AccountState, region: str = XIAN, segment: Segment = Segment.WHOLE
) -> PersonalAccount:
    return PersonalAccount(id=number, region=region, owner="P", segment=segment, state=state, balance=0, kind=kind)


@pytest.mark.parametrize(
    ("came_from", "owned", "goes_to"),
    [
        (account(1, PERSONAL, OPEN), [], 1),
        (account(1, PERSONAL, MOVED), [account(2, PERSONAL, OPEN, XIANYANG)], 2),
        # He is frozen where he is now: it is still his.
        (account(1, PERSONAL, MOVED), [account(2, PERSONAL, AccountState.FROZEN, XIANYANG)], 2),
        # Two segments there: the same one, or else what was saved.
        (
            account(1, PERSONAL, MOVED, segment=Segment.CURRENT_YEAR),
            [
                account(2, PERSONAL, OPEN, XIANYANG, Segment.CURRENT_YEAR),
                account(3, PERSONAL, OPEN, XIANYANG, Segment.HISTORICAL),
            ],
            2,
        ),
        (
            account(1, PERSONAL, MOVED),
            [
                account(2, PERSONAL, OPEN, XIANYANG, Segment.CURRENT_YEAR),
                account(3, PERSONAL, OPEN, XIANYANG, Segment.HISTORICAL),
            ],
            3,
        ),
        # The family account followed him, or is there no more.
        (account(1, FAMILY, MOVED), [account(2, PERSONAL, OPEN, XIANYANG), account(3, FAMILY, OPEN, XIANYANG)], 3),
        (account(1, FAMILY, MOVED), [account(2, PERSONAL, OPEN, XIANYANG)], 2),
        (account(1, QUOTA, CLOSED), [account(2, PERSONAL, OPEN, XIANYANG)], 2),
        # A wallet never feeds a personal account; a closed account leads nowhere.
        (account(1, WALLET, MOVED), [account(2, PERSONAL, OPEN, XIANYANG), account(3, WALLET, OPEN, XIANYANG)], 3),
        (account(1, WALLET, MOVED), [account(2, PERSONAL, OPEN, XIANYANG)], None),
        (account(1, PERSONAL, CLOSED), [account(2, PERSONAL, OPEN, XIANYANG)], None),
        (account(1, PERSONAL, MOVED), [account(2, PERSONAL, NONE, XIANYANG)], None),
    ],
)
def test_where_money_lands(came_from: PersonalAccount, owned: list[PersonalAccount], goes_to: int | None) -> None:
    target = landing(came_from, [came_from, *owned])
    if goes_to is None:
        assert target == AccountRef(AccountKind.SUSPENSE, "P", XIAN)
    else:
        assert isinstance(target, PersonalAccount)
        assert target.id == goes_to


def test_money_follows_through_the_clearing() -> None:
    hospital = AccountRef(AccountKind.INSTITUTION_PAYABLE, "H", XIAN)
    back = Posting(from_=hospital, to=1, amount=500, purpose="own")
    old, new = account(1, PERSONAL, MOVED), account(2, PERSONAL, OPEN, XIANYANG)
    assert bring_back(back, account(1, PERSONAL, OPEN), []) == [back]
    assert bring_back(back, old, [old, new]) == [
        Posting(from_=hospital, to=AccountRef(AccountKind.CLEARING_PAYABLE, XIANYANG, XIAN), amount=500, purpose="own"),
        Posting(from_=AccountRef(AccountKind.CLEARING_RECEIVABLE, XIAN, XIANYANG), to=2, amount=500, purpose="own"),
    ]


@pytest.mark.parametrize(
    ("kind", "segment", "kept", "lands"),
    [
        (PERSONAL, Segment.WHOLE, (Segment.WHOLE,), (PERSONAL, Segment.WHOLE)),
        (PERSONAL, Segment.WHOLE, (Segment.CURRENT_YEAR, Segment.HISTORICAL), (PERSONAL, Segment.HISTORICAL)),
        (PERSONAL, Segment.CURRENT_YEAR, (Segment.WHOLE,), (PERSONAL, Segment.WHOLE)),
        (PERSONAL, Segment.CURRENT_YEAR, (Segment.CURRENT_YEAR, Segment.HISTORICAL), (PERSONAL, Segment.CURRENT_YEAR)),
        (QUOTA, Segment.WHOLE, (Segment.WHOLE,), (PERSONAL, Segment.WHOLE)),
        (WALLET, Segment.WHOLE, (Segment.CURRENT_YEAR, Segment.HISTORICAL), (WALLET, Segment.WHOLE)),
    ],
)
def test_what_takes_the_money_over(
    kind: AccountKind, segment: Segment, kept: tuple[Segment, ...], lands: tuple[AccountKind, Segment]
) -> None:
    old = account(1, kind, OPEN, segment=segment)
    assert (kind_there(old), segment_there(old, kept)) == lands


@pytest.mark.parametrize(
    ("day", "region"),
    [
        (date(2024, 1, 1), "450100"),
        (date(2025, 2, 28), "450100"),
        (date(2025, 3, 1), XIAN),
        (date(2026, 6, 30), XIAN),
        (date(2026, 7, 1), XIANYANG),
        (date(2030, 1, 1), XIANYANG),
    ],
)
def test_the_place_that_answers_for_a_day(day: date, region: str) -> None:
    moved = ((date(2025, 3, 1), "450100"), (date(2026, 7, 1), XIAN))
    assert msgspec.structs.replace(SOMEBODY, moved=moved).region_on(day) == region
    assert SOMEBODY.region_on(day) == XIANYANG


SOMEBODY = Person(
    person_no="P",
    region=XIANYANG,
    name="某",
    certificate_type="01",
    certificate_no="990101",
    card_no="Z1",
    phone="",
    gender="1",
    birth_date=date(1970, 1, 1),
    scheme=Scheme.EMPLOYEE,
    status=Status.ACTIVE,
    insurance=Insurance.INSURED,
    insured_since=None,
    suspended_on=None,
    retired_on=None,
    gp_signed=False,
    missing_years=0,
    employer="",
    real_name_verified=True,
)
