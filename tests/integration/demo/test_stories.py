"""The people of the demo city can do what their stories tell, in each region."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from gongji.core.case import AccountUse
from gongji.core.codes import Care
from gongji.core.money import parse_yuan
from gongji.core.record import Settlement
from gongji.core.refusal import Refusal
from gongji.service.commands import Claimed, Purchase, Sender, Settle
from gongji.service.platform import Platform
from gongji.service.presettle import presettle
from gongji.service.visits import Billed, RawLine, Registration, add_fees, register, split_lines

TODAY = date.today()  # noqa: DTZ011


def by_role(now: dict[str, Any], role: str) -> dict[str, Any]:
    return next(person for person in now["people"] if person["role"] == role)


def institution(now: dict[str, Any], region: str, kind: str) -> str:
    places = (i["fixmedins_code"] for i in now["institutions"] if (i["region"], i["type"]) == (region, kind))
    return next(places)


def sender(code: str, message: str) -> Sender:
    return Sender(institution=code, message_id=message, transaction="test", input_hash=b"x")


def raw(now: dict[str, Any], name: str, quantity: int) -> RawLine:
    item = next(i for i in now["catalogue"] if i["name"].startswith(name))
    price = Decimal(item["price"])
    amount = parse_yuan(item["price"]) * quantity
    return RawLine(line_no=name, item=item["med_list_codg"], quantity=Decimal(quantity), price=price, amount=amount)


async def bought(platform: Platform, now: dict[str, Any], role: str, lines: list[RawLine]) -> Settlement:
    """What a purchase without prescription at the pharmacy of a person's region would come to."""
    patient = by_role(now, role)
    place = institution(now, patient["region"], "pharmacy")
    split = await split_lines(platform, Billed(person_no=patient["psn_no"], institution=place, on=TODAY), lines)
    assert not isinstance(split, Refusal)
    purchase = Purchase(on=TODAY - timedelta(days=1), prescription=False, lines=tuple(s.line for s in split))
    outcome = await presettle(
        platform,
        Settle(
            sender=sender(institution(now, patient["region"], "pharmacy"), f"buy {role}"),
            person_no=patient["psn_no"],
            claimed=Claimed(),
            care=Care.PHARMACY,
            batch="1",
            total=sum(line.amount for line in lines),
            account_use=AccountUse.OWN_THEN_SHARED,
            purchase=purchase,
        ),
    )
    assert isinstance(outcome, Settlement), outcome
    return outcome


async def visited(platform: Platform, now: dict[str, Any], role: str, lines: list[RawLine]) -> Settlement:
    """What a visit to the first hospital of a person's region would come to."""
    patient = by_role(now, role)
    code = institution(now, patient["region"], "hospital")
    asked = Registration(person_no=patient["psn_no"], claimed=Claimed(), number=role, on=TODAY)
    answer = await register(platform, sender(code, f"register {role}"), asked)
    assert not isinstance(answer, Refusal), answer
    split = await split_lines(platform, Billed(person_no=patient["psn_no"], institution=code, on=TODAY), lines)
    assert not isinstance(split, Refusal)
    batches = {(answer["visit"], "1"): [s.line for s in split]}
    assert await add_fees(platform, sender(code, f"fees {role}"), patient["psn_no"], batches) == {}
    outcome = await presettle(
        platform,
        Settle(
            sender=sender(code, f"settle {role}"),
            person_no=patient["psn_no"],
            claimed=Claimed(),
            care=Care.OUTPATIENT,
            batch="1",
            total=sum(line.amount for line in lines),
            account_use=AccountUse.OWN_THEN_SHARED,
            visit_id=answer["visit"],
        ),
    )
    assert isinstance(outcome, Settlement), outcome
    return outcome


def paid(settlement: Settlement) -> tuple[int, int, int]:
    """What own account, relatives and the purse pay."""
    return settlement.split.own_total, settlement.split.shared_total, settlement.split.cash


@pytest.mark.parametrize(
    "role", ["Shanghai father", "Xi'an father", "Nanchang father", "Nanning father", "Qingdao father"]
)
async def test_a_father_uses_his_childs_money_in_each_region(built: Platform, now: dict[str, Any], role: str) -> None:
    visit = await visited(
        built, now, role, [raw(now, "CT", 2), raw(now, "普通门诊诊察费", 1), raw(now, "常规心电图", 9)]
    )
    assert visit.split.shared_total > 0
    purchase = await bought(built, now, role, [raw(now, "上臂式电子血压计", 1)])
    assert purchase.split.shared_total > 0
    assert purchase.split.cash == 0


async def test_second_child_pays_what_the_first_cannot(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "Xi'an father", [raw(now, "上臂式电子血压计", 1)])
    assert [drawn.amount for drawn in purchase.split.shared] == [100_00, 128_00]


async def test_too_little_in_nanning_is_left_untouched(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "Nanning poor father", [raw(now, "上臂式电子血压计", 1)])
    assert paid(purchase) == (10_00, 0, 258_00)


async def test_cap_of_the_daughter_holds(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "S07 father", [raw(now, "上臂式电子血压计", 1)])
    assert paid(purchase) == (50_00, 100_00, 118_00)


async def test_father_of_the_front_page_pays_no_cash(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "story father", [raw(now, "上臂式电子血压计", 1)])
    assert paid(purchase) == (50_00, 218_00, 0)


async def test_in_service_in_shanghai_passes_the_three_stages(built: Platform, now: dict[str, Any]) -> None:
    visit = await visited(built, now, "S18 in-service", [raw(now, "普通门诊诊察费", 50)])
    assert visit.split.pool == 210_00
    assert paid(visit) == (500_00, 290_00, 0)
