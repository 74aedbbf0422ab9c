"""The national gateway over ASGI, with real PostgreSQL and a few people that exist nowhere."""

import itertools
import json
from collections.abc import AsyncIterator, Callable, Coroutine
from datetime import date
from decimal import Decimal
from pathlib import Path
from typing import Any

import httpx
import msgspec
import pytest
from psycopg.types.json import Jsonb

from gongji.channels.nhsa.gateway import Gateway, gateway
from gongji.core.catalogue import CatalogueItem
from gongji.core.codes import Insurance, ItemKind, Relation, Scheme, Segment, Status
from gongji.core.person import Person
from gongji.ledger import store
from gongji.service.bindings import BindingRequest, bind
from gongji.service.catalogue import add_items
from gongji.service.enrol import Credit, Enrolment, credit, enrol
from gongji.service.platform import Platform
from gongji.settings import Settings

XIAN = "610100"
HOSPITAL = "H61010099901"
OTHER_HOSPITAL = "H61010099902"
PHARMACY = "P61010099901"
CLINIC = "H61010099903"

KEYS = {
    "x_tif": {"paasid": "paas-test", "secret": "tif-secret"},
    "api": {"access_key": "ak-test", "secret": "api-secret"},
    "x_ca": {"key": HOSPITAL, "secret": "ca-secret"},
    "apikey": "key-itself",
}

ITEM_A = "XZ99AAZ001A001010199001"
ITEM_B = "XZ99ACZ006A001010199003"
ITEM_C = "XZ99ADZ009A001010199005"

_serials = itertools.count(1)


class Answer(msgspec.Struct, frozen=True):
    """An answer as a client sees it; numbers are exact."""

    status: int
    content: dict[str, Any]

    @property
    def ok(self) -> bool:
        return bool(self.content["infcode"] == 0)

    @property
    def output(self) -> dict[str, Any]:
        assert self.ok, self.content["err_msg"]
        output: dict[str, Any] = self.content["output"]
        return output

    @property
    def info(self) -> dict[str, Any]:
        info: dict[str, Any] = self.output["setlinfo"]
        return info

    @property
    def error(self) -> str:
        text = self.content["err_msg"]
        assert self.content["infcode"] == -1
        assert isinstance(text, str)
        assert 0 < len(text) <= 200
        assert self.content.get("output") is None
        return text


