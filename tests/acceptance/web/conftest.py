"""A small fictitious town in 陕西, the pages in this process, and a real browser."""

import asyncio
import os
import re
import shutil
import socket
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import suppress
from datetime import date
from pathlib import Path

import httpx
import msgspec
import psycopg
import pytest
from litestar import Litestar
from playwright.async_api import Browser, BrowserContext, Page, async_playwright
from psycopg.types.json import Jsonb

from gongji.app import portal
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import AccountState, Insurance, ItemKind, Relation, Scheme, Status
from gongji.core.person import Person
from gongji.core.policy import PolicyBook
from gongji.demo import third_party
from gongji.http_listener import Listener
from gongji.ledger.sql import queries
from gongji.service.bindings import BindingRequest, bind
from gongji.service.catalogue import add_items
from gongji.service.enrol import Credit, Enrolment, credit, enrol
from gongji.service.platform import Platform
from gongji.service.secret import hash_password
from gongji.settings import Settings

PASSWORD = "demo-pass-1"
HOME = "http://127.0.0.1:8000"
"""Where clients without a browser believe the pages to be."""
HOSPITAL, PHARMACY, SHOP = "H61010000001", "P61010000001", "P61010000009"


class Town(msgspec.Struct):
    """The open platform, and who lives there."""

    platform: Platform
    settings: Settings
    people: dict[str, Person]


def _person(number: int, name: str, region: str, **changes: object) -> Person:
    plain: dict[str, object] = {
        "person_no": f"9999{number:08d}",
        "region": region,
        "name": name,
        "certificate_type": "01",
        "certificate_no": f"999901197001{number:05d}X",
        "card_no": f"Z9{number:07d}",
        "phone": "",
        "gender": "1",
        "birth_date": date(1970, 1, 1),
        "scheme": Scheme.EMPLOYEE,
        "status": Status.ACTIVE,
        "insurance": Insurance.INSURED,
        "insured_since": date(2001, 1, 1),
        "suspended_on": None,
        "retired_on": None,
        "gp_signed": False,
        "missing_years": 0,
        "employer": "",
        "real_name_verified": True,
    }
    return Person(**(plain | changes))  # type: ignore[arg-type]


def _people() -> dict[str, Person]:
    retired = {"status": Status.RETIRED, "retired_on": date(2020, 1, 1), "birth_date": date(1955, 2, 3)}
    return {
        "father": _person(1, "卢守田", "610100", **retired),
        "son": _person(2, "卢远", "610400"),
        "mother": _person(3, "秦月英", "610100", gender="2", **retired),
        "stranger": _person(4, "白路人", "610100"),
        "unverified": _person(5, "方未验", "610100", real_name_verified=False),
        "resident": _person(6, "田居民", "610100", scheme=Scheme.RESIDENT, status=Status.ADULT),
        "suspended": _person(7, "薛停保", "610100", insurance=Insurance.SUSPENDED),
        "uninsured": _person(8, "柳未保", "610100", insurance=Insurance.NONE),
        "frozen": _person(9, "封存青", "610100"),
        "shanghai": _person(10, "沈沪生", "310000"),
        "nanning": _person(11, "黄邕", "450100", phone="19900000011"),
        "lanzhou": _person(12, "陇上行", "620100"),
        "guangzhou": _person(13, "粤来", "440100"),
        "qingdao": _person(14, "青海风", "370200"),
    }


async def _open_town(dsn: str, people: dict[str, Person], book: PolicyBook) -> None:
    async with await psycopg.AsyncConnection.connect(dsn, autocommit=True) as conn:
        password = hash_password(PASSWORD)
        for role, person in people.items():
            state = AccountState.FROZEN if role == "frozen" else AccountState.OPEN
            one = Enrolment(person=person, password_hash=password, fictitious=True, account_state=state)
            await enrol(conn, book, one, date(2024, 1, 1))
        for code, name, kind, level, designated in (
            (HOSPITAL, "西安虚构第三医院", "hospital", "3", True),
            (PHARMACY, "西安虚构大药房", "pharmacy", None, True),
            (SHOP, "西安虚构养生馆", "pharmacy", None, False),
        ):
            await conn.execute(
                queries["add_institution"],
                {"code": code, "region": "610100", "name": name, "kind": kind, "level": level, "grade": None}
                | {"community": False, "designated": designated, "credentials": Jsonb({})},
            )
        items = [
            CatalogueItem(code="S001", name="虚构诊察费", kind=ItemKind.CONSULTATION, level="甲", price=5000),
            CatalogueItem(code="X001", name="虚构感冒片", kind=ItemKind.WESTERN_DRUG, level="甲", price=1250),
            CatalogueItem(code="X009", name="虚构保健酒", kind=ItemKind.WESTERN_DRUG, level="丙", price=8800),
        ]
        await add_items(conn, items, date(2024, 1, 1))


