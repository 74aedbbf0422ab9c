"""OAuth2 as third-party channels meet it: a foreign client (Authlib's own), and everything that must fail."""

import asyncio
import warnings
from collections.abc import Awaitable, Callable
from datetime import timedelta
from typing import Any
from urllib.parse import parse_qs, urlencode, urlsplit

import httpx
import pytest
from authlib.oauth2.rfc7636 import create_s256_code_challenge

from gongji.core.refusal import Code, Refusal
from gongji.core.scopes import Scope
from gongji.ledger import store
from gongji.ledger.verify import verify
from gongji.service.oauth.clients import Registered, all_clients, disable_client, register_client
from gongji.service.oauth.exchange import GRANT_LIFE
from gongji.service.platform import Platform, china_now
from gongji.service.upkeep import sweep

with warnings.catch_warnings():
    # It would rather have a newer HTTP library than the one our tests use.
    warnings.simplefilter("ignore")
    from authlib.integrations.httpx_client import AsyncOAuth2Client

BACK = "https://channel.example/cb?from=gongji"
VERIFIER = "v" * 64
READS = (Scope.ACCOUNT_READ, Scope.SETTLEMENTS_READ, Scope.BINDINGS_READ)


@pytest.fixture
async def channel(running: Platform) -> Registered:
    made = await register_client(running, "某某生活", READS, [BACK])
    assert isinstance(made, Registered)
    return made


def _asking(client: str, /, **changes: str | None) -> str:
    values: dict[str, str | None] = {
        "response_type": "code",
        "client_id": client,
        "redirect_uri": BACK,
        "scope": "account:read",
        "state": "xyz",
        "code_challenge": create_s256_code_challenge(VERIFIER),
        "code_challenge_method": "S256",
    }
    return urlencode({k: v for k, v in (values | changes).items() if v is not None})


async def _allow(browser: Any, query: str, card: str, answer: str = "yes") -> httpx.Response:
    fields = {k: v[0] for k, v in parse_qs(query).items()}
    response: httpx.Response = await browser.post("/oauth/authorize", **fields, card_no=card, answer=answer)
    return response


def _told(response: httpx.Response) -> dict[str, str]:
    assert response.status_code == 303, response.text
    assert response.headers["location"].startswith(BACK + "&")
    return {k: v[0] for k, v in parse_qs(urlsplit(response.headers["location"]).query).items()}


Token = Callable[..., Awaitable[httpx.Response]]


@pytest.fixture
def ask_token(app: Any) -> Token:
    async def ask(channel: Registered, path: str = "/oauth/token", **fields: str) -> httpx.Response:
        secret = {"client_secret": channel.secret} if channel.secret else {}
        async with httpx.AsyncClient(transport=httpx.ASGITransport(app=app), base_url="http://test") as http:
            return await http.post(path, data={"client_id": channel.client.id, **secret, **fields})

    return ask


@pytest.fixture
def grant(browse: Any, people: Any, ask_token: Token) -> Callable[..., Awaitable[dict[str, Any]]]:
    """Consent of a person and its tokens."""

    async def make(channel: Registered, role: str = "son", scope: str = "account:read") -> dict[str, Any]:
        browser = await browse(role)
        query = _asking(channel.client.id, scope=scope)
        code = _told(await _allow(browser, query, people[role].card_no))["code"]
        answer = await _redeem(ask_token, channel, code)
        assert answer.status_code == 200, answer.text
        tokens: dict[str, Any] = answer.json()
        return tokens

    return make


async def _redeem(ask_token: Token, channel: Registered, code: str, /, **changes: str) -> httpx.Response:
    fields = {"grant_type": "authorization_code", "code": code, "redirect_uri": BACK, "code_verifier": VERIFIER}
    return await ask_token(channel, **(fields | changes))


def _as(api_none: Any, token: str) -> Any:
    api_none.headers = {"authorization": f"Bearer {token}"}
    return api_none


