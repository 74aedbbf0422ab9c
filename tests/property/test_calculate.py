"""Laws of every split, over the real rules of every region."""

import itertools
import math
from datetime import date

import msgspec
from hypothesis import assume, given
from hypothesis import strategies as st

from gongji.core.bands import beyond_payment, paid, spans_of, within_spending
from gongji.core.case import AccountUse, Bill, Case, NotDrawn, Purse, Sharer, Split, YearToDate
from gongji.core.codes import Care, Filing, Grade, Level, Place, Relation, Scheme, Segment, Status
from gongji.core.facts import Facts, When
from gongji.core.money import WHOLE
from gongji.core.refusal import Code, Refusal
from gongji.core.rules import Band, Ratio, RatioRow
from gongji.core.settlement import calculate
from gongji.core.terms import Terms, terms_for
from gongji.policyfiles import load, locate

BOOK = load(locate())
DAYS = [date(2024, 3, 1), date(2024, 7, 31), date(2024, 8, 1), date(2025, 6, 30), date(2025, 7, 1), date(2026, 11, 1)]
WHOLE_YEAR_CAP = 66_000_000


def _known() -> list[Terms]:
    """Terms of every region, day and kind of care whose fund rules are known, and of pharmacies anywhere."""
    asked = itertools.product(sorted(BOOK.regions), DAYS, Care)
    found = [terms_for(BOOK, region, on, Scheme.EMPLOYEE, care) for region, on, care in asked]
    return [terms for terms in found if isinstance(terms, Terms) and (terms.benefit or terms.care is Care.PHARMACY)]


KNOWN = _known()

amounts = st.one_of(st.integers(0, 300), st.integers(0, 300_000))


@st.composite
def bills(draw: st.DrawFn) -> Bill:
    if draw(st.booleans()):
        return Bill(total=draw(st.integers(1, 300_000)), person_share_only=True)
    parts = [draw(amounts) for _ in range(3)]
    total = sum(parts) + draw(st.integers(1, 300_000))
    return Bill(total=total, full_self_pay=parts[0], over_limit=parts[1], first_self_pay=parts[2])


@st.composite
def sharers(draw: st.DrawFn) -> tuple[Sharer, ...]:
    count = draw(st.integers(0, 4))
    return tuple(
        Sharer(
            id=str(number),
            relation=draw(st.sampled_from(list(Relation))),
            available=draw(amounts),
            order=draw(st.integers(1, 3)),
            cap_per_transaction=draw(st.none() | amounts),
        )
        for number in range(count)
    )


@st.composite
def settlements(draw: st.DrawFn) -> tuple[Terms, Case]:
    terms = draw(st.sampled_from(KNOWN))
    care = terms.care
    retired = draw(st.sampled_from([None, date(2000, 12, 31), date(2001, 1, 1), date(2015, 5, 5)]))
    segments = (Segment.CURRENT_YEAR, Segment.HISTORICAL) if terms.segments.kept else (Segment.WHOLE,)
    case = Case(
        facts=Facts(
            scheme=Scheme.EMPLOYEE,
            status=Status.RETIRED if retired else Status.ACTIVE,
            retired_on=retired,
            care=care,
            level=draw(st.sampled_from(list(Level))),
            grade=draw(st.sampled_from(list(Grade))),
            age=draw(st.integers(18, 95)),
            gp_signed=draw(st.booleans()),
            missing_years=draw(st.integers(0, 40)),
            community=draw(st.booleans()),
            top=draw(st.booleans()),
            place=draw(st.sampled_from(list(Place))),
            filing=draw(st.sampled_from(list(Filing))),
            stay=draw(st.integers(1, 5)),
        ),
        bill=draw(bills()),
        year_to_date=YearToDate(
            deductible=draw(amounts),
            eligible=draw(amounts | st.integers(0, 2_000_000)),
            pool=draw(amounts | st.integers(0, WHOLE_YEAR_CAP)),
        ),
        own=tuple(Purse(segment=segment, available=draw(amounts)) for segment in segments),
        sharers=draw(sharers()),
        account_use=draw(st.sampled_from([*AccountUse, AccountUse.OWN_THEN_SHARED])),
        prescription=draw(st.booleans()),
    )
    return terms, case


