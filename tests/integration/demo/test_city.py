"""The demo city on real PostgreSQL: built once, whole or not at all, and able to tell its stories."""

import asyncio
from collections.abc import AsyncIterator
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import psycopg
import pytest

from gongji.core.case import AccountUse
from gongji.core.codes import Care
from gongji.core.money import parse_yuan
from gongji.core.policy import PolicyBook
from gongji.core.record import Settlement
from gongji.core.refusal import Code, Refusal
from gongji.demo import city, people
from gongji.demo.describe import NotBuiltError
from gongji.demo.people import binding_requests, citizens
from gongji.ledger.verify import verify
from gongji.service.commands import Claimed, Purchase, Sender, Settle
from gongji.service.platform import Platform
from gongji.service.presettle import presettle
from gongji.service.sessions import sign_in
from gongji.service.visits import RawLine, Registration, add_fees, register, split_lines

KEYS = {
    "people": {
        *("name", "psn_no", "certno", "card_no", "region", "scheme", "status"),
        *("balance", "phone", "login", "role"),
    },
    "bindings": {"id", "authoriser", "user", "relation", "mode"},
    "institutions": {"fixmedins_code", "name", "region", "level", "type", "auth"},
    "catalogue": {"med_list_codg", "name", "level", "first_self_pay", "price", "kind"},
}


@pytest.fixture
async def built(platform: Platform) -> Platform:
    await city.build(platform)
    return platform


@pytest.fixture
async def now(built: Platform) -> dict[str, Any]:
    return await city.snapshot(built)


def by_role(now: dict[str, Any], role: str) -> dict[str, Any]:
    return next(person for person in now["people"] if person["role"] == role)


async def test_there_is_nothing_to_show_before_it_is_built(platform: Platform) -> None:
    with pytest.raises(NotBuiltError):
        await city.snapshot(platform)
    assert await city.story_people(platform) == []


