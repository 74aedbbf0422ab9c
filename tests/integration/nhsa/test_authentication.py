"""Gateway authentication with keys in the database: each way, replays across processes, SM2 and SM4 in messages."""

import base64
import json
from datetime import datetime
from pathlib import Path
from typing import Any

import httpx
import pytest
from psycopg.types.json import Jsonb

from gongji.channels.nhsa import ciphers, signing
from gongji.channels.nhsa.gateway import gateway
from gongji.channels.nhsa.signing import KeyPair
from gongji.core.refusal import Refusal
from gongji.core.scopes import Scope
from gongji.core.times import CHINA
from gongji.service.oauth.clients import Registered, register_client
from gongji.service.oauth.exchange import answer_token_request
from gongji.service.platform import Platform
from gongji.settings import Settings

HOSPITAL = "H61010099901"
TIF = KeyPair("paas-test", "tif-secret")
SM4_KEY = "0123456789abcdef"


async def give(city: Any, **keys: Any) -> str:
    """A new institution with these keys; the senders remember an old one for some seconds."""
    (number,) = (await city.rows("select count(*) from institution"))[0]
    code = f"H6101008{number:04d}"
    await city.rows(
        "insert into institution (code, region, name, kind, level, grade, community, designated, checkup, credentials)"
        " select %s, region, name, kind, level, grade, community, designated, checkup, %s"
        " from institution where code = %s returning code",
        code,
        Jsonb(keys),
        HOSPITAL,
    )
    return code


def now() -> datetime:
    return datetime.now(CHINA)


def query(city: Any, code: str, content: Any = None, **envelope: Any) -> dict[str, Any]:
    message: dict[str, Any] = city.hospital.message("1201", content or {"medinsinfo": {"fixmedins_code": HOSPITAL}})
    return message | {"fixmedins_code": code} | envelope


async def send(city: Any, message: dict[str, Any], app: Any = None, **headers: str) -> Any:
    transport = httpx.ASGITransport(app=app or city.app)
    async with httpx.AsyncClient(transport=transport, base_url="http://gateway") as http:
        body = json.dumps(message, ensure_ascii=False).encode()
        return await http.post("/nhsa/1201", content=body, headers=headers)


async def test_a_nonce_is_used_once_in_all_processes(city: Any) -> None:
    other = Platform(city.platform.dsn, city.platform.book)
    await other.open()
    try:
        apps = [city.app, gateway(other, Settings(data=Path("unused")))]
        headers = signing.sign_tif(TIF, "nonce-everywhere", now())
        answers = [await send(city, query(city, HOSPITAL), app, **headers) for app in apps]
        assert [answer.status_code for answer in answers] == [200, 401]
        assert "x-tif-nonce 已经用过" in answers[1].json()["err_msg"]
        again = await send(city, query(city, HOSPITAL), apps[1], **signing.sign_tif(TIF, "another", now()))
        assert again.status_code == 200
    finally:
        await other.close()


async def test_an_institution_is_held_to_the_ways_it_was_given(city: Any) -> None:
    code = await give(city, x_tif={"paasid": "paas-test", "secret": "tif-secret"}, apikey="k", accepts=["x-tif"])
    assert (await send(city, query(city, code))).status_code == 401
    assert (await send(city, query(city, code), apikey="k")).status_code == 401
    assert (await send(city, query(city, code), **signing.sign_tif(TIF, "n-given", now()))).status_code == 200
    free = await give(city, accepts=["none"])
    assert (await send(city, query(city, free))).status_code == 200
    production = gateway(city.platform, Settings(data=Path("unused"), production=True))
    refused = await send(city, query(city, free), production)
    assert refused.status_code == 401
    assert "缺少签名请求头" in refused.json()["err_msg"]


