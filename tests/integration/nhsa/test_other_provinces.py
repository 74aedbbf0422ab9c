"""What clients of other provinces send: Zhejiang's lettered codes, 90100 of Guangdong, Jilin's way to a token."""

import base64
import json
from datetime import date, datetime
from pathlib import Path
from typing import Any

import httpx
import pytest

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.gateway import gateway
from gongji.core.codes import PremiumKind, Scheme, Status
from gongji.core.premium import Entered, Wanted
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.core.times import CHINA
from gongji.ledger.verify import verify
from gongji.service.oauth.clients import Registered, register_client
from gongji.service.premiums import PremiumView, enter_standard, pay_premium, refund_premium
from gongji.settings import Settings
from world import World

SCAN = bytes(range(256))


def told(visit: str, patient: Any, **other: Any) -> dict[str, Any]:
    content: dict[str, Any] = examples.content(table("2203A"))
    info = {"mdtrt_id": visit, "psn_no": patient.person_no, "med_type": "11", "begntime": "2026-01-05 09:00:00"}
    info |= {"main_cond_dscr": "复诊取药", "rxfixmedinsCode": "H61010099902", "geso_val": ""}
    return {"mdtrtinfo": info | other, "diseinfo": content["diseinfo"]}


def table(infno: str) -> tables.Transaction:
    known = tables.transaction(infno)
    assert known
    return known


@pytest.mark.parametrize(
    "sent", [list(SCAN), [b - 256 if b > 127 else b for b in SCAN], base64.b64encode(SCAN).decode()]
)
async def test_the_prescription_of_2203a_is_a_file_of_its_own(city: Any, sent: Any) -> None:
    patient, shop = await city.person(10_000), city.pharmacy
    visit = await shop.visit(patient)
    message = shop.message("2203A", told(visit, patient, rxIn=sent, rxfilename="处方.png"))
    [(files,)] = await city.rows("select count(*) from stored_file")
    first = await shop.send(message)
    assert first.ok, first.content
    assert first.content["output"] is None
    assert (await shop.send(message)).ok
    assert await city.rows("select count(*) from stored_file") == [(files + 1,)], "a repeat keeps nothing new"
    [(details,)] = await city.rows("select details from visit where id = %s", visit)
    assert "rxIn" not in details["mdtrtinfo"]
    assert details["mdtrtinfo"]["rxfixmedinsCode"] == "H61010099902"
    content = {"fsDownloadIn": {"file_qury_no": details["scan"], "filename": "处方.png", "fixmedins_code": shop.code}}
    got = await city.http.post("/nhsa/9102", json=shop.message("9102", content))
    assert got.content == SCAN
    other = await city.hospital.send(city.hospital.message("9102", content))
    assert "未找到文件" in other.error, "and of nobody else"
    kept = await city.rows(
        "select expires_at - created_at > interval '3 years' from stored_file where number = %s", details["scan"]
    )
    assert kept == [(True,)]


@pytest.mark.parametrize(
    ("sent", "says"),
    [
        ({"rxIn": [1, 2], "rxfilename": ""}, "rxfilename（文件名）必填"),
        ({"rxIn": [], "rxfilename": "a.png"}, "没有 rxIn"),
        ({"rxIn": [1, 256], "rxfilename": "a.png"}, "应为字节数组"),
        ({"rxIn": "%%", "rxfilename": "a.png"}, "应为字节数组"),
        ({"rxIn": {"a": 1}, "rxfilename": "a.png"}, "应为字节数组"),
    ],
)
async def test_half_a_prescription_is_refused_and_nothing_is_kept(city: Any, sent: dict[str, Any], says: str) -> None:
    patient = await city.person()
    visit = await city.pharmacy.visit(patient)
    before = await city.rows("select details from visit where id = %s", visit)
    assert says in (await city.pharmacy.call("2203A", told(visit, patient, **sent))).error
    assert await city.rows("select details from visit where id = %s", visit) == before


async def test_the_lettered_codes_are_the_national_core_of_the_plain_ones(city: Any) -> None:
    hunan = {"psn_cert_type", "certno", "psn_type", "psn_name", "card_sn", "exp_content", "pub_hosp_rfom_flag"}
    for plain in ("2206", "2207"):
        names = [{field.name for field in table(code).inputs()[0].fields} for code in (plain, f"{plain}A")]
        assert names[0] - names[1] == hunan & names[0]
        assert table(plain).output("setlinfo") == table(f"{plain}A").output("setlinfo")
    patient, hospital = await city.person(20_000), city.hospital
    visit = await hospital.visit_with_fees(patient)
    bill = hospital.bill(patient, visit, "100.00")
    planned = await hospital.post(
        json.dumps(hospital.message("2206A", bill, insuplc_admdvs="610100")).encode(), **{"x-gongji-strict": "1"}
    )
    assert planned.info["acct_pay"] == 100
    assert [one["field"] for one in planned.content["departures"] if one["node"]] == [], "nothing of Hunan is missed"
    settled = await hospital.call("2207A", bill)
    assert settled.info["acct_pay"] == 100
    assert "已结算" in (await hospital.call("2207", bill)).error
    undone = {"psn_no": patient.person_no, "omsgid": settled.info["medins_setl_id"], "oinfno": "2207A"}
    assert (await hospital.call("2601", {"data": undone})).ok
    # Who sends the identity all the same is held to it.
    wrong = hospital.bill(patient, visit, "100.00", certno="999901197001010012")
    assert not (await hospital.call("2207A", wrong)).ok
    assert await city.balance(patient) == 20_000


