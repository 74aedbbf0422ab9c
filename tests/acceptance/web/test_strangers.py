"""Every address of the portal, as somebody who is not signed in and as somebody whom it does not concern."""

import re
from collections.abc import Iterator
from typing import Any

import pytest
from litestar import Litestar

PUBLIC = {
    "/",
    "/services",
    "/ask",
    "/quote",
    "/regions",
    "/regions/{code}",
    "/help",
    "/help/phones",
    "/help/sources",
    "/help/{key}",
    "/privacy",
    "/style",
    "/view",
    "/language",
    "/login",
    "/login/code",
    "/login/code/send",
    "/login/forgot",
    "/login/forgot/send",
    "/logout",
}
"""What everybody may open; it says nothing about a person."""
ELSEWHERE = (
    "/api/",
    "/oauth/",
    "/static",
    "/c",
    "/cashier",
    "/sandbox",
    "/recorder",
    "/healthz",
    "/metrics",
    "/.well-known",
)
"""Programs, institutions, developers and simulated channels, which have their own tests."""
NOTHING = "1" * 30


def addresses(app: Litestar) -> Iterator[tuple[str, str]]:
    """Method and address of every page and form of the portal."""
    for route in app.routes:
        path = re.sub(r":\w+}", "}", route.path)
        if not any(path == one or path.startswith(one.rstrip("/") + "/") for one in ELSEWHERE):
            yield from ((method, path) for method in route.methods if method in ("GET", "POST"))


def filled_in(path: str, ids: dict[str, str]) -> str:
    return re.sub(r"{(\w+)}", lambda found: ids.get(found[1], NOTHING), path)


async def test_nobody_gets_further_than_signing_in(visit: Any, app: Litestar) -> None:
    nobody, walked = await visit(None), 0
    for method, path in addresses(app):
        if path in PUBLIC:
            continue
        address = filled_in(path, {})
        answer = await (nobody.get(address) if method == "GET" else nobody.post(address))
        assert answer.url.path == "/login", f"{method} {path}"
        walked += 1
    assert walked > 50


@pytest.fixture
async def theirs(visit: Any, town: Any) -> dict[str, str]:
    """What the son and the father have: a binding, a bill, devices, a code account."""
    # Twice: only another device than one's own can be signed out.
    counter, father, _, son = [await visit(who) for who in (None, "father", "son", "son")]
    bill = {"institution": "H61010000001", "patient": town.people["father"].card_no, "amount": "300"}
    await counter.get("/cashier")
    preview = (await counter.post("/cashier/preview", **bill, account_use="2")).text
    form = preview.partition('action="/cashier/settle"')[2].partition("</form>")[0]
    fields = dict(re.findall(r'name="([^"]+)" value="([^"]*)"', form))
    fields.pop("_csrf_token")
    await counter.post("/cashier/settle", **fields)
    relative = {"certificate_no": town.people["father"].certificate_no, "name": "卢守田", "relation": "parent"}
    await son.post("/voucher/relatives/new", **relative)
    found = {
        "settlement_id": r"/settlements/(\w+)",
        "binding_id": r"/family/(B\w+)/end",
        "session_id": r"/security/devices/(\w+)/end",
        "account_id": r"/voucher/(Q\w+)/",
    }
    pages = (await father.get("/account")).text + "".join(
        [(await son.get(path)).text for path in ("/family", "/security", "/voucher")]
    )
    return {name: re.search(pattern, pages).group(1) for name, pattern in found.items()}


async def _standing(client: Any) -> list[str]:
    """What somebody has, as his own pages tell it, without the tokens of their forms."""
    pages = [(await client.get(path)).text for path in ("/account", "/family", "/security")]
    return [re.sub(r'name="_csrf_token" value="[^"]*"|最近使用[^<]*', "", page) for page in pages]


async def test_a_stranger_finds_and_changes_nothing(
    visit: Any, town: Any, app: Litestar, theirs: dict[str, str]
) -> None:
    son, father, stranger = await visit("son"), await visit("father"), await visit("stranger")
    before = [await _standing(son), await _standing(father)]
    secrets = [text for who in ("son", "father") for text in (town.people[who].name, town.people[who].certificate_no)]
    walked = 0
    for method, path in addresses(app):
        if path in PUBLIC or (method == "POST" and "{" not in path):
            # Forms without an id are about one's own things.
            continue
        address = filled_in(path, theirs)
        answer = await (stranger.get(address) if method == "GET" else stranger.post(address))
        assert answer.status_code == 404 if "{" in path else answer.is_success, f"{method} {path}: {answer.status_code}"
        assert [text for text in secrets if text in answer.text] == [], f"{method} {path}"
        walked += 1
    assert walked > 40
    assert [await _standing(son), await _standing(father)] == before
