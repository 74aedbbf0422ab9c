"""Walk every REST route: as nobody, as a stranger, as a channel with the wrong scope, and by made-up requests."""

import re
from typing import Any

import schemathesis
from hypothesis import HealthCheck, given, settings
from litestar import Litestar
from schemathesis.checks import not_a_server_error
from schemathesis.specs.openapi.checks import (
    content_type_conformance,
    response_schema_conformance,
    status_code_conformance,
)

from gongji.core.codes import PremiumKind
from gongji.core.premium import Entered
from gongji.core.scopes import Scope
from gongji.service.oauth.clients import Registered, register_client
from gongji.service.platform import Platform
from gongji.service.premiums import enter_standard
from gongji.service.secret import hash_token

PUBLIC = {
    "/api/ask",
    "/api/purposes",
    "/api/messages/{institution}/{message_id}",
    "/api/sessions",
    "/api/sessions/code",
    "/api/codes",
    "/api/passwords",
    "/api/sandbox/outbox",
    "/api/sandbox/recordings",
    "/api/sandbox/recordings/{number}",
    "/api/sandbox/recordings/{number}/replay",
    "/api/sandbox/faults",
    "/api/sandbox/faults/{institution}",
    "/api/sandbox/reset",
}


async def _described(api: Any) -> dict[str, Any]:
    described: dict[str, Any] = (await (await api(None)).get("/openapi.json")).json()
    return described


def _operations(described: dict[str, Any]) -> list[tuple[str, str, dict[str, Any]]]:
    return [
        (method.upper(), path, operation)
        for path, item in described["paths"].items()
        for method, operation in item.items()
        if method in ("get", "post", "put", "patch", "delete")
    ]


def test_the_description_has_every_route(app: Litestar) -> None:
    paths = app.openapi_schema.paths or {}
    routes = {re.sub(r":\w+", "", r.path) for r in app.routes if r.path.startswith("/api/") and "openapi" not in r.path}
    assert routes == set(paths)


async def test_every_operation_says_who_may_use_it(api: Any) -> None:
    for method, path, operation in _operations(await _described(api)):
        assert operation["tags"] != ["default"], path
        assert operation["summary"], path
        assert {"422", "429"} <= operation["responses"].keys(), path
        if path in PUBLIC:
            assert {} in operation["security"], path
            continue
        schemes = {name: scopes for each in operation["security"] for name, scopes in each.items()}
        assert "session" in schemes, path
        for scope in schemes.get("oauth2", []):
            assert Scope(scope).personal
            writes = scope in (Scope.BINDINGS_WRITE, Scope.PREMIUMS_WRITE, Scope.WALLET, Scope.VOUCHER)
            assert writes or method == "GET", f"{method} {path} needs more than {scope}"


async def test_nobody_gets_nothing(api: Any) -> None:
    nobody = await api(None)
    for method, path, _ in _operations(await _described(api)):
        if path not in PUBLIC:
            address = re.sub(r"{\w+}", "1" * 30, path)
            answer = await nobody.http.request(method, address, json={} if method in ("POST", "PUT") else None)
            assert (answer.status_code, answer.json()["code"]) == (401, "not_signed_in"), f"{method} {path}"