def split_of(terms: Terms, case: Case) -> Split:
    split = calculate(terms, case)
    # 有的地区只知道一部分级别的待遇，其余答“未收录”。
    assume(not (isinstance(split, Refusal) and split.code is Code.RULE_UNKNOWN))
    assert isinstance(split, Split)
    return split


@given(settlements())
def test_every_fen_is_paid_once(settlement: tuple[Terms, Case]) -> None:
    split = split_of(*settlement)
    assert split.total == split.pool + split.supplementary + split.own_total + split.shared_total + split.cash
    assert min(split.pool, split.supplementary, split.cash, split.deductible) >= 0
    assert split.deductible + split.fund <= split.eligible


@st.composite
def bands(draw: st.DrawFn) -> tuple[Ratio, int]:
    bounds = sorted(draw(st.sets(st.integers(1, 50_000), min_size=1, max_size=4)))
    shares = draw(st.lists(st.integers(1, WHOLE), min_size=len(bounds) + 1, max_size=len(bounds) + 1))
    row = RatioRow(
        when=When(), bands=tuple(Band(to=to, share=share) for to, share in zip([*bounds, None], shares, strict=True))
    )
    cite = BOOK.rules["610100", "outpatient.ratio", Scheme.EMPLOYEE][0].cite
    of = draw(st.sampled_from(["year_eligible", "year_fund"]))
    return Ratio(cite=cite, rows=(row,), bands_of=of), draw(st.integers(2, 100_000))  # type: ignore[arg-type]


@given(bands(), st.data())
def test_a_bill_in_two_parts_is_paid_like_one(banded: tuple[Ratio, int], data: st.DataObject) -> None:
    ratio, amount = banded
    first = data.draw(st.integers(1, amount - 1))

    def pays(above: int, year: YearToDate) -> int:
        return paid(spans_of(ratio, ratio.rows[0], 0, above, 0, year))

    whole = pays(amount, YearToDate())
    one = pays(first, YearToDate())
    two = pays(amount - first, YearToDate(eligible=first, pool=one))
    # 每张账单进位一次；按统筹支付分段时，进位的半分钱还会换算成另一段的费用，段间比例相差多少倍，就多差多少。
    shares = [band.share for band in ratio.rows[0].bands]
    apart = 1 if ratio.bands_of == "year_eligible" else 1 + max(shares) / min(shares)
    assert abs(whole - one - two) <= apart
    assert 0 <= whole <= amount


@given(bands(), st.integers(0, 100_000))
def test_spans_hold_all_the_spending_and_a_cap_cuts_it_exactly(banded: tuple[Ratio, int], room: int) -> None:
    ratio, amount = banded
    spans = spans_of(ratio, ratio.rows[0], 0, amount, 0, YearToDate())
    assert sum(span.length for span in spans) == amount
    beyond = beyond_payment(spans, room)
    assert 0 <= beyond <= amount
    within = within_spending(spans, amount - math.ceil(beyond))
    assert paid(within) <= max(room, 0)