async def test_a_foreign_client_finds_its_way(
    app: Any, browse: Any, api: Any, people: Any, channel: Registered, running: Platform
) -> None:
    transport = httpx.ASGITransport(app=app)
    async with AsyncOAuth2Client(
        channel.client.id,
        channel.secret,
        scope="account:read settlements:read",
        redirect_uri=BACK,
        code_challenge_method="S256",
        transport=transport,
        base_url="http://test",
    ) as foreign:
        found = (await (await browse(None)).get("/.well-known/oauth-authorization-server")).json()
        assert found["issuer"] == "http://test"
        assert found["code_challenge_methods_supported"] == ["S256"]
        address, state = foreign.create_authorization_url(found["authorization_endpoint"], code_verifier=VERIFIER)

        browser = await browse(None)
        sent = await browser.get(address)
        assert sent.headers["location"].startswith("/login?next=/oauth/authorize")
        back = parse_qs(urlsplit(sent.headers["location"]).query)["next"][0]
        signed_in = await browser.sign_in(people["son"].certificate_no, next=back)
        assert signed_in.headers["location"] == back, "signing in leads on to the question"
        page = await browser.get(back)
        for words in (
            "某某生活",
            "channel.example",
            Scope.ACCOUNT_READ.label,
            Scope.SETTLEMENTS_READ.label,
            "社保卡号",
        ):
            assert words in page.text
        assert Scope.BINDINGS_WRITE.label not in page.text
        assert "form-action 'self' https://channel.example;" in page.headers["content-security-policy"]

        query = urlsplit(back).query
        assert "核对卡面" in (await _allow(browser, query, "Z0000000")).text
        answer = await _allow(browser, query, people["son"].card_no)
        assert _told(answer)["state"] == state
        assert answer.headers["referrer-policy"] == "no-referrer"
        await foreign.fetch_token(
            found["token_endpoint"], authorization_response=answer.headers["location"], code_verifier=VERIFIER
        )
        assert (await foreign.get("/api/me")).json()["name"] == people["son"].name
        before = foreign.token["access_token"]
        await foreign.refresh_token(found["token_endpoint"], foreign.token["refresh_token"])
        assert foreign.token["access_token"] != before
        assert (await foreign.get("/api/me/account")).json()["balance"]
        assert (await foreign.get("/api/bindings")).json()["code"] == "scope_missing"
        assert "社保卡号" not in (await browser.get("/oauth/authorize?" + query)).text, "the card is bound already"

        seen = (await browser.get("/channels")).text
        assert "某某生活" in seen
        assert "已拒绝" in seen
        assert (
            await foreign.revoke_token(found["revocation_endpoint"], foreign.token["refresh_token"])
        ).status_code == 200
        assert (await foreign.get("/api/me")).status_code == 401
    assert "渠道已停止" in (await browser.get("/channels")).text
    assert verify(running.dsn).ok


async def test_what_is_kept_is_hashed(running: Platform, channel: Registered, grant: Any) -> None:
    tokens = await grant(channel)
    async with running.pool.connection() as conn:
        cursor = await conn.execute(
            "select row_to_json(c)::text from oauth_client c union all select row_to_json(t)::text from oauth_token t"
        )
        kept = "".join(row[0] for row in await cursor.fetchall())
    assert channel.client.id in kept
    for secret in (channel.secret, tokens["access_token"], tokens["refresh_token"]):
        assert secret
        assert secret not in kept


async def test_the_person_sees_each_look_and_can_end_it(api: Any, channel: Registered, grant: Any) -> None:
    tokens = await grant(channel, "mother")
    mother, other = await api("mother"), _as(await api(None), tokens["access_token"])
    assert (await other.get("/me")).status_code == 200
    assert (await other.get("/me/settlements")).status_code == 403
    for path in ("/me/channels", "/me/channels/accesses", "/me/sessions"):
        assert (await other.get(path)).json()["code"] == "not_yours", path
    looks = (await mother.get("/me/channels/accesses")).json()
    assert [(look["what"], look["allowed"]) for look in looks[-2:]] == [
        ("GET /api/me/settlements", False),
        ("GET /api/me", True),
    ]
    listed = (await mother.get("/me/channels")).json()
    assert [(one["channel"], one["state"]) for one in listed] == [("某某生活", "active")]
    assert listed[0]["scopes"] == [{"scope": "account:read", "text": Scope.ACCOUNT_READ.label}]
    stranger = await api("stranger")
    path = f"/api/me/channels/{listed[0]['id']}"
    assert (await stranger.http.delete(path, headers=stranger.headers)).status_code == 404
    assert (await other.get("/me")).status_code == 200
    assert (await mother.http.delete(path, headers=mother.headers)).status_code == 204
    assert (await other.get("/me")).status_code == 401
    assert (await mother.http.delete(path, headers=mother.headers)).json()["code"] == "channel_unknown"


