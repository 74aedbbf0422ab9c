"""Turn view values into pages: one template environment, with the formats that every page uses (页面渲染)."""

from collections.abc import Callable, Iterable
from datetime import date, datetime
from functools import lru_cache, partial
from pathlib import Path
from typing import Any, Final

from jinja2 import Environment, FileSystemLoader, StrictUndefined
from jinja2 import Template as Compiled
from litestar import Request
from litestar.plugins.jinja import JinjaTemplateEngine
from litestar.response import Template

from gongji.core.codes import Term
from gongji.core.money import Fen, format_yuan
from gongji.core.skins import Skins, channel_name
from gongji.core.times import CHINA
from gongji.web.english import in_english, table
from gongji.web.sentences import filled
from gongji.web.unbroken import unbroken
from gongji.web.visitor import CHANNEL_COOKIE, LANGUAGE_COOKIE

FOLDER = Path(__file__).parent
_ENGLISH = "en/"
"""Stands before the name of a template that is wanted in English."""


class PageEngine(JinjaTemplateEngine):
    """The templates in Chinese and in English."""

    def __init__(self, chinese: Environment) -> None:
        super().__init__(engine_instance=chinese)
        # After the above, which adds what every template may call.
        self._english = in_english(chinese)

    def get_template(self, template_name: str) -> Compiled:
        """A template by its name, in the language that stands before it."""
        if template_name.startswith(_ENGLISH):
            return self._english.get_template(template_name.removeprefix(_ENGLISH))
        return super().get_template(template_name)


class Page(Template):
    """A page in the language that was chosen on this device."""

    def create_template_context(self, request: Request[Any, Any, Any]) -> dict[str, Any]:
        """The values of the page; here it is first known who asked for it."""
        if _wants_english(request):
            self.template_name = f"{_ENGLISH}{self.template_name}"
        return super().create_template_context(request)


def _wants_english(request: Request[Any, Any, Any]) -> bool:
    return request.cookies.get(LANGUAGE_COOKIE) == "en"


def words_for(request: Request[Any, Any, Any]) -> Callable[[str], str]:
    """What turns a text into the language that was chosen on this device, for what no template renders."""
    return table().text if _wants_english(request) else str


def template_engine(*, sandbox: bool, skins: Skins) -> PageEngine:
    """The engine of one portal; an undefined name in a template is an error, not an empty place."""
    environment = Environment(
        loader=FileSystemLoader(FOLDER / "templates"),
        autoescape=True,
        undefined=StrictUndefined,
        # Looking at the age of every file for every page costs more than compiling them all once.
        auto_reload=False,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.globals |= {"sandbox": sandbox, "options": options, "skins": skins}
    environment.globals |= {"channel_cookie": CHANNEL_COOKIE, "language": "zh-CN"}
    environment.filters |= {"yuan": format_yuan, "signed": signed, "day": day, "moment": moment, "clock": clock}
    environment.filters |= {"as_published": as_published, "unbroken": unbroken, "filled": filled}
    environment.filters["channel_name"] = partial(channel_name, skins)
    return PageEngine(environment)


def page(name: str, *, status: int = 200, visitor: object = None, **values: Any) -> Template:
    """A page; ``visitor`` is who is signed in, or None."""
    return Page(name, context={"visitor": visitor, **values}, status_code=status)


def options(terms: Iterable[Term]) -> list[tuple[str, str]]:
    """Codes with their words, for a choice in a form."""
    return [(term.value, term.label) for term in terms]


def signed(amount: Fen) -> str:
    """An amount with its sign, since money out and money in must not look alike."""
    return f"+{format_yuan(amount)}" if amount > 0 else format_yuan(amount)


as_published: Final = lru_cache(4096)(unbroken)
"""Sources and words of rules: some hundred texts, of which a page may show dozens. No person is among them."""


def day(on: date) -> str:
    """A day as it is said: 2026年3月5日."""
    return f"{on.year}年{on.month}月{on.day}日"


def moment(at: datetime) -> str:
    """A day and time in China."""
    local = at.astimezone(CHINA)
    return f"{day(local.date())} {local:%H:%M}"


def clock(at: datetime) -> str:
    """A time to the millisecond, for who compares it with a log of his own."""
    local = at.astimezone(CHINA)
    return f"{local:%m-%d %H:%M:%S}.{local.microsecond // 1000:03d}"
