"""The demo city on real PostgreSQL: built once, whole or not at all, and told as it is."""

import asyncio
from typing import Any

import psycopg
import pyotp
import pytest
from psycopg.sql import SQL, Identifier

from gongji.core.money import parse_yuan
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code, Refusal
from gongji.demo import city, people
from gongji.demo.describe import NotBuiltError
from gongji.demo.people import binding_requests, citizens
from gongji.ledger.verify import verify
from gongji.service.platform import Platform
from gongji.service.sessions import sign_in
from gongji.service.staff import sign_in_staff, staff_of_session

KEYS = {
    "people": {
        *("name", "psn_no", "certno", "card_no", "region", "scheme", "status"),
        *("balance", "phone", "login", "role"),
    },
    "bindings": {"id", "authoriser", "user", "relation", "mode"},
    "institutions": {"fixmedins_code", "name", "region", "level", "type", "auth"},
    "catalogue": {"med_list_codg", "name", "level", "first_self_pay", "price", "kind"},
}


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
            assert conn.execute(SQL("select count(*) from {}").format(Identifier(table))).fetchone() == (0,), table


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
    assert [one["role"] for one in now["staff"]] == ["admin", "auditor", "clerk", "reviewer"]
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
        rows = conn.execute("select id, starts_on from binding where state = 'active'").fetchall()
    assert {row[0] for row in rows} == {binding["id"] for binding in now["bindings"]}
    assert sorted(row[1] for row in rows) == sorted(signed_at.date() for _, signed_at in binding_requests())


async def test_login_works(now: dict[str, Any], built: Platform) -> None:
    login = by_role(now, "story father")["login"]
    assert isinstance(await sign_in(built, login["certno"], login["password"]), str)
    assert await sign_in(built, login["certno"], people.PASSWORD + "x") == Refusal(code=Code.LOGIN_FAILED)
    assert [person["role"] for person in await city.story_people(built)] == ["story father", "story son"]


async def test_staff_sign_in_with_what_is_published(built: Platform, now: dict[str, Any]) -> None:
    for one in now["staff"]:
        code = pyotp.TOTP(one["totp_secret"]).now()
        token = await sign_in_staff(built, one["user"], one["password"], code)
        assert isinstance(token, str), one
        staff = await staff_of_session(built, token)
        assert staff
        assert staff.role.value == one["role"]
