"""Which passwords are too weak, and which a region first gave to its insured (密码规则)."""

from collections.abc import Sequence
from datetime import date
from typing import Final

SHORTEST: Final = 8
LONGEST: Final = 128

GUANGZHOU: Final = "440100"
CUT_OVER: Final = date(2020, 4, 15)
"""From this day on Guangzhou hands passwords out in sealed envelopes; the day itself is ours to decide, and it is one
of the later days: nobody gets a password that others could guess."""

_ADULT_DIGITS: Final = 10
_FEWEST_KINDS: Final = 2
_RUN: Final = "01234567890"


def weakness(password: str, known: Sequence[str]) -> str | None:
    """What is wrong with a new password, in Chinese, or None.

    Args:
        password: the password, as typed.
        known: what others may know of the person: numbers of certificate, card and person, phone.
    """
    if not SHORTEST <= len(password) <= LONGEST:
        return f"密码要有 {SHORTEST} 到 {LONGEST} 个字符"
    if "\x00" in password:
        return "密码里有不能使用的字符"
    if len(set(password)) <= _FEWEST_KINDS or _is_run(password):
        return "密码太简单，不能是同一个数字或连续数字"
    plain = password.upper()
    if any(plain in number.upper() or (number and number.upper() in plain) for number in known):
        return "密码不能是证件号码、卡号、手机号或其中一段"
    return None


def _is_run(password: str) -> bool:
    return password in _RUN or password in _RUN[::-1] or password in (_RUN[:-1] * 2)


def first_password(region: str, number: str, joined: date) -> str | None:
    """The query password that an adult's card began with, or None where none can be known (网上查询初始密码).

    Guangzhou, joined before 2020-04-15: the last ten digits of the personal number (个人社保号); a shorter one is
    filled in front with 1 and zeros (12345678 gives 1012345678). Everybody else's came in a sealed envelope (密码信封).
    It tells what the old card had; nothing here signs anybody in with it unless the agency issues it.

    Args:
        region: insured region.
        number: the personal number, digits.
        joined: first day of insurance.
    """
    if region != GUANGZHOU or joined >= CUT_OVER or not (number.isascii() and number.isdigit()):
        return None
    if len(number) >= _ADULT_DIGITS:
        return number[-_ADULT_DIGITS:]
    return "1" + number.rjust(_ADULT_DIGITS - 1, "0")


def first_password_of_child(region: str, joined: date) -> str | None:
    """The same for a child's card: 00, two digits of the year and two of the month (2020-05 gives 002005)."""
    return f"00{joined:%y%m}" if region == GUANGZHOU else None
