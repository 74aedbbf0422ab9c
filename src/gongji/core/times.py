"""China keeps one time (北京时间), and medical days end at its midnight."""

from datetime import timedelta, timezone
from typing import Final

CHINA: Final = timezone(timedelta(hours=8), "Asia/Shanghai")