class Institution:
    """A client program of one institution."""

    def __init__(self, http: httpx.AsyncClient, platform: Platform, code: str) -> None:
        self.http = http
        self.platform = platform
        self.code = code

    def message(self, infno: str, content: Any, **envelope: Any) -> dict[str, Any]:
        return {
            "infno": infno,
            "msgid": f"{self.code[:12]}20260101{next(_serials):010d}",
            "mdtrtarea_admvs": XIAN,
            "insuplc_admdvs": XIAN,
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "op1",
            "opter_name": "经办",
            "inf_time": "2026-01-01 10:00:00",
            "fixmedins_code": self.code,
            "fixmedins_name": "测试机构",
            "sign_no": "",
            "input": content,
        } | envelope

    async def post(self, body: bytes, path: str = "/fsi/api/rsfComIfsService/callService", **headers: str) -> Answer:
        response = await self.http.post(path, content=body, headers=headers)
        return Answer(response.status_code, json.loads(response.content, parse_float=Decimal))

    async def send(self, message: dict[str, Any], path: str | None = None) -> Answer:
        return await self.post(json.dumps(message).encode(), path or f"/nhsa/{message['infno']}")

    async def call(self, infno: str, content: Any, **envelope: Any) -> Answer:
        return await self.send(self.message(infno, content, **envelope))

    def shown(self, person: Person, **other: Any) -> dict[str, Any]:
        scheme = "310" if person.scheme is Scheme.EMPLOYEE else "390"
        return {
            "psn_no": person.person_no,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person.certificate_no,
            "insutype": scheme,
        } | other

    def registration(self, person: Person, **other: Any) -> dict[str, Any]:
        return {
            "data": self.shown(
                person,
                begntime="2026-01-05 09:00:00",
                ipt_otp_no=f"OP{next(_serials)}",
                dept_code="D1",
                dept_name="内科",
                caty="A03",
            )
            | other
        }

    def line(self, person: Person, visit: str, batch: str = "B1", **other: Any) -> dict[str, Any]:
        return {
            "feedetl_sn": str(next(_serials)),
            "mdtrt_id": visit,
            "psn_no": person.person_no,
            "chrg_bchno": batch,
            "rx_circ_flag": "0",
            "fee_ocur_time": "2026-01-05 09:30:00",
            "med_list_codg": ITEM_A,
            "medins_list_codg": "L1",
            "det_item_fee_sumamt": "100.00",
            "cnt": "8.0000",
            "pric": "12.500000",
            "bilg_dept_codg": "D1",
            "bilg_dept_name": "内科",
            "bilg_dr_codg": "D610100000001",
            "bilg_dr_name": "医生",
            "hosp_appr_flag": "0",
        } | other

    def bill(self, person: Person, visit: str, total: str, batch: str = "B1", **other: Any) -> dict[str, Any]:
        return {
            "data": self.shown(
                person,
                med_type="11",
                medfee_sumamt=total,
                psn_setlway="01",
                mdtrt_id=visit,
                chrg_bchno=batch,
                acct_used_flag="2",
            )
            | other
        }

    def purchase(self, person: Person, total: str, lines: Any = None, **other: Any) -> dict[str, Any]:
        line = {
            "feedetl_sn": "1",
            "rx_circ_flag": "0",
            "fee_ocur_time": "2026-01-06 10:00:00",
            "med_list_codg": ITEM_A,
            "medins_list_codg": "L1",
            "det_item_fee_sumamt": total,
            "cnt": "1",
            "pric": total,
        }
        stated = self.shown(
            person, begntime="2026-01-06 10:00:00", medfee_sumamt=total, acct_used_flag="2", med_type="41"
        )
        return {"druginfo": stated | other, "drugdetail": lines or [line]}

    async def visit(self, person: Person, **other: Any) -> str:
        answer = await self.call("2201", self.registration(person, **other))
        found: str = answer.output["data"]["mdtrt_id"]
        return found

    async def visit_with_fees(self, person: Person, *, batch: str = "B1", **line: Any) -> str:
        visit = await self.visit(person)
        answer = await self.call("2204", {"feedetail": [self.line(person, visit, batch, **line)]})
        assert answer.ok, answer.content
        return visit

    async def settled(self, person: Person, total: str = "100.00", **line: Any) -> tuple[str, Answer]:
        visit = await self.visit_with_fees(person, **line)
        return visit, await self.call("2207", self.bill(person, visit, total))

    def reversal(self, person: Person, answer: Answer) -> dict[str, Any]:
        info = answer.info
        return {"data": {"setl_id": info["setl_id"], "mdtrt_id": info["mdtrt_id"], "psn_no": person.person_no}}


