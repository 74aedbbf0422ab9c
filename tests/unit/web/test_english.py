"""The English pages: every Chinese piece of the portal has its English, and every entry has its Chinese."""

import ast
import re
import tomllib
from collections.abc import Iterator
from pathlib import Path
from string import Formatter

import pytest
from jinja2 import DictLoader, Environment

import gongji
from gongji.core import codes
from gongji.core.case import NotDrawn
from gongji.core.family import BindingState
from gongji.core.notices import URGENT, WORDS, EndReason, Kind, Side, text_of
from gongji.core.refusal import Code
from gongji.policyfiles import load
from gongji.service.quote import quote
from gongji.service.region_cases import region_cases
from gongji.web.english import CHINESE, as_published, in_english, merged, pieces, table
from gongji.web.rendering import FOLDER

TEMPLATES = FOLDER / "templates"
CHINESE_ONLY = re.compile("cashier|recorder|skin_|style$")
"""Pages for institutions, developers and of simulated channels."""
PORTAL = sorted(path.stem for path in TEMPLATES.glob("*.html") if not CHINESE_ONLY.match(path.stem))


def parts(template: str) -> Iterator[tuple[str, str]]:
    """Texts of a template: ``shown`` are its own and those of expressions; ``stated`` stand inside statements."""
    inside = False
    for _, kind, value in Environment(autoescape=True).lex((TEMPLATES / f"{template}.html").read_text("utf-8")):
        inside = kind == "variable_begin" or (inside and kind != "variable_end")
        if kind in ("data", "string"):
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


def places(sentence: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(sentence) if name}


def test_a_sentence_has_the_same_places_in_both_languages() -> None:
    entries = [table().words, *table().of_template.values()]
    every = [(chinese, english) for own in entries for chinese, english in own.items()]
    assert [chinese for chinese, english in every if places(chinese) != places(english)] == []
    assert sum(bool(places(chinese)) for chinese, _ in every) > 20


def test_values_stand_where_english_wants_them() -> None:
    page = in_english(Environment(autoescape=True, loader=DictLoader({"ward.html": SENTENCE})))
    shown = page.get_template("ward.html").render(child="<何小暑>", giver="何小满", relation="子女")
    assert shown == "<dd>&lt;何小暑&gt; (child of 何小满)</dd>"


SENTENCE = '<dd>{{ "{child}（{giver}的{relation}）"|filled(child=child, giver=giver, relation=relation) }}</dd>'

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


NOT_FOR_PEOPLE = re.compile(
    "institution_unknown|message_|visit_|stay_|fee|return_|item_|total_mismatch|settlement_|already_reversed|later_|"
    "not_re(versible|turnable)|order_exists|refund_mismatch|record_|file_|filing_invalid|voucher_(used|elsewhere)|"
    "account_state|life_event|incident|role_missing|elsewhere|staff_|client_"
)
"""Refusals that only institutions, staff and registered channels get."""


@pytest.mark.parametrize("code", [code for code in Code if not NOT_FOR_PEOPLE.match(code.value)])
def test_refusals_are_known(code: Code) -> None:
    facts = {name: "70.00" if name == "amount" else "X1" for name in re.findall(r"{(\w+)}", code.text)}
    said = code.text.format_map(facts)
    assert not CHINESE.search(UNQUOTED.sub("", table().text(said))), said


UNQUOTED = re.compile("[“”]")
"""Quotation marks that both languages have."""
CLAUSES = [(kind, side, count) for kind in WORDS if kind not in URGENT for side in WORDS[kind] for count in (1, 2, 3)]


@pytest.mark.parametrize(("kind", "side", "count"), CLAUSES)
def test_notices_are_known(kind: Kind, side: Side, count: int) -> None:
    named = {name for clause in WORDS[kind][side][:count] for name in re.findall(r"{(\w+)}", clause)}
    facts = {name: "70.00" if name in ("amount", "held") else f"X{name}" for name in named}
    facts |= {"when": "2026年3月5日 09:10"} if "when" in named else {}
    told = table().text(text_of(kind, side, facts))
    assert not CHINESE.search(UNQUOTED.sub("", told)), told
    assert [value for name, value in facts.items() if name != "when" and value not in told] == []


