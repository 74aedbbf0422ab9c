"""Premiums of any amount from any purses: whole or not at all, nobody beyond his money or his limits."""

from datetime import date, datetime

from hypothesis import event, given, settings
from hypothesis import strategies as st

from gongji.core.account import AccountKind, PersonalAccount
from gongji.core.codes import (
    AccountState,
    Confidence,
    Insurance,
    PremiumKind,
    Relation,
    Scheme,
    Segment,
    SharingMode,
    Status,
)
from gongji.core.family import Binding, BindingState, Limits, Used
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.core.premium import Standard
from gongji.core.refusal import Code, Refusal
from gongji.core.times import CHINA
from gongji.service.premium_draw import Money, Shares, share_out

TODAY = date(2026, 11, 20)
REGIONS = ("610100", "450100", "310000", "330100", "440300", "370200", "620100")
MOST = 60_000


def person(number: str, region: str, scheme: Scheme) -> Person:
    return Person(
        person_no=number,
        region=region,
        name=number,
        certificate_type="01",
        certificate_no=number,
        card_no=number,
        phone="",
        gender="1",
        birth_date=date(1960, 1, 1),
        scheme=scheme,
        status=Status.ACTIVE if scheme is Scheme.EMPLOYEE else Status.ELDERLY,
        insurance=Insurance.INSURED,
        insured_since=None,
        suspended_on=None,
        retired_on=None,
        gp_signed=False,
        missing_years=0,
        employer="",
        real_name_verified=True,
    )


limits = st.none() | st.integers(0, MOST)


@st.composite
def payers(draw: st.DrawFn) -> list[tuple[str, int, int, SharingMode, Limits, Used, AccountState]]:
    """Region, current-year and historical money, mode, limits, what was used before, state of the account."""
    return draw(
        st.lists(
            st.tuples(
                st.sampled_from(REGIONS),
                st.integers(0, MOST),
                st.integers(0, MOST),
                st.sampled_from([SharingMode.LIVE_CALL, SharingMode.QUOTA_HOLD]),
                st.builds(Limits, per_transaction=limits, per_day=limits, per_year=limits, total=limits),
                st.builds(Used, day=st.integers(0, MOST), year=st.integers(0, MOST), total=st.integers(0, MOST)),
                st.sampled_from([AccountState.OPEN, AccountState.OPEN, AccountState.FROZEN]),
            ),
            max_size=4,
        )
    )


@settings(max_examples=300)
@given(
    region=st.sampled_from(REGIONS),
    own=st.none() | st.integers(0, MOST),
    around=payers(),
    due=st.integers(1, MOST),
    kind=st.sampled_from([PremiumKind.RESIDENT, PremiumKind.LTC, PremiumKind.COMMERCIAL]),
    himself=st.booleans(),
)
def test_whole_or_not_at_all(
    book: PolicyBook,
    region: str,
    own: int | None,
    around: list[tuple[str, int, int, SharingMode, Limits, Used, AccountState]],
    due: int,
    kind: PremiumKind,
    himself: bool,  # noqa: FBT001
) -> None:
    insured = person("user", region, Scheme.RESIDENT if own is None else Scheme.EMPLOYEE)
    people, accounts, bindings, used = {"user": insured}, {"user": ()}, [], {}
    state = AccountState.NONE if own is None else AccountState.OPEN
    accounts["user"] = (account(1, region, "user", Segment.WHOLE, own or 0, state),)
    for place, (where, current, historical, mode, cap, before, frozen) in enumerate(around, start=1):
        number = f"payer{place}"
        people[number] = person(number, where, Scheme.EMPLOYEE)
        binding = Binding(
            id=f"B{place}",
            authoriser=number,
            user="user",
            relation=Relation.PARENT,
            mode=mode,
            position=place,
            state=BindingState.ACTIVE,
            starts_on=date(2025, 1, 1),
            ends_on=None,
            limits=cap,
            created_at=datetime(2025, 1, 1, place, tzinfo=CHINA),
        )
        bindings.append(binding)
        used[binding.id] = before
        aside = {} if mode is SharingMode.LIVE_CALL else {"kind": AccountKind.QUOTA_HOLD, "binding": binding.id}
        accounts[number] = (
            account(place * 10, where, number, Segment.WHOLE, current, frozen),
            account(place * 10 + 1, where, number, Segment.HISTORICAL, historical, frozen, **aside),
        )
    money = Money(insured=insured, bindings=tuple(bindings), people=people, accounts=accounts, used=used)
    by = "user" if himself or not bindings else bindings[0].authoriser
    if by != "user":
        money = Money(insured=insured, bindings=tuple(bindings[:1]), people=people, accounts=accounts, used=used)
    standard = Standard(
        name="试验",
        amount=due,
        opens_on=None,
        closes_on=None,
        covers_from=date(2027, 1, 1),
        covers_to=date(2027, 12, 31),
        source="试验",
        confidence=Confidence.LOW,
        product="p",
    )
    shares = share_out(book, money, by, kind, standard, TODAY)
    event("short" if isinstance(shares, Refusal) else "paid")
    if isinstance(shares, Refusal):
        assert shares.code is Code.PREMIUM_SHORT
        return
    check(money, shares, due, by)


def account(
    number: int, region: str, owner: str, segment: Segment, balance: int, state: AccountState, **more: object
) -> PersonalAccount:
    return PersonalAccount(
        id=number,
        region=region,
        owner=owner,
        segment=segment,
        state=state,
        balance=balance,
        **more,  # type: ignore[arg-type]
    )


def check(money: Money, shares: Shares, due: int, by: str) -> None:
    assert sum(part.amount for part in shares.parts) == due
    assert all(part.amount > 0 for part in shares.parts)
    if by != "user":
        assert {part.payer for part in shares.parts} == {by}
    limits = {binding.id: binding.limits for binding in money.bindings}
    for part in shares.parts:
        if part.binding:
            cap, before = limits[part.binding], money.used[part.binding]
            bounds = (
                (cap.per_transaction, 0),
                (cap.per_day, before.day),
                (cap.per_year, before.year),
                (cap.total, before.total),
            )
            assert all(most is None or gone + part.amount <= most for most, gone in bounds)
    have = {a.id: a.available for accounts in money.accounts.values() for a in accounts}
    owner = {a.id: a.owner for accounts in money.accounts.values() for a in accounts}
    left = [(p.from_, p.amount) for p in shares.postings if isinstance(p.from_, int)]
    assert all(sum(fen for who, fen in left if who == number) <= have[number] for number, _ in left)
    for payer in {part.payer for part in shares.parts}:
        paid = sum(part.amount for part in shares.parts if part.payer == payer)
        assert paid == sum(fen for number, fen in left if owner[number] == payer)
    arrived = [p.amount for p in shares.postings if getattr(p.to, "region", "") == money.insured.region]
    assert sum(arrived) == due