async def test_a_bearer_token_of_its_own_client_opens_the_gateway(city: Any) -> None:
    code = await give(city)
    production = gateway(city.platform, Settings(data=Path("unused"), production=True))
    for scopes, expected in (([Scope.GATEWAY], 200), ([Scope.MESSAGES_READ], 401)):
        made = await register_client(city.platform, "集成平台", scopes, institution=code)
        assert isinstance(made, Registered)
        token = await token_of(city, made, scopes[0])
        answer = await send(city, query(city, code), production, authorization=f"Bearer {token}")
        assert answer.status_code == expected, answer.text
        elsewhere = await send(city, query(city, HOSPITAL), production, authorization=f"Bearer {token}")
        assert elsewhere.status_code == 401
    assert (await send(city, query(city, code), authorization="Bearer made-up")).status_code == 401


async def token_of(city: Any, made: Registered, scope: Scope) -> str:
    basic = base64.b64encode(f"{made.client.id}:{made.secret}".encode()).decode()
    form = {"grant_type": "client_credentials", "scope": scope.value}
    reply = await answer_token_request(city.platform, form, {"authorization": f"Basic {basic}"}, "")
    assert not isinstance(reply, Refusal)
    token: str = reply.body["access_token"]
    return token


@pytest.mark.parametrize("over", ["input", "envelope"])
async def test_cainfo_is_an_sm2_signature_and_is_asked_for(city: Any, over: str) -> None:
    public, private = ciphers.new_key_pair()
    sm2 = {"public_key": public.hex(), "uid": "client-1", "over": over}
    code = await give(city, sm2=sm2, accepts=["none", "sm2"])
    message = query(city, code, signtype="SM2")
    assert "缺少 cainfo" in (await send(city, message)).json()["err_msg"]

    def signed(content: dict[str, Any]) -> dict[str, Any]:
        if over == "input":
            text = json.dumps(content["input"], ensure_ascii=False)
        else:
            text = "&".join(f"{k}={content[k]}" for k in sorted(content) if k not in ("cainfo", "input"))
        return content | {"cainfo": base64.b64encode(ciphers.sign(private, public, text.encode(), "client-1")).decode()}

    assert (await send(city, signed(message))).json()["infcode"] == 0
    changed = signed(message) | {"input": {"medinsinfo": {"fixmedins_code": "H0"}}, "opter": "someone else"}
    assert "cainfo（数字签名信息）不正确" in (await send(city, changed)).json()["err_msg"]
    assert "不正确" in (await send(city, message | {"cainfo": "1"})).json()["err_msg"]


async def test_an_encrypted_input_is_answered_with_an_encrypted_output(city: Any) -> None:
    public, private = ciphers.new_key_pair()
    keys = {"sm4": SM4_KEY, "sm2": {"public_key": public.hex(), "uid": SM4_KEY}, "accepts": ["none", "sm2"]}
    code = await give(city, **keys)
    plain = json.dumps({"medinsinfo": {"fixmedins_code": HOSPITAL}}).encode()
    secret = base64.b64encode(ciphers.encrypt(SM4_KEY.encode(), plain)).decode()
    cainfo = base64.b64encode(ciphers.sign(private, public, plain, SM4_KEY)).decode()
    message = query(city, code, signtype="SM2", cainfo=cainfo, enc_type="SM4") | {"input": secret}
    answer = (await send(city, message)).json()
    assert answer["infcode"] == 0, answer
    assert answer["enctype"] == "SM4"
    output = json.loads(ciphers.decrypt(SM4_KEY.encode(), base64.b64decode(answer["output"])))
    assert HOSPITAL in json.dumps(output)
    wrong = (await send(city, message | {"input": secret[:-8]})).json()
    assert "无法解密" in wrong["err_msg"]
    other = (await send(city, message | {"enc_type": "AES"})).json()
    assert "只受理 SM4" in other["err_msg"]
    nobody = (await send(city, query(city, HOSPITAL, enc_type="SM4") | {"input": secret})).json()
    assert "没有登记 SM4 密钥" in nobody["err_msg"]
