"""Numbers that look like real ones and cannot be anybody's (虚构号码)."""

from datetime import date
from typing import Final

from stdnum.cn.ric import calc_check_digit

_AREAS: Final = {
    "310000": "990101",
    "360100": "990201",
    "370200": "990301",
    "450100": "990401",
    "610100": "990501",
    "610400": "990601",
    "110000": "990701",
    "150100": "990801",
}
"""Area codes by region. Places begin with 11 to 82; cards of foreigners with 9 and a province, and 90 is none."""


def person_number(region: str, serial: int) -> str:
    """A person's number in the insurance system, 26 digits (人员编号)."""
    return f"{region}99{serial:018d}"


def identity_number(region: str, born: date, place: int, *, male: bool) -> str:
    """An identity number with a correct check character (身份证号码).

    Args:
        region: where the person is insured; decides the area code.
        born: date of birth.
        place: place in the family; with the sex it makes the order code, odd for men.
        male: whether the person is a man.
    """
    number = f"{_AREAS[region]}{born:%Y%m%d}{place * 2 + male:03d}"
    return number + calc_check_digit(number + "0")


def card_number(serial: int) -> str:
    """A social security card number of nine characters (社保卡号)."""
    return f"Z9{serial:07d}"


def phone_number(serial: int) -> str:
    """A mobile number of eleven digits in a range that is not given out (手机号)."""
    return f"1000000{serial:04d}"