async def test_a_stranger_sees_nobody_elses_data(api: Any, people: Any, buy: Any, running: Platform) -> None:
    """Every route with the ids of the family; nothing of theirs may come back, and nothing of theirs may change."""
    son, stranger = await api("son"), await api("stranger")
    father = people["father"]
    form = {"user_certificate_no": father.certificate_no, "user_name": father.name, "relation": "parent"}
    made = (await son.post("/bindings", form | {"notice_accepted": True, "signature": "签"})).json()
    settlement = await buy("father", 12_000, "STRANGER")
    device = (await son.get("/me/sessions")).json()[0]["id"]
    async with running.pool.connection() as conn:
        channel = await register_client(running, "某渠道", [Scope.ACCOUNT_READ], ["https://c.example/cb"])
        assert isinstance(channel, Registered)
        await conn.execute(
            "insert into oauth_grant (id, client_id, person_no, scopes, granted_at, expires_at)"
            " values ('gr-x', %s, %s, '{account:read}', now(), now() + interval '1 day')",
            [channel.client.id, people["son"].person_no],
        )
    standard = Entered(
        region="610100", kind=PremiumKind.LTC, year=running.clock().year + 1, amount=100, source="试验数值"
    )
    await enter_standard(running, standard, "test")
    form = {"kind": "ltc_premium", "year": standard.year, "amount": "1.00", "binding_id": made["id"]}
    premium = (await son.post("/premiums", form)).json()["id"]
    ids = {"settlement_id": settlement, "binding_id": made["id"], "session_id": device, "grant_id": "gr-x"}
    ids["transfer_id"] = await _transfer(people, running)
    ids["premium_id"] = premium
    secrets = {settlement, made["id"], device, "gr-x", "某渠道", premium} | {
        text
        for role in ("son", "father", "mother")
        for text in (people[role].name, people[role].certificate_no, people[role].card_no, people[role].person_no)
    }
    for method, path, _ in _operations(await _described(api)):
        unknown = set(re.findall(r"{(\w+)}", path)) - ids.keys()
        if path in PUBLIC or path in ("/api/me/sessions", "/api/me/password"):
            continue
        assert not unknown, f"give this test an id of somebody else's for {path}"
        address = path.format(**ids)
        answer = await stranger.http.request(
            method, address, headers=stranger.headers, json={} if method in ("POST", "PUT") else None
        )
        told = {text for text in secrets if text in answer.text and text not in address}
        assert not told, f"{method} {path} tells {told}"
        assert answer.status_code in ((404, 422) if path != address or method != "GET" else (200,)), f"{method} {path}"
    assert (await son.get("/bindings")).json()[0]["state"] == "active"
    assert (await son.get("/me/channels")).json()[0]["state"] == "active"
    assert (await son.get(f"/premiums/{premium}")).json()["refunded_by"] is None
    assert any(one["id"] == device for one in (await son.get("/me/sessions")).json())


async def _transfer(people: Any, running: Platform) -> str:
    """Money on its way from the son to the father, put there by hand: this must work at night as well."""
    async with running.pool.connection() as conn:
        await conn.execute(
            "insert into wallet_transfer (id, sender, receiver, relation, source, amount, sent_at, returns_at, channel,"
            " booked_on, region, journal_id) values ('T-x', %s, %s, 'parent', 'account', 1, now(), now() + interval"
            " '1 day', 'test', current_date, '610100', 1)",
            [people["son"].person_no, people["father"].person_no],
        )
    return "T-x"


async def test_a_channel_gets_what_its_scope_says_and_no_more(api: Any, people: Any, running: Platform) -> None:
    """Each route with each scope alone: only the one it names lets a channel in."""
    guest = await api(None)
    operations = _operations(await _described(api))
    made = await register_client(running, "范围", [s for s in Scope if s.personal], ["https://c.example/cb"])
    assert isinstance(made, Registered)
    async with running.pool.connection() as conn:
        await conn.execute(
            "insert into oauth_grant (id, client_id, person_no, scopes, granted_at, expires_at)"
            " values ('gr-s', %s, %s, '{}', now(), now() + interval '1 day')",
            [made.client.id, people["mother"].person_no],
        )
        for scope in Scope:
            await conn.execute(
                "insert into oauth_token (token_hash, kind, client_id, grant_id, scopes, expires_at)"
                " values (%s, 'access', %s, 'gr-s', %s, now() + interval '1 day')",
                [hash_token(f"gja_{scope}"), made.client.id, [scope.value]],
            )
    for method, path, operation in operations:
        if path in PUBLIC:
            continue
        named = [scope for each in operation["security"] for scope in each.get("oauth2", [])]
        address = re.sub(r"{\w+}", "1" * 30, path)
        for scope in Scope:
            headers = {"authorization": f"Bearer gja_{scope}"}
            answer = await guest.http.request(
                method, address, headers=headers, json={} if method in ("POST", "PUT") else None
            )
            refused = answer.status_code == 403 and answer.json()["code"] in ("scope_missing", "not_yours")
            assert refused is (scope not in named), f"{method} {path} with {scope}: {answer.text}"