@pytest.mark.parametrize(
    ("changes", "status"),
    [
        ({"client_id": "ch-nobody"}, 400),
        ({"client_id": None}, 400),
        ({"redirect_uri": "https://evil.example/cb"}, 400),
        ({"redirect_uri": BACK + "/"}, 400),
        ({"redirect_uri": BACK.upper()}, 400),
        ({"redirect_uri": None}, 400),
        ({"response_type": "token"}, 303),
        ({"scope": "bindings:write"}, 303),
        ({"scope": "all"}, 303),
        ({"scope": None}, 303),
        ({"code_challenge": None}, 303),
        ({"code_challenge": "short"}, 303),
        ({"code_challenge_method": "plain"}, 303),
        ({"code_challenge_method": None}, 303),
    ],
)
async def test_wrong_questions_are_not_asked(
    browse: Any, channel: Registered, changes: dict[str, str | None], status: int
) -> None:
    browser = await browse("son")
    query = _asking(channel.client.id, **changes)
    for answer in (await browser.get("/oauth/authorize?" + query), await _allow(browser, query, "x")):
        assert answer.status_code == status, answer.headers
        if status == 303:
            told = _told(answer)
            assert told["error"] in {"invalid_request", "invalid_scope", "unsupported_response_type"}
            assert told["state"] == "xyz"
        else:
            assert "location" not in answer.headers
            assert "没有做任何授权" in answer.text


async def test_a_question_that_says_something_twice_is_not_answered(browse: Any, channel: Registered) -> None:
    browser = await browse("son")
    twice = _asking(channel.client.id) + "&scope=settlements%3Aread"
    assert (await browser.get("/oauth/authorize?" + twice)).status_code == 400


async def test_no_means_no(browse: Any, people: Any, channel: Registered) -> None:
    browser = await browse("son")
    told = _told(await _allow(browser, _asking(channel.client.id), people["son"].card_no, "no"))
    assert told == {"from": "gongji", "error": "access_denied", "state": "xyz"}


async def test_consent_needs_a_form_of_ours(browse: Any, people: Any, channel: Registered) -> None:
    browser = await browse("son")
    fields = {k: v[0] for k, v in parse_qs(_asking(channel.client.id)).items()}
    fields |= {"card_no": people["son"].card_no, "answer": "yes"}
    assert (await browser.http.post("/oauth/authorize", data=fields)).status_code == 403


async def test_only_verified_people_with_their_card(browse: Any, people: Any, channel: Registered) -> None:
    unverified = await browse("unverified")
    query = _asking(channel.client.id)
    assert "实名认证" in (await unverified.get("/oauth/authorize?" + query)).text
    refused = await _allow(unverified, query, people["unverified"].card_no)
    assert (refused.status_code, "location" in refused.headers) == (422, False)
    father = await browse("father")
    for _ in range(5):
        assert "核对卡面" in (await _allow(father, query, people["son"].card_no)).text
    assert "太频繁" in (await _allow(father, query, people["father"].card_no)).text


async def test_a_code_is_good_once(browse: Any, people: Any, api: Any, channel: Registered, ask_token: Token) -> None:
    browser = await browse("son")
    code = _told(await _allow(browser, _asking(channel.client.id), people["son"].card_no))["code"]
    answers = await asyncio.gather(*(_redeem(ask_token, channel, code) for _ in range(4)))
    good = [answer for answer in answers if answer.status_code == 200]
    assert len(good) == 1
    assert {answer.json()["error"] for answer in answers if answer.status_code != 200} == {"invalid_grant"}
    # Whoever came second may be the rightful one: what the first got is worth nothing either.
    stolen = _as(await api(None), good[0].json()["access_token"])
    assert (await stolen.get("/me")).status_code == 401
    assert "重复使用" in (await browser.get("/channels")).text


@pytest.mark.parametrize(
    "changes",
    [
        {"code_verifier": "w" * 64},
        {"code_verifier": ""},
        {"redirect_uri": "https://channel.example/cb"},
        {"client_secret": "wrong"},
        {"client_secret": ""},
        {"client_id": "ch-nobody"},
        {"grant_type": "password"},
        {"grant_type": "client_credentials"},
        {"code": "guess"},
    ],
)
async def test_a_stolen_code_is_worth_nothing(
    browse: Any, people: Any, channel: Registered, ask_token: Token, changes: dict[str, str]
) -> None:
    browser = await browse("son")
    code = _told(await _allow(browser, _asking(channel.client.id), people["son"].card_no))["code"]
    refused = await _redeem(ask_token, channel, code, **changes)
    assert refused.status_code in (400, 401), refused.text
    assert "access_token" not in refused.json()
    assert (await _redeem(ask_token, channel, code)).status_code == 200, "the rightful one is not harmed"