async def test_a_binding_that_is_refused_undoes_everything(
    platform: Platform, dsn: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    twice = [*binding_requests(), next(binding_requests())]
    monkeypatch.setattr(city, "binding_requests", lambda: iter(twice))
    with pytest.raises(city.BrokenCityError, match="双方已有"):
        await city.build(platform)
    with psycopg.connect(dsn) as conn:
        for table in ("person", "account", "institution", "binding", "journal", "seal", "setting"):
            assert conn.execute(f"select count(*) from {table}").fetchone() == (0,), table


async def test_production_is_refused(dsn: str, book: PolicyBook) -> None:
    production = Platform(dsn, book, sandbox=False)
    with pytest.raises(city.ProductionError):
        await city.build(production)
    with pytest.raises(city.ProductionError):
        await city.snapshot(production)


async def test_builders_at_the_same_time_build_one_city(platform: Platform, dsn: str) -> None:
    await asyncio.gather(*(city.build(platform) for _ in range(4)))
    before = await city.snapshot(platform)
    await city.build(platform)
    assert await city.snapshot(platform) == before
    assert len(before["people"]) == len(citizens())


async def test_snapshot_has_exactly_the_published_keys(now: dict[str, Any]) -> None:
    assert set(now) == {"portal", "gateway", "people", "bindings", "institutions", "catalogue", "staff"}
    for part, keys in KEYS.items():
        assert all(set(entry) == keys for entry in now[part]), part
    assert now["portal"] == "http://127.0.0.1:8000"
    assert now["gateway"] == "http://127.0.0.1:8001"
    assert now["staff"] == []
    auth = now["institutions"][0]["auth"]
    assert auth["none"] is True
    assert {key: set(auth[key]) for key in ("x_tif", "api", "x_ca")} == {
        "x_tif": {"paasid", "secret"},
        "api": {"access_key", "secret"},
        "x_ca": {"key", "secret"},
    }


async def test_city_is_kept_as_it_was_built(now: dict[str, Any], dsn: str) -> None:
    with psycopg.connect(dsn) as conn:
        row = conn.execute("select value::jsonb from setting where key = 'demo'").fetchone()
    assert row is not None
    assert row[0] == {key: value for key, value in now.items() if key not in ("portal", "gateway")}


async def test_addresses_are_those_of_the_server(built: Platform, dsn: str) -> None:
    with psycopg.connect(dsn, autocommit=True) as conn:
        conn.execute("insert into setting values ('portal', 'http://10.0.0.1:9000')")
        try:
            assert (await city.read(dsn))["portal"] == "http://10.0.0.1:9000"
        finally:
            conn.execute("delete from setting where key = 'portal'")


async def test_every_fen_came_through_the_ledger(now: dict[str, Any], dsn: str) -> None:
    assert verify(dsn).ok
    with psycopg.connect(dsn) as conn:
        row = conn.execute("select sum(amount)::bigint from posting").fetchone()
    assert row == (sum(parse_yuan(person["balance"]) for person in now["people"]),)
    assert row == (sum(credit.amount for citizen in citizens().values() for credit in citizen.credits),)


async def test_every_binding_is_active(now: dict[str, Any], dsn: str) -> None:
    assert len(now["bindings"]) == len(list(binding_requests()))
    with psycopg.connect(dsn) as conn:
        rows = conn.execute("select id from binding where state = 'active' and starts_on = '2025-01-01'").fetchall()
    assert {row[0] for row in rows} == {binding["id"] for binding in now["bindings"]}


async def test_login_works(now: dict[str, Any], built: Platform) -> None:
    login = by_role(now, "story father")["login"]
    assert isinstance(await sign_in(built, login["certno"], login["password"]), str)
    assert await sign_in(built, login["certno"], people.PASSWORD + "x") == Refusal(code=Code.LOGIN_FAILED)
    assert [person["role"] for person in await city.story_people(built)] == ["story father", "story son"]


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
    split = split_lines(platform, lines)
    assert not isinstance(split, Refusal)
    purchase = Purchase(on=date.today() - timedelta(days=1), prescription=False, lines=tuple(s.line for s in split))  # noqa: DTZ011
    outcome = await presettle(
        platform,
        Settle(
            sender=sender(institution(now, patient["region"], "pharmacy"), f"buy {role}"),
            person_no=patient["psn_no"],
            claimed=Claimed(),
            care=Care.PHARMACY,
            batch="1",
            total=sum(line.amount for line in lines),
            account_use=AccountUse.OWN_AND_SHARED,
            purchase=purchase,
        ),
    )
    assert isinstance(outcome, Settlement), outcome
    return outcome


async def visited(platform: Platform, now: dict[str, Any], role: str, lines: list[RawLine]) -> Settlement:
    """What a visit to the first hospital of a person's region would come to."""
    patient = by_role(now, role)
    code = institution(now, patient["region"], "hospital")
    asked = Registration(person_no=patient["psn_no"], claimed=Claimed(), number=role, on=date.today())  # noqa: DTZ011
    answer = await register(platform, sender(code, f"register {role}"), asked)
    assert not isinstance(answer, Refusal), answer
    split = split_lines(platform, lines)
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
            account_use=AccountUse.OWN_AND_SHARED,
            visit_id=answer["visit"],
        ),
    )
    assert isinstance(outcome, Settlement), outcome
    return outcome


@pytest.mark.parametrize(
    "role", ["Shanghai father", "Xi'an father", "Nanchang father", "Nanning father", "Qingdao father"]
)
async def test_a_father_uses_his_childs_money_in_each_region(built: Platform, now: dict[str, Any], role: str) -> None:
    visit = await visited(
        built, now, role, [raw(now, "CT", 2), raw(now, "普通门诊诊察费", 1), raw(now, "常规心电图", 9)]
    )
    assert visit.split.shared > 0
    purchase = await bought(built, now, role, [raw(now, "上臂式电子血压计", 1)])
    assert purchase.split.shared > 0
    assert purchase.split.cash == 0


async def test_second_child_pays_what_the_first_cannot(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "Xi'an father", [raw(now, "上臂式电子血压计", 1)])
    assert [drawn.amount for drawn in purchase.split.shared_by] == [100_00, 128_00]


async def test_too_little_in_nanning_is_left_untouched(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "Nanning poor father", [raw(now, "上臂式电子血压计", 1)])
    assert (purchase.split.own, purchase.split.shared, purchase.split.cash) == (10_00, 0, 258_00)


async def test_cap_of_the_daughter_holds(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "S07 father", [raw(now, "上臂式电子血压计", 1)])
    assert (purchase.split.own, purchase.split.shared, purchase.split.cash) == (50_00, 100_00, 118_00)


async def test_father_of_the_front_page_pays_no_cash(built: Platform, now: dict[str, Any]) -> None:
    purchase = await bought(built, now, "story father", [raw(now, "上臂式电子血压计", 1)])
    assert (purchase.split.own, purchase.split.shared, purchase.split.cash) == (50_00, 218_00, 0)
