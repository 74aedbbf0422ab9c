"""Working days of the country (工作日), with exchanged days; where the calendar is not published yet, by the week."""

from datetime import date
from typing import Final

import chinese_calendar

SATURDAY: Final = 5


def working_day(on: date) -> bool:
    """Whether people work on a day."""
    try:
        return bool(chinese_calendar.is_workday(on))
    except NotImplementedError:
        # 国务院办公厅每年年底公布次年安排；公布以前只能按周一至周五。
        return on.weekday() < SATURDAY