async def test_bodies_of_another_kind_are_not_read(api: Any) -> None:
    son = await api("son")
    headers = son.headers | {"content-type": "text/xml"}
    answer = await son.http.post("/api/bindings", content=b"<x/>", headers=headers)
    assert (answer.status_code, answer.json()["code"]) == (415, "not_json")
    assert answer.headers["content-type"] == "application/problem+json"
    big = await son.post("/bindings", {"signature": "x" * 2_000_000})
    assert (big.status_code, big.json()["code"]) == (413, "too_large")


async def test_writes_have_a_limit(api: Any, running: Platform) -> None:
    stranger = await api("stranger")
    try:
        codes = {(await stranger.post("/bindings/none/end")).status_code for _ in range(121)}
        limited = await stranger.post("/bindings/none/end")
        assert codes | {limited.status_code} == {404, 429}
        assert 0 < int(limited.headers["retry-after"]) <= 60
        assert (await stranger.get("/me")).status_code == 200, "looking goes on"
    finally:
        async with running.pool.connection() as conn:
            await conn.execute("delete from throttle")


async def test_pages_stay_put_while_rows_are_added(api: Any, people: Any, buy: Any) -> None:
    mother = await api("mother")
    made = [await buy("mother", 100 + n, f"PAGE{n}") for n in range(7)]
    for path, key in (("/me/settlements", "id"), ("/me/movements", "settlement_id")):
        seen: list[str] = []
        address = f"{path}?limit=3"
        while address:
            answer = await mother.get(address)
            assert answer.status_code == 200, answer.text
            assert len(answer.json()) <= 3
            seen += [row[key] for row in answer.json() if row[key]]
            made.append(await buy("mother", 50, f"PAGE-{path}-{len(seen)}"))
            link = answer.headers.get("link", "")
            address = link.partition(">")[0].removeprefix("</api")
        assert len(seen) == len(set(seen)), "nothing twice"
        assert set(made[:7]) <= set(seen), "nothing left out"
        assert seen == sorted(seen, key=lambda one: one[14:], reverse=True)
    for bad in ("cursor=x", "cursor=e30=", "cursor=WzFd", "limit=0", "limit=101", "limit=x"):
        answer = await mother.get(f"/me/settlements?{bad}")
        assert (answer.status_code, answer.json()["code"]) == (422, "input_invalid"), bad


CHECKS = [not_a_server_error, status_code_conformance, content_type_conformance, response_schema_conformance]


def _made_up(operation: Any) -> list[Any]:
    """A few requests to one operation, good and bad."""
    cases: list[Any] = []

    @given(case=operation.as_strategy())
    @settings(max_examples=5, database=None, suppress_health_check=list(HealthCheck))
    def collect(case: Any) -> None:
        cases.append(case)

    collect()
    return cases


async def test_made_up_requests_get_described_answers(api: Any, running: Platform) -> None:
    """Requests invented from the description, by somebody signed in, held against the description."""
    son = await api("son")
    sent = 0
    try:
        for found in schemathesis.openapi.from_dict(await _described(api)).get_all_operations():
            operation = found.ok()
            if operation.method == "delete" and operation.path == "/api/me/sessions":
                continue
            for case in _made_up(operation):
                request = case.as_transport_kwargs(base_url="http://test")
                request["headers"] = dict(request["headers"]) | son.headers
                request["content"] = request.pop("data", None)
                known = {
                    k: v for k, v in request.items() if k in ("method", "url", "params", "headers", "json", "content")
                }
                answer = await son.http.request(**known)
                case.validate_response(answer, checks=CHECKS)
                sent += 1
    finally:
        async with running.pool.connection() as conn:
            await conn.execute("delete from throttle")
    assert sent > 30
