"""Short signed texts that stand for a row of the books (医保码、身份核验令牌、支付令牌).

Every such text has 28 characters, as the national e-voucher's QR code has: 4 bits sort, 8 bits number of the key,
64 bits id of the row, 64 bits of HMAC-SHA-256 over all that and over what the row says. Who knows an id cannot make the
text, and a row that was tampered with no longer fits it. The letters are Crockford's base 32, which QR codes hold
densely and people do not misread.
"""

import hashlib
import hmac
from enum import IntEnum
from typing import Final

import msgspec

LENGTH: Final = 28
ID_BITS: Final = 63
"""Ids are random and fit a signed 64-bit column."""
KEY_NUMBERS: Final = 256
ADULT_AGE: Final = 18
"""《民法典》第十七条：不满十八周岁的自然人为未成年人。"""

_LETTERS: Final = "0123456789ABCDEFGHJKMNPQRSTVWXYZ"
_VALUES: Final = {letter: value for value, letter in enumerate(_LETTERS)}
_MAC_BYTES: Final = 8


class Sort(IntEnum):
    """What a text is for; one of a sort is never taken for another."""

    CODE = 1
    """医保码：shown as a QR code, good for about a minute."""
    TOKEN = 2
    """身份核验令牌 (ecToken): what an institution gets for a code, good for its own visit."""
    ORDER = 3
    """支付令牌 (payToken) of a mobile payment."""
    CONSENT = 4
    """支付授权码 (payAuthNo): the person agreed to pay an order."""
    UNDO = 5
    """冲正授权 (revsToken): the institution may have an order taken back."""


class Sealed(msgspec.Struct, frozen=True, kw_only=True):
    """A text taken apart; nothing is proved until ``fits``."""

    sort: int
    key_no: int
    id: int
    mac: bytes

    def fits(self, sort: Sort, secret: bytes, about: str) -> bool:
        """Whether it is of that sort and was made with that key for that content."""
        expected = _mac(sort, secret, self.key_no, self.id, about)
        return self.sort == sort and hmac.compare_digest(self.mac, expected)


def seal(sort: Sort, secret: bytes, key_no: int, id_: int, about: str) -> str:
    """Make a text.

    Args:
        sort: what it is for.
        secret: the key.
        key_no: the key's number, below 256.
        id_: id of the row, below 2**63.
        about: what the row says, in a form that cannot be read two ways.
    """
    number = (sort << 8 | key_no) << 64 | id_
    whole = number << 64 | int.from_bytes(_mac(sort, secret, key_no, id_, about), "big")
    return "".join(_LETTERS[whole >> shift & 31] for shift in range(5 * (LENGTH - 1), -1, -5))


def unseal(text: str) -> Sealed | None:
    """Take a text apart, in capitals or not; None when it is none of ours."""
    letters = text.strip().upper()
    if len(letters) != LENGTH or not _VALUES.keys() >= set(letters):
        return None
    whole = 0
    for letter in letters:
        whole = whole << 5 | _VALUES[letter]
    id_ = whole >> 64 & (1 << 64) - 1
    if id_ >> ID_BITS:
        return None
    return Sealed(
        sort=whole >> 136,
        key_no=whole >> 128 & KEY_NUMBERS - 1,
        id=id_,
        mac=(whole & (1 << 64) - 1).to_bytes(_MAC_BYTES, "big"),
    )


def _mac(sort: int, secret: bytes, key_no: int, id_: int, about: str) -> bytes:
    content = f"{sort}\n{key_no}\n{id_}\n{about}".encode()
    return hmac.new(secret, content, hashlib.sha256).digest()[:_MAC_BYTES]