async def test_another_channel_cannot_use_it(
    running: Platform, browse: Any, people: Any, channel: Registered, grant: Any, ask_token: Token, api: Any
) -> None:
    other = await register_client(running, "另一家", READS, [BACK])
    assert isinstance(other, Registered)
    code = _told(await _allow(await browse("son"), _asking(channel.client.id), people["son"].card_no))["code"]
    assert (await _redeem(ask_token, other, code)).json()["error"] == "invalid_grant"
    tokens = await grant(channel)
    renewed = await ask_token(other, grant_type="refresh_token", refresh_token=tokens["refresh_token"])
    assert renewed.json()["error"] == "invalid_grant"
    assert (await ask_token(other, "/oauth/revoke", token=tokens["access_token"])).status_code == 200
    assert (await _as(await api(None), tokens["access_token"]).get("/me")).status_code == 200


async def test_a_refresh_token_is_good_once(api: Any, channel: Registered, grant: Any, ask_token: Token) -> None:
    first = await grant(channel, scope="account:read settlements:read")
    renew = {"grant_type": "refresh_token", "refresh_token": first["refresh_token"]}
    less = await ask_token(channel, **renew, scope="account:read")
    assert (less.status_code, less.json()["scope"]) == (200, "account:read")
    narrow = _as(await api(None), less.json()["access_token"])
    assert (await narrow.get("/me")).status_code == 200
    assert (await narrow.get("/me/settlements")).status_code == 403
    more = {"grant_type": "refresh_token", "refresh_token": less.json()["refresh_token"]}
    assert (await ask_token(channel, **more, scope="bindings:read")).json()["error"] == "invalid_scope"
    whole = await ask_token(channel, **more)
    assert whole.json()["scope"] == "account:read settlements:read", "asking for less does not give anything up"
    assert (await ask_token(channel, **renew)).json()["error"] == "invalid_grant"
    assert (await narrow.get("/me")).status_code == 401, "a second use of the first ends everything"
    last = {"grant_type": "refresh_token", "refresh_token": whole.json()["refresh_token"]}
    assert (await ask_token(channel, **last)).json()["error"] == "invalid_grant"


async def test_giving_an_access_token_back_ends_it_alone(
    api: Any, channel: Registered, grant: Any, ask_token: Token
) -> None:
    tokens = await grant(channel)
    assert (await ask_token(channel, "/oauth/revoke", token=tokens["access_token"])).status_code == 200
    assert (await _as(await api(None), tokens["access_token"]).get("/me")).status_code == 401
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await ask_token(channel, **renew)).status_code == 200


async def test_time_ends_what_was_allowed(
    running: Platform, browse: Any, people: Any, api: Any, channel: Registered, grant: Any, ask_token: Token
) -> None:
    browser = await browse("son")
    code = _told(await _allow(browser, _asking(channel.client.id), people["son"].card_no))["code"]
    tokens = await grant(channel, "mother")
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    guest = _as(await api(None), tokens["access_token"])
    try:
        running.clock = lambda: china_now() + timedelta(minutes=3)
        assert (await _redeem(ask_token, channel, code)).json()["error"] == "invalid_grant"
        assert (await guest.get("/me")).status_code == 200
        running.clock = lambda: china_now() + timedelta(hours=1, minutes=1)
        assert (await guest.get("/me")).status_code == 401
        running.clock = lambda: china_now() + timedelta(days=29)
        renewed = (await ask_token(channel, **renew)).json()
        running.clock = lambda: china_now() + GRANT_LIFE + timedelta(minutes=1)
        renew["refresh_token"] = renewed["refresh_token"]
        assert (await ask_token(channel, **renew)).json()["error"] == "invalid_grant"
    finally:
        running.clock = china_now


async def test_a_closed_channel_is_shut_at_once(
    running: Platform, browse: Any, api: Any, channel: Registered, grant: Any, ask_token: Token
) -> None:
    tokens = await grant(channel)
    assert await disable_client(running, channel.client.id)
    assert not await disable_client(running, "ch-nobody")
    assert (await _as(await api(None), tokens["access_token"]).get("/me")).status_code == 401
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await ask_token(channel, **renew)).json()["error"] == "invalid_client"
    browser = await browse("son")
    assert (await browser.get("/oauth/authorize?" + _asking(channel.client.id))).status_code == 400
    assert "渠道已关闭" in (await browser.get("/channels")).text


