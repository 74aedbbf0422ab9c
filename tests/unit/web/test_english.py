"""The English pages: every Chinese piece of the main templates has its English, and every entry has its Chinese."""

import re

import pytest
from jinja2 import Environment

from gongji.core.codes import AccountState, Business, Confidence, Relation, Scheme, Status
from gongji.core.family import BindingState
from gongji.web.english import CHINESE, pieces, table
from gongji.web.faults import _OTHER, _WORDS
from gongji.web.portal.family import _DONE
from gongji.web.rendering import FOLDER

TEMPLATES = FOLDER / "templates"
MAIN = ["base", "parts", "home", "my_home", "services", "login", "code", "me", "account", "records", "receipt"]
MAIN += [
    "orders",
    "order",
    "receipt_part",
    "family",
    "voucher",
    "voucher_relative",
    "pay",
    "pay_confirm",
    "premium",
    "ask",
    "quote",
]
MAIN += ["help", "help_topic", "messages", "fault"]
"""Pages that are wholly in English; the others are as far as the table goes."""


def shown(template: str) -> set[str]:
    """The Chinese pieces that a template shows: its own text, and texts inside expressions."""
    found: set[str] = set()
    inside = False
    for _, kind, value in Environment(autoescape=True).lex((TEMPLATES / f"{template}.html").read_text("utf-8")):
        inside = kind == "variable_begin" or (inside and kind != "variable_end")
        if kind == "data" or (kind == "string" and inside):
            found |= set(pieces(value[1:-1] if kind == "string" else value))
    return found


@pytest.mark.parametrize("template", MAIN)
def test_nothing_is_missing(template: str) -> None:
    assert [piece for piece in shown(template) if table().piece(f"{template}.html", piece) is None] == []


@pytest.mark.parametrize("template", list(table().of_template))
def test_no_entry_is_left_over(template: str) -> None:
    statements = "".join(re.findall(r"{%.*?%}", (TEMPLATES / f"{template}.html").read_text("utf-8")))
    left = set(table().of_template[template]) - shown(template)
    assert [piece for piece in left if f'"{piece}"' not in statements] == []


def test_no_entry_holds_markup_or_chinese() -> None:
    every = {**table().words, **{k: v for own in table().of_template.values() for k, v in own.items()}}
    allowed = re.compile("西安|上海|南宁|杭州|余额|绑定|父母|岳母|买药|、")
    odd = [english for english in every.values() if re.search(r'[<>"]', english)]
    assert odd + [english for english in every.values() if CHINESE.search(allowed.sub("", english))] == []


TERMS = [*Relation, *Scheme, *Status, *AccountState, *Business, *Confidence, *BindingState]
SAID = [*_DONE.values(), *_OTHER, *(text for pair in _WORDS.values() for text in pair)]


@pytest.mark.parametrize("chinese", [term.label for term in TERMS] + SAID)
def test_words_of_the_trade_and_answers_are_known(chinese: str) -> None:
    assert not CHINESE.search(table().text(chinese)), chinese


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("配偶、父母", "spouse, parent"),
        ("使用人是您的父母", "The user is your parent"),
        ("何小满", "何小满"),
        ("家庭共济：何小满的账户支付 70.00 元", "Family sharing: the account of 何小满 pays 70.00 yuan"),
        ("2026年11月", "2026-11"),
        ("", ""),
    ],
)
def test_what_views_give(chinese: str, english: str) -> None:
    assert table().text(chinese) == english
