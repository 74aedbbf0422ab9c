"""The writers by form; what they are made of is loaded with the first paper, since most processes never write one."""

from collections.abc import Callable
from typing import IO

from gongji.service.papers.paper import Form, Paper, Writer


def writer_of(form: Form) -> Callable[[IO[bytes], Paper], Writer]:
    """What writes papers of a form."""
    if form is Form.XLSX:
        from gongji.service.papers.xlsx import XlsxWriter  # noqa: PLC0415

        return XlsxWriter
    from gongji.service.papers.pdf import PdfWriter  # noqa: PLC0415

    return PdfWriter
