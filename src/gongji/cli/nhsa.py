"""``gongji nhsa``: messages of the national interface, explained and shown."""

import sys
from collections.abc import Iterable
from pathlib import Path
from typing import Annotated

import msgspec
import typer
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gongji.channels.nhsa import examples, tables
from gongji.channels.nhsa.captured import NotAMessageError, messages
from gongji.channels.nhsa.explain import explain
from gongji.channels.nhsa.strictness import sentence
from gongji.cli.opening import DataOption, on_platform
from gongji.cli.quote import fail
from gongji.service.departures import Counted, counted
from gongji.service.explained import Explained

nhsa_app = typer.Typer(no_args_is_help=True, help="国家接口报文：说明、示例、与规范不符之处。")

_FAULTY = 1
_MOST_BYTES = 64 * 1024 * 1024


@nhsa_app.callback()
def nhsa() -> None:
    """国家接口报文：说明、示例、与规范不符之处。"""


@nhsa_app.command(name="explain")
def explain_command(
    *,
    file: Annotated[str, typer.Argument(help="报文文件；- 从标准输入读取")],
    infno: Annotated[str, typer.Option(help="单独的应答属于哪个交易；不写则按字段判断")] = "",
    personal: Annotated[bool, typer.Option("--personal", help="显示姓名、证件号码；默认隐去")] = False,
    json: Annotated[bool, typer.Option("--json", help="打印 JSON")] = False,
) -> None:
    """逐字段说明抓到的报文：中文名称、字典含义、哪里不对。

    请求和应答都可以，也可以放在一起；接受 JSON、表单 jsonStr=…、multipart 表单、HTTP 抓包和带报文的日志行。

    例一：说明一个文件

    gongji nhsa explain request.json

    例二：从剪贴板或管道读取，打印 JSON

    gongji nhsa explain - --json

    例三：只有应答时指明交易

    gongji nhsa explain answer.json --infno 2207

    没有问题退出码为 0，有不符规范之处或失败为 1，读不懂为 2。
    """
    try:
        explained = explain(messages(_content(file)), infno, personal=personal)
    except NotAMessageError as fault:
        fail(str(fault))
    if json:
        typer.echo(msgspec.json.format(msgspec.json.encode(explained), indent=2).decode())
    else:
        for one in explained:
            print_explained(one)
    if any(one.refused or one.wrong for one in explained):
        raise typer.Exit(_FAULTY)


@nhsa_app.command()
def example(
    infno: Annotated[str, typer.Argument(help="交易编号，例如 2207")],
    *,
    answer: Annotated[bool, typer.Option("--answer", help="打印应答的示例，默认是请求")] = False,
) -> None:
    """打印一个交易的示例报文，由字段表生成，内容虚构。

    例：gongji nhsa example 2207

    规范中的 212 个交易都有示例，不论本平台是否提供。
    """
    if tables.transaction(infno) is None:
        fail(f"交易编号 {infno} 不在接口规范中，编号见 docs/reference/national-coverage.md")
    message = examples.answer(infno) if answer else examples.request(infno)
    typer.echo(msgspec.json.format(msgspec.json.encode(message), indent=2).decode())


@nhsa_app.command()
def departures(
    institution: Annotated[str, typer.Argument(help="定点医药机构编号")],
    *,
    data: DataOption = None,
    json: Annotated[bool, typer.Option("--json", help="打印 JSON")] = False,
) -> None:
    """列出一家机构的报文与接口规范不符之处，按交易和字段计数。

    例：gongji nhsa departures H61010090001

    严格模式下收到的报文才会计入：请求带 X-Gongji-Strict: 1（沙箱），或服务设置 GONGJI_STRICT=1。
    """
    found = on_platform(data, lambda platform: counted(platform, institution))
    if json:
        typer.echo(msgspec.json.encode(found).decode())
    elif found:
        Console().print(_counted(found))
    else:
        Console().print(Text("没有记录：尚未在严格模式下发送报文，或报文与规范完全一致"))


def _content(file: str) -> bytes:
    try:
        if file == "-":
            return sys.stdin.buffer.read(_MOST_BYTES)
        with Path(file).open("rb") as opened:
            return opened.read(_MOST_BYTES)
    except OSError as fault:
        fail(f"不能读取 {file}：{fault.strerror}")


def print_explained(one: Explained) -> None:
    """Print a message in words."""
    console = Console()
    kind = {"request": "请求", "answer": "应答"}[one.kind]
    named = f"{one.transaction} {one.title}" if one.transaction else "交易未知，请用 --infno 指明"
    guessed = "（按字段判断）" if one.guessed else ""
    console.print(Text(f"{kind}：{named}{guessed}", style="bold"))
    if one.transaction and not one.offered:
        console.print(Text("本平台不提供这个交易", style="yellow"))
    for how in one.how:
        console.print(Text(f"已拆开：{how}", style="dim"))
    console.print(_fields(one))
    _list(console, "失败原因" if one.kind == "answer" else "不会受理", one.refused, "bold red")
    _list(console, "与接口规范不符" + ("（本平台容许）" if one.kind == "request" else ""), one.wrong, "yellow")
    if not one.refused and not one.wrong:
        console.print(Text("没有发现问题", style="green"))
    console.print()


def _fields(one: Explained) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="dim")
    for heading in ("节点", "字段", "名称", "值", "含义"):
        table.add_column(heading, overflow="fold")
    before = None
    for seen in one.fields:
        place = (seen.node or "报文头") + ("" if seen.row is None else f"[{seen.row}]")
        style = "" if seen.known else "yellow"
        shown = "" if place == before else place
        table.add_row(
            *(Text(text, style=style) for text in (shown, seen.field, seen.label, seen.value)),
            Text(seen.meaning, style="cyan"),
        )
        before = place
    return table


def _list(console: Console, heading: str, sentences: Iterable[str], style: str) -> None:
    for number, text in enumerate(sentences, start=1):
        if number == 1:
            console.print(Text(heading, style=style))
        console.print(Text(f"  {number}. {text}"))


def _counted(found: list[Counted]) -> Table:
    table = Table(show_edge=False, pad_edge=False, header_style="dim")
    for heading in ("交易", "次数", "最近一次", "不符之处"):
        table.add_column(heading, overflow="fold")
    for one in found:
        latest = f"{one.last_at:%Y-%m-%d %H:%M}"
        table.add_row(one.transaction, str(one.times), latest, Text(sentence(one.place)))
    return table
