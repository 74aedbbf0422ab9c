"""Writes the pages of ``docs/reference`` that are made from code: ``python tests/architecture/reference_pages.py``."""

import inspect
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, Final

import typer.main

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from architecture.project import DOCS
from gongji.channels.nhsa import coverage, reference
from gongji.channels.rest.routes import rest_routes
from gongji.cli import app
from gongji.core.case import NotDrawn
from gongji.core.notices import URGENT, WORDS, EndReason, Kind, Side
from gongji.core.policy import PolicyBook
from gongji.core.refusal import Code
from gongji.core.scopes import Scope
from gongji.policyfiles import ARTICLES, RULE_NAMES, contradictions, load, locate
from gongji.policyfiles.contradictions import REFUSAL, Place

MADE: Final = "<!-- Made by tests/architecture/reference_pages.py; edit the code, then run it again. -->"


def commands_page() -> str:
    """Every command with its options, in the words that ``--help`` prints."""
    lines = [
        MADE,
        "# Commands",
        "",
        "Each command prints the same with `--help`. The program speaks Chinese, so the texts below are Chinese.",
        "",
    ]
    for words, command in _leaves(typer.main.get_command(app), ("gongji",)):
        lines += _command(words, command)
    return "\n".join(lines)


def _leaves(command: Any, words: tuple[str, ...]) -> Iterator[tuple[tuple[str, ...], Any]]:
    if not hasattr(command, "list_commands"):
        yield words, command
        return
    if command.invoke_without_command:
        yield words, command
    # Both ask for a context that they do not use.
    for child in command.list_commands(None):
        yield from _leaves(command.get_command(None, child), (*words, child))


def _command(words: tuple[str, ...], command: Any) -> Iterator[str]:
    arguments = [param for param in command.params if param.param_type_name == "argument"]
    options = [param for param in command.params if param.param_type_name == "option" and param.name != "help"]
    usage = " ".join([*words, *(param.name.upper() for param in arguments), *(["[OPTIONS]"] if options else [])])
    yield from (f"## {' '.join(words)}", "", f"`{usage}`", "")
    yield from (_unwrapped(inspect.cleandoc(command.help or "")), "")
    if arguments or options:
        yield from ("| option | default | meaning |", "|---|---|---|")
        yield from (f"| `{param.name.upper()}` |  | {_cell(param.help)} |" for param in arguments)
        yield from (f"| {_names(param)} | {_default(param)} | {_cell(param.help)} |" for param in options)
        yield ""


def _unwrapped(text: str) -> str:
    """Paragraphs as they are; a paragraph that is a command becomes code."""
    paragraphs = [" ".join(paragraph.split("\n")) for paragraph in text.replace("\b", "").split("\n\n")]
    return "\n\n".join(f"`{p}`" if p.startswith(("gongji ", "DATABASE_URL")) else p for p in paragraphs)


def _names(param: Any) -> str:
    required = "（必填）" if param.required else ""
    return ", ".join(f"`{name}`" for name in param.opts) + required


def _default(param: Any) -> str:
    return "" if param.default in (None, "", False, ()) or callable(param.default) else f"`{param.default}`"


def _cell(text: str | None) -> str:
    return (text or "").replace("\n", " ").replace("|", "\\|")


def refusals_page() -> str:
    """Every refusal in the order of precedence, and the reasons why a relative's account was not drawn."""
    lines = [
        MADE,
        "# Refusals",
        "",
        "A refusal is the business answer “no”: nothing was posted. The code is stable; programs may rely on it.",
        "Where several reasons hold, the one that stands first here is answered. Words in braces are filled in.",
        "The national interface sends the text as `err_msg` with `infcode` -1.",
        "`gongji quote --json` and REST send the code as well.",
        "",
        "| no. | code | text |",
        "|---|---|---|",
        *(f"| {place} | `{code.value}` | {_cell(code.text)} |" for place, code in enumerate(Code, start=1)),
        "",
        "## Why a relative's account paid nothing",
        "",
        "These are not refusals: the bill is settled; the reason stands with the relative in `shared_by` and in the",
        "trace.",
        "",
        "| reason | text |",
        "|---|---|",
        *(f"| `{reason.value}` | {_cell(reason.label)} |" for reason in NotDrawn),
        "",
    ]
    return "\n".join(lines)