async def test_90100_tells_standing_premiums_of_the_basic_insurance(city: Any) -> None:
    platform = city.platform
    platform.clock = lambda: datetime(2026, 11, 20, 10, tzinfo=CHINA)
    for kind in (PremiumKind.RESIDENT, PremiumKind.LTC):
        figure = Entered(region="610100", kind=kind, year=2027, amount=40_000, source="试验数值",
                         opens_on=date(2026, 9, 1), closes_on=date(2027, 2, 28))  # fmt: skip
        await enter_standard(platform, figure, "test")
    payer = await city.person(200_000)
    mother = await city.person(scheme=Scheme.RESIDENT, status=Status.ELDERLY)
    await city.share(payer, mother)
    asked = {"data": {"psn_no": mother.person_no}}
    assert (await city.hospital.call("90100", asked)).output["clctinfo"] == []
    sender = World(platform).sender(city.hospital.code, "premium")
    wanted = Wanted(person_no=mother.person_no, kind=PremiumKind.RESIDENT, year=2027)
    paid = await pay_premium(platform, sender, payer.person_no, wanted, 40_000, "portal")
    assert isinstance(paid, PremiumView), paid
    output = (await city.hospital.call("90100", asked)).output
    [row] = output["clctinfo"]
    assert (row["insutype"], row["clct_year"], row["clct_item"], row["clct_sumamt"]) == (
        "390",
        "2027",
        "居民医保费",
        400,
    )
    assert (row["accrym_begndate"], row["accrym_enddate"]) == ("2027-01-01", "2027-12-31")
    assert payer.person_no not in json.dumps(output, default=str), "who paid is not told"
    own = (await city.hospital.call("90100", {"data": {"psn_no": payer.person_no}})).output
    assert own["clctinfo"] == [], "what he paid for others is not his"
    back = await refund_premium(
        platform, World(platform).sender(city.hospital.code, "premium"), payer.person_no, paid.id, "portal"
    )
    assert not isinstance(back, Refusal), back
    assert (await city.hospital.call("90100", asked)).output["clctinfo"] == []
    assert verify(platform.dsn).ok


class Jilin:
    """A client that gets its token by the password grant first."""

    def __init__(self, city: Any, made: Registered) -> None:
        app = gateway(city.platform, Settings(data=Path("unused"), production=True))
        self.http = httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://gateway")
        self.made = made
        self.form = {"grant_type": "password", "username": city.hospital.code, "password": made.secret or ""}

    async def token(self, *, query: bool = False, secret: str = "", **other: str) -> httpx.Response:
        form = {name: value for name, value in (self.form | other).items() if value}
        basic = (self.made.client.id, secret or self.made.secret or "")
        if query:
            return await self.http.post("/auth/oauth/token", params=form, auth=basic)
        return await self.http.post("/auth/oauth/token", data=form, auth=basic)


async def test_jilins_path_gives_the_token_that_opens_the_gateway(city: Any) -> None:
    made = await register_client(city.platform, "吉林客户端", [Scope.GATEWAY], institution=city.hospital.code)
    assert isinstance(made, Registered)
    client = Jilin(city, made)
    async with client.http:
        message = city.hospital.message("1201", {"medinsinfo": {"fixmedins_code": city.hospital.code}})
        path = "/mbs/fmi/fsi/api/callFsiService/callService"
        assert (await client.http.post(path, json=message)).status_code == 401
        for answer in (
            await client.token(),
            await client.token(query=True),
            await client.token(grant_type="client_credentials"),
        ):
            assert answer.status_code == 200, answer.text
            assert answer.headers["cache-control"] == "no-store"
            assert (answer.json()["token_type"], answer.json()["scope"]) == ("Bearer", "gateway")
            headers = {"authorization": f"Bearer {answer.json()['access_token']}"}
            assert (await client.http.post(path, json=message, headers=headers)).json()["infcode"] == 0
        for wrong in ({"username": "H61010099902"}, {"password": "guess"}, {"username": ""}):
            refused = await client.token(**wrong)
            assert (refused.status_code, refused.json()["error"]) == (400, "invalid_grant")
        guess = await client.token(secret="guess", password="guess")
        assert (guess.status_code, guess.json()["error"]) == (401, "invalid_client")
        assert (await client.http.get("/auth/oauth/token")).status_code == 405
        nonsense = await client.http.post(
            "/auth/oauth/token", content=b"\xff" * 50, headers={"authorization": "Basic %%"}
        )
        assert nonsense.status_code in (400, 401)


async def test_a_channel_of_people_gets_no_token_of_the_gateway(city: Any) -> None:
    made = await register_client(city.platform, "某某支付", [Scope.ACCOUNT_READ], ["https://pay.example.cn/cb"])
    assert isinstance(made, Registered)
    client = Jilin(city, made)
    async with client.http:
        assert (await client.token()).status_code == 400
        assert "access_token" not in (await client.token(grant_type="client_credentials")).json()
