"""Texts of notices, who is told, and when text messages may be sent."""

from datetime import date, datetime, timedelta
from typing import Any

import msgspec
import pytest

from gongji.core.account import AccountKind, AccountRef
from gongji.core.case import AccountUse, Bill, Case, Drawn, LimitLeft, NotDrawn, Sharer, Split
from gongji.core.codes import Care, Relation, Scheme, SharingMode, Status
from gongji.core.facts import Facts
from gongji.core.family import Binding, BindingState, Limits
from gongji.core.notices import (
    URGENT,
    WORDS,
    Channel,
    EndReason,
    Kind,
    Notice,
    Side,
    masked_name,
    masked_phone,
    named_facts,
    of_binding,
    of_settlements,
    quiet_until,
    text_of,
    told_of,
)
from gongji.core.posting import Posting
from gongji.core.record import Settlement, SharedBy
from gongji.core.times import CHINA

AT = datetime(2026, 3, 5, 9, 7, tzinfo=CHINA)
BOTH = {Side.AUTHORISER: "son", Side.USER: "father"}


def binding(state: BindingState, cap: int | None = None) -> Binding:
    return Binding(
        id="B1",
        authoriser="son",
        user="father",
        relation=Relation.PARENT,
        mode=SharingMode.LIVE_CALL,
        position=1,
        state=state,
        starts_on=date(2026, 3, 5),
        ends_on=None,
        limits=Limits(per_transaction=cap, per_year=None if cap is None else 10 * cap),
        created_at=AT,
    )


def settlement(shared: dict[str, int], caps: dict[str, int | None] | None = None, **more: Any) -> Settlement:
    caps = caps or {}
    total = sum(shared.values()) or 1
    facts = Facts(scheme=Scheme.EMPLOYEE, status=Status.RETIRED, care=Care.PHARMACY)
    sharers = tuple(
        Sharer(id=b, relation=Relation.PARENT, available=99_999, cap_per_transaction=caps.get(b)) for b in shared
    )
    bill = Bill(total=total)
    return Settlement(
        id="S1",
        journal_id=1,
        region="610100",
        sender="P1",
        message_id="M1",
        institution="P1",
        visit_id="V1",
        batch="1",
        person_no="father",
        care=Care.PHARMACY,
        care_on=AT.date(),
        settled_at=AT,
        account_use=AccountUse.OWN_THEN_SHARED,
        case=Case(facts=facts, bill=bill, sharers=sharers),
        split=Split(
            total=total,
            eligible=0,
            deductible=0,
            pool=0,
            supplementary=0,
            ratio=0,
            own=(),
            shared=tuple(Drawn(id=b, amount=amount) for b, amount in shared.items()),
            cash=0,
            bill=bill,
            steps=(),
        ),
        payers=tuple(SharedBy(binding=b, authoriser=f"payer of {b}") for b in shared),
        postings=more.pop("postings", ()),
        year=2026,
        benefit=None,
        balance_after=0,
        policy_digest="",
        **more,
    )


def shown(notice: Notice) -> str:
    return text_of(notice.kind, notice.side, notice.facts | {"other": "李建国", "place": "长安药房"})


def test_the_authoriser_sees_place_time_amount_purpose_and_what_is_left_of_his_limit() -> None:
    told = of_settlements([settlement({"B1": 6_000}, {"B1": 20_000})])
    assert [(n.to, n.side, n.other, n.place, n.about) for n in told] == [
        ("payer of B1", Side.AUTHORISER, "father", "P1", "S1"),
        ("father", Side.USER, "payer of B1", "P1", "S1"),
    ]
    assert shown(told[0]) == (
        "李建国于2026年3月5日 09:07在长安药房使用您共享的资金 60.00 元，用于药店购药。您设定的本次限额还剩 140.00 元。"
    )
    assert shown(told[1]) == "您于2026年3月5日 09:07在长安药房使用了李建国共享的资金 60.00 元，用于药店购药。"


def test_nobody_is_told_where_nothing_was_drawn() -> None:
    assert of_settlements([settlement({}), settlement({"B1": 0})]) == []


def test_each_payer_is_told_of_his_own_part() -> None:
    told = of_settlements([settlement({"B1": 100, "B2": 0, "B3": 250})])
    assert [(n.to, n.facts["amount"]) for n in told if n.side is Side.AUTHORISER] == [
        ("payer of B1", "1.00"),
        ("payer of B3", "2.50"),
    ]
    assert all("您设定的" not in shown(n) for n in told)


