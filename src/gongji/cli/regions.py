"""``gongji regions``: are the policy files sound, what do they cover, and what holds where and when."""

from datetime import date, datetime
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gongji.cli.quote import fail, open_book
from gongji.core.codes import Scheme
from gongji.core.policy import NATION
from gongji.core.times import CHINA
from gongji.policyfiles import RULE_NAMES, check, coverage, describe, locate, show

regions_app = typer.Typer(no_args_is_help=True, help="地区政策文件：检查、收录范围、某地某日的规定。")


@regions_app.command("check")
def check_command() -> None:
    """检查全部地区文件，一次列出所有差错。

    语法、不认识的键、缺少出处、数值格式、日期重叠或空档、永远轮不到的行都会列出文件、行号和键。
    没有差错时退出码为 0，否则为 1。

    例：gongji regions check
    """
    try:
        root = locate()
    except FileNotFoundError as missing:
        fail(str(missing))
    faults = check(root)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        typer.echo(f"共 {len(faults)} 处差错。", err=True)
        raise typer.Exit(1)
    typer.echo(f"没有差错：{root}")


@regions_app.command("coverage")
def coverage_command() -> None:
    """收录了哪些地区的哪些规则，从何时起，可信度多高。

    例：gongji regions coverage
    """
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("规则", "起", "止", "可信度", "复核期限"):
        table.add_column(heading, no_wrap=True)
    today = datetime.now(CHINA).date()
    above = ""
    for known in coverage(open_book()):
        cite, region = known.cite, known.region
        if region.code != above:
            table.add_section()
            table.add_row(Text(f"{region.name} {region.code}", style="bold"))
            above = region.code
        scheme = "" if known.scheme is Scheme.EMPLOYEE else f"（{known.scheme.label}）"
        end = str(cite.end) if cite.end else ""
        late = "（已过）" if cite.overdue(today) else ""
        table.add_row(
            f"{RULE_NAMES[known.rule]}{scheme}", str(cite.start), end, cite.confidence.label, f"{cite.review_by}{late}"
        )
    Console().print(table)


@regions_app.command("show")
def show_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码")],
    on: Annotated[str, typer.Option(help="日期，例如 2025-09-10；默认今天")] = "",
) -> None:
    """某地某日的全部规定，连同从上级继承的；没有收录的写明“未收录”。

    例：gongji regions show 西安 --on 2024-05-21
    """
    book = open_book()
    found = book.find(region)
    if found is None:
        known = "、".join(each.name for each in book.regions.values() if each.code != NATION)
        fail(f"没有收录“{region}”；已收录：{known}")
    day = _day(on)
    table = Table(title=f"{found.name}（{found.code}）{day} 的规定", title_justify="left", show_lines=True)
    for heading in ("规则", "内容", "出处", "可信度"):
        table.add_column(heading, overflow="fold")
    for name, rule in show(book, found.code, day):
        if rule is None:
            table.add_row(RULE_NAMES[name], Text("未收录", style="yellow"), "", "")
            continue
        cite = rule.cite
        inherited = "" if cite.region == found.code else f"\n继承自{book.name(cite.region)}"
        late = f"\n已过复核日期 {cite.review_by}" if cite.overdue(day) else ""
        basis = Text(f"{cite.start} 起{inherited}\n{cite.source}\n{cite.file}{late}")
        table.add_row(RULE_NAMES[name], Text("\n".join(describe(rule))), basis, cite.confidence.label)
    Console().print(table)


def _day(text: str) -> date:
    if not text:
        return datetime.now(CHINA).date()
    try:
        return date.fromisoformat(text)
    except ValueError:
        fail(f"--on 须是日期，例如 2025-09-10，不是“{text}”")
