"""Texts whose days, amounts and document numbers stand on one line each (不拆开的日期、金额、文号).

A browser may break a line after the hyphen of a day and inside 国办发〔2024〕24号; who reads slowly loses it.
"""

import re
from typing import Final

from markupsafe import Markup, escape

_WHOLE: Final = re.compile(
    r"[\u4e00-\u9fff]{0,6}〔\d{4}〕\s?\d+号"
    r"|\d{4}-\d\d(?:-\d\d)?"
    r"|\d{4}年\d{1,2}月\d{1,2}日(?: \d\d:\d\d)?"
    r"|\d[\d.,]* ?元"
)


def unbroken(value: object) -> str:
    """A text as it is, or with marks around what must not be broken; for the body of a page, not for an attribute."""
    text = str(value)
    if not _WHOLE.search(text):
        return text
    # Escaping first is safe: what it puts in ends with a semicolon, which nothing here begins with or holds.
    return Markup(_WHOLE.sub(r'<span class="whole">\g<0></span>', str(escape(text))))  # noqa: S704 it is escaped