async def test_consent_again_replaces_the_old(api: Any, channel: Registered, grant: Any) -> None:
    old, new = await grant(channel), await grant(channel, scope="settlements:read")
    assert (await _as(await api(None), old["access_token"]).get("/me")).status_code == 401
    guest = _as(await api(None), new["access_token"])
    assert (await guest.get("/me/settlements")).status_code == 200
    assert (await guest.get("/me")).status_code == 403


async def test_a_public_program_needs_pkce_alone(running: Platform, grant: Any, ask_token: Token) -> None:
    phone = await register_client(running, "手机程序", READS, [BACK], public=True)
    assert isinstance(phone, Registered)
    assert phone.secret is None
    tokens = await grant(phone)
    renew = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    assert (await ask_token(phone, **renew, client_secret="any")).json()["error"] == "invalid_client"
    assert (await ask_token(phone, **renew)).status_code == 200


async def test_an_institution_speaks_for_itself_only(running: Platform, api: Any, ask_token: Token) -> None:
    made = await register_client(running, "药房平台", [Scope.MESSAGES_READ], institution="P61010000001")
    assert isinstance(made, Registered)
    answer = await ask_token(made, grant_type="client_credentials")
    assert answer.status_code == 200
    assert "refresh_token" not in answer.json()
    service = _as(await api(None), answer.json()["access_token"])
    assert (await service.get("/messages/P61010000001/never")).json()["state"] == "never_seen"
    assert (await service.get("/messages/P61010000002/never")).status_code == 404
    assert (await service.get("/me")).json()["code"] == "not_yours"
    wide = await ask_token(made, grant_type="client_credentials", scope="account:read")
    assert wide.status_code == 400


@pytest.mark.parametrize(
    ("scopes", "uris", "more"),
    [
        ((), [BACK], {}),
        (READS, [], {}),
        (READS, ["http://channel.example/cb"], {}),
        (READS, ["javascript:alert(1)"], {}),
        (READS, ["https://*.example/cb"], {}),
        (READS, ["https://channel.example/cb#x"], {}),
        (READS, ["https://u:p@channel.example/cb"], {}),
        (READS, ["https://渠道.example/cb"], {}),
        ((Scope.MESSAGES_READ,), [BACK], {}),
        (READS, [], {"institution": "P61010000001"}),
        ((Scope.MESSAGES_READ,), [], {"institution": "P61010000001", "public": True}),
    ],
)
async def test_channels_that_cannot_be_registered(running: Platform, scopes: Any, uris: Any, more: Any) -> None:
    before = len(await all_clients(running))
    refused = await register_client(running, "某渠道", scopes, uris, **more)
    assert isinstance(refused, Refusal)
    assert refused.code is Code.CLIENT_INVALID
    assert len(await all_clients(running)) == before


@pytest.mark.parametrize("uri", ["http://127.0.0.1:8765/cb", "com.example.app:/cb", "https://a.example:8443/cb?x=1"])
async def test_programs_on_a_device_can_be_registered(running: Platform, uri: str) -> None:
    assert isinstance(await register_client(running, "本机", READS, [uri], public=True), Registered)


async def test_what_is_over_is_swept_and_the_rest_stays(running: Platform, channel: Registered, grant: Any) -> None:
    await grant(channel)
    await sweep(running)
    async with running.pool.connection() as conn:
        kept = await (await conn.execute("select count(*) from oauth_token")).fetchone()
        grants = await (await conn.execute("select count(*) from oauth_grant")).fetchone()
    assert kept
    assert kept[0] >= 2
    try:
        running.clock = lambda: china_now() + timedelta(days=90)
        await sweep(running)
    finally:
        running.clock = china_now
    async with running.pool.connection() as conn:
        left = await (await conn.execute("select count(*) from oauth_token")).fetchone()
        assert left == (0,)
        assert await (await conn.execute("select count(*) from oauth_grant")).fetchone() == grants
        assert await (await store.run(conn, "setting", key="none")).fetchone() is None


async def test_guessing_at_the_token_endpoint_is_stopped(
    running: Platform, channel: Registered, ask_token: Token
) -> None:
    try:
        answers = [await ask_token(channel, grant_type="refresh_token", refresh_token=f"g{n}") for n in range(61)]
        assert answers[0].status_code == 400
        assert answers[-1].status_code == 429
        assert int(answers[-1].headers["retry-after"]) > 0
        assert answers[-1].headers["content-type"] == "application/problem+json"
    finally:
        async with running.pool.connection() as conn:
            await conn.execute("delete from throttle")
