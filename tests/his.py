"""A hospital's or pharmacy's system as tests need it: a server process, and a client of the national interface."""

import atexit
import itertools
import json
import os
import signal
import socket
import subprocess
import sys
import time
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from pathlib import Path
from typing import Any, ClassVar
from zoneinfo import ZoneInfo

import httpx
import pyotp

GONGJI = str(Path(sys.executable).with_name("gongji"))
_serial = itertools.count(1)
_shared = httpx.Client(timeout=30)
atexit.register(_shared.close)
_run = f"{os.getpid() % 100:02d}"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


@dataclass
class Server:
    """``gongji up --demo`` as a process of its own."""

    data: Path
    port: int = field(default_factory=free_port)
    gateway_port: int = field(default_factory=free_port)
    environment: dict[str, str] = field(default_factory=dict)
    process: "subprocess.Popen[bytes] | None" = None

    @property
    def portal(self) -> str:
        return f"http://127.0.0.1:{self.port}"

    @property
    def gateway(self) -> str:
        return f"http://127.0.0.1:{self.gateway_port}"

    def start(self, *options: str) -> "Server":
        arguments = ["up", "--demo", "--data", str(self.data), "--port", str(self.port)]
        arguments += ["--gateway-port", str(self.gateway_port), *options]
        with (self.data.parent / f"{self.data.name}.log").open("ab") as log:
            self.process = subprocess.Popen(
                [GONGJI, *arguments], stdout=log, stderr=log, env=os.environ | self.environment
            )
        try:
            self.wait_ready()
        except TimeoutError:
            self.kill()
            raise
        return self

    def wait_ready(self, seconds: float = 240) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and self.process and self.process.poll() is None:
            try:
                if all(_shared.get(f"{url}/healthz").status_code == 200 for url in (self.portal, self.gateway)):
                    return
            except httpx.TransportError:
                pass
            time.sleep(0.1)
        raise TimeoutError(f"server is not ready; log:\n{(self.data.parent / f'{self.data.name}.log').read_text()}")

    def kill(self) -> None:
        assert self.process
        self.process.kill()
        self.process.wait()

    def stop(self) -> int:
        assert self.process
        self.process.send_signal(signal.SIGTERM)
        return self.process.wait(60)

    def command(self, *arguments: str) -> "subprocess.CompletedProcess[str]":
        return subprocess.run(
            [GONGJI, *arguments, "--data", str(self.data)],
            capture_output=True,
            text=True,
            check=False,
            env=os.environ | self.environment,
        )

    def city(self) -> dict[str, Any]:
        result = self.command("demo", "--json")
        assert result.returncode == 0, result.stderr
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer

    def verify(self) -> dict[str, Any]:
        result = self.command("ledger", "verify", "--json")
        answer: dict[str, Any] = json.loads(result.stdout)
        return answer


def message_id(institution: str) -> str:
    return f"{institution}{datetime.now(ZoneInfo('Asia/Shanghai')):%Y%m%d%H%M%S}{next(_serial):04d}"


