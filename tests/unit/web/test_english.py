"""The English pages: every Chinese piece of the portal has its English, and every entry has its Chinese."""

import ast
import re
import tomllib
from collections.abc import Iterator
from itertools import product
from pathlib import Path

import pytest
from jinja2 import Environment

import gongji
from gongji.core import codes
from gongji.core.case import NotDrawn
from gongji.core.family import BindingState
from gongji.core.notices import URGENT, WORDS, EndReason, Kind, text_of
from gongji.core.refusal import Code
from gongji.web.english import CHINESE, pieces, table
from gongji.web.rendering import FOLDER

TEMPLATES = FOLDER / "templates"
CHINESE_ONLY = re.compile("cashier|recorder|skin_|style$")
"""Pages for institutions, developers and of simulated channels."""
PORTAL = sorted(path.stem for path in TEMPLATES.glob("*.html") if not CHINESE_ONLY.match(path.stem))
SAMPLES = ("1.00", "7.00 元")


def parts(template: str) -> Iterator[tuple[str, str]]:
    """Texts of a template: ``shown`` are its own and those of expressions; ``stated`` stand inside statements."""
    inside = False
    for _, kind, value in Environment(autoescape=True).lex((TEMPLATES / f"{template}.html").read_text("utf-8")):
        inside = kind == "variable_begin" or (inside and kind != "variable_end")
        if kind == "data" or kind == "string":
            where = "shown" if inside or kind == "data" else "stated"
            yield from ((where, piece) for piece in pieces(value[1:-1] if kind == "string" else value))


def shown(template: str) -> set[str]:
    return {piece for where, piece in parts(template) if where == "shown"}


@pytest.mark.parametrize("template", PORTAL)
def test_nothing_is_missing(template: str) -> None:
    assert [piece for piece in shown(template) if table().piece(f"{template}.html", piece) is None] == []
    stated = {piece for where, piece in parts(template) if where == "stated"}
    assert [piece for piece in stated if CHINESE.search(table().text(piece))] == []


@pytest.mark.parametrize("template", list(table().of_template))
def test_no_entry_is_left_over(template: str) -> None:
    statements = "".join(re.findall(r"{%.*?%}", (TEMPLATES / f"{template}.html").read_text("utf-8")))
    left = set(table().of_template[template]) - shown(template)
    assert [piece for piece in left if f'"{piece}"' not in statements] == []


TYPED = re.compile("西安|上海|南宁|杭州|浠水|开发区|居民|余额|绑定|父母|岳母|买药|陕西医保|[“”、]")
"""Examples of what is to be typed in Chinese, and names."""


def test_no_entry_holds_markup_or_chinese() -> None:
    every = {**table().words, **{k: v for own in table().of_template.values() for k, v in own.items()}}
    every |= table().patterns
    menus = set(_of_topics())
    odd = [english for english in every.values() if re.search(r'[<>"]', english)]
    wrong = [e for chinese, e in every.items() if CHINESE.search(TYPED.sub("", e)) and chinese not in menus]
    assert odd + wrong == []


TERMS = [codes.Relation, codes.Scheme, codes.Status, codes.Insurance, codes.AccountState, codes.Care, codes.Level]
TERMS += [codes.SharingMode, codes.BindingTerm, codes.PaperKind, codes.ProofWay, codes.BindingChannel]
TERMS += [codes.PlaceKind, codes.Reach, codes.Purpose, codes.PremiumKind, codes.Business, codes.BillPart]
TERMS += [codes.Confidence, codes.Filing, codes.Place, BindingState, NotDrawn, Kind, EndReason]


@pytest.mark.parametrize("term", [term for kind in TERMS for term in kind if term not in URGENT])
def test_words_of_the_trade_are_known(term: codes.Term) -> None:
    assert not CHINESE.search(table().text(term.label)), term.label


def _topics() -> list[dict[str, object]]:
    content = tomllib.loads((FOLDER / "portal" / "help_topics.toml").read_text("utf-8"))
    return content["topic"]  # type: ignore[no-any-return]


def _of_topics() -> Iterator[str]:
    for topic in _topics():
        yield from (str(topic[name]) for name in ("title", "lead"))
        yield from topic.get("beware", [])  # type: ignore[misc]
        for step in topic.get("steps", []):  # type: ignore[attr-defined]
            yield from (step[name] for name in ("name", "text", "suits") if name in step)


@pytest.mark.parametrize("chinese", list(_of_topics()))
def test_help_is_known(chinese: str) -> None:
    assert chinese in table().words


NOT_FOR_PEOPLE = {code for code in Code if code.value.startswith(("institution_", "message_", "visit_", "stay_"))}
NOT_FOR_PEOPLE |= {code for code in Code if code.value.startswith(("fee_", "item_", "settlement_", "staff", "record_"))}
NOT_FOR_PEOPLE |= {code for code in Code if code.value.startswith(("incident_", "filing_", "client", "order_exists"))}
