"""When an office answers (工作时间): spans of a working day; weekends and holidays are closed unless worked."""

from collections.abc import Callable
from datetime import date, datetime, time, timedelta
from typing import Final

import msgspec

SEARCHED_DAYS: Final = 31
"""How far the next opening is looked for; no holiday is longer."""

WorkingDay = Callable[[date], bool]
"""Whether people work on a day (工作日), exchanged days (调休) included."""


class OfficeHours(msgspec.Struct, frozen=True):
    """Spans of a working day in which an office is open, in order; the last minute of a span is open too."""

    spans: tuple[tuple[time, time], ...]

    def open_at(self, at: datetime, working: WorkingDay) -> bool:
        """Whether the office answers at a moment, given in its own time."""
        minute = at.time().replace(second=0, microsecond=0)
        return working(at.date()) and any(start <= minute <= end for start, end in self.spans)

    def opens_after(self, at: datetime, working: WorkingDay) -> datetime | None:
        """The next moment at which a span begins; None when there is none in sight."""
        days = (at.date() + timedelta(days=ahead) for ahead in range(SEARCHED_DAYS))
        starts = (datetime.combine(on, start, at.tzinfo) for on in days if working(on) for start, _ in self.spans)
        return next((start for start in starts if start > at), None)


def hours_text(hours: OfficeHours) -> str:
    """The spans as people read them."""
    spans = "、".join(f"{start:%H:%M}-{end:%H:%M}" for start, end in hours.spans)
    return f"工作日 {spans}，节假日除外"