@dataclass
class Client:
    """One institution's client; ``path`` chooses an addressing style."""

    gateway: str
    institution: str
    region: str
    path: str = "/fsi/api/rsfComIfsService/callService"
    http: httpx.Client = field(default_factory=lambda: _shared)

    def message(self, infno: str, content: dict[str, Any], msgid: str = "") -> dict[str, Any]:
        return {
            "infno": infno,
            "msgid": msgid or message_id(self.institution),
            "mdtrtarea_admvs": self.region,
            "insuplc_admdvs": self.region,
            "recer_sys_code": "FSI_LOCAL",
            "dev_no": "",
            "dev_safe_info": "",
            "cainfo": "",
            "signtype": "",
            "infver": "V1.0",
            "opter_type": "1",
            "opter": "op1",
            "opter_name": "收费员",
            "inf_time": f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}",
            "fixmedins_code": self.institution,
            "fixmedins_name": "演示机构",
            "sign_no": "",
            "input": content,
        }

    def send(self, message: dict[str, Any]) -> dict[str, Any]:
        response = self.http.post(self.gateway + self.path, json=message)
        assert response.status_code == 200, response.text
        answer: dict[str, Any] = response.json()
        return answer

    def call(self, infno: str, content: dict[str, Any], msgid: str = "") -> dict[str, Any]:
        return self.send(self.message(infno, content, msgid))

    def ok(self, infno: str, content: dict[str, Any], msgid: str = "") -> dict[str, Any]:
        answer = self.call(infno, content, msgid)
        assert answer["infcode"] == 0, answer
        return answer["output"] or {}

    def refused(self, infno: str, content: dict[str, Any], msgid: str = "") -> str:
        answer = self.call(infno, content, msgid)
        assert answer["infcode"] == -1, answer
        return str(answer["err_msg"])

    def person(self, certno: str) -> dict[str, Any]:
        data = {
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": certno,
            "psn_cert_type": "01",
            "certno": certno,
            "psn_name": "",
        }
        return self.ok("1101", {"data": data})

    def register(self, person: dict[str, Any], began: datetime | None = None) -> str:
        now = f"{began or datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
        data = {
            "psn_no": person["psn_no"],
            "insutype": "310" if person["scheme"] == "employee" else "390",
            "begntime": now,
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person["certno"],
            "ipt_otp_no": f"T{_run}{next(_serial):06d}",
            "atddr_no": "D1",
            "dr_name": "医师",
            "dept_code": "K1",
            "dept_name": "内科",
            "caty": "A03",
        }
        return str(self.ok("2201", {"data": data})["data"]["mdtrt_id"])

    def describe(self, person: dict[str, Any], visit: str) -> None:
        now = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
        self.ok(
            "2203",
            {
                "mdtrtinfo": {
                    "mdtrt_id": visit,
                    "psn_no": person["psn_no"],
                    "med_type": "11",
                    "begntime": now,
                    "dise_codg": "",
                    "dise_name": "",
                },
                "diseinfo": {
                    "diag_type": "1",
                    "diag_srt_no": 1,
                    "diag_code": "J06.903",
                    "diag_name": "上呼吸道感染",
                    "diag_dept": "K1",
                    "dise_dor_no": "D1",
                    "dise_dor_name": "医师",
                    "diag_time": now,
                    "vali_flag": "1",
                },
            },
        )

    def line(self, person: dict[str, Any], visit: str, item: str, amount: str, number: str = "1") -> dict[str, Any]:
        return {
            "feedetl_sn": number,
            "mdtrt_id": visit,
            "psn_no": person["psn_no"],
            "chrg_bchno": "1",
            "rx_circ_flag": "0",
            "fee_ocur_time": f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}",
            "med_list_codg": item,
            "medins_list_codg": "L1",
            "det_item_fee_sumamt": amount,
            "cnt": "1",
            "pric": amount,
            "bilg_dept_codg": "K1",
            "bilg_dept_name": "内科",
            "bilg_dr_codg": "D1",
            "bilg_dr_name": "医师",
            "hosp_appr_flag": "0",
        }

    @staticmethod
    def settle_data(person: dict[str, Any], visit: str, amount: str, use: str = "2") -> dict[str, Any]:
        return {
            "psn_no": person["psn_no"],
            "mdtrt_cert_type": "02",
            "mdtrt_cert_no": person["certno"],
            "certno": person["certno"],
            "psn_cert_type": "01",
            "med_type": "11",
            "medfee_sumamt": amount,
            "psn_setlway": "01",
            "mdtrt_id": visit,
            "chrg_bchno": "1",
            "acct_used_flag": use,
            "insutype": "310" if person["scheme"] == "employee" else "390",
        }

    def pharmacy_input(
        self, person: dict[str, Any], item: str, amount: str, *, prescription: bool = False
    ) -> dict[str, Any]:
        now = f"{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m-%d %H:%M:%S}"
        return {
            "druginfo": {
                "psn_no": person["psn_no"],
                "mdtrt_cert_type": "03",
                "mdtrt_cert_no": person["card_no"],
                "card_sn": "SN1",
                "begntime": now,
                "medfee_sumamt": amount,
                "insutype": "310" if person["scheme"] == "employee" else "390",
                "acct_used_flag": "2",
                "med_type": "41",
            },
            "drugdetail": [
                {
                    "feedetl_sn": "1",
                    "rxno": "",
                    "rx_circ_flag": "1" if prescription else "0",
                    "fee_ocur_time": now,
                    "med_list_codg": item,
                    "medins_list_codg": "L1",
                    "det_item_fee_sumamt": amount,
                    "cnt": "1",
                    "pric": amount,
                }
            ],
        }


class Caller:
    """Somebody's calls over REST with his token."""

    def __init__(self, server: Server, token: str) -> None:
        self.root = f"{server.portal}/api"
        self.headers = {"Authorization": f"Bearer {token}"}

    def get(self, path: str) -> Any:
        return self.ask("GET", path).json()

    def post(self, path: str, body: object = None) -> httpx.Response:
        return self.ask("POST", path, body)

    def put(self, path: str, body: object) -> httpx.Response:
        return self.ask("PUT", path, body)

    def ask(self, method: str, path: str, body: object = None) -> httpx.Response:
        return _shared.request(method, f"{self.root}{path}", json=body, headers=self.headers)


class SignedIn(Caller):
    """A person of the demo city, signed in over REST: once for a whole run, since checking a password is made slow."""

    _tokens: ClassVar[dict[tuple[str, str], str]] = {}

    def __init__(self, server: Server, person: dict[str, Any]) -> None:
        login = {"login": person["login"]["certno"], "password": person["login"]["password"]}
        key = (server.portal, login["login"])
        if key not in self._tokens:
            answer = _shared.post(f"{server.portal}/api/sessions", json=login)
            assert answer.status_code == 201, answer.text
            self._tokens[key] = answer.json()["token"]
        super().__init__(server, self._tokens[key])
        self.person = person


