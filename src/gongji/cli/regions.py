"""``gongji regions``: are the policy files sound, what do they cover, what holds where and when, what changed."""

import json
from datetime import date, datetime
from pathlib import Path
from typing import Annotated

import typer
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from gongji.cli.purposes import purposes_command
from gongji.cli.quote import day_or_exit, fail, open_book, region_or_exit
from gongji.core.codes import Confidence, Scheme
from gongji.core.policy import Citation, PolicyBook, Region
from gongji.core.times import CHINA
from gongji.policyfiles import (
    RULE_NAMES,
    PolicyFilesError,
    changes,
    check,
    check_contradictions,
    column_name,
    columns,
    coverage,
    describe,
    describe_for,
    load,
    locate,
    matrix,
    schema,
    show,
    svg,
    trace,
)
from gongji.service.region_cases import case_faults, differences, region_cases

regions_app = typer.Typer(no_args_is_help=True, help="地区政策文件：检查、收录范围、某地某日的规定。")
regions_app.command("purposes")(purposes_command)


@regions_app.command("check")
def check_command() -> None:
    """检查全部地区文件，一次列出所有差错。

    语法、不认识的键、缺少出处、数值格式、日期重叠或空档、永远轮不到的行都会列出文件、行号和键；案例文件只看写法，
    结果对不对用 gongji regions test。
    没有差错时退出码为 0，否则为 1。

    例：gongji regions check
    """
    try:
        root = locate()
    except FileNotFoundError as missing:
        fail(str(missing))
    faults = check(root) or (*check_contradictions(root, load(root)), *case_faults(root))
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        typer.echo(f"共 {len(faults)} 处差错。", err=True)
        raise typer.Exit(1)
    typer.echo(f"没有差错：{root}")


@regions_app.command("coverage")
def coverage_command(
    *,
    blocks: Annotated[bool, typer.Option("--blocks", help="逐块列出：从何时起，到何时止，复核期限")] = False,
    picture: Annotated[Path | None, typer.Option("--svg", help="另存为图片（SVG）的文件")] = None,
) -> None:
    """收录了哪些地区的哪些主题，可信度多高。

    每格是今天有效的规定里最低的可信度：高、中、低、文（仅见于文章）；“继”表示全部继承自上级，“–”表示未收录。

    例：gongji regions coverage --svg coverage.svg
    """
    book = open_book()
    today = datetime.now(CHINA).date()
    if picture:
        try:
            picture.write_text(svg(book, today), encoding="utf-8")
        except OSError as error:
            fail(f"不能写入 {picture}：{error.strerror}")
        typer.echo(f"已写入 {picture}")
    elif blocks:
        Console().print(_blocks(book, today))
    else:
        Console().print(_matrix(book, today))
        typer.echo(_LEGEND)


_LEGEND = "高、中、低：可信度；文：仅见于文章；继：全部继承自上级；–：未收录"
_MARKS = {confidence: confidence.label[0] for confidence in Confidence} | {Confidence.ARTICLE_ONLY: "文"}


def _matrix(book: PolicyBook, today: date) -> Table:
    """Headings run downwards and cells are one character, so that the whole country fits a narrow terminal."""
    table = Table(box=box.SIMPLE_HEAD, padding=(0, 1, 0, 0), collapse_padding=True, show_edge=False, pad_edge=False)
    table.add_column("地区", no_wrap=True, vertical="bottom")
    for column in columns(book):
        table.add_column("\n".join(column_name(*column).strip("（）").replace("（", "")), justify="center")
    for region, cells in matrix(book, today):
        marks = ("–" if cell is None else "继" if cell.inherited else _MARKS[cell.confidence] for cell in cells)
        table.add_row(region.name, *marks)
    return table


def _blocks(book: PolicyBook, today: date) -> Table:
    table = Table(box=box.SIMPLE_HEAD)
    for heading in ("规则", "起", "止", "可信度", "复核期限"):
        table.add_column(heading, no_wrap=True)
    above = ""
    for known in coverage(book):
        cite, region = known.cite, known.region
        if region.code != above:
            table.add_section()
            table.add_row(Text(f"{region.name} {region.code}", style="bold"))
            above = region.code
        end = str(cite.end) if cite.end else ""
        late = "（已过）" if cite.overdue(today) else ""
        name = rule_name(known.rule, known.scheme)
        table.add_row(name, str(cite.start), end, cite.confidence.label, f"{cite.review_by}{late}")
    return table


def rule_name(rule: str, scheme: Scheme) -> str:
    """Chinese name of a rule, with the scheme where it is not the employees'."""
    return RULE_NAMES[rule] + ("" if scheme is Scheme.EMPLOYEE else f"（{scheme.label}）")


