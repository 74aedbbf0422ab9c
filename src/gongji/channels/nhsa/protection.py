"""What protects a message itself (报文签名与加密): SM2 in ``cainfo``, SM4 over ``input`` and ``output``.

The document leaves both to "the interface-security rules", which it does not contain. Two forms are in use: Jilin
signs the input and encrypts it, com.yb.hi signs the fields of the envelope. Which one an institution uses stands with
its keys.
"""

import base64
from typing import Any, Final

import msgspec

from gongji.channels.nhsa import ciphers
from gongji.channels.nhsa.ciphers import CipherError

ENCRYPTED: Final = ("enc_type", "enctype")
"""Envelope fields that tell of encryption; both spellings are in use."""

SM4: Final = "SM4"
SM2: Final = "SM2"
_UNSIGNED: Final = frozenset({"cainfo", "input", *ENCRYPTED})

_raw: Final = msgspec.json.Decoder(dict[str, msgspec.Raw])
_encoder: Final = msgspec.json.Encoder()


class Sm2Signer(msgspec.Struct, frozen=True, kw_only=True):
    """How an institution signs its messages.

    Attributes:
        public_key: 64 bytes.
        uid: the user id that both sides agreed on.
        over: ``input``: the JSON text of the input, as it was before encryption. ``envelope``: every other field of the
            envelope but ``cainfo``, sorted by name, as ``name=value`` joined by ``&``.
    """

    public_key: bytes
    uid: str = ciphers.DEFAULT_UID
    over: str = "input"


class Opened(msgspec.Struct, frozen=True, kw_only=True):
    """A body after decryption; ``fault`` says in Chinese why it could not be opened."""

    body: bytes
    key: bytes | None = None
    fault: str = ""


def is_encrypted(body: bytes) -> bool:
    """Whether a body may be an encrypted message; a quick look that spares all others the reading."""
    return any(f'"{name}"'.encode() in body for name in ENCRYPTED) and bool(_encryption(_fields(body)))


def sender_of(body: bytes) -> str:
    """The institution that an encrypted message names."""
    return _text(_fields(body).get("fixmedins_code"))


def opened(body: bytes, key: bytes | None) -> Opened:
    """Decrypt the input of an encrypted message; the rest of the message stays."""
    fields = _fields(body)
    if _encryption(fields).upper() != SM4:
        return Opened(body=body, fault="enc_type（加密方式）只受理 SM4")
    if key is None:
        return Opened(body=body, fault="本机构没有登记 SM4 密钥，不能加密报文，请先在经办端登记")
    try:
        plain = ciphers.decrypt(key, ciphers.read_text(_text(fields.get("input"))))
        text = plain.decode()
    except (CipherError, UnicodeDecodeError):
        return Opened(body=body, key=key, fault="input（交易输入）无法解密，请核对 SM4 密钥、填充方式和 base64 编码")
    kept = {name: value for name, value in fields.items() if name not in ENCRYPTED}
    return Opened(body=_encoder.encode(kept | {"input": text}), key=key)


def closed(answer: bytes, key: bytes) -> bytes:
    """An answer whose output is encrypted as the request's input was."""
    fields: dict[str, Any] = dict(_fields(answer))
    output = fields.get("output")
    if output is None or bytes(output) == b"null":
        return answer
    secret = base64.b64encode(ciphers.encrypt(key, bytes(output))).decode()
    return _encoder.encode(fields | {"output": secret, "enctype": SM4, "enc_type": SM4})


def signature_fault(body: bytes, signer: Sm2Signer | None, *, required: bool) -> str | None:
    """Why the signature in ``cainfo`` does not hold, in Chinese; None when it holds, or none is asked for.

    Args:
        body: the message after decryption.
        signer: how the institution signs; None: ``cainfo`` is not looked at, since many clients send a placeholder.
        required: a message without a signature is at fault.
    """
    if signer is None:
        return None
    fields = _fields(body)
    signature = _text(fields.get("cainfo"))
    if not signature or _text(fields.get("signtype")).upper() != SM2:
        return "缺少 cainfo（数字签名信息）或 signtype 不是 SM2" if required else None
    if not ciphers.verified(signer.public_key, signed_text(fields, signer.over), signature, signer.uid):
        return "cainfo（数字签名信息）不正确，请核对 SM2 密钥、用户标识和签名原文"
    return None


def signed_text(fields: dict[str, msgspec.Raw], over: str) -> bytes:
    """What ``cainfo`` signs."""
    if over == "input":
        given = bytes(fields.get("input", msgspec.Raw(b"")))
        return _text(msgspec.Raw(given)).encode() if given.startswith(b'"') else given
    named = sorted((name, _text(value)) for name, value in fields.items() if name not in _UNSIGNED)
    return "&".join(f"{name}={value}" for name, value in named).encode(errors="backslashreplace")


def _encryption(fields: dict[str, msgspec.Raw]) -> str:
    return next((text for name in ENCRYPTED if (text := _text(fields.get(name))) not in ("", "null")), "")


def _fields(body: bytes) -> dict[str, msgspec.Raw]:
    try:
        return _raw.decode(body.removeprefix(b"\xef\xbb\xbf"))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return {}


def _text(value: msgspec.Raw | None) -> str:
    """A field as text: a JSON string's content, or what stands there."""
    if value is None:
        return ""
    try:
        read = msgspec.json.decode(value)
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError):
        return ""
    return read if isinstance(read, str) else bytes(value).decode(errors="replace")