_TOLD_AS: Final = {Side.AUTHORISER: "授权人", Side.USER: "使用人", Side.SELF: "本人"}


def notices_page() -> str:
    """Every kind of notice: who is told, and in which words."""
    lines = [
        MADE,
        "# Notices",
        "",
        "Words in braces are filled in. A sentence after ` / ` stands only where its facts are known.",
        "A person's notice keeps only the facts that his text names. Kinds marked `urgent` go out at night as well and",
        "are not kept in the inbox.",
        "",
        "| kind | title | who is told | text |",
        "|---|---|---|---|",
    ]
    for kind in Kind:
        marked = f"`{kind.value}`" + (" (`urgent`)" if kind in URGENT else "")
        for side, words in WORDS[kind].items():
            lines.append(f"| {marked} | {kind.label} | {_TOLD_AS[side]} | {_cell(' / '.join(words))} |")
    lines += ["", "## Why a binding ended", "", "| reason | text |", "|---|---|"]
    lines += [f"| `{reason.value}` | {reason.label} |" for reason in EndReason]
    return "\n".join([*lines, ""])


def contradictions_page() -> str:
    """Where sources contradict each other, in the order of the file."""
    book = load(locate())
    lines = [
        MADE.replace("edit the code", "edit regions/contradictions.toml"),
        "# Contradictions",
        "",
        "Popular articles on sharing contradict each other, and themselves. Each contradiction is resolved once, in",
        "the policy files; this page quotes the sides and says where the resolution stands. The default is what",
        "holds where a place states nothing else. Numbers are those of `regions/contradictions.toml`.",
        "",
        "| quoted as | what it is |",
        "|---|---|",
        *(f"| {short} | {full} |" for short, full in ARTICLES.items()),
        "",
    ]
    for entry in contradictions(locate(), book):
        lines += [f"## {entry.number}. {entry.topic}", ""]
        lines += [f"- {side.told_in}：「{_cell(side.says)}」" for side in entry.sides]
        lines += [
            "",
            f"**{entry.handling.label}**：{entry.resolved}",
            "",
            f"默认：{entry.default}。见 {'；'.join(_stands(place, book) for place in entry.stands)}。",
            "",
        ]
    return "\n".join(lines)


def _stands(place: Place, book: PolicyBook) -> str:
    if place.region == REFUSAL:
        return f"拒绝 `{place.rule}`"
    return f"{book.name(place.region)} `{place.rule}`（{RULE_NAMES[place.rule]}）"


def scopes_page() -> str:
    """Every scope, in the words people are told, with the routes it opens."""
    opened: dict[str, list[str]] = {}
    for route in rest_routes().routes:
        for handler in getattr(route, "route_handlers", ()):
            scope = handler.opt.get("scope")
            methods = sorted(handler.http_methods - {"OPTIONS", "HEAD"})
            opened.setdefault(scope, []).extend(f"`{method} {route.path_format}`" for method in methods)
    lines = [
        MADE,
        "# Scopes",
        "",
        "A scope is what a person lets a third-party channel see or do. The text is what he reads before he says yes.",
        "A route that is not listed here is the person's own, or open to everybody.",
        "[How a channel gets in](../how-to/third-party-channels.md).",
        "",
        "| scope | text | opens |",
        "|---|---|---|",
        *(f"| `{scope.value}` | {scope.label} | {'<br>'.join(opened.get(scope, ['']))} |" for scope in Scope),
        "",
    ]
    return "\n".join(lines)


PAGES: Final[dict[str, Callable[[], str]]] = {
    "commands.md": commands_page,
    "contradictions.md": contradictions_page,
    "national-coverage.md": coverage.markdown,
    "national-interface.md": reference.markdown,
    "notices.md": notices_page,
    "refusals.md": refusals_page,
    "scopes.md": scopes_page,
}


def main() -> None:
    """Write every page."""
    for file, page in PAGES.items():
        (DOCS / "reference" / file).write_text(page(), "utf-8")


if __name__ == "__main__":
    main()
