r"""SM2 and SM4 against the standards' own figures and the openssl command line, never against this code.

SM4: GB/T 32907-2016, annex A.1. SM2 signature: GB/T 32918.5-2017, annex A.2 (the recommended curve, user id
1234567812345678, message "message digest").

printf '%s' '{"data":{"psn_no":"1"}}' | openssl enc -sm4-ecb -K 30313233343536373839616263646566 | base64 -w0
"""

import base64
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.channels.nhsa import ciphers
from gongji.channels.nhsa.ciphers import CipherError

PRIVATE = bytes.fromhex("3945208F7B2144B13F36E38AC6D39F95889393692860B51A42FB81EF4DF7C5B8")
PUBLIC_HEX = (
    "09F9DF311E5421A150DD7D161E4BC5C672179FAD1833FC076BB08FF356F35020"
    "CCEA490CE26775A52DC6EA718CC1AA600AED05FBF35E084A6632F6072DA9AD13"
)
PUBLIC = bytes.fromhex(PUBLIC_HEX)
SIGNATURE = (
    "F5A03B0648D2C4630EEAC513E1BB81A15944DA3827D5B74143AC7EACEEE720B3"
    "B1B6AA29DF212FD8763182BC0D421CA1BB9038FD1F7F42D4840B69C485BBC1AA"
)
KEY = bytes.fromhex("0123456789ABCDEFFEDCBA9876543210")


def test_sm4_is_the_one_of_the_standard() -> None:
    secret = ciphers.encrypt(KEY, KEY)
    assert secret[:16].hex().upper() == "681EDF34D206965E86B3E94F536E4246"
    assert ciphers.decrypt(KEY, secret) == KEY


def test_sm4_agrees_with_openssl() -> None:
    plain = b'{"data":{"psn_no":"1"}}'
    by_openssl = "ChFgtqWBcdv8o7TzWPaMh9Rys1/2IJatdb9Jl2s68Uo="
    assert base64.b64encode(ciphers.encrypt(b"0123456789abcdef", plain)).decode() == by_openssl


def test_sm2_verifies_the_standards_signature() -> None:
    public = ciphers.public_key(PUBLIC_HEX)
    assert ciphers.verified(public, b"message digest", SIGNATURE)
    assert ciphers.verified(public, b"message digest", base64.b64encode(bytes.fromhex(SIGNATURE)).decode())
    assert not ciphers.verified(public, b"message digesT", SIGNATURE)
    assert not ciphers.verified(public, b"message digest", SIGNATURE, uid="other")
    assert not ciphers.verified(public, b"message digest", SIGNATURE[:-1] + "B")


def test_sm2_signatures_are_taken_by_openssl(tmp_path: Path) -> None:
    """And openssl's own are taken here, in the ASN.1 form in which it writes them."""
    key = tmp_path / "key.pem"
    # SEC1 key of the curve SM2: version, private key, curve, public key.
    der = (
        bytes.fromhex("30770201010420") + PRIVATE + bytes.fromhex("a00a06082a811ccf5501822da144034200" + "04") + PUBLIC
    )
    pem = base64.encodebytes(der).decode().replace("\n", "")
    lines = "\n".join(pem[at : at + 64] for at in range(0, len(pem), 64))
    key.write_text(f"-----BEGIN EC PRIVATE KEY-----\n{lines}\n-----END EC PRIVATE KEY-----\n")
    message, signature = tmp_path / "message", tmp_path / "signature"
    message.write_bytes("中文报文".encode())
    common = ["openssl", "pkeyutl", "-rawin", "-digest", "sm3", "-inkey", str(key), "-in", str(message)]
    uid = ["-pkeyopt", "distid:1234567812345678"]
    signed = subprocess.run([*common, "-sign", *uid], capture_output=True, check=True)
    assert ciphers.verified(PUBLIC, message.read_bytes(), signed.stdout.hex())
    ours = ciphers.sign(PRIVATE, PUBLIC, message.read_bytes())
    r, s = ours[:32], ours[32:]
    numbers = b"".join(b"\x02" + bytes([len(n)]) + n for n in (_positive(r), _positive(s)))
    signature.write_bytes(b"\x30" + bytes([len(numbers)]) + numbers)
    checked = subprocess.run([*common, "-verify", *uid, "-sigfile", str(signature)], capture_output=True, check=False)
    assert checked.returncode == 0, checked.stderr


def _positive(number: bytes) -> bytes:
    short = number.lstrip(b"\x00")
    return b"\x00" + short if short[0] & 0x80 else short


@given(st.binary(max_size=300))
def test_what_was_encrypted_is_decrypted_and_nothing_else(plain: bytes) -> None:
    secret = ciphers.encrypt(KEY, plain)
    assert ciphers.decrypt(KEY, secret) == plain
    with pytest.raises(CipherError):
        ciphers.decrypt(KEY, secret[:-1])


@given(st.text(max_size=200))
def test_any_text_is_only_a_wrong_signature(text: str) -> None:
    assert not ciphers.verified(PUBLIC, b"x", text)


@pytest.mark.parametrize("text", ["", "00", "zz", PUBLIC_HEX[:-2], "é"])
def test_what_is_no_key_is_refused(text: str) -> None:
    with pytest.raises(CipherError):
        ciphers.public_key(text)
    with pytest.raises(CipherError):
        ciphers.sm4_key(text[:5])


def test_keys_come_in_several_forms() -> None:
    assert ciphers.public_key("04" + PUBLIC_HEX) == PUBLIC
    assert ciphers.public_key(base64.b64encode(PUBLIC).decode()) == PUBLIC
    assert ciphers.sm4_key("0123456789abcdef") == b"0123456789abcdef"
    assert ciphers.sm4_key("30313233343536373839616263646566") == b"0123456789abcdef"
