r"""Gateway signatures; the digests below were computed with the openssl command line, not with this code.

printf '%s\n%s' 1735783200 "$BODY" | openssl dgst -sm3 -hmac ca-demo-secret
printf '%s' 1735783200tif-demo-secretNONCE00011735783200 | openssl dgst -sha256
printf '%s' '_api_access_key=AK0001&_api_name=2207&_api_timestamp=1735783200000&_api_version=1.0.0' \
        | openssl dgst -sha1 -hmac api-demo-secret -binary | base64
"""

import hashlib
from datetime import UTC, datetime, timedelta

import msgspec
import pytest

from gongji.channels.nhsa import signing
from gongji.channels.nhsa.signing import Credentials, KeyPair, Scheme, SignatureFault, Signed, Unsigned

NOW = datetime(2025, 1, 2, 2, 0, tzinfo=UTC)
BODY = b'{"infno":"2207","input":{}}'
CREDENTIALS = Credentials(
    ca=KeyPair("H99999900001", "ca-demo-secret"),
    tif=KeyPair("paas-demo", "tif-demo-secret"),
    api=KeyPair("AK0001", "api-demo-secret"),
    api_key="apikey-demo",
)
CA = {
    "x-ca-key": "H99999900001",
    "x-ca-signature": "1735783200:A354C5E0BD8C0FE2FAADD55C3D6F3CA095EF21C9672AA1D4D23163DDF3F3CBBD",
}
TIF = {
    "x-tif-paasid": "paas-demo",
    "x-tif-timestamp": "1735783200",
    "x-tif-nonce": "NONCE0001",
    "x-tif-signature": "ba7917092fb801b373c35f817c2745865c769379fff7040d2d976ded89495deb",
}
API = {
    "_api_access_key": "AK0001",
    "_api_name": "2207",
    "_api_timestamp": "1735783200000",
    "_api_version": "1.0.0",
    "_api_signature": "p+jcCLbZVgfNjJ7B/Iyr+clkCQA=",
}
API_KEY = {"apikey": "apikey-demo"}


def verify(
    headers: dict[str, str],
    *,
    body: bytes = BODY,
    credentials: Credentials = CREDENTIALS,
    now: datetime = NOW,
) -> object:
    return signing.verify(headers, body, credentials, now)


def test_sm3_is_the_one_of_the_standard() -> None:
    """GM/T 0004-2012, appendix A.1."""
    expected = "66c7f0f462eeedd9d1f2d46bdc10e4e24167c4875cf2f7a2297da02b8f4ba8e0"
    assert hashlib.new("sm3", b"abc").hexdigest() == expected


RIGHT = [
    (CA, Signed(Scheme.CA, "H99999900001")),
    (TIF, Signed(Scheme.TIF, "paas-demo", "paas-demo:NONCE0001")),
    (API, Signed(Scheme.API, "AK0001")),
    (API_KEY, Signed(Scheme.API_KEY, "")),
    (API_KEY | TIF, Signed(Scheme.TIF, "paas-demo", "paas-demo:NONCE0001")),
    ({name.upper(): value for name, value in TIF.items()}, Signed(Scheme.TIF, "paas-demo", "paas-demo:NONCE0001")),
    ({"content-type": "application/json"}, Unsigned()),
    ({}, Unsigned()),
]


@pytest.mark.parametrize(("headers", "result"), RIGHT)
def test_right_signatures(headers: dict[str, str], result: object) -> None:
    assert verify(headers) == result


def test_signing_gives_the_same_digests() -> None:
    assert CREDENTIALS.ca is not None
    assert CREDENTIALS.tif is not None
    assert CREDENTIALS.api is not None
    assert signing.sign_ca(CREDENTIALS.ca, BODY, NOW) == CA
    assert signing.sign_tif(CREDENTIALS.tif, "NONCE0001", NOW) == TIF
    assert signing.sign_api(CREDENTIALS.api, "2207", "1.0.0", NOW) == API


WRONG = [
    (CA | {"x-ca-signature": "1735783200:" + "0" * 64}, "x-ca-signature 不正确"),
    (CA | {"x-ca-signature": "A354"}, "时间戳应为10位秒数"),
    (CA | {"x-ca-key": "other"}, "x-ca-key 不是本机构登记"),
    ({"x-ca-key": "H99999900001"}, "缺少请求头 x-ca-signature"),
    (TIF | {"x-tif-nonce": "NONCE0002"}, "x-tif-signature 不正确"),
    (TIF | {"x-tif-timestamp": "1735783200000"}, "时间戳应为10位秒数"),
    (TIF | {"x-tif-signature": "é\udc80"}, "x-tif-signature 不正确"),
    ({"x-tif-paasid": "paas-demo"}, "缺少请求头 x-tif-timestamp、x-tif-nonce、x-tif-signature"),
    (API | {"_api_name": "2208"}, "_api_signature 不正确"),
    (API | {"_api_timestamp": "1735783200"}, "时间戳应为13位毫秒数"),
    (API | {"_api_access_key": "AK0002"}, "_api_access_key 不是本机构登记"),
    ({"apikey": "wrong"}, "apikey 不正确"),
]


@pytest.mark.parametrize(("headers", "text"), WRONG)
def test_wrong_signatures(headers: dict[str, str], text: str) -> None:
    result = verify(headers)
    assert isinstance(result, SignatureFault)
    assert text in result.text


@pytest.mark.parametrize("headers", [CA, TIF, API, API_KEY, {"apikey": ""}])
def test_nothing_is_valid_without_registered_keys(headers: dict[str, str]) -> None:
    assert isinstance(verify(headers, credentials=Credentials()), SignatureFault)
    empty = Credentials(ca=KeyPair("", ""), tif=KeyPair("", ""), api=KeyPair("", ""), api_key="")
    assert isinstance(verify(headers, credentials=empty), SignatureFault)


@pytest.mark.parametrize("headers", [CA, TIF, API])
@pytest.mark.parametrize(("minutes", "right"), [(30, True), (-30, True), (31, False), (-31, False)])
def test_clocks_may_differ_by_half_an_hour(headers: dict[str, str], minutes: int, *, right: bool) -> None:
    result = verify(headers, now=NOW + timedelta(minutes=minutes))
    assert isinstance(result, Signed) is right


def test_a_changed_body_is_noticed_where_it_is_signed() -> None:
    assert isinstance(verify(CA, body=BODY + b" "), SignatureFault)


def test_only_a_right_signature_gives_a_nonce_to_remember() -> None:
    assert isinstance(verify(TIF | {"x-tif-signature": "0"}), SignatureFault)
    signed = verify(TIF)
    assert isinstance(signed, Signed)
    assert signed.nonce == "paas-demo:NONCE0001"


@pytest.mark.parametrize("headers", [CA, TIF, API, API_KEY])
def test_an_institution_uses_only_the_ways_it_was_given(headers: dict[str, str]) -> None:
    right = verify(headers)
    assert isinstance(right, Signed)
    only = msgspec.structs.replace(CREDENTIALS, accepts=frozenset({right.scheme}))
    assert isinstance(verify(headers, credentials=only), Signed)
    others = msgspec.structs.replace(CREDENTIALS, accepts=frozenset(Scheme) - {right.scheme})
    refused = verify(headers, credentials=others)
    assert isinstance(refused, SignatureFault)
    assert "没有登记使用" in refused.text