@regions_app.command("show")
def show_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码")],
    on: Annotated[str, typer.Option(help="日期，例如 2025-09-10；默认今天")] = "",
    *,
    own: Annotated[bool, typer.Option("--own", help="只列这个地区自己写的，不列继承的和未收录的")] = False,
) -> None:
    """某地某日的全部规定，连同从上级继承的；没有收录的写明“未收录”。

    例一：gongji regions show 西安 --on 2024-05-21

    例二：gongji regions show 西安 --own
    """
    book = open_book()
    found = region_or_exit(book, region)
    day = day_or_exit(on, "--on")
    table = Table(title=f"{found.name}（{found.code}）{day} 的规定", title_justify="left", show_lines=True)
    for heading in ("规则", "内容", "出处", "可信度"):
        table.add_column(heading, overflow="fold")
    for scheme in Scheme:
        for name, rule in show(book, found.code, day, scheme):
            if own and (rule is None or rule.cite.region != found.code):
                continue
            if rule is None:
                # 没有居民规定的主题不逐条列“未收录”：大多数主题本来就只有一种。
                if scheme is Scheme.EMPLOYEE:
                    table.add_row(RULE_NAMES[name], Text("未收录", style="yellow"), "", "")
                continue
            lines = Text("\n".join(describe_for(book, found.code, rule, day, scheme)))
            basis = _basis(book, found, rule.cite, day)
            table.add_row(rule_name(name, scheme), lines, basis, rule.cite.confidence.label)
    Console().print(table)


def _basis(book: PolicyBook, region: Region, cite: Citation, day: date) -> Text:
    inherited = "" if cite.region == region.code else f"\n继承自{book.name(cite.region)}"
    late = f"\n已过复核日期 {cite.review_by}" if cite.overdue(day) else ""
    return Text(f"{cite.start} 起{inherited}\n{cite.source}\n{cite.file}{late}")


@regions_app.command("diff")
def diff_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码")],
    earlier: Annotated[str, typer.Argument(help="前一天，例如 2024-05-21")],
    later: Annotated[str, typer.Argument(help="后一天，例如 2024-05-23")],
) -> None:
    """某地两天之间哪些规定变了，从什么变成什么。

    例：gongji regions diff 西安 2024-05-21 2024-05-23
    """
    book = open_book()
    found = region_or_exit(book, region)
    days = day_or_exit(earlier, "前一天"), day_or_exit(later, "后一天")
    changed = changes(book, found.code, *days)
    if not changed:
        typer.echo(f"{found.name}：{days[0]} 与 {days[1]} 的规定相同。")
    for change in changed:
        name = rule_name(change.rule, change.scheme)
        if change.source_only:
            typer.echo(f"{name}：内容不变，依据或出处不同")
        elif len(change.before) == len(change.after) == 1:
            typer.echo(f"{name}：{change.before[0]} → {change.after[0]}")
        else:
            typer.echo("\n".join((name, *(f"  - {x}" for x in change.before), *(f"  + {x}" for x in change.after))))


@regions_app.command("trace")
def trace_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码")],
    rule: Annotated[str, typer.Argument(help="规则，例如 sharing.kin")],
    on: Annotated[str, typer.Option(help="日期，例如 2025-09-10；默认今天")] = "",
    scheme: Annotated[Scheme, typer.Option(help="employee 职工，resident 居民")] = Scheme.EMPLOYEE,
) -> None:
    """一条规定写在哪个文件的哪一行，继承自哪里。

    例：gongji regions trace 西安 sharing.kin --on 2024-05-22
    """
    book = open_book()
    found = region_or_exit(book, region)
    if rule not in RULE_NAMES:
        alike = [name for name in RULE_NAMES if rule in name] or list(RULE_NAMES)
        fail(f"没有规则 {rule}；可用：\n" + "\n".join(f"  {name} {RULE_NAMES[name]}" for name in alike))
    day = day_or_exit(on, "--on")
    stated = trace(book, locate(), found.code, rule, day, scheme)
    if not any(each.holds for each in stated):
        typer.echo(f"{found.name} {day} 的{rule_name(rule, scheme)}：未收录")
    for each in stated:
        cite = each.rule.cite
        end = cite.end or "今"
        mark = "→" if each.holds else " "
        typer.echo(f"{mark} {cite.file}:{each.line} {each.region.name} {cite.start} 至 {end} {RULE_NAMES[cite.rule]}")
        if each.holds:
            typer.echo("\n".join(f"      {line}" for line in describe(each.rule)))


@regions_app.command("schema")
def schema_command() -> None:
    """打印地区文件的 JSON Schema，供编辑器补全和提示。

    例：gongji regions schema
    """
    typer.echo(json.dumps(schema(), ensure_ascii=False, indent=2))


@regions_app.command("test")
def run_cases_command(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码；不写为全部")] = "",
) -> None:
    """运行地区文件夹里的案例，逐个与手工结果比较。

    不符的列出文件、行号、案例名和每一项的差别。全部符合时退出码为 0，有不符的为 1，案例文件写错为 2。

    例：gongji regions test 西安
    """
    book = open_book()
    chosen = region_or_exit(book, region).code if region else "*"
    count, wrong = 0, 0
    try:
        cases = region_cases(locate(), chosen)
    except PolicyFilesError as error:
        fail(f"案例文件不能使用：\n{error}")
    for case in cases:
        count += 1
        told = differences(book, case)
        if told:
            wrong += 1
            typer.echo("\n".join((f"{case.file}:{case.line} {case.name}", *(f"  {line}" for line in told))))
    typer.echo(f"{count} 个案例，{wrong} 个不符。" if count else "没有案例。")
    if wrong:
        raise typer.Exit(1)