class City:
    """People, institutions and the books behind the gateway."""

    def __init__(self, platform: Platform, app: Gateway, http: httpx.AsyncClient) -> None:
        self.platform = platform
        self.app = app
        self.http = http
        self.hospital = Institution(http, platform, HOSPITAL)
        self.other_hospital = Institution(http, platform, OTHER_HOSPITAL)
        self.pharmacy = Institution(http, platform, PHARMACY)
        self.clinic = Institution(http, platform, CLINIC)

    async def person(self, balance: int = 0, **other: Any) -> Person:
        number = next(_serials)
        born = other.get("birth_date", date(1980, 5, 6))
        stated = {
            "person_no": f"9999{number:022d}",
            "region": XIAN,
            "name": f"测试{number}",
            "certificate_type": "01",
            "certificate_no": f"9999{number // 1000 % 100:02d}{born:%Y%m%d}{number % 1000:03d}X",
            "card_no": f"C{number:09d}",
            "phone": "",
            "gender": "1",
            "birth_date": born,
            "scheme": Scheme.EMPLOYEE,
            "status": Status.ACTIVE,
            "insurance": Insurance.INSURED,
            "insured_since": date(2010, 1, 1),
            "suspended_on": None,
            "retired_on": None,
            "gp_signed": False,
            "missing_years": 0,
            "employer": "测试单位",
            "real_name_verified": True,
        }
        person = Person(**(stated | other))
        async with self.platform.pool.connection() as conn:
            await enrol(conn, self.platform.book, Enrolment(person=person, fictitious=True), date(2026, 1, 1))
        if balance:
            segment = await self._segment(person)
            given = Credit(person_no=person.person_no, amount=balance, segment=segment, reference=str(number))
            await credit(self.platform, [given])
        return person

    async def _segment(self, person: Person) -> Segment:
        rows = await self.rows("select segment from account where owner = %s order by id", person.person_no)
        return Segment(rows[-1][0])

    async def share(self, authoriser: Person, user: Person, relation: Relation = Relation.PARENT) -> str:
        today = date(2026, 1, 1)
        made = await bind(
            self.platform,
            BindingRequest(
                authoriser=authoriser.person_no,
                user_certificate_no=user.certificate_no,
                user_name=user.name,
                relation=relation,
                notice_accepted=True,
                signature="签名",
            ),
        )
        assert hasattr(made, "id"), made
        # Visits of these tests lie in the past of the day on which they run.
        async with self.platform.pool.connection() as conn:
            await conn.execute("update binding set starts_on = %s where id = %s", (today, made.id))
        binding: str = made.id
        return binding

    async def rows(self, query: str, *parameters: Any) -> list[tuple[Any, ...]]:
        async with self.platform.pool.connection() as conn:
            cursor = await conn.execute(query, parameters)
            return await cursor.fetchall()

    async def balance(self, person: Person) -> int:
        rows = await self.rows(
            "select coalesce(sum(balance), 0)::bigint from account where owner = %s", person.person_no
        )
        amount: int = rows[0][0]
        return amount

    async def books(self) -> tuple[Any, ...]:
        """Everything a refusal must leave alone."""
        counted = await self.rows(
            "select (select count(*) from journal), (select count(*) from posting), (select count(*) from settlement),"
            " (select count(*) from seal), (select count(*) from settled_batch), (select count(*) from reversal)"
        )
        balances = await self.rows(
            "select id, balance from account where kind in ('personal', 'family', 'quota_hold', 'wallet') order by id"
        )
        totals = await self.rows("select person_no, year, benefit, deductible, eligible, pool, events from year_total")
        return counted, balances, sorted(totals)

    async def payables(self) -> dict[str, int]:
        """What each payer that is not a person has given, net."""
        rows = await self.rows(
            "select a.kind::text || ':' || a.owner, sum(case when p.to_account = a.id then p.amount else -p.amount end)"
            " from account a join posting p on a.id in (p.from_account, p.to_account) where a.kind <> 'personal'"
            " group by 1"
        )
        return {name: int(amount) for name, amount in rows if amount}

    async def incidents(self) -> int:
        rows = await self.rows("select count(*) from incident")
        count: int = rows[0][0]
        return count


async def _add_institution(platform: Platform, code: str, kind: str, level: str | None, **other: Any) -> None:
    async with platform.pool.connection() as conn:
        await store.run(
            conn,
            "add_institution",
            **{
                "code": code,
                "region": XIAN,
                "name": "测试机构",
                "kind": kind,
                "level": level,
                "grade": "A" if level else None,
                "community": level == "1",
                "designated": True,
                "credentials": Jsonb({}),
            }
            | other,
        )


async def _add_market(platform: Platform) -> None:
    await _add_institution(platform, HOSPITAL, "hospital", "3", credentials=Jsonb(KEYS))
    await _add_institution(platform, OTHER_HOSPITAL, "hospital", "1")
    await _add_institution(platform, PHARMACY, "pharmacy", None)
    await _add_institution(platform, CLINIC, "clinic", "1", designated=False)
    drug = ItemKind.WESTERN_DRUG
    items = (
        CatalogueItem(code=ITEM_A, name="演示降压片", kind=drug, level="甲", price=1250),
        CatalogueItem(
            code=ITEM_B, name="演示降脂片", kind=drug, level="乙", first_self_pay=1000, price_limit=3600, price=4200
        ),
        CatalogueItem(code=ITEM_C, name="演示维生素", kind=drug, level="丙", price=3600),
    )
    async with platform.pool.connection() as conn:
        await add_items(conn, items, platform.clock().date())


async def _open_city(platform: Platform) -> City:
    await _add_market(platform)
    app = gateway(platform, Settings(data=Path("unused")))
    http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway")
    return City(platform, app, http)


@pytest.fixture(scope="session")
def open_city() -> Callable[[Platform], Coroutine[Any, Any, City]]:
    """For tests that run a loop of their own."""
    return _open_city


@pytest.fixture
async def city(platform: Platform) -> AsyncIterator[City]:
    opened = await _open_city(platform)
    async with opened.http:
        yield opened
