"""``gongji channels``: are the channel files sound, and what do they cover (渠道文件)."""

from datetime import datetime
from typing import Annotated

import typer
from rich.console import Console
from rich.table import Table

from gongji.cli.opening import fail
from gongji.cli.quote import region_or_exit
from gongji.core.policy import NATION, PolicyBook
from gongji.core.skins import Elsewhere, Entry, Skin
from gongji.core.times import CHINA
from gongji.policyfiles import PolicyFilesError, check_skins, load, load_skins, locate, locate_channels

channels_app = typer.Typer(no_args_is_help=True, help="渠道文件：检查、列出渠道和入口。")


@channels_app.command()
def check() -> None:
    """检查全部渠道文件，一次列出所有差错：文件、行号和键。

    没有差错时退出码为 0，否则为 1。

    例：gongji channels check
    """
    book = _book()
    try:
        root = locate_channels()
    except FileNotFoundError as missing:
        fail(str(missing))
    faults = check_skins(root, book)
    for fault in faults:
        typer.echo(str(fault))
    if faults:
        typer.echo(f"共 {len(faults)} 处差错。", err=True)
        raise typer.Exit(1)
    typer.echo(f"没有差错：{root}")


@channels_app.command(name="list")
def list_(
    region: Annotated[str, typer.Argument(help="地区：名称或六位区划代码；不写为全部")] = "",
    *,
    entries: Annotated[bool, typer.Option("--entries", help="另列每个入口的路径、通到哪里、搜什么能找到")] = False,
) -> None:
    """列出渠道：名称、类别、谁运营、怎样取得数据、哪里开通、可信度。

    例一：gongji channels list 西安

    例二：gongji channels list --entries
    """
    book = _book()
    today = datetime.now(CHINA).date()
    code = region_or_exit(book, region).code if region else ""
    try:
        skins = load_skins(locate_channels(), book).values()
    except (PolicyFilesError, FileNotFoundError) as fault:
        fail(f"渠道文件不能使用：\n{fault}")
    shown = [skin for skin in skins if not code or skin.open_in(code, today)]
    if not shown:
        fail(f"没有收录{book.name(code)}开通的渠道")
    Console().print(_table(book, shown))
    for skin in shown if entries else ():
        typer.echo(f"\n{skin.name}")
        typer.echo("\n".join(map(_told, skin.entries)))


def _told(entry: Entry) -> str:
    leads = f"跳转 {_way(entry.to)}" if entry.to else entry.service.label if entry.service else ""
    words = f"（搜 {'、'.join(entry.words)}）" if entry.words else ""
    return f"  {' - '.join(entry.path)} → {leads}{words}"


def _way(to: Elsewhere) -> str:
    return " - ".join((to.skin, *to.path))


def _table(book: PolicyBook, shown: list[Skin]) -> Table:
    table = Table()
    for heading in ("key", "名称", "类别", "运营", "取得数据", "开通", "可信度"):
        table.add_column(heading, overflow="fold")
    for skin in shown:
        where = [code for opening in skin.openings for code in opening.regions]
        names = "、".join("全国" if code == NATION else book.name(code) for code in where)
        told = (skin.kind.label, skin.run_by("当地"), skin.access.label, names, skin.source.confidence.label)
        table.add_row(skin.key, skin.name, *told)
    return table


def _book() -> PolicyBook:
    try:
        return load(locate())
    except (PolicyFilesError, FileNotFoundError) as fault:
        fail(f"地区文件不能使用：\n{fault}")
