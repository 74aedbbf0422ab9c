"""A purchase with shared money, over HTTP, leaves both inboxes right, and what was chosen is sent."""

import json
import time
from typing import Any

import httpx

from his import Client, Server, balance, family_of, fen, institution_of, item_of


class Person:
    """Somebody signed in over REST."""

    def __init__(self, http: httpx.Client, person: dict[str, Any]) -> None:
        login = {"login": person["login"]["certno"], "password": person["login"]["password"]}
        token = http.post("/api/sessions", json=login).json()["token"]
        self.http = http
        self.headers = {"Authorization": f"Bearer {token}"}

    def notices(self) -> list[dict[str, Any]]:
        found: list[dict[str, Any]] = self.http.get("/api/me/notices", headers=self.headers).json()["notices"]
        return found

    def choose(self, **channels: list[str]) -> None:
        body = {"sms": [], "mini_program": []} | channels
        assert self.http.put("/api/me/notices/preferences", json=body, headers=self.headers).status_code == 200


def sent_about(http: httpx.Client, text: str) -> dict[str, Any]:
    deadline = time.monotonic() + 20
    while time.monotonic() < deadline:
        for message in http.get("/api/sandbox/outbox?limit=100").json()["messages"]:
            if message["text"] == text:
                found: dict[str, Any] = message
                return found
        time.sleep(0.2)
    raise AssertionError(f"never sent: {text}")


def test_a_settlement_with_shared_money_reaches_both_inboxes(server: Server, city: dict[str, Any]) -> None:
    father, payers = family_of(city, "610100")
    shop = institution_of(city, "610100", "pharmacy")
    pharmacy = Client(server.gateway, shop["fixmedins_code"], "610100")
    with httpx.Client(base_url=server.portal) as http:
        user = Person(http, father)
        user.choose(mini_program=["shared_money_used"])
        whole = f"{balance(server, father) / 100 + 30:.2f}"
        bought = pharmacy.ok("2102", pharmacy.pharmacy_input(father, item_of(city), whole))["setlinfo"]
        assert fen(bought["acct_mulaid_pay"]) > 0
        told = [n for n in user.notices() if n["about"] == bought["setl_id"] and n["kind"] == "shared_money_used"]
        drawn = 0
        for payer in payers:
            for notice in Person(http, payer).notices():
                if notice["about"] != bought["setl_id"] or notice["kind"] != "shared_money_used":
                    continue
                assert father["name"] in notice["text"]
                assert shop["name"] in notice["text"]
                assert "药店购药" in notice["text"]
                drawn += fen(float(notice["text"].partition("使用您共享的资金 ")[2].partition(" 元")[0]))
        assert drawn == fen(bought["acct_mulaid_pay"])
        assert told
        assert all(payer["balance"] not in notice["text"] for payer in payers for notice in told)

        back = {"setl_id": bought["setl_id"], "mdtrt_id": bought["mdtrt_id"], "psn_no": father["psn_no"]}
        pharmacy.ok("2103", {"data": back})
        assert user.notices()[0]["kind"] == "shared_money_returned"

        # what the user chose went out, with the other's name shortened
        text = told[0]["text"]
        for payer in payers:
            name = payer["name"]
            text = text.replace(name, name[0] + "*" * (len(name) - 1))
        message = sent_about(http, text)
        assert (message["channel"], message["to"]) == (
            "mini_program",
            f"{father['psn_no'][:3]}****{father['psn_no'][-4:]}",
        )
        assert father["psn_no"] not in str(http.get("/api/sandbox/outbox?limit=100").json())
    listed = json.loads(server.command("outbox", "list", "--state", "delivered", "--json").stdout)
    assert message["delivery_id"] in [letter["id"] for letter in listed["letters"]]
    nothing = server.command("outbox", "retry")
    assert nothing.returncode == 1
    assert "--all" in nothing.stderr
    wrong = server.command("outbox", "retry", message["delivery_id"])
    assert wrong.returncode == 1
    assert "不是投递失败" in wrong.stderr