class Desk(Caller):
    """A member of the agency's staff, signed in over REST."""

    def __init__(self, server: Server, staff: dict[str, str]) -> None:
        login = {"login": staff["user"], "password": staff["password"], "code": pyotp.TOTP(staff["totp_secret"]).now()}
        answer = _shared.post(f"{server.portal}/api/staff/sessions", json=login)
        assert answer.status_code == 201, answer.text
        super().__init__(server, answer.json()["token"])
        self.login = staff["user"]


def with_parts(data: dict[str, Any], preview: dict[str, Any]) -> dict[str, Any]:
    """2207's input: 2206's with the four parts its answer gave."""
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    return data | {"invono": ""} | {part: preview[part] for part in parts}


def fen(amount: float | None) -> int:
    return round((amount or 0) * 100)


def assert_sums(info: dict[str, Any]) -> None:
    """The three sum rules, and sharing as a part of the account's payment."""
    assert fen(info["medfee_sumamt"]) == fen(info["fund_pay_sumamt"]) + fen(info["psn_part_amt"]) + fen(
        info["hosp_part_amt"]
    )
    assert fen(info["psn_part_amt"]) == fen(info["acct_pay"]) + fen(info["psn_cash_pay"])
    parts = ("fulamt_ownpay_amt", "overlmt_selfpay", "preselfpay_amt", "inscp_scp_amt")
    assert fen(info["medfee_sumamt"]) == sum(fen(info[part]) for part in parts)
    assert abs(fen(info["acct_mulaid_pay"])) <= abs(fen(info["acct_pay"]))


def family_of(city: dict[str, Any], region: str) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """A retired father insured in the region and his authorisers, whose money is more than he needs."""
    people = {person["psn_no"]: person for person in city["people"]}
    for father in city["people"]:
        payers = [people[b["authoriser"]] for b in city["bindings"] if b["user"] == father["psn_no"]]
        fits = father["region"] == region and father["status"] == "retired" and father["role"].endswith("father")
        if fits and any(Decimal(payer["balance"]) >= 1500 for payer in payers):
            return father, payers
    raise AssertionError(f"no family in {region}")


def institution_of(city: dict[str, Any], region: str, kind: str) -> dict[str, Any]:
    found = [i for i in city["institutions"] if i["region"] == region and i["type"] == kind]
    return max(found, key=lambda i: i["level"] or "")


def item_of(city: dict[str, Any]) -> str:
    return next(i["med_list_codg"] for i in city["catalogue"] if i["level"] == "甲" and i["kind"] == "western_drug")


def by_role(city: dict[str, Any], role: str) -> dict[str, Any]:
    found: dict[str, Any] = next(person for person in city["people"] if person["role"] == role)
    return found


SIGNED = {"notice_accepted": True, "signature": "[[[1,2],[3,4],[5,9]]]"}
"""The notice was read, and something was drawn under the commitment."""


def form(user: dict[str, Any], relation: str = "parent", **other: object) -> dict[str, object]:
    """The form by which somebody binds a relative; without ``SIGNED`` it is neither ticked nor signed."""
    named = {"user_certificate_no": user["certno"], "user_name": user["name"], "user_region": user["region"]}
    return named | {"relation": relation} | other


def balance(server: Server, person: dict[str, Any]) -> int:
    """What the account page's own interface shows."""
    return int(Decimal(SignedIn(server, person).get("/me/account")["balance"]) * 100)


def paid(shop: Client, who: dict[str, Any], item: str, amount: str, **other: str) -> tuple[int, int, int]:
    """Own money, relatives' money and cash of a purchase, in fen."""
    sent = shop.pharmacy_input(who, item, amount)
    sent["druginfo"] |= other
    return split(shop.ok("2102", sent)["setlinfo"])


def split(info: dict[str, Any]) -> tuple[int, int, int]:
    """Own money, relatives' money and cash of a settlement, in fen."""
    assert_sums(info)
    shared = fen(info["acct_mulaid_pay"])
    return fen(info["acct_pay"]) - shared, shared, fen(info["psn_cash_pay"])


def owed_between(staff: Desk, debtor: str, creditor: str) -> tuple[int, int]:
    """What one pooling area owes another for this month, in fen, and how many lines are behind it."""
    pairs = staff.get(f"/clearing/months/{datetime.now(ZoneInfo('Asia/Shanghai')):%Y-%m}")["pairs"]
    found = [one for one in pairs if (one["debtor"], one["creditor"]) == (debtor, creditor)]
    return sum(int(Decimal(one["amount"]) * 100) for one in found), sum(one["lines"] for one in found)