@given(settlements())
def test_nobody_pays_more_than_he_has(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    split = split_of(terms, case)
    assert all(0 <= paid.available <= had.available for paid, had in zip(split.own, case.own, strict=False))
    offers = {
        s.id: min(s.available, s.available if s.cap_per_transaction is None else s.cap_per_transaction)
        for s in case.sharers
    }
    assert all(0 <= drawn.amount <= offers[drawn.id] for drawn in split.shared)
    assert {drawn.id for drawn in split.shared} == set(offers)


@given(settlements(), st.integers(1, 100_000), st.data())
def test_more_balance_never_means_more_cash(settlement: tuple[Terms, Case], more: int, data: st.DataObject) -> None:
    terms, case = settlement
    rule = terms.sharing.draw if terms.sharing else None
    # 本人账户须为零、一次只用一个账户的地区，多一点钱确实可能少用共济。
    assume(rule is None or not (rule.own_must_be_zero or rule.one_account_per_settlement))
    before = split_of(terms, case).cash
    purse = data.draw(st.integers(0, len(case.own) - 1))
    own = list(case.own)
    own[purse] = msgspec.structs.replace(own[purse], available=own[purse].available + more)
    richer = msgspec.structs.replace(case, own=tuple(own))
    # 当年账户先付会改变统筹的计算基数；限额前后各进位一次，最多差一分。
    rounding = 1 if own[purse].segment is Segment.CURRENT_YEAR else 0
    assert split_of(terms, richer).cash <= before + rounding
    if case.sharers:
        place = data.draw(st.integers(0, len(case.sharers) - 1))
        offered = list(case.sharers)
        offered[place] = msgspec.structs.replace(offered[place], available=offered[place].available + more)
        assert split_of(terms, msgspec.structs.replace(case, sharers=tuple(offered))).cash <= before


@given(settlements())
def test_own_account_is_empty_before_a_relative_pays(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    split = split_of(terms, case)
    if split.shared_total:
        assert split.own_total == sum(purse.available for purse in case.own)


@given(settlements())
def test_a_later_relative_pays_only_when_the_earlier_gave_all(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    split = split_of(terms, case)
    offered = {sharer.id: sharer for sharer in case.sharers}
    places = [_place(terms, offered[drawn.id]) for drawn in split.shared]
    assert places == sorted(places)
    for place, drawn in enumerate(split.shared):
        if drawn.amount and any(later.amount for later in split.shared[place + 1 :]):
            assert terms.sharing is not None
            sharer = offered[drawn.id]
            caps = (sharer.available, sharer.cap_per_transaction, terms.sharing.limits.max_per_transaction)
            assert drawn.amount == min(cap for cap in caps if cap is not None)


def _place(terms: Terms, sharer: Sharer) -> tuple[int, int]:
    largest_first = terms.sharing is not None and terms.sharing.draw.order == "largest_balance"
    return (-sharer.available if largest_first else 0, sharer.order)


@given(settlements())
def test_a_relative_pays_nothing_exactly_when_there_is_a_reason(settlement: tuple[Terms, Case]) -> None:
    split = split_of(*settlement)
    assert all((drawn.amount == 0) == (drawn.reason is not None) for drawn in split.shared)
    needless = [drawn for drawn in split.shared if drawn.reason is NotDrawn.NOT_NEEDED]
    assert not needless or split.cash <= _not_payable(split, settlement[0], settlement[1])


def _not_payable(split: Split, terms: Terms, case: Case) -> int:
    """What accounts may not pay of this bill, and must be cash."""
    return sum(step.amount for step in split.steps if step.rule == "account.not_payable")


@given(settlements())
def test_the_fund_pays_the_same_with_and_without_relatives(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    alone = split_of(terms, msgspec.structs.replace(case, sharers=()))
    split = split_of(terms, case)
    assert (alone.pool, alone.supplementary, alone.own) == (split.pool, split.supplementary, split.own)


@given(settlements())
def test_a_persons_share_involves_no_fund(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    share = msgspec.structs.replace(case, bill=Bill(total=case.bill.total, person_share_only=True))
    split = split_of(terms, share)
    assert (split.fund, split.deductible, split.total) == (0, 0, case.bill.total)


@given(settlements())
def test_without_permission_no_account_pays(settlement: tuple[Terms, Case]) -> None:
    terms, case = settlement
    split = split_of(terms, msgspec.structs.replace(case, account_use=AccountUse.NONE))
    assert (split.own_total, split.shared_total) == (0, 0)
