"""Opening hours at their edges (S12, HOT-08, HOT-19)."""

from datetime import date, datetime, time

import pytest

from gongji.core.hours import OfficeHours, hours_text

XISHUI = OfficeHours(((time(8, 30), time(12)), (time(14, 30), time(17, 30))))
HOLIDAYS = {date(2025, 5, 1), date(2025, 5, 2), date(2025, 5, 5)}
WORKED = {date(2025, 4, 27)}


def working(on: date) -> bool:
    return on in WORKED or (on.weekday() < 5 and on not in HOLIDAYS)


@pytest.mark.parametrize(
    ("moment", "is_open", "opens"),
    [
        ("2025-04-21 08:29", False, "2025-04-21 08:30"),
        ("2025-04-21 08:30", True, None),
        ("2025-04-21 12:00", True, None),
        ("2025-04-21 12:01", False, "2025-04-21 14:30"),
        ("2025-04-21 14:30", True, None),
        ("2025-04-21 17:30", True, None),
        ("2025-04-21 17:31", False, "2025-04-22 08:30"),
        ("2025-04-26 09:00", False, "2025-04-27 08:30"),
        ("2025-04-27 09:00", True, None),
        ("2025-05-01 09:00", False, "2025-05-06 08:30"),
    ],
)
def test_open_now_and_next_opening(moment: str, *, is_open: bool, opens: str | None) -> None:
    at = datetime.fromisoformat(moment)
    assert XISHUI.open_at(at, working) is is_open
    if opens:
        assert XISHUI.opens_after(at, working) == datetime.fromisoformat(opens)


def test_an_office_that_never_works_has_no_next_opening() -> None:
    assert XISHUI.opens_after(datetime.fromisoformat("2025-04-21 09:00"), lambda _: False) is None


def test_hours_in_words() -> None:
    assert hours_text(XISHUI) == "工作日 08:30-12:00、14:30-17:30，节假日除外"
