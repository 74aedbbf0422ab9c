"""Help: how to find out, how to bind, whom to call, what to beware of, and who says so (帮助)."""

from datetime import date
from functools import cache
from importlib.resources import files
from typing import Any, Final

import msgspec
from litestar import Request, get
from litestar.di import NamedDependency
from litestar.params import FromPath
from litestar.response import Template

from gongji.core.codes import Confidence
from gongji.core.policy import NATION, PolicyBook, Region
from gongji.core.rules import Statement
from gongji.core.told import Told, cite_of
from gongji.policyfiles import RULE_NAMES
from gongji.service.phone_book import phone_book
from gongji.service.platform import Platform
from gongji.web.faults import NoSuchPageError
from gongji.web.form import LONGEST_TEXT, Form
from gongji.web.rendering import page
from gongji.web.visitor import Visitor

POPULAR: Final = ("余额", "绑定", "父母", "提取", "电话")
"""What people look for most, as the sources' own lists of searches have it."""


class Step(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One way or one step: what it is called, what to do, whom it suits, and where it is done here."""

    name: str
    text: str
    suits: str = ""
    link: str = ""


class Topic(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """One topic of the help.

    Attributes:
        told: names of rules whose items are listed place by place.
        source, published: who says so, and when it was published.
    """

    key: str
    title: str
    lead: str
    steps: tuple[Step, ...] = ()
    beware: tuple[str, ...] = ()
    told: tuple[str, ...] = ()
    related: tuple[str, ...] = ()
    source: str
    published: date
    medical: bool = False

    def mentions(self, words: str) -> bool:
        """Whether each word of a search stands in it."""
        text = "".join((self.title, self.lead, *self.beware, *(step.name + step.text for step in self.steps)))
        return all(word in text for word in words.split())


class _Topics(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
    topic: tuple[Topic, ...]


@cache
def topics() -> dict[str, Topic]:
    """All topics by key, newest first."""
    text = files("gongji.web.portal").joinpath("help_topics.toml").read_bytes()
    found = msgspec.toml.decode(text, type=_Topics).topic
    return {topic.key: topic for topic in sorted(found, key=lambda topic: topic.published, reverse=True)}


@get("/help")
async def help_page(request: Request[Any, Any, Any], guest: NamedDependency[Visitor | None]) -> Template:
    """All topics, or those that hold the words looked for."""
    words = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    found = [topic for topic in topics().values() if topic.mentions(words)]
    return page("help.html", visitor=guest, form=Form(values={"q": words}), topics=found, popular=POPULAR)


@get("/help/phones")
async def phones(
    request: Request[Any, Any, Any], platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None]
) -> Template:
    """Whom to call, and whether anybody answers now."""
    words = request.query_params.get("q", "").strip()[:LONGEST_TEXT]
    now = platform.clock()
    return page(
        "phones.html",
        visitor=guest,
        form=Form(values={"q": words}),
        entries=phone_book(platform.book, now, words),
        now=now,
    )


class SourceView(msgspec.Struct, frozen=True, kw_only=True):
    """A document that rules rest on, and what it is used for."""

    source: str
    used: tuple[str, ...]


@get("/help/sources")
async def sources(platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None]) -> Template:
    """Every document that a rule rests on: the surest first."""
    return page("sources.html", visitor=guest, levels=_sources(platform.book))


@cache
def _sources(book: PolicyBook) -> list[tuple[Confidence, list[SourceView]]]:
    used: dict[tuple[str, Confidence], dict[str, None]] = {}
    for (region, rule, _), blocks in book.rules.items():
        for block in blocks:
            where = used.setdefault((block.cite.source, block.cite.confidence), {})
            where[f"{book.name(region)} {RULE_NAMES[rule]}"] = None
    return [
        (
            level,
            [
                SourceView(source=text, used=tuple(names))
                for (text, sure), names in sorted(used.items())
                if sure is level
            ],
        )
        for level in Confidence
    ]


@get("/help/{key:str}")
async def topic_page(
    platform: NamedDependency[Platform], guest: NamedDependency[Visitor | None], key: FromPath[str]
) -> Template:
    """One topic."""
    topic = topics().get(key)
    if topic is None:
        raise NoSuchPageError
    return page(
        "help_topic.html",
        visitor=guest,
        topic=topic,
        places=_places(platform.book, topic, platform.clock().date()),
        related=[topics()[other] for other in topic.related],
    )


def _places(book: PolicyBook, topic: Topic, today: date) -> list[tuple[Region, list[Told]]]:
    """What each place states itself about the topic; the nation last."""
    found = []
    for region in sorted(book.regions.values(), key=lambda region: (region.code == NATION, region.code)):
        blocks = [book.own(region.code, rule, today) for rule in topic.told]
        items = [
            Told(item=item, cite=cite_of(item, block.cite))
            for block in blocks
            if isinstance(block, Statement)
            for item in block.items
        ]
        if items:
            found.append((region, items))
    return found
