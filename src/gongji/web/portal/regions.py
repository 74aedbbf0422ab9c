"""What holds where (地方专区): a region's rules on a day, with their sources, and what changes when."""

from datetime import date
from functools import lru_cache
from itertools import groupby
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Redirect, Template
from litestar.status_codes import HTTP_303_SEE_OTHER
from stdnum import numdb

from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import NATION, PolicyBook, Region, Rule, ancestry
from gongji.policyfiles import RULE_NAMES, Change, changes, describe_for, show
from gongji.service.platform import Platform
from gongji.web.faults import NoSuchPageError
from gongji.web.form import LONGEST_TEXT, Form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

GROUPS: Final = (
    ("家庭共济", "sharing."),
    ("个人账户", "account."),
    ("门诊待遇", "outpatient."),
    ("住院待遇", "inpatient."),
    ("门诊慢特病", "special_disease."),
    ("药店购药", "pharmacy."),
    ("异地就医", "away."),
    ("居民医保", "resident."),
    ("电话、渠道和办理", "service."),
    ("生育", "maternity."),
    ("灵活就业", "flexible."),
)
"""Headings, and the rules that stand under each by the beginning of their names."""


class RuleView(msgspec.Struct, frozen=True, kw_only=True):
    """One rule as people read it."""

    name: str
    lines: tuple[str, ...]
    since: date
    source: str
    confidence: Confidence
    inherited: str
    overdue: bool


class Turn(msgspec.Struct, frozen=True, kw_only=True):
    """A day on which rules of a region change."""

    on: date
    changes: tuple[tuple[str, Change], ...]


@get("/regions")
async def regions_page(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None]
) -> Template | Redirect:
    """All places by province; a name that is meant leads straight to its page."""
    asked = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    found = platform.book.find(asked) if asked else None
    if found and found.code != NATION:
        return Redirect(f"/regions/{found.code}", status_code=HTTP_303_SEE_OTHER)
    form = Form(values={"q": asked})
    if asked:
        form.fault("q", f"没有收录“{asked}”。请从下面选，或换一个名称，例如 西安。")
    return page(
        "regions.html",
        visitor=guest,
        form=form,
        provinces=_provinces(platform.book),
        mine=platform.book.regions.get(guest.region) if guest else None,
        status=404 if asked else 200,
    )


def _provinces(book: PolicyBook) -> list[tuple[str, list[Region]]]:
    places = sorted((region for region in book.regions.values() if region.code != NATION), key=lambda r: r.code)
    return [(_province(province), list(group)) for province, group in groupby(places, key=lambda r: r.code[:2])]


def _province(digits: str) -> str:
    """Name of a province by the first two digits of its codes, also where the book has only cities of it."""
    (_, found), *_ = numdb.get("cn/loc").info(digits + "0000")
    return found.get("province", digits)


@get("/regions/{code:str}")
async def region_page(
    request: Request[Any, Any, Any],
    platform: NamedDependency[Platform],
    guest: NamedDependency[Visitor | None],
    code: FromPath[str],
) -> Template:
    """Everything known about one place on a day."""
    book = platform.book
    region = book.regions.get(code)
    if region is None:
        raise NoSuchPageError
    form = Form(values={"date": request.query_params.get("date", "")[:LONGEST_TEXT]})
    on = form.day("date") or platform.clock().date()
    return page(
        "region.html",
        visitor=guest,
        region=region,
        on=on,
        form=form,
        groups=_groups(book, region, on),
        turns=_turns(book, region),
        status=422 if form.faults else 200,
    )


def _groups(book: PolicyBook, region: Region, on: date) -> list[tuple[str, list[RuleView]]]:
    known = [
        (name, _view(book, region, name, rule, on, scheme))
        for scheme in Scheme
        for name, rule in show(book, region.code, on, scheme)
        if rule is not None
    ]
    groups = [(title, [view for name, view in known if name.startswith(start)]) for title, start in GROUPS]
    return [(title, views) for title, views in groups if views]


def _view(book: PolicyBook, region: Region, name: str, rule: Rule, on: date, scheme: Scheme) -> RuleView:
    cite = rule.cite
    return RuleView(
        name=_name(name, scheme),
        lines=describe_for(book, region.code, rule, on, scheme),
        since=cite.start,
        source=cite.source,
        confidence=cite.confidence,
        inherited="" if cite.region == region.code else book.name(cite.region),
        overdue=cite.overdue(on),
    )


def _name(rule: str, scheme: Scheme) -> str:
    return RULE_NAMES[rule] + ("" if scheme is Scheme.EMPLOYEE else "（居民）")


@lru_cache(maxsize=256)
def _turns(book: PolicyBook, region: Region) -> tuple[Turn, ...]:
    """The days on which something of the region or of those above it begins, newest first; read once a process."""
    days = {
        block.cite.start
        for (code, _, _), blocks in book.rules.items()
        if code in ancestry(region.code)
        for block in blocks
    }
    turns = []
    for on in sorted(days, reverse=True):
        found = changes(book, region.code, date.fromordinal(on.toordinal() - 1), on)
        told = tuple((_name(one.rule, one.scheme), one) for one in found if not one.source_only)
        if told:
            turns.append(Turn(on=on, changes=told))
    return tuple(turns)
