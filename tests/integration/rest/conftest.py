"""A family of three and a stranger behind REST, without a browser."""

import contextlib
import re
from collections.abc import AsyncIterator, Awaitable, Callable
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import psycopg
import pyotp
import pytest
from argon2 import PasswordHasher
from litestar import Litestar
from psycopg.types.json import Jsonb

from gongji.app import portal
from gongji.core.case import AccountUse
from gongji.core.codes import Care, Insurance, Scheme, Status
from gongji.core.lines import LineSplit
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.ledger.sql import queries
from gongji.service.commands import Claimed, Done, FeeLine, Purchase, Sender, Settle
from gongji.service.enrol import Credit, Enrolment, credit, enrol
from gongji.service.platform import Platform
from gongji.service.staff import Role, Staff, add_staff
from gongji.settings import Settings

PASSWORD = "demo-pass-1"
STAFF_PASSWORD, STAFF_SECRET = "staff-pass-1", "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
PHARMACY = "P61010000001"
NAMES = {"father": "卢守田", "son": "卢远", "mother": "秦月英", "stranger": "白路人", "unverified": "方未验"}


def _person(number: int, role: str, name: str) -> Person:
    return Person(
        person_no=f"9999{number:08d}",
        region="610100",
        name=name,
        certificate_type="01",
        certificate_no=f"999901197001{number:05d}X",
        card_no=f"Z9{number:07d}",
        phone="" if role == "father" else f"1990000{number:04d}",
        gender="1",
        birth_date=date(1970, 1, 1),
        scheme=Scheme.EMPLOYEE,
        status=Status.ACTIVE,
        insurance=Insurance.INSURED,
        insured_since=date(2001, 1, 1),
        suspended_on=None,
        retired_on=None,
        gp_signed=False,
        missing_years=0,
        employer="",
        real_name_verified=role != "unverified",
    )


@pytest.fixture(scope="module")
def people() -> dict[str, Person]:
    return {role: _person(number, role, name) for number, (role, name) in enumerate(NAMES.items(), start=1)}


@pytest.fixture(scope="module")
async def running(dsn: str, book: PolicyBook, people: dict[str, Person]) -> AsyncIterator[Platform]:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        # The cheapest argon2 there is: its price is a matter of the hash, not of the code under test.
        password = PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)
        for person in people.values():
            await enrol(conn, book, Enrolment(person=person, password_hash=password), date(2024, 1, 1))
        shop = {"code": PHARMACY, "region": "610100", "name": "西安虚构大药房", "kind": "pharmacy", "level": None}
        shop |= {"grade": None, "community": False, "designated": True, "credentials": Jsonb({})}
        await conn.execute(queries["add_institution"], shop)
    platform = Platform(dsn, book)
    await platform.open()
    money = {"father": 5_000, "son": 500_000, "mother": 10_000, "stranger": 7_777}
    await credit(platform, [Credit(person_no=people[r].person_no, amount=fen, reference=r) for r, fen in money.items()])
    yield platform
    await platform.close()


class Api:
    """Calls REST as one person."""

    def __init__(self, http: httpx.AsyncClient, token: str | None) -> None:
        self.http = http
        self.headers = {"authorization": f"Bearer {token}"} if token else {}

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(f"/api{path}", headers=self.headers)

    async def post(self, path: str, body: object = None, **headers: str) -> httpx.Response:
        return await self.http.post(f"/api{path}", json=body, headers=self.headers | headers)


class Browser:
    """A person before the portal, as a browser without JavaScript would be."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path, follow_redirects=False)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        await self.http.get("/login")
        page = (await self.http.get("/login" if "gongji_session" not in self.http.cookies else "/services")).text
        token = re.search(r'name="_csrf_token" value="([^"]+)"', page)
        assert token, page
        return await self.http.post(path, data={"_csrf_token": token[1], **fields}, follow_redirects=False)

    async def sign_in(self, login: str, password: str = PASSWORD, **fields: str) -> httpx.Response:
        return await self.post("/login", login=login, password=password, **fields)


Calls = Callable[[str | None], Awaitable[Api]]


@pytest.fixture(scope="module")
def app(running: Platform) -> Litestar:
    return portal(running, Settings(data=Path("unused")))


@pytest.fixture
async def browse(app: Litestar, people: dict[str, Person]) -> AsyncIterator[Callable[[str | None], Awaitable[Browser]]]:
    """Makes browsers: ``browse("son")`` is signed in."""
    async with contextlib.AsyncExitStack() as stack:

        async def make(role: str | None) -> Browser:
            http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test")
            browser = Browser(await stack.enter_async_context(http))
            if role is not None:
                answer = await browser.sign_in(people[role].certificate_no)
                assert answer.status_code == 303, answer.text
            return browser

        yield make


@pytest.fixture
async def api(app: Litestar, people: dict[str, Person]) -> AsyncIterator[Calls]:
    """Makes callers: ``api("son")`` has a token, ``api(None)`` has none."""
    async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:

        async def make(role: str | None) -> Api:
            if role is None:
                return Api(http, None)
            body = {"login": people[role].certificate_no, "password": PASSWORD}
            return Api(http, (await http.post("/api/sessions", json=body)).json()["token"])

        yield make


@pytest.fixture
def buy(running: Platform, people: dict[str, Person]) -> Callable[[str, int, str], Awaitable[str]]:
    """Settles a purchase of some fen for a person; returns the settlement's id."""

    async def settle(role: str, fen: int, message: str) -> str:
        split = LineSplit(amount=fen, full_self_pay=0, over_limit=0, first_self_pay=0)
        line = FeeLine(line_no="1", item="X", quantity=Decimal(1), price=Decimal(fen) / 100, split=split)
        sender = Sender(institution=PHARMACY, message_id=message, transaction="test", input_hash=message.encode())
        outcome = await running.batcher.submit(
            Settle(
                sender=sender,
                person_no=people[role].person_no,
                claimed=Claimed(),
                care=Care.PHARMACY,
                batch="1",
                total=fen,
                account_use=AccountUse.OWN_THEN_SHARED,
                purchase=Purchase(on=running.clock().date(), prescription=False, lines=(line,)),
            )
        )
        assert isinstance(outcome, Done), outcome
        return outcome.settlement.id

    return settle


@pytest.fixture
async def desk(api: Any, running: Platform) -> Any:
    """Signs a member of staff in; answers a caller with his token."""

    async def sign_in(login: str, role: Role, region: str | None = None) -> Any:
        async with running.pool.connection() as conn:
            await add_staff(
                conn, running, Staff(login=login, name=login, role=role, region=region), STAFF_PASSWORD, STAFF_SECRET
            )
        caller = await api(None)
        body = {"login": login, "password": STAFF_PASSWORD, "code": pyotp.TOTP(STAFF_SECRET).now()}
        answer = await caller.post("/staff/sessions", body)
        assert answer.status_code == 201, answer.text
        caller.headers = {"authorization": f"Bearer {answer.json()['token']}"}
        return caller

    return sign_in
