"""Stories of bindings through the real server: REST, the national gateway, staff, the command line."""

import json
from decimal import Decimal
from typing import Any

import httpx
import pyotp

from his import Client, Server, fen, institution_of, item_of


class Api:
    """Somebody's calls over REST with his token."""

    def __init__(self, http: httpx.Client, path: str, body: dict[str, str]) -> None:
        answer = http.post(path, json=body)
        assert answer.status_code == 201, answer.text
        self.http, self.headers = http, {"Authorization": f"Bearer {answer.json()['token']}"}

    def get(self, path: str) -> Any:
        return self.http.get(f"/api{path}", headers=self.headers).json()

    def post(self, path: str, body: Any = None) -> httpx.Response:
        return self.http.post(f"/api{path}", json=body, headers=self.headers)


def person(http: httpx.Client, one: dict[str, Any]) -> Api:
    return Api(http, "/api/sessions", {"login": one["login"]["certno"], "password": one["login"]["password"]})


def staff(http: httpx.Client, city: dict[str, Any], role: str) -> tuple[str, Api]:
    one = next(s for s in city["staff"] if s["role"] == role)
    code = pyotp.TOTP(one["totp_secret"]).now()
    body = {"login": one["user"], "password": one["password"], "code": code}
    return one["user"], Api(http, "/api/staff/sessions", body)


def unbound(http: httpx.Client, city: dict[str, Any]) -> tuple[dict[str, Any], dict[str, Any]]:
    """An employee of Xi'an with money who has verified his name, and somebody of Xi'an to whom nobody is bound."""
    bound = {number for b in city["bindings"] for number in (b["authoriser"], b["user"])}
    people = [p for p in city["people"] if p["region"] == "610100" and p["psn_no"] not in bound]
    rich = (p for p in people if p["status"] == "active" and Decimal(p["balance"]) >= 500)
    son = next(p for p in rich if person(http, p).get("/me")["real_name_verified"])
    father = next(p for p in people if p is not son and p["scheme"] == "employee")
    return son, father


def bought(shop: Client, who: dict[str, Any], item: str, amount: str) -> int:
    return fen(shop.ok("2102", shop.pharmacy_input(who, item, amount))["setlinfo"]["acct_mulaid_pay"])


def test_a_binding_is_refused_until_it_is_signed_then_used(server: Server) -> None:
    """S02, S01, S07 (single use), S03 in part."""
    city = server.city()
    item, shop_ = item_of(city), institution_of(city, "610100", "pharmacy")
    shop = Client(server.gateway, shop_["fixmedins_code"], "610100")
    with httpx.Client(base_url=server.portal) as http:
        son, father = unbound(http, city)
        api = person(http, son)
        form = {"user_certificate_no": father["certno"], "user_name": father["name"], "relation": "parent"}
        form["user_region"] = father["region"]
        refused = api.post("/bindings", form)
        assert (refused.status_code, refused.json()["title"]) == (422, "请先阅读并同意告知书")
        refused = api.post("/bindings", form | {"notice_accepted": True})
        assert (refused.status_code, refused.json()["title"]) == (422, "请先签署个人承诺书")
        signed = {"notice_accepted": True, "signature": "[[[1,2],[3,4],[5,9]]]"}
        sister = api.post("/bindings", form | signed | {"relation": "spouse_parent"}).json()
        assert sister["code"] == "relation_not_allowed"
        own = Decimal(father["balance"])
        spent = f"{own + 10:.2f}"
        assert bought(shop, father, item, spent) == 0, "nothing before the binding"

        made = api.post("/bindings", form | signed | {"term": "single_use"}).json()
        assert made["state_text"] == "已绑定"
        assert bought(shop, father, item, "20.00") > 0
        assert bought(shop, father, item, "20.00") == 0, "a single use is one use"
        assert api.get("/bindings")[0]["state_text"] == "已失效"

        made = api.post("/bindings", form | signed).json()
        assert bought(shop, father, item, "20.00") > 0
        history = api.get(f"/bindings/{made['id']}/history")
        assert [step["what"] for step in history] == ["bound", "authorised"]
        assert history[0]["details"]["signature_sha256"]
        assert api.post(f"/bindings/{made['id']}/end").json()["state"] == "ended"
        assert bought(shop, father, item, "20.00") == 0


def test_misuse_is_refused_looked_into_and_stopped(server: Server) -> None:
    """S06: the son's card for his father; the account frozen, thawed."""
    city = server.city()
    item, shop_ = item_of(city), institution_of(city, "610100", "pharmacy")
    shop = Client(server.gateway, shop_["fixmedins_code"], "610100")
    with httpx.Client(base_url=server.portal) as http:
        son, father = unbound(http, city)
        api = person(http, son)
        form = {"user_certificate_no": father["certno"], "user_name": father["name"], "relation": "parent"}
        made = api.post("/bindings", form | {"notice_accepted": True, "signature": son["name"]}).json()
        bought(shop, father, item, f"{Decimal(father['balance']) + 10:.2f}")
        # the son's card for his father: refused, and an incident with both
        stolen = shop.pharmacy_input(father | {"card_no": son["card_no"]}, item, "20.00")
        assert "持卡人与就医者身份不一致" in shop.refused("2102", stolen)
        login, auditor = staff(http, city, "auditor")
        one = next(i for i in auditor.get("/staff/incidents?kind=credential_mismatch") if son["psn_no"] in i["persons"])
        assert (one["persons"], one["institution"]) == ([father["psn_no"], son["psn_no"]], shop_["fixmedins_code"])
        assert (one["title"], one["evidence"]["amount"]) == ("冒用他人医保凭证", 2_000)
        handled = auditor.post(f"/staff/incidents/{one['id']}/handle", {"state": "confirmed", "reason": "核实"})
        assert handled.json()["staff"] == login

        frozen = server.command("account", "freeze", son["certno"], "--by", login, "--reason", "冒用核实")
        assert frozen.returncode == 0, frozen.stderr
        assert "账户已封停" in shop.refused("2102", shop.pharmacy_input(son, item, "10.00"))
        assert bought(shop, father, item, "20.00") == 0
        thawed = auditor.post("/staff/accounts/thaw", {"psn_no": son["psn_no"], "reason": "已处理"})
        assert thawed.status_code == 204, thawed.text
        assert bought(shop, father, item, "20.00") > 0

        assert api.post(f"/bindings/{made['id']}/end").json()["state"] == "ended"
    listed = server.command("incidents", "list", "--by", login, "--json")
    assert one["id"] in [each["id"] for each in json.loads(listed.stdout)]
    assert server.verify()["ok"]
