r"""Codes and tokens; the tag below was computed with the openssl command line, not with this code.

printf '1\n7\n1234567890123456789\nP1\n\n1700000000.000000' \
        | openssl dgst -sha256 -mac HMAC -macopt hexkey:6b6579 | cut -c1-16
"""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gongji.core.vouchers import LENGTH, Sort, seal, unseal

KEY = b"key"
ABOUT = "P1\n\n1700000000.000000"
ID = 1234567890123456789
TAG = "4bd653de249c9fcd"


def test_a_code_is_what_its_parts_say() -> None:
    text = seal(Sort.CODE, KEY, 7, ID, ABOUT)
    number = int("".join(f"{'0123456789ABCDEFGHJKMNPQRSTVWXYZ'.index(c):05b}" for c in text), 2)
    assert f"{number:035x}" == f"1{7:02x}{ID:016x}{TAG}"


@given(st.sampled_from(Sort), st.integers(0, 255), st.integers(0, 2**63 - 1), st.text(max_size=60))
def test_what_was_sealed_is_read_again(sort: Sort, key_no: int, id_: int, about: str) -> None:
    text = seal(sort, KEY, key_no, id_, about)
    assert len(text) == LENGTH
    read = unseal(text.lower())
    assert read is not None
    assert (read.sort, read.key_no, read.id) == (sort, key_no, id_)
    assert read.fits(sort, KEY, about)
    assert not read.fits(sort, KEY, about + " ")
    assert not read.fits(sort, b"other", about)
    assert not any(read.fits(other, KEY, about) for other in Sort if other is not sort)


@given(st.integers(0, LENGTH - 1), st.sampled_from("0123456789ABCDEFGHJKMNPQRSTVWXYZ"))
def test_a_changed_letter_is_noticed(at: int, letter: str) -> None:
    text = seal(Sort.CODE, KEY, 7, ID, ABOUT)
    changed = text[:at] + letter + text[at + 1 :]
    read = unseal(changed)
    assert read is None or changed == text or not read.fits(Sort.CODE, KEY, ABOUT)


@pytest.mark.parametrize("text", ["", "0", "O" * 28, "I" * 28, "1" * 27, "1" * 29, "é" * 28, "\x00" * 28, "1 " * 14])
def test_other_texts_are_none_of_ours(text: str) -> None:
    assert unseal(text) is None