async def _fill(platform: Platform, people: dict[str, Person]) -> None:
    money = {
        "lanzhou": 12_300,
        "guangzhou": 45_600,
        "nanning": 78_900,
        "qingdao": 1_100,
        "father": 5_000,
        "son": 500_000,
        "mother": 10_000,
        "stranger": 7_777,
        "unverified": 100,
        "suspended": 100,
    }
    await credit(
        platform,
        [Credit(person_no=people[role].person_no, amount=fen, reference=role) for role, fen in money.items()],
    )
    bound = await bind(
        platform,
        BindingRequest(
            authoriser=people["son"].person_no,
            user_certificate_no=people["father"].certificate_no,
            user_name=people["father"].name,
            relation=Relation.PARENT,
            notice_accepted=True,
            signature="卢远",
        ),
    )
    demo = {
        "people": [
            {"name": people[role].name, "psn_no": people[role].person_no, "certno": people[role].certificate_no}
            | {"region": people[role].region, "balance": f"{money.get(role, 0) / 100:.2f}", "role": f"story {role}"}
            | {"login": {"certno": people[role].certificate_no, "password": PASSWORD}}
            for role in ("father", "son", "mother")
        ],
        "bindings": [{"id": getattr(bound, "id", ""), "authoriser": people["son"].person_no}],
    }
    demo["bindings"][0] |= {"user": people["father"].person_no, "relation": "parent"}
    async with platform.pool.connection() as conn:
        await conn.execute(queries["put_setting"], {"key": "demo", "value": msgspec.json.encode(demo).decode()})


@pytest.fixture(scope="module")
async def town(dsn: str, book: PolicyBook) -> AsyncIterator[Town]:
    people = _people()
    await _open_town(dsn, people, book)
    platform = Platform(dsn, book)
    await platform.open()
    await _fill(platform, people)
    await third_party.register(platform, [HOME])
    yield Town(platform, Settings(data=Path("unused")), people)
    await platform.close()


class Client:
    """A person's browser without the browser: keeps cookies and brings the form's token."""

    def __init__(self, http: httpx.AsyncClient) -> None:
        self.http = http

    async def get(self, path: str) -> httpx.Response:
        return await self.http.get(path)

    async def post(self, path: str, **fields: str) -> httpx.Response:
        if "gongji_csrf" not in self.http.cookies:
            await self.http.get("/login")
        token = self.http.cookies["gongji_csrf"]
        return await self.http.post(path, data={"_csrf_token": token, **fields})


Visit = Callable[[str | None], Awaitable[Client]]


@pytest.fixture(scope="module")
def app(town: Town) -> Litestar:
    """The pages, in this process."""
    return portal(town.platform, town.settings)


@pytest.fixture
async def visit(town: Town, app: Litestar) -> AsyncIterator[Visit]:
    """Makes clients: ``visit("son")`` is signed in, ``visit(None)`` is not."""
    opened = []

    async def make(role: str | None) -> Client:
        transport = httpx.ASGITransport(app=app, raise_app_exceptions=False)
        http = httpx.AsyncClient(transport=transport, base_url=HOME, follow_redirects=True)
        opened.append(http)
        client = Client(http)
        if role:
            answer = await client.post("/login", login=town.people[role].certificate_no, password=PASSWORD)
            assert "您好" in answer.text, answer.text
        return client

    yield make
    for http in opened:
        await http.aclose()


@pytest.fixture(scope="module")
async def address(town: Town, app: Litestar) -> AsyncIterator[str]:
    """The application behind a real server on a free port."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = probe.getsockname()[1]
    await third_party.register(town.platform, [HOME, f"http://127.0.0.1:{port}"])
    server = Listener(app, "127.0.0.1", port)
    serving = asyncio.create_task(server.listen())
    for _ in range(100):
        with suppress(OSError):
            _, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.close()
            break
        await asyncio.sleep(0.05)
    yield f"http://127.0.0.1:{port}"
    server.stop()
    await serving


@pytest.fixture(scope="module")
async def chromium() -> AsyncIterator[Browser]:
    binary = shutil.which("chromium")
    if binary is None:
        pytest.fail("没有找到 Chromium，请先运行 apt-get install -y chromium")
    flags = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
    async with async_playwright() as playwright:
        browser = await playwright.chromium.launch(executable_path=binary, args=flags)
        yield browser
        await browser.close()


SIZES = {"phone": (360, 780), "tablet": (768, 1024), "desktop": (1280, 800)}

Open = Callable[..., Awaitable[Page]]


@pytest.fixture
async def browse(chromium: Browser, address: str) -> AsyncIterator[Open]:
    """Opens a window of its own, as wide as a phone or a desk; ``script=False`` turns JavaScript off."""
    contexts: list[BrowserContext] = []

    async def make(size: str = "phone", *, script: bool = True) -> Page:
        width, height = SIZES[size]
        context = await chromium.new_context(
            viewport={"width": width, "height": height},
            base_url=address,
            java_script_enabled=script,
            locale="zh-CN",
        )
        context.set_default_timeout(8_000)
        contexts.append(context)
        return await context.new_page()

    yield make
    for context in contexts:
        await context.close()


@pytest.fixture
def log_in(town: Town) -> Callable[[Page, str], Awaitable[None]]:
    """Signs a person in through the login page."""

    async def sign_in(page: Page, role: str) -> None:
        await page.goto("/login")
        await page.get_by_label("证件号码或社保卡号").fill(town.people[role].certificate_no)
        await page.get_by_label("密码").fill(PASSWORD)
        await page.get_by_role("button", name="登录").click()
        await page.wait_for_url(re.compile("/$"))

    return sign_in


@pytest.fixture
def shoot() -> Callable[[Page, str], Awaitable[None]]:
    """Keeps a picture of a page in the folder that ``GONGJI_SHOTS`` names, for a person to look at."""
    folder = os.environ.get("GONGJI_SHOTS")

    async def take(page: Page, name: str) -> None:
        width = await page.evaluate("document.documentElement.scrollWidth")
        assert width <= (page.viewport_size or {"width": 0})["width"], f"{name} scrolls sideways"
        if folder:
            await page.screenshot(path=Path(folder) / f"{name}.png", full_page=True)

    return take