def test_a_limit_used_up_is_told_and_the_user_is_not_told_how_high_it_was() -> None:
    told = of_settlements([settlement({"B1": 5_000}, {"B1": 5_000})])
    kinds = [(n.kind, n.side) for n in told]
    assert kinds[2:] == [(Kind.LIMIT_REACHED, Side.AUTHORISER), (Kind.LIMIT_REACHED, Side.USER)]
    assert shown(told[2]) == "李建国已用完您设定的本次限额。如需调整，请在“家庭共济”中办理。"
    assert "您设定的" not in shown(told[3])


def test_every_limit_is_told_and_the_one_that_is_used_up_is_named() -> None:
    made = settlement({"B1": 5_000})
    left = (
        LimitLeft(amount=5_000, reason=NotDrawn.DAY_LIMIT_REACHED),
        LimitLeft(amount=6_000, reason=NotDrawn.YEAR_LIMIT_REACHED),
        LimitLeft(amount=5_000, reason=NotDrawn.TOTAL_LIMIT_REACHED),
    )
    sharer = msgspec.structs.replace(made.case.sharers[0], left=left)
    made = msgspec.structs.replace(made, case=msgspec.structs.replace(made.case, sharers=(sharer,)))
    told = [shown(n) for n in of_settlements([made]) if n.side is Side.AUTHORISER]
    assert told[0].endswith("您设定的每日限额还剩 0.00 元，每年限额还剩 10.00 元，总额还剩 0.00 元。")
    assert told[1].startswith("李建国已用完您设定的每日限额、总额。")


def test_a_binding_for_one_use_ends_with_its_use() -> None:
    told = of_settlements([settlement({"B1": 100, "B2": 200})], used_up=["B2"])
    ended = [n for n in told if n.kind is Kind.BINDING_ENDED]
    assert [(n.to, n.about) for n in ended] == [("payer of B2", "B2"), ("father", "B2")]
    assert "临时绑定已使用一次" in shown(ended[0])


def test_a_reversal_tells_both_and_says_where_money_for_a_closed_account_is() -> None:
    back = settlement({"B1": 700}, reverses="S0")
    told = of_settlements([back])
    assert [shown(n) for n in told] == [
        "李建国在长安药房的一笔结算已于2026年3月5日 09:07撤销，7.00 元退还给您。",
        "您在长安药房的一笔结算已于2026年3月5日 09:07撤销，李建国共享的 7.00 元已退还给李建国。",
    ]
    suspense = AccountRef(AccountKind.SUSPENSE, "payer of B1", "610100")
    held = Posting(from_=AccountRef(AccountKind.INSTITUTION_PAYABLE, "P1", "610100"), to=suspense, amount=7, purpose="")
    closed, user = of_settlements([msgspec.structs.replace(back, postings=(held,))])
    assert "代为保管" in shown(closed)
    assert "代为保管" not in shown(user)


