"""SM2 signatures and SM4 encryption (国密算法), in the forms that messages carry.

GB/T 32918 (SM2 with SM3, also GM/T 0003), GB/T 32907 (SM4, also GM/T 0002). Which libraries and why: ADR 0025.
"""

import base64
import binascii
import hmac
import re
from typing import Final

from cryptography.hazmat.primitives.asymmetric.utils import decode_dss_signature, encode_dss_signature
from cryptography.hazmat.primitives.ciphers import Cipher, algorithms, modes
from cryptography.hazmat.primitives.padding import PKCS7
from gmssl_pyx import GmsslInnerError, sm2_key_generate, sm2_sign, sm2_verify

DEFAULT_UID: Final = "1234567812345678"
"""The user id of GM/T 0009 where none was agreed."""

_RAW: Final = 64
_HALF: Final = 32
_KEY_BYTES: Final = 16
_BLOCK_BITS: Final = 128
_UNCOMPRESSED: Final = b"\x04"
_HEX: Final = re.compile(r"(?:[0-9a-fA-F]{2})+")


class CipherError(ValueError):
    """What came cannot be decrypted, or a key has the wrong form; the text says which, in Chinese."""


def new_key_pair() -> tuple[bytes, bytes]:
    """A new SM2 key: public (64 bytes) and private (32 bytes)."""
    public, private = sm2_key_generate()
    return bytes(public), bytes(private)


def public_key(text: str) -> bytes:
    """A public key from hex or base64, with or without the leading byte 04.

    Raises:
        CipherError: it is none.
    """
    key = _bytes(text)
    key = key.removeprefix(_UNCOMPRESSED) if len(key) == _RAW + 1 else key
    if len(key) != _RAW:
        raise CipherError("SM2 公钥应为 64 字节（十六进制或 base64，可带前缀 04）")
    return key


def sign(private: bytes, public: bytes, message: bytes, uid: str = DEFAULT_UID) -> bytes:
    """An SM2 signature over SM3, r and s of 32 bytes each."""
    r, s = decode_dss_signature(sm2_sign(private, public, message, uid.encode()))
    return r.to_bytes(_HALF, "big") + s.to_bytes(_HALF, "big")


def verified(public: bytes, message: bytes, signature: str, uid: str = DEFAULT_UID) -> bool:
    """Whether a signature in hex or base64, raw or ASN.1, is that of a message; any text may be given."""
    try:
        found = _bytes(signature)
        if len(found) == _RAW:
            found = encode_dss_signature(int.from_bytes(found[:_HALF], "big"), int.from_bytes(found[_HALF:], "big"))
        return bool(sm2_verify(public, message, found, uid.encode()))
    except (CipherError, GmsslInnerError, ValueError):
        return False


def sm4_key(text: str) -> bytes:
    """A key of 16 bytes: 32 hexadecimal digits, or a text whose first 16 characters it is.

    Raises:
        CipherError: it is shorter.
    """
    if len(text) == 2 * _KEY_BYTES and _HEX.fullmatch(text):
        return bytes.fromhex(text)
    key = text.encode()[:_KEY_BYTES]
    if len(key) != _KEY_BYTES:
        raise CipherError("SM4 密钥至少 16 个字符，或为 32 位十六进制")
    return key


def encrypt(key: bytes, plain: bytes) -> bytes:
    """SM4 in ECB with PKCS#7 padding, which is what the national clients use."""
    padder = PKCS7(_BLOCK_BITS).padder()
    encryptor = Cipher(algorithms.SM4(key), modes.ECB()).encryptor()  # noqa: S305 - the clients' own mode
    return encryptor.update(padder.update(plain) + padder.finalize()) + encryptor.finalize()


def decrypt(key: bytes, secret: bytes) -> bytes:
    """What ``encrypt`` made.

    Raises:
        CipherError: wrong key, or altered.
    """
    decryptor = Cipher(algorithms.SM4(key), modes.ECB()).decryptor()  # noqa: S305 - the clients' own mode
    unpadder = PKCS7(_BLOCK_BITS).unpadder()
    try:
        padded = decryptor.update(secret) + decryptor.finalize()
        return unpadder.update(padded) + unpadder.finalize()
    except ValueError:
        raise CipherError("密文无法解密，请核对 SM4 密钥和填充方式") from None


def read_text(text: str) -> bytes:
    """Bytes from hex or base64.

    Raises:
        CipherError: it is neither.
    """
    return _bytes(text)


def same(left: str, right: str) -> bool:
    """Whether two texts are equal, in the same time whatever they are."""
    return hmac.compare_digest(left.encode(errors="backslashreplace"), right.encode(errors="backslashreplace"))


def _bytes(text: str) -> bytes:
    if _HEX.fullmatch(text):
        return bytes.fromhex(text)
    try:
        return base64.b64decode(text.encode(), validate=True)
    except (binascii.Error, UnicodeEncodeError, ValueError):
        raise CipherError("不是十六进制或 base64") from None
