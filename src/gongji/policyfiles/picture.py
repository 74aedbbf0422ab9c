"""The coverage of the policy files as a picture (收录情况图): an SVG without scripts or fonts of its own."""

from datetime import date
from xml.sax.saxutils import escape

from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import PolicyBook
from gongji.policyfiles.coverage import Cell, columns, matrix

SUBJECT_NAMES = {
    "outpatient": "门诊",
    "inpatient": "住院",
    "special_disease": "慢特病",
    "pharmacy": "药店",
    "away": "异地",
    "account": "账户",
    "sharing": "共济",
    "wallet": "钱包",
    "facts": "账户共济说明",
    "resident": "居民参保",
    "premium": "保费",
    "service": "服务",
    "maternity": "生育",
    "flexible": "灵活就业",
}
"""Short Chinese names of the subjects."""

COLOURS = {
    Confidence.HIGH: "#1b7837",
    Confidence.MEDIUM: "#5aae61",
    Confidence.LOW: "#d9a441",
    Confidence.ARTICLE_ONLY: "#c0603a",
}
_INKS = {Confidence.MEDIUM: "#111111", Confidence.LOW: "#111111"}
"""Letters on the lighter colours, where white could not be read."""

_UNKNOWN = "#e4e4e4"

_WIDTH, _HEIGHT, _LEFT, _TOP = 64, 24, 150, 64


def column_name(subject: str, scheme: Scheme) -> str:
    """Heading of a column."""
    name = SUBJECT_NAMES[subject]
    return f"{name}（居民）" if scheme is Scheme.RESIDENT and subject != "resident" else name


def svg(book: PolicyBook, on: date) -> str:
    """The matrix of regions and subjects, coloured by confidence; every cell says its confidence in words too."""
    heads = columns(book)
    rows = matrix(book, on)
    width, height = _LEFT + _WIDTH * len(heads) + 16, _TOP + _HEIGHT * (len(rows) + 1) + 16
    size = f'width="{width}" height="{height}" viewBox="0 0 {width} {height}"'
    parts = [
        f'<svg xmlns="http://www.w3.org/2000/svg" {size} font-family="sans-serif" font-size="12">',
        f"<title>政策收录情况，{on}</title>",
        f'<rect width="{width}" height="{height}" fill="#ffffff"/>',
        f'<text x="8" y="22" font-size="15">政策收录情况（{on} 有效的规定，取最低的可信度；“继”为上级规定）</text>',
    ]
    for place, (subject, scheme) in enumerate(heads):
        centre = _LEFT + _WIDTH * place + _WIDTH // 2
        name = escape(column_name(subject, scheme))
        parts.append(f'<text x="{centre}" y="{_TOP - 8}" font-size="10" text-anchor="middle">{name}</text>')
    for line, (region, cells) in enumerate(rows):
        top = _TOP + _HEIGHT * line
        parts.append(f'<text x="8" y="{top + 16}">{escape(region.name)} {region.code}</text>')
        parts += [_cell(cell, _LEFT + _WIDTH * place, top) for place, cell in enumerate(cells)]
    return "\n".join([*parts, "</svg>", ""])


def cell_text(cell: Cell | None) -> str:
    """A cell in a few characters."""
    if cell is None:
        return "–"
    name = "仅文章" if cell.confidence is Confidence.ARTICLE_ONLY else cell.confidence.label
    return f"{name}{'·继' if cell.inherited else ''}"


def _cell(cell: Cell | None, left: int, top: int) -> str:
    fill = COLOURS[cell.confidence] if cell else _UNKNOWN
    ink = _INKS.get(cell.confidence, "#ffffff") if cell else "#5c5c5c"
    return (
        f'<rect x="{left}" y="{top}" width="{_WIDTH - 2}" height="{_HEIGHT - 2}" fill="{fill}"/>'
        f'<text x="{left + _WIDTH // 2 - 1}" y="{top + 15}" font-size="10" fill="{ink}" '
        f'text-anchor="middle">{escape(cell_text(cell))}</text>'
    )
