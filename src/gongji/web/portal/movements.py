"""One's records by month, drawn, by kind of business, and to take along (收支记录)."""

import csv
import io
from datetime import date
from typing import Any, Final

import msgspec
from litestar import Request, Response, get
from litestar.di import NamedDependency
from litestar.response import Template

from gongji.core.codes import Business
from gongji.core.money import Fen, format_yuan
from gongji.core.times import CHINA
from gongji.service.monthly import Month, month_and_year, month_before, movements_between
from gongji.service.own_records import write_own_records
from gongji.service.papers import paper
from gongji.service.people import persons
from gongji.service.platform import Platform
from gongji.web.form import Form
from gongji.web.portal import account
from gongji.web.rendering import page, words_for
from gongji.web.visitor import Visitor

MONTHS: Final = 12
CHART_HEIGHT: Final = 120
SLOT: Final = 60
BAR: Final = 36
THINNEST: Final = 3
_HEADINGS: Final = ("时间", "业务类型", "内容", "使用人", "地点", "类别", "金额（元）", "编号")
_FORMULA: Final = ("=", "+", "-", "@", "\t", "\r")
"""A cell that begins so would be worked out by a spreadsheet."""


class Piece(msgspec.Struct, frozen=True, kw_only=True):
    """One part of a bar."""

    kind: str
    y: int
    height: int


class Bar(msgspec.Struct, frozen=True, kw_only=True):
    """What was spent in a month, as it is drawn."""

    month: Month
    x: int
    middle: int
    top: int
    pieces: tuple[Piece, ...]


@get("/records")
async def records(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Template:
    """A month's movements under a drawing of the last twelve."""
    first, business = _asked(request, platform.clock().date())
    found, months = await month_and_year(platform, visitor.person_no, first, business, MONTHS)
    shown = account.months_of(found, visitor.person_no)
    return page(
        "records.html",
        visitor=visitor,
        bars=_bars(months),
        months=months,
        width=SLOT * MONTHS,
        height=CHART_HEIGHT,
        first=first,
        earlier=month_before(first, 1),
        later=month_before(first, -1) if month_before(first, -1) <= platform.clock().date() else None,
        business=business,
        businesses=list(Business),
        lines=[line for month in shown for line in month.lines],
    )


def _asked(request: Request[Any, Any, Any], today: date) -> tuple[date, Business | None]:
    """The month and kind of business of the address; what cannot be read is left out."""
    form = Form(values={name: request.query_params.get(name, "") for name in ("month", "business")})
    try:
        first = date.fromisoformat(f"{form.text('month')}-01")
    except ValueError:
        first = today.replace(day=1)
    return min(first, today.replace(day=1)), form.choice("business", Business, "")


def _bars(months: list[Month]) -> list[Bar]:
    """Bars in proportion to the dearest month; money that came back is not drawn below the line."""
    dearest = max([month.spent for month in months] + [1])
    return [_bar(number, month, dearest) for number, month in enumerate(months)]


def _bar(number: int, month: Month, dearest: Fen) -> Bar:
    pieces = []
    top = CHART_HEIGHT
    for kind, amount in (("own", month.own), ("shared", month.shared), ("fund", month.premium)):
        if amount > 0:
            height = max(THINNEST, CHART_HEIGHT * amount // dearest)
            top -= height
            pieces.append(Piece(kind=kind, y=top, height=height))
    x = SLOT * number + (SLOT - BAR) // 2
    return Bar(month=month, x=x, middle=SLOT * number + SLOT // 2, top=top, pieces=tuple(pieces))


@get("/records.csv")
async def records_csv(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]
) -> Response[bytes]:
    """The last twelve months as a table for a spreadsheet."""
    today = platform.clock().date()
    _, business = _asked(request, today)
    since = month_before(today.replace(day=1), MONTHS - 1)
    found = await movements_between(platform, visitor.person_no, since, today, business)
    say = words_for(request)
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow(map(say, _HEADINGS))
    for one in found:
        at = f"{one.at.astimezone(CHINA):%Y-%m-%d %H:%M}"
        cells = [at, say(one.business.label), say(account.title_of(one)), one.person_name, one.institution]
        cells += [say(one.care.label) if one.care else ""]
        writer.writerow([*map(_harmless, cells), format_yuan(one.amount), one.settlement or one.premium or ""])
    # The mark in front makes old spreadsheets read the file as UTF-8.
    return Response(
        text.getvalue().encode("utf-8-sig"),
        media_type="text/csv; charset=utf-8",
        headers={"content-disposition": "attachment; filename=records.csv"},
    )


@get("/records.pdf")
async def records_pdf(platform: NamedDependency[Platform], visitor: NamedDependency[Visitor]) -> Response[bytes]:
    """One's own bills of the last twelve months on pages, each with its split and reasons."""
    today = platform.clock().date()
    found = await persons(platform, [visitor.person_no])
    target = io.BytesIO()
    since = month_before(today.replace(day=1), MONTHS - 1)
    await write_own_records(platform, target, found[visitor.person_no], since, today)
    return Response(
        target.getvalue(),
        media_type=paper.Form.PDF.media_type,
        headers={"content-disposition": "attachment; filename=records.pdf"},
    )


def _harmless(cell: str) -> str:
    return f"'{cell}" if cell.startswith(_FORMULA) else cell