SOURCE = Path(gongji.__file__).parent
SPOKEN = {
    "web": [
        "faults",
        "form",
    ],
    "core": [
        "premium",
        "passwords",
        "papers",
        "wallet",
        "eligibility",
        "family",
        "ask",
        "ask_draw",
        "ask_use",
        "conditions",
        "settlement",
        "facts",
    ],
    "service": [
        "binding_history",
        "binding_life",
        "binding_request",
        "bindings",
        "choices",
        "family_account",
        "origin",
        "passwords",
        "phone_codes",
        "premium_draw",
        "proof_papers",
        "set_aside",
        "wallet",
        "code_accounts",
        "oauth/exchange",
        "mobile_orders",
    ],
}
SPEAKING = [path for path in (SOURCE / "web" / "portal").glob("*.py") if path.stem != "style"]
SPEAKING += [SOURCE / layer / f"{name}.py" for layer, names in SPOKEN.items() for name in names]
"""Modules whose texts reach a page of the portal."""
PIECES = {
    "{}在{}共济范围内",
    "{}年{}月{}日 {}",
    "同在{}参保，",
    "，绑定和解绑须双方同意",
    "，没有账户的跳过",
    "：付个人负担中的{}",
    "（居民）",
}
"""Parts that a module puts into a longer text, which is known as a whole."""
KEPT = re.compile("例如 西安|个人账户共济绑定告知书|个人承诺书")
"""Titles of documents, and words that are searched for or typed in Chinese."""


def texts(path: Path) -> Iterator[str]:
    """Chinese texts of a module, its docstrings left out; ``{}`` stands for a value inside one."""
    tree = ast.parse(path.read_text("utf-8"))
    formatted = [node for node in ast.walk(tree) if isinstance(node, ast.JoinedStr)]
    left_out = {id(part) for node in formatted for part in node.values}
    left_out |= {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in formatted:
        yield "".join(str(part.value) if isinstance(part, ast.Constant) else "{}" for part in node.values)
    for node in ast.walk(tree):
        if isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in left_out:
            yield node.value


@pytest.mark.parametrize("path", SPEAKING, ids=lambda path: path.stem)
def test_texts_of_views_and_services_are_known(path: Path) -> None:
    said = [text for text in texts(path) if CHINESE.search(text) and text not in PIECES and not KEPT.search(text)]
    shown = {text: table().text(text.replace("{}", "1.00")) for text in said}
    assert {text: english for text, english in shown.items() if CHINESE.search(UNQUOTED.sub("", english))} == {}


REGIONS = SOURCE.parents[1] / "regions"


def test_reasons_of_every_case_are_known() -> None:
    book = load(REGIONS)
    names = "|".join(sorted((region.name for region in book.regions.values()), key=len, reverse=True))
    answers = [quote(book, {"region": case.region, **case.ask}) for case in region_cases(REGIONS)]
    reasons = {step["text"] for answer in answers for step in answer.get("trace", ())}
    reasons |= {answer["error"]["message"] for answer in answers if "error" in answer}
    assert len(reasons) > 500
    shown = {reason: re.sub(names, "", table().text(reason)) for reason in reasons}
    assert {reason: english for reason, english in shown.items() if CHINESE.search(english)} == {}


@pytest.mark.parametrize(
    ("chinese", "english"),
    [
        ("配偶、父母", "spouse, parent"),
        ("使用人是您的父母", "The user is your parent"),
        ("何小满", "何小满"),
        ("家庭共济：何小满的账户支付 70.00 元", "Family sharing: the account of 何小满 pays 70.00 yuan"),
        ("2026年11月", "2026-11"),
        ("2026年3月5日 09:10", "5 Mar 2026 09:10"),
        ("原因：2026年2月31日没有来。", "Reason: 31 Feb 2026没有来."),
        ("", ""),
        (
            "父母不在可绑定的亲属范围内，西安可绑定：配偶、子女",
            "This relative may not be bound: parent. In 西安 you may bind: spouse, child",
        ),
        (
            "本次限额还剩 30.00 元，每日限额还剩 10.00 元",
            "Limit of this bill: 30.00 yuan left, Daily limit: 10.00 yuan left",
        ),
        (
            "您与何小满的家庭共济绑定没有成立。原因：照片看不清。请重拍。",
            "Your binding with 何小满 was not made. Reason: 照片看不清. 请重拍。",
        ),
    ],
)
def test_what_views_give(chinese: str, english: str) -> None:
    assert table().text(chinese) == english


def test_an_entry_stands_in_one_file() -> None:
    assert table().text("家庭共济") == "Family sharing"
    with pytest.raises(ValueError, match=r"b\.toml: words has \['元'\]"):
        merged([("a.toml", {"words": {"元": "yuan"}}), ("b.toml", {"words": {"元": "RMB"}})])


def test_what_was_typed_goes_back_as_it_came() -> None:
    chinese = Environment(autoescape=True, loader=DictLoader({"a.html": '<input value="{{ typed }}">{{ typed }}'}))
    page = in_english(chinese).get_template("a.html").render(typed='父母"')
    assert page == '<input value="父母&#34;">父母&#34;'
    assert in_english(chinese).get_template("a.html").render(typed="父母") == '<input value="父母">parent'


def test_what_was_published_stays_chinese() -> None:
    assert as_published("父母") == '<span lang="zh-CN">父母</span>'
    assert as_published("<b>中</b>") == '<span lang="zh-CN">&lt;b&gt;中&lt;/b&gt;</span>'
    assert as_published("12393") == "12393"