@pytest.mark.parametrize(
    ("state", "what", "kinds"),
    [
        (BindingState.REVIEW, "bound", [(Kind.BINDING_IN_REVIEW, "son")]),
        (BindingState.FROZEN, "frozen", [(Kind.BINDING_FROZEN, "son"), (Kind.BINDING_FROZEN, "father")]),
        (BindingState.ACTIVE, "unfrozen", [(Kind.BINDING_UNFROZEN, "son"), (Kind.BINDING_UNFROZEN, "father")]),
        (BindingState.ENDED, "declined", [(Kind.BINDING_REFUSED, "son"), (Kind.BINDING_REFUSED, "father")]),
        (BindingState.ACTIVE, "amended", [(Kind.BINDING_AMENDED, "son"), (Kind.BINDING_AMENDED, "father")]),
        (BindingState.PENDING, "amended", [(Kind.BINDING_AMENDED, "son"), (Kind.BINDING_AMENDED, "father")]),
        (BindingState.PENDING, "bound", [(Kind.BINDING_REQUESTED, "son"), (Kind.BINDING_TO_CONFIRM, "father")]),
        (BindingState.ACTIVE, "bound", [(Kind.BINDING_CONFIRMED, "son"), (Kind.BINDING_CONFIRMED, "father")]),
        (BindingState.ACTIVE, "confirmed", [(Kind.BINDING_CONFIRMED, "son"), (Kind.BINDING_CONFIRMED, "father")]),
        *(
            (BindingState.ENDED, reason.value, [(Kind.BINDING_ENDED, "son"), (Kind.BINDING_ENDED, "father")])
            for reason in EndReason
            if reason not in (EndReason.DECLINED, EndReason.REJECTED)
        ),
        (BindingState.ENDED, "rejected", [(Kind.BINDING_REFUSED, "son"), (Kind.BINDING_REFUSED, "father")]),
        (BindingState.ACTIVE, "approved", [(Kind.BINDING_CONFIRMED, "son"), (Kind.BINDING_CONFIRMED, "father")]),
        (BindingState.PENDING, "approved", [(Kind.BINDING_REQUESTED, "son"), (Kind.BINDING_TO_CONFIRM, "father")]),
    ],
)
def test_both_sides_hear_of_each_step_of_a_binding(
    state: BindingState, what: str, kinds: list[tuple[Kind, str]]
) -> None:
    told = of_binding(binding(state, cap=20_000), what, AT)
    assert [(n.kind, n.to) for n in told] == kinds
    if kinds[0][0] is Kind.BINDING_ENDED:
        assert all(EndReason(what).label in shown(n) for n in told)
    if kinds[0][0] is Kind.BINDING_CONFIRMED:
        assert [("每次 200.00 元，每年 2000.00 元" in shown(n)) for n in told] == [True, False]
        assert "200" not in shown(told[1])


def test_what_is_known_of_a_step_is_told_and_the_user_does_not_hear_of_limits() -> None:
    refused = of_binding(binding(BindingState.ENDED), "declined", AT, reason="不认识对方")
    assert shown(refused[0]) == "您与李建国的家庭共济绑定没有成立。原因：不认识对方。"
    amended = of_binding(binding(BindingState.ACTIVE), "amended", AT, changes="每日限额改为 50.00 元")
    assert ["50.00" in shown(n) for n in amended] == [True, False]
    with pytest.raises(ValueError, match="whatever"):
        of_binding(binding(BindingState.ENDED), "whatever", AT)


@pytest.mark.parametrize("kind", list(Kind))
def test_each_kind_has_a_text_for_everybody_it_tells(kind: Kind) -> None:
    facts = {name: f"<{name}>" for side in WORDS[kind] for name in named_facts(kind, side)}
    people = {side: f"p{side}" for side in WORDS[kind]}
    told = told_of(kind, AT, people, **{k: v for k, v in facts.items() if k != "when"})
    assert {n.side for n in told} == set(WORDS[kind])
    for notice in told:
        text = text_of(kind, notice.side, notice.facts)
        assert "{" not in text
        assert text.endswith("。")
        assert "您" in text or kind in URGENT


def test_a_fact_that_a_text_needs_may_not_be_left_out() -> None:
    with pytest.raises(ValueError, match="lacks"):
        told_of(Kind.SHARED_MONEY_USED, AT, BOTH, purpose="药店购药")


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-03-05T08:00:00", None),
        ("2026-03-05T20:59:59", None),
        ("2026-03-05T21:00:00", "2026-03-06T08:00:00"),
        ("2026-03-05T23:59:59", "2026-03-06T08:00:00"),
        ("2026-03-05T00:00:00", "2026-03-05T08:00:00"),
        ("2026-02-28T22:00:00", "2026-03-01T08:00:00"),
    ],
)
def test_no_text_message_at_night(now: str, until: str | None) -> None:
    at = datetime.fromisoformat(now).replace(tzinfo=CHINA)
    expected = until and datetime.fromisoformat(until).replace(tzinfo=CHINA)
    assert quiet_until(Kind.SHARED_MONEY_USED, Channel.SMS, at) == expected
    assert quiet_until(Kind.SIGN_IN_CODE, Channel.SMS, at) is None
    assert quiet_until(Kind.SHARED_MONEY_USED, Channel.MINI_PROGRAM, at) is None
    utc = at.astimezone(tz=CHINA) - timedelta(0)
    assert quiet_until(Kind.SHARED_MONEY_USED, Channel.SMS, utc) == expected


def test_names_and_numbers_are_masked() -> None:
    assert masked_name("李建国") == "李**"
    assert masked_name("") == ""
    assert masked_phone("13812345678") == "138****5678"
    assert masked_phone("123456") == "****"
